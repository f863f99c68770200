//! The write-ahead log: typed records in segments of 64 MB.
//!
//! Records stay the shared values that they are; their lengths are known when they are written, and their bytes and
//! checksums are worked out for whoever looks ([`Wal::view`], [`Wal::file`]) and where something was harmed:
//! a start then reads the file byte by byte, as etcd would.

mod bytes;
mod decode;
mod frame;
mod power;
mod record;

use std::hash::{Hash, Hasher};

use imbl::{OrdMap, Vector};
use raft::{EntryId, HardState, LogIndex};
use sim::Digest;

use self::bytes::Places;
pub use self::bytes::RecordView;
pub use self::frame::{SECTOR_BYTES, crc32c};
pub(super) use self::record::Configuration;
pub use self::record::WalRecord;

/// A new segment begins when the last one has reached this size. Files are made in this size at once.
pub const SEGMENT_BYTES: u64 = 64 << 20;

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
    /// The digest of all records before it.
    before: Digest,
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
    /// The number of the segment in which it lies.
    segment: u64,
    /// Where in that segment.
    offset: u64,
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
    /// The checksum that the first present segment begins with.
    crc_before: u32,
    /// Flipped bits, counted from the beginning of the record's frame, by the record's number.
    flipped: OrdMap<u64, Vec<u64>>,
    /// Behind the last record: one of which only so many bytes were written.
    torn: Option<(WalRecord, u64)>,
    places: Places,
}

impl Hash for Wal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.released, self.written, self.syncing, self.durable).hash(state);
        self.segments.hash(state);
        if !self.flipped.is_empty() || self.torn.is_some() {
            (&self.flipped, &self.torn).hash(state);
        }
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
        if self.segments.is_empty() {
            self.cut();
        }
        self.push(record);
    }

    /// A batch is written: a segment that is full is followed by a new one.
    pub(super) fn cut_if_full(&mut self) {
        if self.segments.last().is_some_and(|segment| segment.bytes >= SEGMENT_BYTES) {
            self.cut();
        }
    }

    /// Begins a segment, which repeats what is needed to read it alone.
    fn cut(&mut self) {
        let sequence = self.segments.last().map_or(0, |segment| segment.sequence + 1);
        let first_index = if sequence == 0 { LogIndex::ZERO } else { self.last_index.next() };
        let first_record = self.written.records;
        let before = self.written.digest;
        self.segments.push(Segment { sequence, first_index, first_record, bytes: 0, before });
        if sequence > 0 {
            self.push(WalRecord::Crc);
            if let Some(metadata) = self.metadata.clone() {
                self.push(metadata);
            }
            if !self.last_state.is_empty() {
                self.push(WalRecord::State(self.last_state));
            }
        }
    }

    fn push(&mut self, record: WalRecord) {
        match &record {
            WalRecord::Metadata { .. } => self.metadata = Some(record.clone()),
            WalRecord::Entry(entry) => self.last_index = entry.index,
            WalRecord::State(state) => self.last_state = *state,
            WalRecord::Snapshot { id, .. } => {
                self.written.snapshot = self.written.snapshot.max(*id);
                self.last_index = self.last_index.max(id.index);
            }
            WalRecord::Crc => {}
        }
        if let Some(segment) = self.segments.last_mut() {
            segment.bytes += record.bytes();
            (self.written.segment, self.written.offset) = (segment.sequence, segment.bytes);
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

    /// Gives back the segments that only hold entries before the snapshot `needed`.
    pub(super) fn release(&mut self, needed: EntryId) {
        while let [_, second, ..] = &self.segments[..] {
            if second.first_index > needed.index || second.first_record > self.durable.records {
                break;
            }
            let gone = second.first_record - self.released;
            // To sum up what is gone would cost more than all else that the log does, and nobody can check it.
            self.crc_before = second.before.0 as u32;
            self.records = self.records.skip(gone as usize);
            self.released += gone;
            self.segments.remove(0);
            self.places = Places::default();
        }
    }
}
