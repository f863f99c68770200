//! What goes through the Raft log: a client's request under a number.

mod encode;

use std::any::Any;
use std::sync::Arc;

use raft::NodeId;
use raft::wire;
use sim::{Blob, Content, Digest, SimTime};

use self::encode::{Body, Internal};
use crate::rpc::{Key, Op, Request};

/// A number that no other request in the life of the cluster has. The member that took the call knows it
/// again when the entry is applied. Also names read requests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RequestNumber(pub u64);

/// Makes request numbers as etcd does: two bytes member, five bytes time of the start, then a count.
#[derive(Clone, Debug, Hash)]
pub struct RequestNumbers {
    /// Before the first.
    base: u64,
    last: u64,
}

impl RequestNumbers {
    /// For a process of `member` that starts now. A restarted one can't make the numbers of its predecessor.
    pub fn new(member: u32, now: SimTime) -> RequestNumbers {
        let started_ms = (now.as_nanos() / 1_000_000) & 0xff_ffff_ffff;
        let base = (u64::from(member + 1) << 48) | (started_ms << 8);
        RequestNumbers { base, last: base }
    }

    /// The next number.
    pub fn fresh(&mut self) -> RequestNumber {
        self.last += 1;
        RequestNumber(self.last)
    }

    /// Whether a number was made here, by this process and not by its predecessor on the same disk.
    pub const fn made(&self, number: RequestNumber) -> bool {
        self.base < number.0 && number.0 <= self.last
    }
}

/// What an entry asks for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Command {
    /// What a client wants.
    Client(Arc<Request>),
    /// A member that has started says so; once it has seen this applied, it has caught up with all that was
    /// acknowledged before its start, and serves.
    Publish {
        /// Who.
        member: NodeId,
        /// Its name.
        name: Key,
    },
}

/// The data of an entry (etcd's `InternalRaftRequest`). Size and digest are worked out once, when it is
/// proposed; the members then share it.
#[derive(Clone, Debug)]
pub struct Proposal {
    number: RequestNumber,
    command: Command,
    size: u64,
    digest: Digest,
}

impl Proposal {
    /// A proposal of a request that changes something.
    pub fn new(number: RequestNumber, request: Arc<Request>) -> Proposal {
        let digest = Digest::of(&(number, &*request));
        Proposal::of(number, Command::Client(request), digest)
    }

    /// A member's announcement.
    pub fn publish(number: RequestNumber, member: NodeId, name: Key) -> Proposal {
        let digest = Digest::of(&(number, member, &name));
        Proposal::of(number, Command::Publish { member, name }, digest)
    }

    fn of(number: RequestNumber, command: Command, digest: Digest) -> Proposal {
        let size = wire::length(&Internal(number, &command));
        Proposal { number, command, size, digest }
    }

    /// As an entry's data.
    pub fn into_blob(self) -> Blob {
        Blob::Shared(Arc::new(self))
    }

    /// Its number.
    pub const fn number(&self) -> RequestNumber {
        self.number
    }

    /// What it asks for.
    pub const fn command(&self) -> &Command {
        &self.command
    }

    /// It in words, in the manner of `etcd-dump-logs`: `header:<ID:7 > put:<key:"a" value_size:1 >`.
    pub fn describe(&self) -> String {
        let number = self.number.0;
        match &self.command {
            Command::Client(request) => format!("header:<ID:{number} > {}", describe(request)),
            Command::Publish { member, name } => format!(
                "header:<ID:{number} > cluster_member_attr_set:<member_ID:{} name:{name:?} >",
                member.0
            ),
        }
    }
}

impl Content for Proposal {
    fn size(&self) -> u64 {
        self.size
    }

    fn encode(&self) -> Vec<u8> {
        wire::encode(&Internal(self.number, &self.command))
    }

    fn digest(&self) -> Digest {
        self.digest
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// How many bytes a request takes in the log, without the header.
pub fn size(request: &Request) -> u64 {
    wire::length(&Body(request))
}

/// A request in a few words, in the manner of `etcd-dump-logs`: `put:<key:"a" value_size:1 >`.
pub fn describe(request: &Request) -> String {
    match request {
        Request::Put(put) => format!("put:<key:{:?} value_size:{} >", put.key, put.value.size()),
        Request::DeleteRange(delete) => match &delete.range.end {
            None => format!("delete_range:<key:{:?} >", delete.range.start),
            Some(end) => format!("delete_range:<key:{:?} range_end:{end:?} >", delete.range.start),
        },
        Request::Range(range) => format!("range:<key:{:?} >", range.range.start),
        Request::Txn(txn) => {
            let ops = |name: &str, ops: &[Op]| -> String {
                let list: Vec<String> = ops
                    .iter()
                    .map(|op| match op {
                        Op::Range(range) => format!("range:<key:{:?} >", range.range.start),
                        Op::Put(put) => format!("put:<key:{:?} value_size:{} >", put.key, put.value.size()),
                        Op::DeleteRange(delete) => format!("delete_range:<key:{:?} >", delete.range.start),
                        Op::Txn(_) => "txn:<>".to_owned(),
                    })
                    .collect();
                if list.is_empty() { String::new() } else { format!("{name}:<{} > ", list.join(" ")) }
            };
            format!(
                "txn:<compares:{} {}{}>",
                txn.compare.len(),
                ops("success", &txn.then),
                ops("failure", &txn.otherwise)
            )
        }
        Request::Compact { revision, .. } => format!("compaction:<revision:{} >", revision.0),
        Request::LeaseGrant { id, ttl_seconds } => format!("lease_grant:<ID:{} TTL:{ttl_seconds} >", id.0),
        Request::LeaseRevoke { id } => format!("lease_revoke:<ID:{} >", id.0),
        other => format!("{other:?}"),
    }
}

/// A member's ID as etcd writes it, in hexadecimal.
pub fn member_text(id: NodeId) -> String {
    format!("{id:x}")
}
