//! The numbers that Raft counts in, each with its own type so that they can't be confused.

use std::fmt;
use std::ops::{Add, Sub};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number! {
    /// A member of a Raft group. Zero is "nobody" ([`NodeId::NONE`]).
    NodeId
}
number! {
    /// A term of office: at most one leader each.
    Term
}
number! {
    /// A place in the log, counted from 1. Zero is "before the first".
    LogIndex
}

impl NodeId {
    /// Nobody: no vote, no leader.
    pub const NONE: NodeId = NodeId(0);

    /// True for nobody.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// True for the pseudo-members that stand for a member's own append and apply threads.
    pub const fn is_local_thread(self) -> bool {
        self.0 == LOCAL_APPEND_THREAD.0 || self.0 == LOCAL_APPLY_THREAD.0
    }
}

/// The address of a member's own thread that writes entries, hard state and snapshots to stable storage
/// (`MsgStorageAppend` goes there).
pub const LOCAL_APPEND_THREAD: NodeId = NodeId(u64::MAX);

/// The address of a member's own thread that applies committed entries (`MsgStorageApply` goes there).
pub const LOCAL_APPLY_THREAD: NodeId = NodeId(u64::MAX - 1);

/// Size limits are in bytes; this one is none.
pub const NO_LIMIT: u64 = u64::MAX;

impl LogIndex {
    /// Before the first entry.
    pub const ZERO: LogIndex = LogIndex(0);

    /// The place after this one.
    pub const fn next(self) -> LogIndex {
        LogIndex(self.0.saturating_add(1))
    }

    /// The place before this one; zero stays zero.
    pub const fn prev(self) -> LogIndex {
        LogIndex(self.0.saturating_sub(1))
    }
}

impl Term {
    /// The term after this one.
    pub const fn next(self) -> Term {
        Term(self.0.saturating_add(1))
    }
}

impl Add<u64> for LogIndex {
    type Output = LogIndex;

    fn add(self, n: u64) -> LogIndex {
        LogIndex(self.0.saturating_add(n))
    }
}

impl Sub<LogIndex> for LogIndex {
    type Output = u64;

    /// How many places `earlier` lies before; zero when it doesn't.
    fn sub(self, earlier: LogIndex) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::LowerHex for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

/// What makes two entries the same entry: index and the term that it was proposed in.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
pub struct EntryId {
    /// The term.
    pub term: Term,
    /// The index.
    pub index: LogIndex,
}

impl EntryId {
    /// The entry `index` of `term`.
    pub const fn new(term: Term, index: LogIndex) -> EntryId {
        EntryId { term, index }
    }
}
