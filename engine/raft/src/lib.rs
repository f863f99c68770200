//! Raft without input or output, in the shape of etcd's library.
//!
//! A [`RawNode`] is a value. Messages go in by [`RawNode::step`], time by [`RawNode::tick`], and what is to be
//! done comes out of [`RawNode::ready`]: entries and hard state to store, messages to send, committed entries
//! to apply. The same state and the same input give the same output; the only chance in it, the election
//! timeout, is drawn from a seeded stream.
//!
//! The modules are those of the theory: [`quorum`] says who decides, [`tracker`] what the leader knows of each
//! member, [`confchange`] how configurations follow each other, `log` what is stored and what is not yet,
//! `raft` what the roles do, and [`trace`] tells it. [`script`] runs the text scripts that etcd tests itself
//! with, and [`invariants`] watches over a whole group.

mod change;
pub mod confchange;
mod config;
pub mod describe;
mod entry;
mod error;
pub mod group;
pub mod invariants;
mod log;
mod message;
pub mod quorum;
mod raft;
mod rawnode;
mod read_only;
pub mod script;
mod serial;
mod snapshot;
mod status;
mod storage;
pub mod trace;
pub mod tracker;
mod types;
pub mod wire;

pub use change::{
    AnyConfChange, ConfChange, ConfChangeKind, ConfChangeSingle, ConfChangeV2, DecodeError, Transition,
    parse_changes,
};
pub use config::{Config, ReadOnlyOption};
pub use entry::{Entries, Entry, EntryKind, count_within};
pub use error::{ConfChangeError, Fatal, RaftError, StorageError};
pub use message::{Message, MessageKind};
pub use raft::{Raft, Role, SoftState};
pub use rawnode::{RawNode, Ready};
pub use read_only::{PendingRead, ReadOnly, ReadState};
pub use snapshot::{ConfState, HardState, Snapshot};
pub use status::{BasicStatus, Status};
pub use storage::{MemoryStorage, Storage};
pub use trace::{Level, TraceEvent};
pub use types::{EntryId, LOCAL_APPEND_THREAD, LOCAL_APPLY_THREAD, LogIndex, NO_LIMIT, NodeId, Term};
