//! The end of the log that is not known to be stable yet.

use std::sync::Arc;

use crate::trace::{Trace, TraceEvent};
use crate::{Entry, EntryId, LogIndex, Snapshot, Term};

/// Entries from `offset` on, and perhaps a snapshot before them. What lies before `offset_in_progress` (or
/// the snapshot, when `snapshot_in_progress`) has been handed out to be written.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Unstable {
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) offset: LogIndex,
    pub(crate) snapshot_in_progress: bool,
    pub(crate) offset_in_progress: LogIndex,
}

impl Unstable {
    pub(crate) const fn new(offset: LogIndex) -> Unstable {
        Unstable {
            snapshot: None,
            entries: Vec::new(),
            offset,
            snapshot_in_progress: false,
            offset_in_progress: offset,
        }
    }

    /// The first index of the log, if the snapshot decides it.
    pub(crate) fn first_index(&self) -> Option<LogIndex> {
        self.snapshot.as_ref().map(|snapshot| snapshot.index.next())
    }

    /// The last index of the log, if anything here decides it.
    pub(crate) fn last_index(&self) -> Option<LogIndex> {
        match self.entries.last() {
            Some(entry) => Some(entry.index),
            None => self.snapshot.as_ref().map(|snapshot| snapshot.index),
        }
    }

    /// The term of the entry at `index`, if it is here.
    pub(crate) fn term(&self, index: LogIndex) -> Option<Term> {
        if index < self.offset {
            return self
                .snapshot
                .as_ref()
                .filter(|snapshot| snapshot.index == index)
                .map(|snapshot| snapshot.term);
        }
        // The index may come from anybody, and a wasm `usize` has 32 bits.
        let place = usize::try_from(index - self.offset).ok()?;
        self.entries.get(place).map(|entry| entry.term)
    }

    /// The entries that have not been handed out yet.
    pub(crate) fn next_entries(&self) -> &[Entry] {
        self.entries.get((self.offset_in_progress - self.offset) as usize..).unwrap_or(&[])
    }

    /// The snapshot, if it has not been handed out yet.
    pub(crate) fn next_snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.snapshot.as_ref().filter(|_| !self.snapshot_in_progress)
    }

    /// Entries from `lo` up to but without `hi`, which must be here.
    pub(crate) fn slice(&self, lo: LogIndex, hi: LogIndex) -> &[Entry] {
        self.entries.get((lo - self.offset) as usize..(hi - self.offset) as usize).unwrap_or(&[])
    }

    /// Everything has been handed out.
    pub(crate) fn accept_in_progress(&mut self) {
        if let Some(last) = self.entries.last() {
            self.offset_in_progress = last.index.next();
        }
        self.snapshot_in_progress = self.snapshot.is_some();
    }

    /// The entries up to `id` are stable, if they are still the ones that are here.
    pub(crate) fn stable_to(&mut self, id: EntryId, trace: &mut Trace) {
        let Some(term) = self.term(id.index) else {
            trace.push(TraceEvent::UnstableMissing { index: id.index });
            return;
        };
        if id.index < self.offset {
            trace.push(TraceEvent::UnstableIsSnapshot { index: id.index });
            return;
        }
        if term != id.term {
            // Replaced while they were being written.
            trace.push(TraceEvent::UnstableMismatch { id, existing: term });
            return;
        }
        let stable = (id.index.next() - self.offset) as usize;
        self.entries.drain(..stable);
        self.offset = id.index.next();
        self.offset_in_progress = self.offset_in_progress.max(self.offset);
    }

    /// The snapshot of `index` is stable.
    pub(crate) fn stable_snapshot_to(&mut self, index: LogIndex) {
        if self.snapshot.as_ref().is_some_and(|snapshot| snapshot.index == index) {
            self.snapshot = None;
            self.snapshot_in_progress = false;
        }
    }

    /// Replaces everything by a snapshot.
    pub(crate) fn restore(&mut self, snapshot: Arc<Snapshot>) {
        self.offset = snapshot.index.next();
        self.offset_in_progress = self.offset;
        self.entries.clear();
        self.snapshot = Some(snapshot);
        self.snapshot_in_progress = false;
    }

    /// Appends entries, replacing what they overlap with and all that comes after it.
    pub(crate) fn truncate_and_append(&mut self, entries: &[Entry], trace: &mut Trace) {
        let Some(from) = entries.first().map(|entry| entry.index) else { return };
        if from == self.offset + self.entries.len() as u64 {
            // Directly behind what is here.
        } else if from <= self.offset {
            trace.push(TraceEvent::UnstableReplaced { from });
            self.entries.clear();
            self.offset = from;
            self.offset_in_progress = from;
        } else {
            trace.push(TraceEvent::UnstableTruncated { from });
            self.entries.truncate((from - self.offset) as usize);
            // What comes from `from` on has to be handed out again.
            self.offset_in_progress = self.offset_in_progress.min(from);
        }
        self.entries.extend_from_slice(entries);
    }
}
