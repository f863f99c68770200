//! The whole log: the stable part (in the storage), the unstable end, and how far it is committed and applied.

mod reading;
mod unstable;

use std::sync::Arc;

pub use unstable::Unstable;

use crate::error::Fatal;
use crate::trace::{LogView, Trace, TraceEvent};
use crate::{Entry, EntryId, LogIndex, Snapshot, Storage, StorageError};

/// `applied <= applying <= committed <= last_index`.
#[derive(Clone, Hash, Debug)]
pub struct RaftLog<S> {
    pub(crate) storage: S,
    pub(crate) unstable: Unstable,
    /// A quorum is known to have stored everything up to here.
    pub(crate) committed: LogIndex,
    /// Handed out to be applied up to here.
    pub(crate) applying: LogIndex,
    /// Applied up to here.
    pub(crate) applied: LogIndex,
    /// Encoded bytes that may be handed out and not yet applied.
    pub(crate) max_applying_size: u64,
    applying_size: u64,
    applying_paused: bool,
    /// Why the member can't go on.
    pub(crate) fatal: Option<Fatal>,
    pub(crate) trace: Trace,
}

impl<S: Storage> RaftLog<S> {
    pub(crate) fn new(storage: S, max_applying_size: u64) -> RaftLog<S> {
        let before = storage.first_index().prev();
        let unstable = Unstable::new(storage.last_index().next());
        RaftLog {
            storage,
            unstable,
            committed: before,
            applying: before,
            applied: before,
            max_applying_size,
            applying_size: 0,
            applying_paused: false,
            fatal: None,
            trace: Trace::default(),
        }
    }

    /// Notes that the member can't go on; the first reason counts.
    pub(crate) fn fail(&mut self, fatal: Fatal) {
        self.fatal.get_or_insert(fatal);
    }

    pub(crate) fn view(&self) -> LogView {
        LogView {
            committed: self.committed,
            applied: self.applied,
            applying: self.applying,
            offset: self.unstable.offset,
            offset_in_progress: self.unstable.offset_in_progress,
            unstable: self.unstable.entries.len() as u64,
        }
    }

    /// A leader's entries after `prev`: appends them if `prev` is in the log, cutting away what conflicts, and
    /// commits up to `committed` as far as these entries go. Gives the last of the new entries' index.
    pub(crate) fn maybe_append(
        &mut self,
        prev: EntryId,
        entries: &[Entry],
        committed: LogIndex,
    ) -> Option<LogIndex> {
        if !self.matches(prev) {
            return None;
        }
        let last_new = prev.index + entries.len() as u64;
        if let Some(conflict) = self.find_conflict(entries) {
            let index = entries[conflict].index;
            if index <= self.committed {
                self.fail(Fatal::ConflictWithCommitted { index, committed: self.committed });
                return None;
            }
            self.append(&entries[conflict..]);
        }
        self.commit_to(committed.min(last_new));
        Some(last_new)
    }

    /// The first of `entries` that the log doesn't hold (it may hold another in its place).
    fn find_conflict(&mut self, entries: &[Entry]) -> Option<usize> {
        let conflict = entries.iter().position(|entry| !self.matches(entry.id()))?;
        let new = entries[conflict].id();
        if new.index <= self.last_index() {
            let existing = self.term_or_zero(new.index);
            self.trace.push(TraceEvent::ConflictFound { index: new.index, existing, conflicting: new.term });
        }
        Some(conflict)
    }

    /// Appends entries. They must not overwrite what is committed. Gives the new last index.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> LogIndex {
        let Some(first) = entries.first() else { return self.last_index() };
        if first.index <= self.committed {
            self.fail(Fatal::ConflictWithCommitted { index: first.index, committed: self.committed });
            return self.last_index();
        }
        self.unstable.truncate_and_append(entries, &mut self.trace);
        let last = self.last_index();
        self.trace.push(TraceEvent::Appended { first: first.id(), last });
        last
    }

    /// Everything up to `index` is committed; never goes back.
    pub(crate) fn commit_to(&mut self, index: LogIndex) {
        if index <= self.committed {
            return;
        }
        let last = self.last_index();
        if last < index {
            self.fail(Fatal::CommitOutOfRange { commit: index, last });
            return;
        }
        self.trace.push(TraceEvent::CommitAdvanced { from: self.committed, to: index });
        self.committed = index;
    }

    /// Commits up to `at`, if that is news and the entry there is of that term: a leader counts replicas only
    /// for entries of its own term.
    pub(crate) fn maybe_commit(&mut self, at: EntryId) -> bool {
        if at.term.0 != 0 && at.index > self.committed && self.term(at.index) == Ok(at.term) {
            self.commit_to(at.index);
            return true;
        }
        false
    }

    /// Applied up to `index`; `size` encoded bytes are no longer on their way.
    pub(crate) fn applied_to(&mut self, index: LogIndex, size: u64) {
        if self.committed < index || index < self.applied {
            self.fail(Fatal::AppliedOutOfRange { index, applied: self.applied, committed: self.committed });
            return;
        }
        if index > self.applied {
            self.trace.push(TraceEvent::Applied { to: index });
        }
        self.applied = index;
        self.applying = self.applying.max(index);
        self.applying_size = self.applying_size.saturating_sub(size);
        self.applying_paused = self.applying_size >= self.max_applying_size;
    }

    /// The entries up to `index` (`size` encoded bytes) have been handed out to be applied. Pauses when the
    /// limit is reached, or when it was what ended the run.
    pub(crate) fn accept_applying(&mut self, index: LogIndex, size: u64, allow_unstable: bool) {
        self.applying = index;
        self.applying_size = self.applying_size.saturating_add(size);
        self.applying_paused =
            self.applying_size >= self.max_applying_size || index < self.max_appliable(allow_unstable);
    }

    pub(crate) fn room_for_applying(&self) -> Option<u64> {
        (!self.applying_paused).then(|| self.max_applying_size.saturating_sub(self.applying_size))
    }

    pub(crate) fn stable_to(&mut self, id: EntryId) {
        self.unstable.stable_to(id, &mut self.trace);
    }

    /// A snapshot takes the place of the whole log.
    pub(crate) fn restore(&mut self, snapshot: Arc<Snapshot>) {
        self.trace.push(TraceEvent::SnapshotRestoreStarted { log: self.view(), snapshot: snapshot.id() });
        self.committed = snapshot.index;
        self.unstable.restore(snapshot);
    }

    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>, StorageError> {
        match &self.unstable.snapshot {
            Some(snapshot) => Ok(snapshot.clone()),
            None => self.storage.snapshot(),
        }
    }
}
