//! What a client says to an etcd member, and what it answers: the KV, Watch, Lease, Cluster and
//! Maintenance services of etcd's v3 API.

mod answer;
mod cluster;
mod error;

use std::sync::Arc;

use sim::{Blob, Str};

pub use self::answer::{Event, Header, OpResponse, Response};
pub(crate) use self::cluster::fill;
pub use self::cluster::{
    Alarm, AlarmAction, AlarmKind, DowngradeInfo, MemberInfo, MemberStatus, STORAGE_VERSION, VERSION,
};
pub use self::error::Error;

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
    /// Leave out keys that were last changed before this revision (0: none).
    pub min_mod_revision: Revision,
    /// Leave out keys that were last changed after this revision (0: none).
    pub max_mod_revision: Revision,
    /// Leave out keys that were created before this revision (0: none).
    pub min_create_revision: Revision,
    /// Leave out keys that were created after this revision (0: none).
    pub max_create_revision: Revision,
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
            min_mod_revision: Revision(0),
            max_mod_revision: Revision(0),
            min_create_revision: Revision(0),
            max_create_revision: Revision(0),
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
    /// Cut answers that are larger than a request may be into fragments.
    pub fragment: bool,
}

impl WatchCreate {
    /// A plain watch of a range, from now on.
    pub fn new(range: KeyRange) -> WatchCreate {
        WatchCreate {
            range,
            start_revision: Revision(0),
            prev_kv: false,
            progress_notify: false,
            no_put: false,
            no_delete: false,
            fragment: false,
        }
    }
}

impl Txn {
    /// True when it only reads. One with transactions in it counts as a write, whatever they do, as in etcd.
    pub fn is_read_only(&self) -> bool {
        self.then.iter().chain(&self.otherwise).all(|op| matches!(op, Op::Range(_)))
    }

    /// True when all its reads are content with the member's own state.
    pub fn is_serializable(&self) -> bool {
        self.then.iter().chain(&self.otherwise).all(|op| match op {
            Op::Range(range) => range.serializable,
            Op::Txn(_) | Op::Put(_) | Op::DeleteRange(_) => false,
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
    /// The client waits for the call's answer no longer (gRPC cancels it on the server, too): what was not proposed
    /// yet never will be.
    Cancel {
        call: CallId,
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
    /// Who is in the cluster: as far as this member knows, or confirmed by the leader.
    MemberList {
        linearizable: bool,
    },
    /// Adds a member that will be reached at these URLs; it is to be started with `initial_state` existing.
    MemberAdd {
        peer_urls: Vec<Str>,
        learner: bool,
    },
    MemberRemove {
        id: u64,
    },
    MemberUpdate {
        id: u64,
        peer_urls: Vec<Str>,
    },
    /// Makes a learner that has caught up a voter.
    MemberPromote {
        id: u64,
    },
    /// Hands leadership over; only the leader takes this call.
    MoveLeader {
        target: u64,
    },
    /// Lists, raises or lowers alarms; member 0 means all members.
    Alarm {
        action: AlarmAction,
        member: u64,
        alarm: AlarmKind,
    },
    /// Gives back the pages of this member's database file that nothing uses.
    Defragment,
    /// The checksum of this member's whole database.
    Hash,
    /// The checksum of all keys' history up to a revision (0: now).
    HashKv {
        revision: Revision,
    },
    /// This member's database, as a file.
    Snapshot,
}
