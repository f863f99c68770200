//! How much space a request may need, as etcd reckons it before it lets one through.

use crate::rpc::{Op, Put, Request};

/// What a key is taken to need beside its bytes: the version's record and its share of the index.
const KEY_OVERHEAD: u64 = 256;

/// What a lease is taken to need.
const LEASE_OVERHEAD: u64 = 64;

/// The bytes by which a request may make the database grow; 0 for one that needs no space.
pub fn cost(request: &Request) -> u64 {
    match request {
        Request::Put(put) => put_cost(put),
        Request::Txn(txn) => ops_cost(&txn.then).max(ops_cost(&txn.otherwise)),
        Request::LeaseGrant { .. } => LEASE_OVERHEAD,
        _ => 0,
    }
}

fn put_cost(put: &Put) -> u64 {
    KEY_OVERHEAD + put.key.len() as u64 + put.value.size()
}

/// Only the branch's own puts count; etcd does not look into nested transactions either.
fn ops_cost(ops: &[Op]) -> u64 {
    ops.iter().map(|op| if let Op::Put(put) = op { put_cost(put) } else { 0 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::{KeyRange, LeaseId, Range, Txn};

    #[test]
    fn what_requests_cost() {
        let put = |key: &str, value: &str| Put::new(key, value);
        let txn = Txn {
            then: vec![Op::Put(put("a", "1")), Op::Range(Range::new(KeyRange::key("a")))],
            otherwise: vec![Op::Put(put("a", "1")), Op::Put(put("b", "22"))],
            ..Txn::default()
        };
        let table = [
            (Request::Put(put("key", "value")), 264),
            (Request::Txn(txn.into()), 258 + 259),
            (Request::LeaseGrant { id: LeaseId(1), ttl_seconds: 5 }, 64),
            (Request::LeaseRevoke { id: LeaseId(1) }, 0),
            (Request::Txn(Txn::default().into()), 0),
        ];
        for (request, expected) in table {
            assert_eq!(cost(&request), expected, "{request:?}");
        }
    }
}
