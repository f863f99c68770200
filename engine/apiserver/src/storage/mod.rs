//! How objects lie in etcd: keys, values, and the transactions that write them.

mod etcd_client;
mod keys;
mod stored;

pub(crate) use etcd_client::{EtcdClient, Owner};
pub(crate) use keys::{object_key, prefix_of};
pub use stored::StoredObject;
pub(crate) use stored::{blob, read, with_revision};

use etcd::rpc::{Compare, Comparison, DeleteRange, KeyRange, LeaseId, Op, Put, Range, Revision, Target, Txn};
use sim::{Blob, Str};

/// Put if the key does not exist.
pub(crate) fn create(key: &Str, value: Blob, lease: LeaseId) -> Txn {
    Txn {
        compare: vec![unchanged(key, Revision(0))],
        then: vec![Op::Put(Put { lease, ..Put::new(key.clone(), value) })],
        otherwise: vec![Op::Range(Range::new(KeyRange::key(key.clone())))],
    }
}

/// Put if the key is still as it was at `revision`, otherwise read it. `leased`: it stays under the lease it is under.
pub(crate) fn update(key: &Str, revision: Revision, value: Blob, leased: bool) -> Txn {
    Txn {
        compare: vec![unchanged(key, revision)],
        then: vec![Op::Put(Put { ignore_lease: leased, ..Put::new(key.clone(), value) })],
        otherwise: vec![Op::Range(Range::new(KeyRange::key(key.clone())))],
    }
}

/// Delete if the key is still as it was at `revision`, otherwise read it.
pub(crate) fn delete(key: &Str, revision: Revision) -> Txn {
    Txn {
        compare: vec![unchanged(key, revision)],
        then: vec![Op::DeleteRange(DeleteRange { range: KeyRange::key(key.clone()), prev_kv: false })],
        otherwise: vec![Op::Range(Range::new(KeyRange::key(key.clone())))],
    }
}

fn unchanged(key: &Str, revision: Revision) -> Compare {
    Compare {
        range: KeyRange::key(key.clone()),
        comparison: Comparison::Equal,
        target: Target::Mod(revision),
    }
}
