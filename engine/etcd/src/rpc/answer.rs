//! What a member answers.

use std::sync::Arc;

use sim::Str;

use super::{Alarm, Error, Key, KeyValue, LeaseId, MemberInfo, MemberStatus, Revision};
use crate::snapshot::SnapshotBlob;

/// The header of every answer.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Header {
    /// The cluster that the member belongs to.
    pub cluster: u64,
    /// The member that answered.
    pub member: u64,
    /// The store's revision when it answered.
    pub revision: Revision,
    /// The member's Raft term.
    pub raft_term: u64,
}

/// The answer to one operation.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum OpResponse {
    Range { kvs: Arc<[KeyValue]>, more: bool, count: u64 },
    Put { prev_kv: Option<KeyValue> },
    DeleteRange { deleted: u64, prev_kvs: Arc<[KeyValue]> },
    Txn { succeeded: bool, responses: Arc<[OpResponse]> },
}

/// What happened to a key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Event {
    /// True for a delete (then `kv` has key and mod revision only).
    pub delete: bool,
    /// The key as it is after.
    pub kv: KeyValue,
    /// The key as it was before, where the watch asked for it.
    pub prev_kv: Option<KeyValue>,
}

/// An answer, or a message on a watch.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Response {
    /// The answer to Range, Put, DeleteRange, Txn.
    Op {
        header: Header,
        response: OpResponse,
    },
    /// The answer to Compact.
    Compact {
        header: Header,
    },
    /// The watch was created.
    WatchCreated {
        header: Header,
    },
    /// Events of a watch, in order, whole revisions; empty events with a header revision are a progress notification.
    WatchEvents {
        header: Header,
        events: Arc<[Event]>,
        /// True when more of the same answer follows, which was too large for one message.
        fragment: bool,
    },
    /// The watch ended: cancelled by the client, or because history before `compact_revision` is gone.
    WatchCanceled {
        header: Header,
        compact_revision: Revision,
        reason: Str,
    },
    LeaseGrant {
        header: Header,
        id: LeaseId,
        ttl_seconds: i64,
    },
    LeaseRevoke {
        header: Header,
    },
    LeaseKeepAlive {
        header: Header,
        id: LeaseId,
        ttl_seconds: i64,
    },
    LeaseTimeToLive {
        header: Header,
        id: LeaseId,
        ttl_seconds: i64,
        granted_ttl_seconds: i64,
        keys: Vec<Key>,
    },
    LeaseLeases {
        header: Header,
        leases: Vec<LeaseId>,
    },
    Status {
        header: Header,
        status: MemberStatus,
    },
    MemberList {
        header: Header,
        members: Vec<MemberInfo>,
    },
    /// The member that was added, and all that there are now.
    MemberAdd {
        header: Header,
        member: MemberInfo,
        members: Vec<MemberInfo>,
    },
    MemberRemove {
        header: Header,
        members: Vec<MemberInfo>,
    },
    MemberUpdate {
        header: Header,
        members: Vec<MemberInfo>,
    },
    MemberPromote {
        header: Header,
        members: Vec<MemberInfo>,
    },
    /// There is a new leader.
    MoveLeader {
        header: Header,
    },
    /// The alarms that are raised (get) or that this call raised or lowered.
    Alarm {
        header: Header,
        alarms: Vec<Alarm>,
    },
    Defragment {
        header: Header,
    },
    Hash {
        header: Header,
        hash: u32,
    },
    HashKv {
        header: Header,
        hash: u32,
        /// History before it is not in the hash.
        compact_revision: Revision,
        /// Up to which revision it goes.
        hash_revision: Revision,
    },
    /// The whole database at once; etcd sends pieces of 32 KiB, and `remaining_bytes` says how much is still
    /// to come: here always 0.
    Snapshot {
        header: Header,
        remaining_bytes: u64,
        blob: SnapshotBlob,
        /// The storage version: `3.6.0`.
        version: Str,
    },
    Error(Error),
}
