//! What can go wrong. `Display` speaks etcd's words.

use std::fmt;

use crate::{ConfState, EntryId, LogIndex};

/// A call was refused.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum RaftError {
    /// The proposal was dropped: there is no leader, or the leader can't take it now. Try again.
    ProposalDropped,
    /// A message that only the member itself may send came from outside.
    StepLocalMessage,
    /// An answer came from somebody who is in no configuration.
    StepPeerNotFound,
    /// The configuration can't work.
    Config(&'static str),
    /// The member can't go on. etcd's process would panic with these words; all later calls give the same
    /// error.
    Fatal(Fatal),
    /// The storage can't give what a start needs.
    Storage(StorageError),
}

/// Why a member can't go on. Each of these means that promises about storage were broken (a wiped disk,
/// say), not that Raft can't cope with the network.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Fatal {
    /// A leader says that more is committed than this log holds: the log has lost entries that were
    /// acknowledged.
    CommitOutOfRange {
        /// What the leader says.
        commit: LogIndex,
        /// What the log holds.
        last: LogIndex,
    },
    /// An append would overwrite a committed entry.
    ConflictWithCommitted {
        /// The entry.
        index: LogIndex,
        /// The commit index.
        committed: LogIndex,
    },
    /// The application claims to have applied what isn't committed, or unapplies.
    AppliedOutOfRange {
        /// The claim.
        index: LogIndex,
        /// Applied before.
        applied: LogIndex,
        /// Committed.
        committed: LogIndex,
    },
    /// The stored commit index is not in the stored log.
    StateOutOfRange {
        /// The stored commit index.
        state_commit: LogIndex,
        /// The first that is possible.
        committed: LogIndex,
        /// The last that is possible.
        last: LogIndex,
    },
    /// The storage lacks entries that it must have.
    Storage(StorageError),
    /// A committed configuration change can't be applied.
    ConfChange(ConfChangeError),
    /// A configuration could not be rebuilt as it was stored.
    ConfStateMismatch(Box<(ConfState, ConfState)>),
    /// A committed configuration change can't be read.
    Undecodable(EntryId),
}

/// Why the log's storage can't answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StorageError {
    /// The entry lies before the first one that is kept.
    Compacted,
    /// The entry is not there.
    Unavailable,
    /// The snapshot is older than the one that is there.
    SnapshotOutOfDate,
    /// The snapshot is being made; ask again.
    SnapshotTemporarilyUnavailable,
    /// The entries leave a hole after the last one that is there.
    Gap {
        /// The last entry.
        last: LogIndex,
        /// Where the new ones start.
        append: LogIndex,
    },
}

/// Why a configuration change is not possible.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ConfChangeError {
    /// A joint configuration can't be entered twice.
    AlreadyJoint,
    /// A configuration without voters can't become joint.
    ZeroVoterJoint,
    /// Only a joint configuration can be left.
    NotJoint,
    /// A simple change needs a simple configuration.
    SimpleInJoint,
    /// A simple change moves one voter at most.
    MoreThanOneVoter,
    /// Nobody would be left to vote.
    RemovedAllVoters,
    /// The configuration to start from contradicts itself.
    Invariant(String),
}

impl fmt::Display for RaftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RaftError::ProposalDropped => f.write_str("raft proposal dropped"),
            RaftError::StepLocalMessage => f.write_str("raft: cannot step raft local message"),
            RaftError::StepPeerNotFound => f.write_str("raft: cannot step as peer not found"),
            RaftError::Config(problem) => f.write_str(problem),
            RaftError::Fatal(fatal) => fatal.fmt(f),
            RaftError::Storage(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fatal::CommitOutOfRange { commit, last } => write!(
                f,
                "tocommit({commit}) is out of range [lastIndex({last})]. Was the raft log corrupted, truncated, or lost?"
            ),
            Fatal::ConflictWithCommitted { index, committed } => {
                write!(f, "entry {index} conflict with committed entry [committed({committed})]")
            }
            Fatal::AppliedOutOfRange { index, applied, committed } => {
                write!(f, "applied({index}) is out of range [prevApplied({applied}), committed({committed})]")
            }
            Fatal::StateOutOfRange { state_commit, committed, last } => {
                write!(f, "state.commit {state_commit} is out of range [{committed}, {last}]")
            }
            Fatal::Storage(error) => error.fmt(f),
            Fatal::ConfChange(error) => error.fmt(f),
            Fatal::ConfStateMismatch(pair) => write!(
                f,
                "ConfStates not equivalent after sorting: {} / {}",
                crate::describe::conf_state(&pair.0),
                crate::describe::conf_state(&pair.1)
            ),
            Fatal::Undecodable(id) => {
                write!(f, "entry {}/{} holds no configuration change", id.term, id.index)
            }
        }
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StorageError::Compacted => f.write_str("requested index is unavailable due to compaction"),
            StorageError::Unavailable => f.write_str("requested entry at index is unavailable"),
            StorageError::SnapshotOutOfDate => {
                f.write_str("requested index is older than the existing snapshot")
            }
            StorageError::SnapshotTemporarilyUnavailable => {
                f.write_str("snapshot is temporarily unavailable")
            }
            StorageError::Gap { last, append } => {
                write!(f, "missing log entry [last: {last}, append at: {append}]")
            }
        }
    }
}

impl fmt::Display for ConfChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConfChangeError::AlreadyJoint => "config is already joint",
            ConfChangeError::ZeroVoterJoint => "can't make a zero-voter config joint",
            ConfChangeError::NotJoint => "can't leave a non-joint config",
            ConfChangeError::SimpleInJoint => "can't apply simple config change in joint config",
            ConfChangeError::MoreThanOneVoter => "more than one voter changed without entering joint config",
            ConfChangeError::RemovedAllVoters => "removed all voters",
            ConfChangeError::Invariant(text) => text,
        })
    }
}

impl std::error::Error for RaftError {}
impl std::error::Error for Fatal {}
impl std::error::Error for StorageError {}
impl std::error::Error for ConfChangeError {}

impl From<Fatal> for RaftError {
    fn from(fatal: Fatal) -> Self {
        RaftError::Fatal(fatal)
    }
}

impl From<StorageError> for RaftError {
    fn from(error: StorageError) -> Self {
        RaftError::Storage(error)
    }
}
