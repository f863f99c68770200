//! The stable log in memory; what etcd's server, too, keeps beside its write-ahead log.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use imbl::Vector;
use sim::{Blob, Digest};

use super::Storage;
use crate::{ConfState, Entry, EntryId, HardState, LogIndex, Snapshot, StorageError, Term};

/// Hard state, snapshot and the entries after some index. A clone is a few pointers, and its [`Hash`] costs the same
/// however long the log is.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    hard_state: HardState,
    snapshot: Arc<Snapshot>,
    /// The last entry that is no longer kept.
    before: EntryId,
    entries: Vector<Entry>,
    /// The sum of the entries' digests. Each digest has the entry's index in it, so that the order counts, too.
    sum: u64,
}

impl Hash for MemoryStorage {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.hard_state, &self.snapshot, self.before, self.entries.len() as u64, self.sum).hash(state);
    }
}

impl PartialEq for MemoryStorage {
    fn eq(&self, other: &Self) -> bool {
        let head = |log: &MemoryStorage| (log.hard_state, log.before, log.sum);
        head(self) == head(other) && self.snapshot == other.snapshot && self.entries == other.entries
    }
}

impl Eq for MemoryStorage {}

/// An entry's part of the sum.
fn digest(entry: &Entry) -> u64 {
    let mut bytes = [0; 32];
    let parts = [entry.term.0, entry.index.0, entry.kind as u64, entry.data.digest().0];
    for (place, part) in bytes.chunks_exact_mut(8).zip(parts) {
        place.copy_from_slice(&part.to_le_bytes());
    }
    Digest::of_bytes(&bytes).0
}

impl MemoryStorage {
    /// An empty log.
    pub fn new() -> MemoryStorage {
        MemoryStorage::default()
    }

    /// The stored hard state.
    pub fn hard_state(&self) -> HardState {
        self.hard_state
    }

    /// Stores a hard state.
    pub fn set_hard_state(&mut self, state: HardState) {
        self.hard_state = state;
    }

    /// The newest snapshot that was applied or created; an empty one when there is none.
    pub fn current_snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// All entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The entry at `index`, if it is kept.
    pub fn entry(&self, index: LogIndex) -> Option<&Entry> {
        let offset = index.0.checked_sub(self.before.index.0 + 1)?;
        self.entries.get(usize::try_from(offset).ok()?)
    }

    /// Replaces everything by a snapshot.
    ///
    /// # Errors
    /// [`StorageError::SnapshotOutOfDate`] when the storage has a newer one.
    pub fn apply_snapshot(&mut self, snapshot: Arc<Snapshot>) -> Result<(), StorageError> {
        if self.snapshot.index >= snapshot.index {
            return Err(StorageError::SnapshotOutOfDate);
        }
        self.before = snapshot.id();
        self.snapshot = snapshot;
        self.entries = Vector::new();
        self.sum = 0;
        Ok(())
    }

    /// Remembers a snapshot made at `index`, for sending. The log stays as it is.
    ///
    /// # Errors
    /// [`StorageError::SnapshotOutOfDate`] when there is a newer one, [`StorageError::Unavailable`] when the
    /// log does not hold `index`.
    pub fn create_snapshot(
        &mut self,
        index: LogIndex,
        conf_state: Option<ConfState>,
        data: Blob,
    ) -> Result<Arc<Snapshot>, StorageError> {
        if index <= self.snapshot.index {
            return Err(StorageError::SnapshotOutOfDate);
        }
        let term = self.term(index)?;
        let conf_state = conf_state.unwrap_or_else(|| self.snapshot.conf_state.clone());
        self.snapshot = Arc::new(Snapshot { index, term, conf_state, data });
        Ok(self.snapshot.clone())
    }

    /// Forgets all entries up to and with `index`. Don't go beyond what is applied.
    ///
    /// # Errors
    /// [`StorageError::Compacted`] when that was done before, [`StorageError::Unavailable`] when the log does
    /// not reach so far.
    pub fn compact(&mut self, index: LogIndex) -> Result<(), StorageError> {
        if index <= self.before.index {
            return Err(StorageError::Compacted);
        }
        let term = self.term(index)?;
        let dropped = index - self.before.index;
        let kept = self.entries.split_off(dropped as usize);
        let dropped = std::mem::replace(&mut self.entries, kept);
        self.forget(&dropped);
        self.before = EntryId { term, index };
        Ok(())
    }

    /// Appends entries, replacing what they overlap with and all that comes after it.
    ///
    /// # Errors
    /// [`StorageError::Gap`] when entries between are missing.
    pub fn append(&mut self, entries: &[Entry]) -> Result<(), StorageError> {
        let Some(first) = entries.first().map(|entry| entry.index) else { return Ok(()) };
        let last = first + (entries.len() as u64 - 1);
        if last <= self.before.index {
            return Ok(());
        }
        let compacted = self.before.index.next() - first;
        let entries = &entries[compacted as usize..];
        let first = first.max(self.before.index.next());
        if first > self.last_index().next() {
            return Err(StorageError::Gap { last: self.last_index(), append: first });
        }
        let kept = first - self.before.index.next();
        if (kept as usize) < self.entries.len() {
            let replaced = self.entries.split_off(kept as usize);
            self.forget(&replaced);
        }
        for entry in entries {
            self.sum = self.sum.wrapping_add(digest(entry));
            self.entries.push_back(entry.clone());
        }
        Ok(())
    }

    /// Takes entries out of the sum.
    fn forget(&mut self, entries: &Vector<Entry>) {
        for entry in entries {
            self.sum = self.sum.wrapping_sub(digest(entry));
        }
    }
}

impl Storage for MemoryStorage {
    fn initial_state(&self) -> (HardState, ConfState) {
        (self.hard_state, self.snapshot.conf_state.clone())
    }

    fn entries(
        &self,
        lo: LogIndex,
        hi: LogIndex,
        max_size: u64,
        out: &mut Vec<Entry>,
    ) -> Result<(), StorageError> {
        if lo <= self.before.index {
            return Err(StorageError::Compacted);
        }
        if hi > self.last_index().next() {
            return Err(StorageError::Unavailable);
        }
        let start = (lo - self.before.index.next()) as usize;
        let count = (hi - lo) as usize;
        // Walking the tree costs more than looking up the one or two entries of the usual case.
        let mut size = 0u64;
        let mut take = |entry: &Entry| {
            size = size.saturating_add(if max_size == crate::NO_LIMIT { 0 } else { entry.encoded_size() });
            let fits = size <= max_size || size == entry.encoded_size();
            if fits {
                out.push(entry.clone());
            }
            fits
        };
        if count <= 4 {
            for entry in (start..start + count).filter_map(|i| self.entries.get(i)) {
                if !take(entry) {
                    break;
                }
            }
        } else {
            for entry in self.entries.focus().narrow(start..start + count) {
                if !take(entry) {
                    break;
                }
            }
        }
        Ok(())
    }

    fn term(&self, index: LogIndex) -> Result<Term, StorageError> {
        if index == self.before.index {
            return Ok(self.before.term);
        }
        if index < self.before.index {
            return Err(StorageError::Compacted);
        }
        self.entry(index).map(|entry| entry.term).ok_or(StorageError::Unavailable)
    }

    fn last_index(&self) -> LogIndex {
        self.before.index + self.entries.len() as u64
    }

    fn first_index(&self) -> LogIndex {
        self.before.index.next()
    }

    fn snapshot(&self) -> Result<Arc<Snapshot>, StorageError> {
        Ok(self.snapshot.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(entries: &[(u64, u64)]) -> Vec<Entry> {
        let entry = |&(index, term)| Entry { term: Term(term), index: LogIndex(index), ..Entry::default() };
        entries.iter().map(entry).collect()
    }

    fn storage() -> MemoryStorage {
        let mut storage = MemoryStorage::new();
        let start = Snapshot { index: LogIndex(3), term: Term(3), ..Snapshot::default() };
        assert_eq!(storage.apply_snapshot(Arc::new(start)), Ok(()));
        assert_eq!(storage.append(&log(&[(4, 4), (5, 5), (6, 6)])), Ok(()));
        storage
    }

    fn read(storage: &MemoryStorage, lo: u64, hi: u64, max: u64) -> Result<Vec<u64>, StorageError> {
        let mut out = Vec::new();
        storage.entries(LogIndex(lo), LogIndex(hi), max, &mut out)?;
        Ok(out.iter().map(|entry| entry.index.0).collect())
    }

    #[test]
    fn reads() {
        let storage = storage();
        assert_eq!((storage.first_index().0, storage.last_index().0), (4, 6));
        assert_eq!(read(&storage, 3, 5, u64::MAX), Err(StorageError::Compacted));
        assert_eq!(read(&storage, 4, 8, u64::MAX), Err(StorageError::Unavailable));
        assert_eq!(read(&storage, 4, 7, u64::MAX), Ok(vec![4, 5, 6]));
        assert_eq!(read(&storage, 4, 7, 0), Ok(vec![4]));
        assert_eq!(read(&storage, 4, 7, 12), Ok(vec![4, 5]));
        assert_eq!(read(&storage, 4, 7, 17), Ok(vec![4, 5]));
        assert_eq!(storage.term(LogIndex(3)), Ok(Term(3)));
        assert_eq!(storage.term(LogIndex(2)), Err(StorageError::Compacted));
        assert_eq!(storage.term(LogIndex(7)), Err(StorageError::Unavailable));
    }

    #[test]
    fn appends_overwrite_from_their_first_index() {
        let mut storage = storage();
        assert_eq!(storage.append(&log(&[(2, 3), (3, 3), (4, 5)])), Ok(()));
        assert_eq!(storage.iter().map(|entry| (entry.index.0, entry.term.0)).collect::<Vec<_>>(), [(4, 5)]);
        assert_eq!(storage.append(&log(&[(2, 1)])), Ok(()));
        assert_eq!(
            storage.append(&log(&[(6, 9)])),
            Err(StorageError::Gap { last: LogIndex(4), append: LogIndex(6) })
        );
    }

    #[test]
    fn the_hash_is_that_of_the_content() {
        let mut long = storage();
        let short = long.clone();
        assert_eq!(long.append(&log(&[(7, 6), (8, 6)])), Ok(()));
        assert_ne!(Digest::of(&long), Digest::of(&short));
        assert_eq!(long.append(&log(&[(6, 7)])), Ok(()));
        assert_ne!(Digest::of(&long), Digest::of(&short));
        assert_eq!(long.append(&log(&[(6, 6)])), Ok(()));
        assert_eq!(
            (Digest::of(&long), &long),
            (Digest::of(&short), &short),
            "by another way to the same log"
        );
        assert_eq!(long.compact(LogIndex(5)), Ok(()));
        assert_ne!(Digest::of(&long), Digest::of(&short));
        let start = Snapshot { index: LogIndex(9), term: Term(9), ..Snapshot::default() };
        assert_eq!(long.apply_snapshot(Arc::new(start)), Ok(()));
        assert_eq!(long.sum, 0);
    }

    #[test]
    fn compaction_and_snapshots() {
        let mut storage = storage();
        let fork = storage.clone();
        assert!(storage.create_snapshot(LogIndex(5), None, Blob::empty()).is_ok());
        assert_eq!(storage.compact(LogIndex(5)), Ok(()));
        assert_eq!((storage.first_index().0, storage.last_index().0), (6, 6));
        assert_eq!(storage.term(LogIndex(5)), Ok(Term(5)));
        assert_eq!(storage.compact(LogIndex(5)), Err(StorageError::Compacted));
        assert_eq!(storage.compact(LogIndex(9)), Err(StorageError::Unavailable));
        assert_eq!(
            storage.create_snapshot(LogIndex(5), None, Blob::empty()),
            Err(StorageError::SnapshotOutOfDate)
        );
        assert_eq!(fork.first_index(), LogIndex(4), "a clone keeps its own history");
    }
}
