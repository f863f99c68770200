//! A member's disk: what a crash leaves of it.
//!
//! Writes go to the page cache and count only when an fsync that began after them has finished. The member
//! decides how long an fsync takes; the disk remembers what it covers. [`Disk::crash`] forgets the
//! rest. The database file is written by bbolt in transactions of its own, which are atomic.

mod wal;

use std::sync::Arc;

use raft::{ConfState, Entry, EntryId, HardState, LogIndex, NodeId, Snapshot, Term};

pub use wal::{Segment, Wal, WalRecord};

use crate::state::State;

/// How many snapshot files are kept (etcd's `--max-snapshots`).
const MAX_SNAPSHOTS: usize = 5;

/// A snapshot file: `0000000000000002-0000000000002710.snap`.
#[derive(Clone, Debug, Hash)]
pub struct SnapshotFile {
    /// Raft's snapshot; its data is the [`State`].
    pub snapshot: Arc<Snapshot>,
    /// Whether an fsync has covered it.
    pub durable: bool,
}

impl SnapshotFile {
    /// The file's name: term and index in hexadecimal.
    pub fn name(&self) -> String {
        format!("{:016x}-{:016x}.snap", self.snapshot.term.0, self.snapshot.index.0)
    }
}

/// Why a disk can't be read.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum DiskError {
    /// The log has a hole: a crash or a fault took entries that later ones build on.
    Gap {
        /// The last entry before it.
        last: EntryId,
        /// The first after it.
        next: EntryId,
    },
}

impl std::fmt::Display for DiskError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DiskError::Gap { .. } => f.write_str("wal: slice bounds out of range"),
        }
    }
}

impl std::error::Error for DiskError {}

/// What a start finds on the disk.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The newest usable snapshot.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Term, vote, commit index.
    pub hard_state: HardState,
    /// The entries after the snapshot.
    pub entries: Vec<Entry>,
    /// The database, if one was committed.
    pub state: Option<State>,
}

/// A disk. A clone is a few pointers.
#[derive(Clone, Debug, Hash, Default)]
pub struct Disk {
    wal: Wal,
    snapshots: Vec<SnapshotFile>,
    database: Option<State>,
    /// Fault: fsync says yes and does nothing.
    lies: bool,
}

impl Disk {
    /// True for a disk on which no member has ever run.
    pub fn is_empty(&self) -> bool {
        self.wal.is_empty()
    }

    /// The write-ahead log.
    pub fn wal(&self) -> &Wal {
        &self.wal
    }

    /// The snapshot files, oldest first.
    pub fn snapshots(&self) -> &[SnapshotFile] {
        &self.snapshots
    }

    /// The database as it was last committed.
    pub fn database(&self) -> Option<&State> {
        self.database.as_ref()
    }

    /// Makes (or stops making) fsync a lie: writes seem durable and are lost in a crash.
    pub fn set_lies(&mut self, lies: bool) {
        self.lies = lies;
    }

    /// Prepares an empty disk for a member.
    pub fn format(&mut self, node: NodeId, cluster: u64) {
        self.wal.append(WalRecord::Crc);
        self.wal.append(WalRecord::Metadata { node, cluster });
        self.wal.append(WalRecord::Snapshot { id: EntryId::default(), conf_state: ConfState::default() });
    }

    /// Writes entries and then the hard state, as one batch.
    pub fn write(&mut self, entries: &[Entry], hard_state: Option<HardState>) {
        for entry in entries {
            self.wal.append(WalRecord::Entry(entry.clone()));
        }
        if let Some(state) = hard_state {
            self.wal.append(WalRecord::State(state));
        }
    }

    /// Writes a snapshot file and its mark in the log.
    pub fn write_snapshot(&mut self, snapshot: Arc<Snapshot>) {
        let mark = WalRecord::Snapshot { id: snapshot.id(), conf_state: snapshot.conf_state.clone() };
        self.snapshots.push(SnapshotFile { snapshot, durable: false });
        self.wal.append(mark);
    }

    /// Commits the database (bbolt's own transaction: all of it or nothing).
    pub fn commit_database(&mut self, state: State) {
        self.database = Some(state);
    }

    /// True when something is written that no finished fsync covers.
    pub fn is_dirty(&self) -> bool {
        self.wal.is_dirty()
    }

    /// Starts an fsync of everything that is written now.
    pub fn begin_fsync(&mut self) {
        self.wal.begin_fsync();
    }

    /// The fsync has finished: what it covers is durable.
    pub fn finish_fsync(&mut self) {
        if self.lies {
            self.wal.abort_fsync();
            return;
        }
        self.wal.finish_fsync();
        // A file is written before its mark, so a durable mark means a durable file.
        let durable = self.wal.durable_snapshot();
        for file in &mut self.snapshots {
            file.durable |= file.snapshot.id() <= durable;
        }
        if self.snapshots.len() > MAX_SNAPSHOTS {
            self.snapshots.drain(..self.snapshots.len() - MAX_SNAPSHOTS);
        }
        self.wal.release(durable);
    }

    /// Power fails: the page cache is gone.
    pub fn crash(&mut self) {
        self.crash_torn(0);
    }

    /// Power fails while the page cache is being written back: the first `records` of what was not durable
    /// made it.
    pub fn crash_torn(&mut self, records: u64) {
        self.wal.crash(records);
        let marks = self.wal.durable_snapshot();
        self.snapshots.retain(|file| file.durable || file.snapshot.id() <= marks);
        for file in &mut self.snapshots {
            file.durable = true;
        }
    }

    /// The term of the entry at `index` that a crash now would leave in the log, if there is one.
    pub fn durable_term(&self, index: LogIndex) -> Option<Term> {
        for record in self.wal.durable().rev() {
            match record {
                WalRecord::Entry(entry) if entry.index == index => return Some(entry.term),
                // A later write of an earlier entry cut the log off before `index`.
                WalRecord::Entry(entry) if entry.index < index => return None,
                WalRecord::Snapshot { id, .. } if id.index == index => return Some(id.term),
                _ => {}
            }
        }
        None
    }

    /// Reads everything a start needs.
    ///
    /// # Errors
    /// [`DiskError`] when the log contradicts itself.
    pub fn read(&self) -> Result<Found, DiskError> {
        let snapshot = self.snapshots.last().map(|file| file.snapshot.clone());
        let after = snapshot.as_ref().map_or(EntryId::default(), |snapshot| snapshot.id());
        let mut entries: Vec<Entry> = Vec::new();
        let mut hard_state = HardState::default();
        // The term of the entry in the snapshot's place.
        let mut replaced = None;
        for record in self.wal.records() {
            match record {
                // An entry cuts off all that was written behind its place.
                WalRecord::Entry(entry) if entry.index <= after.index => {
                    entries.clear();
                    replaced = (entry.index == after.index).then_some(entry.term);
                }
                // What stood in the log when a leader's snapshot replaced it is no continuation of it.
                WalRecord::Snapshot { id, .. } if *id == after && replaced != Some(after.term) => {
                    entries.clear()
                }
                WalRecord::Entry(entry) => {
                    let place = (entry.index - after.index - 1) as usize;
                    if place > entries.len() {
                        let last = entries.last().map_or(after, Entry::id);
                        return Err(DiskError::Gap { last, next: entry.id() });
                    }
                    entries.truncate(place);
                    entries.push(entry.clone());
                }
                WalRecord::State(state) => hard_state = *state,
                _ => {}
            }
        }
        // A snapshot that came from the leader is committed by itself.
        hard_state.commit = hard_state.commit.max(after.index);
        hard_state.term = hard_state.term.max(after.term);
        Ok(Found { snapshot, hard_state, entries, state: self.database.clone() })
    }
}

#[cfg(test)]
mod tests {
    use sim::{Blob, Digest};

    use super::*;

    fn entry(index: u64, term: u64) -> Entry {
        Entry { term: Term(term), index: LogIndex(index), data: Blob::from("x"), ..Entry::default() }
    }

    fn state(term: u64, commit: u64) -> HardState {
        HardState { term: Term(term), vote: NodeId(1), commit: LogIndex(commit) }
    }

    fn disk() -> Disk {
        let mut disk = Disk::default();
        disk.format(NodeId(1), 7);
        disk
    }

    fn fsync(disk: &mut Disk) {
        disk.begin_fsync();
        disk.finish_fsync();
    }

    fn ids(disk: &Disk) -> Vec<(u64, u64)> {
        let found = disk.read().unwrap_or_default();
        found.entries.iter().map(|entry| (entry.index.0, entry.term.0)).collect()
    }

    #[test]
    fn only_what_an_fsync_covers_survives() {
        let mut disk = disk();
        disk.write(&[entry(1, 1), entry(2, 1)], Some(state(1, 0)));
        disk.begin_fsync();
        // Written while the fsync runs: not covered.
        disk.write(&[entry(3, 1)], Some(state(1, 2)));
        disk.finish_fsync();
        assert!(disk.is_dirty());
        let mut crashed = disk.clone();
        crashed.crash();
        assert_eq!(ids(&crashed), [(1, 1), (2, 1)]);
        assert_eq!(crashed.read().map(|found| found.hard_state), Ok(state(1, 0)));
        // Torn: the entry made it, the hard state did not.
        let mut torn = disk.clone();
        torn.crash_torn(1);
        assert_eq!(ids(&torn), [(1, 1), (2, 1), (3, 1)]);
        assert_eq!(torn.read().map(|found| found.hard_state.commit), Ok(LogIndex(0)));
        fsync(&mut disk);
        disk.crash();
        assert_eq!(ids(&disk), [(1, 1), (2, 1), (3, 1)]);
    }

    #[test]
    fn later_entries_replace_earlier_ones() {
        let mut disk = disk();
        disk.write(&[entry(1, 1), entry(2, 1), entry(3, 1)], None);
        disk.write(&[entry(2, 2)], Some(state(2, 1)));
        assert_eq!(ids(&disk), [(1, 1), (2, 2)]);
        assert_eq!(disk.durable_term(LogIndex(2)), None);
        let mut safe = disk.clone();
        fsync(&mut safe);
        assert_eq!(
            [1, 2, 3].map(|i| safe.durable_term(LogIndex(i)).map(|term| term.0)),
            [Some(1), Some(2), None]
        );
        // A snapshot in a place that was rewritten does not bring back what was cut off behind it.
        let mut cut = disk.clone();
        cut.write(&[entry(3, 2)], None);
        cut.write(&[entry(2, 3)], None);
        cut.write_snapshot(Arc::new(Snapshot { index: LogIndex(2), term: Term(3), ..Snapshot::default() }));
        assert_eq!(ids(&cut), []);
        disk.write(&[entry(4, 2)], None);
        assert!(matches!(disk.read(), Err(DiskError::Gap { .. })));
    }

    #[test]
    fn a_lying_disk_loses_what_it_promised() {
        let mut disk = disk();
        fsync(&mut disk);
        disk.set_lies(true);
        disk.write(&[entry(1, 1)], None);
        fsync(&mut disk);
        disk.crash();
        assert_eq!(ids(&disk), []);
    }

    #[test]
    fn snapshots_cut_the_log() {
        let mut disk = disk();
        disk.write(&[entry(1, 1), entry(2, 1), entry(3, 1)], Some(state(1, 3)));
        fsync(&mut disk);
        let snapshot = Snapshot { index: LogIndex(2), term: Term(1), ..Snapshot::default() };
        disk.write_snapshot(Arc::new(snapshot));
        let mut lost = disk.clone();
        lost.crash();
        assert_eq!(ids(&lost).len(), 3);
        assert!(lost.snapshots().is_empty());
        fsync(&mut disk);
        disk.crash();
        assert_eq!(ids(&disk), [(3, 1)]);
        assert_eq!(disk.snapshots()[0].name(), "0000000000000001-0000000000000002.snap");
    }

    #[test]
    fn segments_of_64_mb_are_cut_and_given_back() {
        let mut disk = disk();
        let data = Blob::from(vec![0; 8 << 20]);
        for index in 1..=20 {
            disk.write(&[Entry { data: data.clone(), ..entry(index, 1) }], Some(state(1, index)));
            fsync(&mut disk);
        }
        let names = |disk: &Disk| disk.wal().segments().iter().map(Segment::name).collect::<Vec<_>>();
        let all = [
            "0000000000000000-0000000000000000.wal",
            "0000000000000001-0000000000000009.wal",
            "0000000000000002-0000000000000011.wal",
        ];
        assert_eq!(names(&disk), all);
        assert!(disk.wal().bytes() > 160 << 20);
        let snapshot = Snapshot { index: LogIndex(10), term: Term(1), ..Snapshot::default() };
        disk.write_snapshot(Arc::new(snapshot));
        fsync(&mut disk);
        assert_eq!(names(&disk), all[1..]);
        disk.write(&[entry(21, 1)], None);
        disk.crash();
        assert_eq!(ids(&disk).first(), Some(&(11, 1)));
        assert_eq!(ids(&disk).len(), 10);
        assert_eq!(disk.read().map(|found| found.hard_state), Ok(state(1, 20)));
        // A crash takes a segment that no fsync has covered.
        let mut other = Disk::default();
        other.format(NodeId(1), 7);
        fsync(&mut other);
        for index in 1..=9 {
            other.write(&[Entry { data: data.clone(), ..entry(index, 1) }], None);
        }
        assert_eq!(names(&other).len(), 2);
        other.crash();
        assert_eq!(names(&other), all[..1]);
        assert_eq!(ids(&other), []);
    }

    #[test]
    fn the_hash_is_that_of_the_content() {
        let write = |disk: &mut Disk| {
            disk.write(&[entry(1, 1)], None);
            disk.begin_fsync();
            disk.write(&[entry(2, 1)], None);
            disk.finish_fsync();
        };
        let (mut a, mut b) = (disk(), disk());
        write(&mut a);
        write(&mut b);
        assert_eq!(Digest::of(&a), Digest::of(&b));
        b.crash();
        assert_ne!(Digest::of(&a), Digest::of(&b));
        a.crash();
        assert_eq!(Digest::of(&a), Digest::of(&b));
    }
}
