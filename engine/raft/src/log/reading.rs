//! Reading the log: bounds, terms, runs of entries.

use super::RaftLog;
use crate::entry::{Entries, count_within, encoded_size};
use crate::error::Fatal;
use crate::{Entry, EntryId, LogIndex, NO_LIMIT, Storage, StorageError, Term};

impl<S: Storage> RaftLog<S> {
    pub(crate) fn first_index(&self) -> LogIndex {
        self.unstable.first_index().unwrap_or_else(|| self.storage.first_index())
    }

    pub(crate) fn last_index(&self) -> LogIndex {
        self.unstable.last_index().unwrap_or_else(|| self.storage.last_index())
    }

    pub(crate) fn last_id(&self) -> EntryId {
        let index = self.last_index();
        EntryId { term: self.term_or_zero(index), index }
    }

    /// The term of the entry at `index`, which may also be the one before the first.
    pub(crate) fn term(&self, index: LogIndex) -> Result<Term, StorageError> {
        if let Some(term) = self.unstable.term(index) {
            return Ok(term);
        }
        if index.next() < self.first_index() {
            return Err(StorageError::Compacted);
        }
        if index > self.last_index() {
            return Err(StorageError::Unavailable);
        }
        self.storage.term(index)
    }

    pub(crate) fn term_or_zero(&self, index: LogIndex) -> Term {
        self.term(index).unwrap_or_default()
    }

    pub(crate) fn matches(&self, id: EntryId) -> bool {
        self.term(id.index) == Ok(id.term)
    }

    /// Whether a log that ends with `last` is at least as good as this one: a later term, or the same and not
    /// shorter.
    pub(crate) fn is_up_to_date(&self, last: EntryId) -> bool {
        last >= self.last_id()
    }

    /// The last place at or before `index` where the term is at most `term`: a log that has `term` at `index`
    /// can't agree with this one any later. Term zero where the log does not say.
    pub(crate) fn find_conflict_by_term(&self, index: LogIndex, term: Term) -> EntryId {
        let mut index = index;
        while index > LogIndex::ZERO {
            match self.term(index) {
                Err(_) => return EntryId { term: Term(0), index },
                Ok(ours) if ours <= term => return EntryId { term: ours, index },
                Ok(_) => index = index.prev(),
            }
        }
        EntryId::default()
    }

    /// Entries from `lo` up to but without `hi`, as many as fit into `max_size` encoded bytes, at least one.
    pub(crate) fn slice(&self, lo: LogIndex, hi: LogIndex, max_size: u64) -> Result<Entries, StorageError> {
        if lo >= hi {
            return Ok(Entries::NONE);
        }
        if lo < self.first_index() {
            return Err(StorageError::Compacted);
        }
        if hi > self.last_index().next() {
            return Err(StorageError::Unavailable);
        }
        let offset = self.unstable.offset;
        if lo >= offset {
            let run = self.unstable.slice(lo, hi);
            return Ok(Entries::copied(&run[..count_within(run, max_size)]));
        }
        let stable_end = hi.min(offset);
        let mut run: Vec<Entry> = Vec::new();
        self.storage.entries(lo, stable_end, max_size, &mut run)?;
        let cut_short = (run.len() as u64) < stable_end - lo;
        if !cut_short && hi > offset {
            let rest = self.unstable.slice(offset, hi);
            if max_size == NO_LIMIT {
                run.extend_from_slice(rest);
            } else {
                let mut size = encoded_size(&run);
                for entry in rest {
                    size = size.saturating_add(entry.encoded_size());
                    if size > max_size {
                        break;
                    }
                    run.push(entry.clone());
                }
            }
        }
        Ok(run.into())
    }

    /// Entries from `lo` to the end, within `max_size`.
    pub(crate) fn entries_from(&self, lo: LogIndex, max_size: u64) -> Result<Entries, StorageError> {
        self.slice(lo, self.last_index().next(), max_size)
    }

    pub(crate) fn next_unstable_entries(&self) -> &[Entry] {
        self.unstable.next_entries()
    }

    pub(crate) fn has_next_or_in_progress_unstable_entries(&self) -> bool {
        !self.unstable.entries.is_empty()
    }

    pub(crate) fn has_next_or_in_progress_snapshot(&self) -> bool {
        self.unstable.snapshot.is_some()
    }

    /// The last entry that may be applied: committed, and stable unless `allow_unstable`.
    pub(crate) fn max_appliable(&self, allow_unstable: bool) -> LogIndex {
        if allow_unstable { self.committed } else { self.committed.min(self.unstable.offset.prev()) }
    }

    pub(crate) fn has_next_committed_entries(&self, allow_unstable: bool) -> bool {
        self.room_for_applying().is_some()
            // The snapshot has to be applied first.
            && !self.has_next_or_in_progress_snapshot()
            && self.applying < self.max_appliable(allow_unstable)
    }

    /// The committed entries to apply next, within the limit on what is being applied.
    pub(crate) fn next_committed_entries(&mut self, allow_unstable: bool) -> Entries {
        if !self.has_next_committed_entries(allow_unstable) {
            return Entries::NONE;
        }
        let room = self.room_for_applying().unwrap_or_default();
        let (lo, hi) = (self.applying.next(), self.max_appliable(allow_unstable).next());
        self.slice(lo, hi, room).unwrap_or_else(|error| {
            self.fail(Fatal::Storage(error));
            Entries::NONE
        })
    }
}
