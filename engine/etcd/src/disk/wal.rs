//! The write-ahead log: typed records in segments of 64 MB.

use std::hash::{Hash, Hasher};

use imbl::Vector;
use raft::{ConfState, Entry, EntryId, HardState, LogIndex, NodeId};
use sim::Digest;

/// A new segment begins when the last one has reached this size.
const SEGMENT_BYTES: u64 = 64 << 20;

/// One record.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum WalRecord {
    /// Whose log this is; begins every segment.
    Metadata {
        /// The member's ID.
        node: NodeId,
        /// The cluster's.
        cluster: u64,
    },
    /// An entry. It replaces all that were written with the same or a higher index.
    Entry(Entry),
    /// Term, vote and commit index.
    State(HardState),
    /// The checksum so far, where a segment begins.
    Crc,
    /// A snapshot file was written.
    Snapshot {
        /// Its last entry.
        id: EntryId,
        /// Its configuration.
        conf_state: ConfState,
    },
}

impl WalRecord {
    /// etcd's name of the record type.
    pub const fn kind(&self) -> &'static str {
        match self {
            WalRecord::Metadata { .. } => "metadata",
            WalRecord::Entry(_) => "entry",
            WalRecord::State(_) => "state",
            WalRecord::Crc => "crc",
            WalRecord::Snapshot { .. } => "snapshot",
        }
    }

    /// Bytes in the file: a length field of 8, the record (type, checksum, data), padded to 8.
    pub fn bytes(&self) -> u64 {
        let data = match self {
            WalRecord::Metadata { .. } => 20,
            WalRecord::Entry(entry) => entry.encoded_size(),
            WalRecord::State(_) => 12,
            WalRecord::Crc => 0,
            WalRecord::Snapshot { conf_state, .. } => 12 + 9 * conf_state.voters.len() as u64,
        };
        (8 + 10 + data).next_multiple_of(8)
    }

    fn chain(&self, before: Digest) -> Digest {
        match self {
            // The usual case, without a walk through a streaming hasher.
            WalRecord::Entry(entry) => {
                let mut bytes = [0; 40];
                let parts = [before.0, entry.term.0, entry.index.0, entry.kind as u64, entry.data.digest().0];
                for (place, part) in bytes.chunks_exact_mut(8).zip(parts) {
                    place.copy_from_slice(&part.to_le_bytes());
                }
                Digest::of_bytes(&bytes)
            }
            other => Digest::of(&(before, other)),
        }
    }
}

/// A file of the log: `0000000000000001-0000000000004e21.wal`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Segment {
    /// Its number, from 0.
    pub sequence: u64,
    /// The first entry that it may hold.
    pub first_index: LogIndex,
    /// The number of its first record, counted from the log's beginning.
    pub first_record: u64,
    /// How many bytes are written.
    pub bytes: u64,
}

impl Segment {
    /// The file's name: number and first index in hexadecimal.
    pub fn name(&self) -> String {
        format!("{:016x}-{:016x}.wal", self.sequence, self.first_index.0)
    }
}

/// A point in the log that an fsync has reached or will reach.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
struct Mark {
    /// Records before it, counted from the log's beginning.
    records: u64,
    /// The digest of all of them.
    digest: Digest,
    /// The newest snapshot among them.
    snapshot: EntryId,
}

/// The log. Its [`Hash`] is chained over the records, so that hashing a long log costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Wal {
    /// The records from number `released` on.
    records: Vector<WalRecord>,
    /// How many records at the beginning are gone with their segments.
    released: u64,
    segments: Vec<Segment>,
    metadata: Option<WalRecord>,
    last_index: LogIndex,
    last_state: HardState,
    written: Mark,
    /// What the running fsync will make durable.
    syncing: Option<Mark>,
    durable: Mark,
}

impl Hash for Wal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.released, self.written, self.syncing, self.durable).hash(state);
        self.segments.hash(state);
    }
}

impl Wal {
    /// True when nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.written.records == 0
    }

    /// The records that are written, oldest first.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = &WalRecord> {
        self.records.iter()
    }

    /// Those of them that an fsync has covered.
    pub fn durable(&self) -> impl DoubleEndedIterator<Item = &WalRecord> {
        let durable = (self.durable.records - self.released) as usize;
        self.records.focus().narrow(0..durable).into_iter()
    }

    /// The number of the first of [`Wal::records`], counted from the log's beginning.
    pub fn first_record(&self) -> u64 {
        self.released
    }

    /// How many records were ever written.
    pub fn written_records(&self) -> u64 {
        self.written.records
    }

    /// How many of them are durable.
    pub fn durable_records(&self) -> u64 {
        self.durable.records
    }

    /// The files.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Bytes in all files.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.durable.records < self.written.records
    }

    pub(super) fn append(&mut self, record: WalRecord) {
        if self.segments.last().is_none_or(|segment| segment.bytes >= SEGMENT_BYTES) {
            self.cut();
        }
        self.push(record);
    }

    /// Begins a segment, which repeats what is needed to read it alone.
    fn cut(&mut self) {
        let sequence = self.segments.last().map_or(0, |segment| segment.sequence + 1);
        let first_index = if sequence == 0 { LogIndex::ZERO } else { self.last_index.next() };
        let first_record = self.written.records;
        self.segments.push(Segment { sequence, first_index, first_record, bytes: 0 });
        if sequence > 0 {
            self.push(WalRecord::Crc);
            if let Some(metadata) = self.metadata.clone() {
                self.push(metadata);
            }
            self.push(WalRecord::State(self.last_state));
        }
    }

    fn push(&mut self, record: WalRecord) {
        match &record {
            WalRecord::Metadata { .. } => self.metadata = Some(record.clone()),
            WalRecord::Entry(entry) => self.last_index = entry.index,
            WalRecord::State(state) => self.last_state = *state,
            WalRecord::Snapshot { id, .. } => self.written.snapshot = self.written.snapshot.max(*id),
            WalRecord::Crc => {}
        }
        if let Some(segment) = self.segments.last_mut() {
            segment.bytes += record.bytes();
        }
        self.written.digest = record.chain(self.written.digest);
        self.written.records += 1;
        self.records.push_back(record);
    }

    pub(super) fn begin_fsync(&mut self) {
        self.syncing = Some(self.written);
    }

    pub(super) fn finish_fsync(&mut self) {
        if let Some(mark) = self.syncing.take() {
            self.durable = mark;
        }
    }

    pub(super) fn abort_fsync(&mut self) {
        self.syncing = None;
    }

    /// The newest snapshot whose mark is durable.
    pub(super) fn durable_snapshot(&self) -> EntryId {
        self.durable.snapshot
    }

    /// Forgets what is not durable, but for the first `torn` records of it.
    pub(super) fn crash(&mut self, torn: u64) {
        let keep = (self.durable.records + torn).min(self.written.records);
        let torn = self.records.split_off((self.durable.records - self.released) as usize);
        self.written = self.durable;
        self.syncing = None;
        let back = || self.records.iter().rev();
        let entry = back()
            .find_map(|record| if let WalRecord::Entry(entry) = record { Some(entry.index) } else { None });
        let state =
            back().find_map(|record| if let WalRecord::State(state) = record { Some(*state) } else { None });
        (self.last_index, self.last_state) = (entry.unwrap_or_default(), state.unwrap_or_default());
        // Only the last segment is being written to; one that was begun after `keep` is not there at all.
        while self.segments.last().is_some_and(|segment| segment.first_record >= keep.max(1)) {
            self.segments.pop();
        }
        let from = self.segments.last().map_or(self.released, |segment| segment.first_record);
        let start = (from.max(self.released) - self.released) as usize;
        let bytes: u64 = self.records.iter().skip(start).map(WalRecord::bytes).sum();
        if let Some(segment) = self.segments.last_mut() {
            segment.bytes = bytes;
        }
        for record in torn.into_iter().take((keep - self.durable.records) as usize) {
            self.push(record);
        }
        self.durable = self.written;
    }

    /// Gives back the segments that only hold entries before the snapshot `durable`.
    pub(super) fn release(&mut self, durable: EntryId) {
        while let [_, second, ..] = &self.segments[..] {
            if second.first_index > durable.index || second.first_record > self.durable.records {
                break;
            }
            let gone = second.first_record - self.released;
            self.records = self.records.skip(gone as usize);
            self.released += gone;
            self.segments.remove(0);
        }
    }
}
