//! The bytes of a proposal: etcd's `InternalRaftRequest`, field by field.

use raft::wire::{Encode, Out};

use super::{Command, RequestNumber};
use crate::member::address;
use crate::rpc::{
    Compare, Comparison, DeleteRange, KeyRange, Op, Put, Range, Request, SortTarget, Target, Txn,
};

/// A whole `InternalRaftRequest`.
pub(super) struct Internal<'a>(pub RequestNumber, pub &'a Command);

impl Encode for Internal<'_> {
    fn fields<O: Out>(&self, out: &mut O) {
        if let Command::Client(request) = self.1 {
            Body(request).fields(out);
        }
        out.message(100, &RequestHeader(self.0));
        if let Command::Publish { member, name } = self.1 {
            out.message(1301, &MemberAttrSet { member: member.0, name });
        }
    }
}

struct RequestHeader(RequestNumber);

impl Encode for RequestHeader {
    fn fields<O: Out>(&self, out: &mut O) {
        out.nonzero(1, self.0.0);
    }
}

/// The field that says what is asked for.
pub(super) struct Body<'a>(pub &'a Request);

impl Encode for Body<'_> {
    fn fields<O: Out>(&self, out: &mut O) {
        match self.0 {
            Request::Range(range) => out.message(3, range),
            Request::Put(put) => out.message(4, put),
            Request::DeleteRange(delete) => out.message(5, delete),
            Request::Txn(txn) => out.message(6, &**txn),
            Request::Compact { revision, physical } => {
                out.message(7, &Numbers([revision.0, (*physical).into()]))
            }
            Request::LeaseGrant { id, ttl_seconds } => {
                out.message(8, &Numbers([*ttl_seconds as u64, id.0 as u64]))
            }
            Request::LeaseRevoke { id } => out.message(9, &Numbers([id.0 as u64])),
            Request::Alarm { action, member, alarm } => {
                out.message(10, &Numbers([*action as u64, *member, *alarm as u64]))
            }
            // The others are never proposed.
            _ => {}
        }
    }
}

/// A message of numbers, the fields 1, 2 and so on.
struct Numbers<const N: usize>([u64; N]);

impl<const N: usize> Encode for Numbers<N> {
    fn fields<O: Out>(&self, out: &mut O) {
        for (number, value) in (1..).zip(self.0) {
            out.nonzero(number, value);
        }
    }
}

/// `ClusterMemberAttrSetRequest`.
struct MemberAttrSet<'a> {
    member: u64,
    name: &'a str,
}

impl Encode for MemberAttrSet<'_> {
    fn fields<O: Out>(&self, out: &mut O) {
        out.nonzero(1, self.member);
        out.message(2, &Attributes(self.name));
    }
}

struct Attributes<'a>(&'a str);

impl Encode for Attributes<'_> {
    fn fields<O: Out>(&self, out: &mut O) {
        out.nonempty(1, self.0.as_bytes());
        if let Some(index) = address::index_of_name(self.0) {
            out.bytes(2, address::client_url(index).as_bytes());
        }
    }
}

fn key_range<O: Out>(range: &KeyRange, out: &mut O) {
    out.nonempty(1, range.start.as_bytes());
    out.nonempty(2, range.end.as_deref().unwrap_or_default().as_bytes());
}

impl Encode for Range {
    fn fields<O: Out>(&self, out: &mut O) {
        key_range(&self.range, out);
        out.nonzero(3, self.limit);
        out.nonzero(4, self.revision.0);
        if let Some((target, descending)) = self.sort {
            out.varint(5, 1 + u64::from(descending));
            let target = match target {
                SortTarget::Key => 0,
                SortTarget::Version => 1,
                SortTarget::Create => 2,
                SortTarget::Mod => 3,
                SortTarget::Value => 4,
            };
            out.nonzero(6, target);
        }
        out.nonzero(7, self.serializable.into());
        out.nonzero(8, self.keys_only.into());
        out.nonzero(9, self.count_only.into());
        out.nonzero(10, self.min_mod_revision.0);
        out.nonzero(11, self.max_mod_revision.0);
        out.nonzero(12, self.min_create_revision.0);
        out.nonzero(13, self.max_create_revision.0);
    }
}

impl Encode for Put {
    fn fields<O: Out>(&self, out: &mut O) {
        out.nonempty(1, self.key.as_bytes());
        out.nonempty_blob(2, &self.value);
        out.nonzero(3, self.lease.0 as u64);
        out.nonzero(4, self.prev_kv.into());
        out.nonzero(5, self.ignore_value.into());
        out.nonzero(6, self.ignore_lease.into());
    }
}

impl Encode for DeleteRange {
    fn fields<O: Out>(&self, out: &mut O) {
        key_range(&self.range, out);
        out.nonzero(3, self.prev_kv.into());
    }
}

impl Encode for Txn {
    fn fields<O: Out>(&self, out: &mut O) {
        for compare in &self.compare {
            out.message(1, compare);
        }
        for op in &self.then {
            out.message(2, op);
        }
        for op in &self.otherwise {
            out.message(3, op);
        }
    }
}

impl Encode for Op {
    fn fields<O: Out>(&self, out: &mut O) {
        match self {
            Op::Range(range) => out.message(1, range),
            Op::Put(put) => out.message(2, put),
            Op::DeleteRange(delete) => out.message(3, delete),
            Op::Txn(txn) => out.message(4, txn),
        }
    }
}

impl Encode for Compare {
    fn fields<O: Out>(&self, out: &mut O) {
        out.nonzero(
            1,
            match self.comparison {
                Comparison::Equal => 0,
                Comparison::Greater => 1,
                Comparison::Less => 2,
                Comparison::NotEqual => 3,
            },
        );
        // Kind and field of what it is compared with: one of several, written even when zero.
        let (target, field) = match &self.target {
            Target::Version(_) => (0, 4),
            Target::Create(_) => (1, 5),
            Target::Mod(_) => (2, 6),
            Target::Value(_) => (3, 7),
            Target::Lease(_) => (4, 8),
        };
        out.nonzero(2, target);
        out.nonempty(3, self.range.start.as_bytes());
        match &self.target {
            Target::Version(n) => out.varint(field, *n),
            Target::Create(revision) | Target::Mod(revision) => out.varint(field, revision.0),
            Target::Value(value) => out.blob(field, value),
            Target::Lease(lease) => out.varint(field, lease.0 as u64),
        }
        out.nonempty(64, self.range.end.as_deref().unwrap_or_default().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use raft::NodeId;
    use raft::wire::encode;
    use sim::Content;

    use super::*;
    use crate::proposal::Proposal;
    use crate::rpc::{AlarmAction, AlarmKind, LeaseId, Revision};

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_put_is_etcds_bytes() {
        let request = Arc::new(Request::Put(Put { lease: LeaseId(300), ..Put::new("foo", "bar") }));
        let proposal = Proposal::new(RequestNumber(7), request);
        // put (field 4), 13 bytes: key, value, lease; header (field 100): ID.
        assert_eq!(hex(&proposal.encode()), "220d0a03666f6f120362617218ac02a206020807");
    }

    #[test]
    fn a_transaction_is_etcds_bytes() {
        let txn = Txn {
            compare: vec![Compare {
                range: KeyRange::key("k"),
                comparison: Comparison::Equal,
                target: Target::Mod(Revision(0)),
            }],
            then: vec![Op::Put(Put::new("k", "v"))],
            otherwise: vec![Op::Range(Range::new(KeyRange::key("k")))],
        };
        // compare: target MOD, key, mod_revision 0 written; success: request_put; failure: request_range.
        assert_eq!(
            hex(&encode(&txn)),
            "0a0710021a016b300012081206".to_owned() + "0a016b120176" + "1a050a030a016b"
        );
    }

    #[test]
    fn sizes_are_exact() {
        let all = KeyRange { start: "a".into(), end: Some("\0".into()) };
        let compare = |target| Compare { range: all.clone(), comparison: Comparison::Less, target };
        let txn = Txn {
            compare: vec![
                compare(Target::Version(300)),
                compare(Target::Create(Revision(1))),
                compare(Target::Value("".into())),
                compare(Target::Lease(LeaseId(-1))),
            ],
            then: vec![Op::Txn(Txn {
                then: vec![Op::Put(Put::new("k", "x".repeat(200).as_str()))],
                ..Txn::default()
            })],
            otherwise: vec![Op::DeleteRange(DeleteRange { range: all.clone(), prev_kv: true })],
        };
        let requests = [
            Request::Txn(Arc::new(txn)),
            Request::Put(Put { prev_kv: true, ignore_lease: true, ..Put::new("k", "") }),
            Request::Range(Range {
                sort: Some((SortTarget::Mod, true)),
                limit: 5,
                keys_only: true,
                ..Range::new(all)
            }),
            Request::Compact { revision: Revision(1 << 40), physical: true },
            Request::LeaseGrant { id: LeaseId(i64::MIN), ttl_seconds: 60 },
            Request::LeaseRevoke { id: LeaseId(5) },
            Request::Alarm { action: AlarmAction::Activate, member: u64::MAX, alarm: AlarmKind::NoSpace },
        ];
        for request in requests {
            let proposal = Proposal::new(RequestNumber(u64::MAX), Arc::new(request));
            assert_eq!(proposal.size(), proposal.encode().len() as u64, "{proposal:?}");
        }
        let publish = Proposal::publish(RequestNumber(1), NodeId(u64::MAX), "etcd-0".into());
        assert_eq!(publish.size(), publish.encode().len() as u64);
    }
}
