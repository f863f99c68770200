//! Where the stable part of the log is read from.

mod memory;

use std::sync::Arc;

pub use memory::MemoryStorage;

use crate::{ConfState, Entry, HardState, LogIndex, Snapshot, StorageError, Term};

/// The stable log as Raft reads it. Raft never writes: the application does, as each `Ready` (or each
/// `MsgStorageAppend`) asks.
///
/// Shows what has been handed to the storage, which may be ahead of what an fsync has made durable.
pub trait Storage {
    /// What was stored before the start: hard state and configuration.
    fn initial_state(&self) -> (HardState, ConfState);

    /// Appends the entries from `lo` up to but without `hi` to `out`, as many as fit into `max_size` encoded
    /// bytes, at least one.
    ///
    /// # Errors
    /// [`StorageError::Compacted`] when `lo` is no longer there, [`StorageError::Unavailable`] when `hi - 1`
    /// is not there yet.
    fn entries(
        &self,
        lo: LogIndex,
        hi: LogIndex,
        max_size: u64,
        out: &mut Vec<Entry>,
    ) -> Result<(), StorageError>;

    /// The term of the entry at `index`, which may also be the one before the first.
    ///
    /// # Errors
    /// As [`Storage::entries`].
    fn term(&self, index: LogIndex) -> Result<Term, StorageError>;

    /// The last entry's index; the snapshot's when there is no entry.
    fn last_index(&self) -> LogIndex;

    /// The index of the first entry that is (or would be) kept.
    fn first_index(&self) -> LogIndex;

    /// The newest snapshot, to send to a follower.
    ///
    /// # Errors
    /// [`StorageError::SnapshotTemporarilyUnavailable`] when the application is still making it.
    fn snapshot(&self) -> Result<Arc<Snapshot>, StorageError>;
}
