//! A member's disk: what a crash leaves of it, and what a start makes of that.
//!
//! Writes go to the page cache and count only when an fsync that began after them has finished. The member
//! decides how long an fsync takes; the disk remembers what it covers. [`Disk::crash`] forgets the rest,
//! [`Disk::crash_torn`] all but the sectors that had been written back by then. The database file is written by bbolt
//! in transactions of its own, which are atomic.

mod error;
mod snapshot_file;
#[cfg(test)]
mod tests;
mod wal;

use std::sync::Arc;

use raft::{ConfState, Entry, EntryId, HardState, LogIndex, NodeId, Snapshot, Term};

pub use error::DiskError;
pub use snapshot_file::SnapshotFile;
pub use wal::{RecordView, SECTOR_BYTES, SEGMENT_BYTES, Segment, Wal, WalRecord, crc32c};

use crate::state::State;

/// How many snapshot files are kept (etcd's `--max-snapshots`).
const MAX_SNAPSHOTS: usize = 5;

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
    /// A write that was cut off, and that the start has truncated away.
    pub repaired: Option<DiskError>,
    /// The names of snapshot files that could not be read, as they were.
    pub broken: Vec<String>,
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

    /// Whose disk it is: the member's ID and the cluster's.
    pub fn identity(&self) -> Option<(NodeId, u64)> {
        self.wal.records().find_map(|record| match record {
            WalRecord::Metadata { node, cluster } => Some((*node, *cluster)),
            _ => None,
        })
    }

    /// Whether this member wrote it; an earlier one in the same place is another.
    pub fn belongs_to(&self, node: NodeId) -> bool {
        self.identity().is_some_and(|(id, _)| id == node)
    }

    /// Writes entries and then the hard state, as one batch.
    pub fn write(&mut self, entries: &[Entry], hard_state: Option<HardState>) {
        for entry in entries {
            self.wal.append(WalRecord::Entry(entry.clone()));
        }
        if let Some(state) = hard_state {
            self.wal.append(WalRecord::State(state));
        }
        self.wal.cut_if_full();
    }

    /// Writes a snapshot file and its mark in the log.
    pub fn write_snapshot(&mut self, snapshot: Arc<Snapshot>) {
        let mark = WalRecord::Snapshot { id: snapshot.id(), conf_state: snapshot.conf_state.clone() };
        self.snapshots.push(SnapshotFile::new(snapshot));
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
        // What the snapshot before the newest needs stays, in case the newest can't be read.
        let mut marked = self.snapshots.iter().rev().filter(|file| file.durable && !file.broken);
        if let Some(older) = marked.nth(1) {
            let needed = older.snapshot.id();
            self.wal.release(needed);
        }
    }

    /// Power fails: the page cache is gone.
    pub fn crash(&mut self) {
        self.crash_torn(0);
    }

    /// Power fails while the page cache is being written back: of the sectors (512 bytes) that were not durable the
    /// first `sectors` made it, at most [`Wal::dirty_sectors`]. Records that lie wholly inside survive; what is left
    /// of one that does not is found at the next start.
    pub fn crash_torn(&mut self, sectors: u64) {
        self.wal.crash(sectors);
        let marks = self.wal.durable_snapshot();
        self.snapshots.retain(|file| file.durable || file.snapshot.id() <= marks);
        for file in &mut self.snapshots {
            file.durable = true;
        }
    }

    /// Fault: a bit of a record changes on the disk (`record` counts from the log's beginning, `bit` from the
    /// beginning of the record's frame). Nobody notices before the next start. False when there is no such
    /// bit.
    pub fn flip_bit(&mut self, record: u64, bit: u64) -> bool {
        self.wal.flip_bit(record, bit)
    }

    /// Fault: a bit of a snapshot file changes (`file` counts the files from the oldest). False when there is no
    /// such bit.
    pub fn flip_snapshot_bit(&mut self, file: usize, bit: u64) -> bool {
        self.snapshots.get_mut(file).is_some_and(|file| file.flip_bit(bit))
    }

    /// Somebody empties the disk. Whether it lies stays as it is.
    pub fn wipe(&mut self) {
        *self = Disk { lies: self.lies, ..Disk::default() };
    }

    /// Whether fsync lies.
    pub const fn lies(&self) -> bool {
        self.lies
    }

    /// Reads the whole log byte by byte: what is written is what is meant. For tests and for those who want to
    /// know.
    ///
    /// # Errors
    /// What a start would stumble over.
    pub fn verify(&self) -> Result<(), DiskError> {
        self.wal.verify()
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

    /// Reads everything a start needs, after it has repaired what can be: a half-written record is truncated away,
    /// a snapshot file that can't be read gets the suffix `.broken`, and an older one is used.
    ///
    /// # Errors
    /// [`DiskError`] when the log is corrupt or contradicts itself.
    pub fn open(&mut self) -> Result<Found, DiskError> {
        let repaired = self.wal.open()?;
        let broken: Vec<String> = self
            .snapshots
            .iter_mut()
            .filter_map(|file| file.check().is_err().then(|| file.rename()))
            .collect();
        Ok(Found { repaired, broken, ..self.read()? })
    }

    /// What a start finds on a disk without harm.
    ///
    /// # Errors
    /// [`DiskError`] when the log contradicts itself.
    pub fn read(&self) -> Result<Found, DiskError> {
        let snapshot = self.newest_snapshot();
        let after = snapshot.as_ref().map_or(EntryId::default(), |snapshot| snapshot.id());
        // The segment in which the log goes on behind the snapshot.
        if self.wal.segments().first().is_some_and(|segment| segment.first_index > after.index.next()) {
            return Err(DiskError::FileNotFound);
        }
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
                        let (next, entries) = (entry.id(), entries.len() as u64);
                        return Err(DiskError::Gap { start: after, next, entries });
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
        Ok(Found { snapshot, hard_state, entries, state: self.database.clone(), ..Found::default() })
    }

    /// The newest snapshot file that can be read and that the log mentions.
    fn newest_snapshot(&self) -> Option<Arc<Snapshot>> {
        let marked = |id: EntryId| {
            self.wal.records().rev().any(|r| matches!(r, WalRecord::Snapshot { id: mark, .. } if *mark == id))
        };
        let good = self.snapshots.iter().rev().filter(|file| !file.broken);
        good.map(|file| &file.snapshot).find(|snapshot| marked(snapshot.id())).cloned()
    }
}
