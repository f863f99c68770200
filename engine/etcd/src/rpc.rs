//! What a client says to an etcd member, and what it answers: the KV, Watch, Lease, Cluster and
//! Maintenance services of etcd's v3 API.

use std::fmt;
use std::sync::Arc;

use sim::{Blob, Str};

/// A client's number for one call or one watch; each client counts its own from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct CallId(pub u64);

/// A revision of the store (main revision).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Revision(pub u64);

/// A lease's ID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct LeaseId(pub i64);

/// A key, or the start of a range. Keys of Kubernetes are text; any bytes are allowed.
pub type Key = Str;

/// A set of keys: one key, or from `start` to (without) `end`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct KeyRange {
    /// The key, or the first of the range.
    pub start: Key,
    /// Where the range ends, exclusive; `None` for one key; `"\0"` for everything from `start` on.
    pub end: Option<Key>,
}

impl KeyRange {
    /// One key.
    pub fn key(key: impl Into<Key>) -> KeyRange {
        KeyRange { start: key.into(), end: None }
    }

    /// All keys that begin with `prefix` (ASCII end, as `/registry/pods/` has).
    pub fn prefix(prefix: impl Into<Key>) -> KeyRange {
        let start: Key = prefix.into();
        let mut end: Vec<char> = start.chars().collect();
        // The smallest text after all that begin with the prefix: last character, one further.
        while let Some(last) = end.pop() {
            if let Some(next) = char::from_u32(last as u32 + 1) {
                end.push(next);
                break;
            }
        }
        let end =
            if end.is_empty() { Key::from("\0") } else { Key::from(end.into_iter().collect::<String>()) };
        KeyRange { start, end: Some(end) }
    }

    /// Every key there is.
    pub fn all() -> KeyRange {
        KeyRange { start: Key::from("\0"), end: Some(Key::from("\0")) }
    }

    /// All keys from `start` on.
    pub fn from_key(start: impl Into<Key>) -> KeyRange {
        KeyRange { start: start.into(), end: Some(Key::from("\0")) }
    }

    /// Whether `key` is one of them.
    pub fn contains(&self, key: &str) -> bool {
        match self.end.as_deref() {
            None => self.start == *key,
            Some("\0") => key >= &*self.start,
            Some(end) => key >= &*self.start && key < end,
        }
    }

    /// True when no key can be in it (`end` is not after `start`).
    pub fn is_empty(&self) -> bool {
        matches!(self.end.as_deref(), Some(end) if end != "\0" && end <= &*self.start)
    }
}

/// A key with its value and versions.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct KeyValue {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Blob,
    /// The revision that created this generation of the key.
    pub create_revision: Revision,
    /// The revision that last changed it.
    pub mod_revision: Revision,
    /// Changes since creation, from 1.
    pub version: u64,
    /// The lease that it goes with; 0 for none.
    pub lease: LeaseId,
}

/// What to sort a range by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[allow(missing_docs)]
pub enum SortTarget {
    #[default]
    Key,
    Version,
    Create,
    Mod,
    Value,
}

/// A range request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Range {
    /// Which keys.
    pub range: KeyRange,
    /// At most this many (0: all).
    pub limit: u64,
    /// As of this revision (0: now).
    pub revision: Revision,
    /// Sort by this; `Some(true)` for descending, `Some(false)` for ascending, `None` for key order.
    pub sort: Option<(SortTarget, bool)>,
    /// Without values.
    pub keys_only: bool,
    /// Only the number of keys.
    pub count_only: bool,
    /// From this member's own state, perhaps stale, without asking the others.
    pub serializable: bool,
}

impl Range {
    /// All keys of a range, linearizable, now.
    pub fn new(range: KeyRange) -> Range {
        Range {
            range,
            limit: 0,
            revision: Revision(0),
            sort: None,
            keys_only: false,
            count_only: false,
            serializable: false,
        }
    }
}

/// What a transaction's condition looks at.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Target {
    Version(u64),
    Create(Revision),
    Mod(Revision),
    Value(Blob),
    Lease(LeaseId),
}

/// How a condition compares.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Comparison {
    Equal,
    Greater,
    Less,
    NotEqual,
}

/// One condition of a transaction.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Compare {
    /// Of which key or keys (a range: all of them must hold).
    pub range: KeyRange,
    /// How.
    pub comparison: Comparison,
    /// With what. A key that does not exist has version, create and mod revision 0.
    pub target: Target,
}

/// A put.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Put {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Blob,
    /// The lease to attach; 0 for none.
    pub lease: LeaseId,
    /// Answer with the previous version.
    pub prev_kv: bool,
    /// Keep the value that is there.
    pub ignore_value: bool,
    /// Keep the lease that is there.
    pub ignore_lease: bool,
}

impl Put {
    /// A plain put.
    pub fn new(key: impl Into<Key>, value: impl Into<Blob>) -> Put {
        Put {
            key: key.into(),
            value: value.into(),
            lease: LeaseId(0),
            prev_kv: false,
            ignore_value: false,
            ignore_lease: false,
        }
    }
}

/// A delete of a key or a range.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DeleteRange {
    /// Which keys.
    pub range: KeyRange,
    /// Answer with what was deleted.
    pub prev_kv: bool,
}

/// A transaction: if all conditions hold, `then`, otherwise `otherwise`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Txn {
    /// The conditions.
    pub compare: Vec<Compare>,
    /// Done when all hold.
    pub then: Vec<Op>,
    /// Done when one does not.
    pub otherwise: Vec<Op>,
}

/// An operation in a transaction.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Op {
    Range(Range),
    Put(Put),
    DeleteRange(DeleteRange),
    Txn(Txn),
}

/// A watch's creation.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct WatchCreate {
    /// Which keys.
    pub range: KeyRange,
    /// From this revision on, inclusive (0: from now on).
    pub start_revision: Revision,
    /// With the previous version in each event.
    pub prev_kv: bool,
    /// Tell the revision now and then when nothing happens.
    pub progress_notify: bool,
    /// Leave out puts.
    pub no_put: bool,
    /// Leave out deletes.
    pub no_delete: bool,
}

impl Txn {
    /// True when no branch can change anything.
    pub fn is_read_only(&self) -> bool {
        self.then.iter().chain(&self.otherwise).all(|op| match op {
            Op::Range(_) => true,
            Op::Put(_) | Op::DeleteRange(_) => false,
            Op::Txn(txn) => txn.is_read_only(),
        })
    }

    /// True when all its reads are content with the member's own state.
    pub fn is_serializable(&self) -> bool {
        self.then.iter().chain(&self.otherwise).all(|op| match op {
            Op::Range(range) => range.serializable,
            Op::Txn(txn) => txn.is_serializable(),
            Op::Put(_) | Op::DeleteRange(_) => false,
        })
    }
}

/// A request to a member. The [`CallId`] travels beside it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Request {
    Range(Range),
    Put(Put),
    DeleteRange(DeleteRange),
    Txn(Arc<Txn>),
    /// Throw away history before the revision; physical: answer when it is done.
    Compact {
        revision: Revision,
        physical: bool,
    },
    /// Starts a watch that is named by this call's ID.
    Watch(WatchCreate),
    /// Ends the watch that the call `watch` started.
    WatchCancel {
        watch: CallId,
    },
    /// Asks for a progress notification on all watches of this client.
    WatchProgress,
    LeaseGrant {
        id: LeaseId,
        ttl_seconds: i64,
    },
    LeaseRevoke {
        id: LeaseId,
    },
    LeaseKeepAlive {
        id: LeaseId,
    },
    LeaseTimeToLive {
        id: LeaseId,
        keys: bool,
    },
    LeaseLeases,
    /// This member's view of itself (`etcdctl endpoint status`).
    Status,
    MemberList,
}

/// The header of every answer.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Header {
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

/// What goes wrong, in etcd's words (`Display` gives the gRPC status' description).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Error {
    Compacted,
    FutureRevision,
    NoLeader,
    NotCapable,
    Stopped,
    Timeout,
    TimeoutLeaderLost,
    TooManyRequests,
    RequestTooLarge,
    NoSpace,
    EmptyKey,
    KeyNotFound,
    ValueProvided,
    LeaseProvided,
    TooManyOps,
    DuplicateKey,
    LeaseNotFound,
    LeaseExists,
    LeaseTtlTooLarge,
    MemberNotFound,
    /// The leader changed while the request waited.
    LeaderChanged,
    /// The leader could not be reached while the request waited.
    TimeoutConnectionLost,
    NotSupported(Str),
}

impl Error {
    /// The name of the gRPC status code that it travels with.
    pub const fn code(&self) -> &'static str {
        match self {
            Error::Compacted | Error::FutureRevision => "OutOfRange",
            Error::NoLeader
            | Error::NotCapable
            | Error::Stopped
            | Error::Timeout
            | Error::TimeoutLeaderLost
            | Error::TimeoutConnectionLost
            | Error::LeaderChanged => "Unavailable",
            Error::TooManyRequests | Error::NoSpace => "ResourceExhausted",
            Error::LeaseNotFound | Error::MemberNotFound => "NotFound",
            Error::LeaseExists => "FailedPrecondition",
            Error::LeaseTtlTooLarge => "OutOfRange",
            Error::NotSupported(_) => "Unimplemented",
            Error::RequestTooLarge
            | Error::EmptyKey
            | Error::KeyNotFound
            | Error::ValueProvided
            | Error::LeaseProvided
            | Error::TooManyOps
            | Error::DuplicateKey => "InvalidArgument",
        }
    }
}

impl fmt::Display for Error {
    /// The gRPC status' description, in etcd's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Compacted => "etcdserver: mvcc: required revision has been compacted",
            Error::FutureRevision => "etcdserver: mvcc: required revision is a future revision",
            Error::NoLeader => "etcdserver: no leader",
            Error::NotCapable => "etcdserver: not capable",
            Error::Stopped => "etcdserver: server stopped",
            Error::Timeout => "etcdserver: request timed out",
            Error::TimeoutLeaderLost => {
                "etcdserver: request timed out, possibly due to previous leader failure"
            }
            Error::TimeoutConnectionLost => "etcdserver: request timed out, possibly due to connection lost",
            Error::LeaderChanged => "etcdserver: leader changed",
            Error::TooManyRequests => "etcdserver: too many requests",
            Error::RequestTooLarge => "etcdserver: request is too large",
            Error::NoSpace => "etcdserver: mvcc: database space exceeded",
            Error::EmptyKey => "etcdserver: key is not provided",
            Error::KeyNotFound => "etcdserver: key not found",
            Error::ValueProvided => "etcdserver: value is provided",
            Error::LeaseProvided => "etcdserver: lease is provided",
            Error::TooManyOps => "etcdserver: too many operations in txn request",
            Error::DuplicateKey => "etcdserver: duplicate key given in txn request",
            Error::LeaseNotFound => "etcdserver: requested lease not found",
            Error::LeaseExists => "etcdserver: lease already exists",
            Error::LeaseTtlTooLarge => "etcdserver: too large lease TTL",
            Error::MemberNotFound => "etcdserver: member not found",
            Error::NotSupported(what) => what,
        })
    }
}

impl std::error::Error for Error {}

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
    Error(Error),
}

/// A member's view of itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct MemberStatus {
    /// Bytes on disk.
    pub db_size: u64,
    /// Bytes in use.
    pub db_size_in_use: u64,
    /// The leader's ID; 0 when it knows none.
    pub leader: u64,
    /// Raft's committed index.
    pub raft_index: u64,
    /// Raft's term.
    pub raft_term: u64,
    /// Raft's applied index.
    pub raft_applied_index: u64,
    /// True for a learner.
    pub is_learner: bool,
}

/// A member of the cluster.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MemberInfo {
    /// Its ID.
    pub id: u64,
    /// Its name, `etcd-0`.
    pub name: Str,
    /// True for a learner.
    pub is_learner: bool,
}
