//! The log's bytes: made when somebody asks for them. Nothing here is needed to write, to fsync or to start from
//! an unharmed disk.

use std::sync::{Mutex, PoisonError};

use imbl::OrdMap;

use super::decode::{Decoder, File, Stop};
use super::record::number;
use super::{SEGMENT_BYTES, Wal, WalRecord, frame};
use crate::disk::DiskError;

/// A place between two records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Place {
    /// The number of the record behind it.
    pub record: u64,
    /// Which of the present segments it lies in.
    pub segment: usize,
    /// Where in the segment.
    pub offset: u64,
    /// The checksum of all records before it.
    pub crc: u32,
}

/// Every how many records a place is remembered.
const REMEMBER_EVERY: u64 = 256;

/// Places that were worked out before. Derived, and so not part of the state.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<OrdMap<u64, Place>>);

impl Clone for Places {
    fn clone(&self) -> Self {
        Places(Mutex::new(self.get()))
    }
}

impl Places {
    fn get(&self) -> OrdMap<u64, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, places: OrdMap<u64, Place>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = places;
    }

    /// Forgets all from record number `record` on.
    pub(super) fn forget(&mut self, record: u64) {
        let places = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        *places = places.split(&record).0;
    }
}

/// One record, for those who look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordView {
    /// Its number, counted from the log's beginning.
    pub number: u64,
    /// The file's name.
    pub segment: String,
    /// Where its frame begins in the file.
    pub offset: u64,
    /// How long the frame is.
    pub bytes: u64,
    /// How many of these are padding.
    pub padding: u64,
    /// The record.
    pub record: WalRecord,
    /// The stored checksum.
    pub crc: u32,
    /// Whether a finished fsync covers it.
    pub durable: bool,
    /// What is wrong with it: flipped bits, a torn write.
    pub damaged: Option<String>,
}

impl RecordView {
    /// What it says, in a line.
    pub fn text(&self) -> String {
        match &self.record {
            WalRecord::Metadata { node, cluster } => format!("nodeID={:x} clusterID={cluster:x}", node.0),
            WalRecord::Entry(entry) => {
                let what = match entry.data.downcast::<crate::proposal::Proposal>() {
                    Some(proposal) => proposal.describe(),
                    None if entry.data.is_empty() => String::new(),
                    None => format!("{} bytes", entry.data.size()),
                };
                format!("term={} index={} {} {what}", entry.term.0, entry.index, entry.kind.name())
            }
            WalRecord::State(state) => {
                format!("term={} vote={:x} commit={}", state.term.0, state.vote.0, state.commit)
            }
            WalRecord::Crc => format!("crc={:08x}", self.crc),
            WalRecord::Snapshot { id, conf_state } => {
                let voters: Vec<String> = conf_state.voters.iter().map(|id| format!("{:x}", id.0)).collect();
                format!("index={} term={} voters=[{}]", id.index, id.term.0, voters.join(" "))
            }
        }
    }
}

impl Wal {
    /// The records from number `from` on, at most `limit`; the remains of a torn write count as one.
    ///
    /// The first look sums up all records before ([`Wal::sum`] does so in pieces); later ones only what is new.
    pub fn view(&self, from: u64, limit: usize) -> Vec<RecordView> {
        let mut place = self.place(from.clamp(self.released, self.written.records));
        let mut views = Vec::new();
        while views.len() < limit {
            let torn = self.torn.as_ref().filter(|_| place.record == self.written.records);
            let Some(record) = self.record(place.record).or(torn.map(|(record, _)| record)) else { break };
            self.enter(&mut place);
            let mut view = RecordView {
                number: place.record,
                segment: self.segments.get(place.segment).map(super::Segment::name).unwrap_or_default(),
                offset: place.offset,
                bytes: record.bytes(),
                padding: record.padding(),
                record: record.clone(),
                crc: 0,
                durable: place.record < self.durable.records,
                damaged: None,
            };
            if let Some(bits) = self.flipped.get(&place.record) {
                let at: Vec<String> =
                    bits.iter().map(|bit| format!("bit {} of byte {}", bit % 8, bit / 8)).collect();
                view.damaged = Some(format!("flipped: {}", at.join(", ")));
            } else if let Some((_, kept)) = torn {
                view.damaged = Some(format!("torn: the first {kept} of {} bytes were written", view.bytes));
                view.durable = false;
            }
            step(record, &mut place);
            view.crc = place.crc;
            views.push(view);
        }
        views
    }

    /// Works out the checksums of at most `most` further records; true when only a few are left, so that
    /// [`Wal::view`] is quick.
    pub fn sum(&self, most: u64) -> bool {
        let known = self.places.get().get_max().map_or(self.released, |(record, _)| *record);
        let left = self.written.records.saturating_sub(known);
        if left <= most.max(REMEMBER_EVERY) {
            return true;
        }
        self.place(known + most);
        false
    }

    /// The bytes of a record's frame as they are in the file, flipped bits and torn-off zeros included.
    pub fn frame(&self, record: u64) -> Option<Vec<u8>> {
        let end = self.written.records + u64::from(self.torn.is_some());
        if !(self.released..end).contains(&record) {
            return None;
        }
        self.frame_at(&mut self.place(record))
    }

    /// The frame behind a place; goes over it.
    fn frame_at(&self, place: &mut Place) -> Option<Vec<u8>> {
        let record = place.record;
        let torn = self.torn.as_ref().filter(|_| record == self.written.records);
        let content = self.record(record).or(torn.map(|(content, _)| content))?;
        let mut bytes = Vec::new();
        write(content, place, &mut bytes);
        for bit in self.flipped.get(&record).into_iter().flatten() {
            if let Some(byte) = bytes.get_mut((bit / 8) as usize) {
                *byte ^= 1 << (bit % 8);
            }
        }
        if let Some((_, kept)) = torn {
            bytes.iter_mut().skip(*kept as usize).for_each(|byte| *byte = 0);
        }
        Some(bytes)
    }

    /// All that is written to a file.
    pub fn file(&self, segment: usize) -> Option<Vec<u8>> {
        let first = self.segments.get(segment)?.first_record;
        let files = self.files(self.place_in(segment, first), 1);
        files.into_iter().next().map(|file| file.bytes)
    }

    /// The record of that number.
    pub(super) fn record(&self, number: u64) -> Option<&WalRecord> {
        self.records.get(usize::try_from(number.checked_sub(self.released)?).ok()?)
    }

    /// The place before a record, or at the end.
    pub(super) fn place(&self, record: u64) -> Place {
        let mut places = self.places.get();
        let before = places.len();
        let known = places.get_prev(&record).map(|(_, place)| *place);
        let start = Place { record: self.released, segment: 0, offset: 0, crc: self.crc_before };
        let mut place = known.unwrap_or(start);
        let skip = (place.record - self.released) as usize;
        for content in self.records.focus().narrow(skip..).into_iter().take((record - place.record) as usize)
        {
            self.enter(&mut place);
            step(content, &mut place);
            if place.record.is_multiple_of(REMEMBER_EVERY) {
                places.insert(place.record, place);
            }
        }
        if places.len() > before {
            self.places.put(places);
        }
        self.enter(&mut place);
        place
    }

    /// The place at a segment's beginning.
    fn place_in(&self, segment: usize, record: u64) -> Place {
        Place { segment, offset: 0, ..self.place(record) }
    }

    /// Goes on to the next segment where the record behind the place is the first of one.
    fn enter(&self, place: &mut Place) {
        while self.segments.get(place.segment + 1).is_some_and(|next| next.first_record <= place.record) {
            (place.segment, place.offset) = (place.segment + 1, 0);
        }
    }

    /// The files from a place on, so many at most.
    fn files(&self, start: Place, count: usize) -> Vec<File> {
        let mut files: Vec<File> = Vec::new();
        let mut place = start;
        let end = self.written.records + u64::from(self.torn.is_some());
        for (i, segment) in self.segments.iter().enumerate().skip(start.segment).take(count) {
            let last = i + 1 == self.segments.len();
            let next = self.segments.get(i + 1).map_or(end, |next| next.first_record);
            let from = if i == start.segment { start.offset } else { 0 };
            let mut bytes = Vec::new();
            while place.record < next {
                let Some(frame) = self.frame_at(&mut place) else { break };
                bytes.extend(frame);
            }
            // A full segment is cut to its length, the last one has all its space from the beginning.
            let size = if last { SEGMENT_BYTES.max(from + bytes.len() as u64) } else { segment.bytes };
            files.push(File { name: segment.name(), from, bytes, size });
        }
        files
    }

    /// Reads the bytes from record `first` on, as etcd would.
    pub(super) fn decode(&self, first: u64) -> Decoded {
        let start = self.place(first);
        let files = self.files(start, usize::MAX);
        let mut decoder = Decoder::new(&files, start.crc);
        let mut decoded = Decoded { records: Vec::new(), stop: None };
        let metadata = self.metadata.as_ref().filter(|_| first > self.released);
        let mut metadata = metadata.cloned();
        loop {
            let place = (decoder.files_left(), decoder.at);
            let crc = decoder.crc;
            let read = match decoder.next() {
                Ok(read) => read,
                Err(Stop::End) => break,
                Err(Stop::Error(error)) => {
                    decoded.stop = Some((error, place.0 == 1));
                    break;
                }
            };
            let number = first + decoded.records.len() as u64;
            let torn =
                self.torn.as_ref().filter(|_| number == self.written.records).map(|(record, _)| record);
            let written = self.record(number).or(torn);
            // Content that is what was written stays the shared value that it is.
            let same =
                written.filter(|w| w.number() == read.number && w.data().unwrap_or_default() == read.data);
            let record = match same {
                Some(record) => Ok(record.clone()),
                None => match WalRecord::decode(read.number, &read.data) {
                    Some(Ok(record)) => Ok(record),
                    Some(Err(())) => {
                        let name = files.get(files.len() - place.0).map(|file| file.name.clone());
                        Err(DiskError::NoRecord { file: name.unwrap_or_default(), position: place.1 })
                    }
                    None => Err(DiskError::BlockType(read.number)),
                },
            };
            let record = record.and_then(|record| {
                if read.number == number::CRC {
                    if crc != 0 && crc != read.crc {
                        return Err(DiskError::CrcRecord);
                    }
                    decoder.crc = read.crc;
                }
                if read.number == number::METADATA && *metadata.get_or_insert(record.clone()) != record {
                    return Err(DiskError::MetadataConflict);
                }
                Ok(record)
            });
            match record {
                Ok(record) => decoded.records.push(record),
                Err(error) => {
                    decoded.stop = Some((error, false));
                    break;
                }
            }
        }
        decoded
    }
}

impl Wal {
    /// Reads all bytes and compares them with the records: what is written is what is meant.
    ///
    /// # Errors
    /// The first harm that a decoder sees, or the first record that is not what it was.
    pub fn verify(&self) -> Result<(), DiskError> {
        let decoded = self.decode(self.released);
        if let Some((error, _)) = decoded.stop {
            return Err(error);
        }
        let expected = self.records.iter().map(Some).chain(std::iter::repeat(None));
        let mut number = self.released;
        for (read, written) in decoded.records.iter().zip(expected) {
            // The decoder hands out the written value where the bytes agree; decode them without that help.
            let bytes = read.data().unwrap_or_default();
            let again = WalRecord::decode(read.number(), &bytes);
            if written != Some(read) || again != Some(Ok(read.clone())) {
                return Err(DiskError::Differs { record: number });
            }
            number += 1;
        }
        if number < self.written.records { Err(DiskError::Differs { record: number }) } else { Ok(()) }
    }
}

/// What a decoder made of the bytes.
pub(super) struct Decoded {
    pub records: Vec<WalRecord>,
    /// Why it did not come to the end, and whether that was in the last file.
    pub stop: Option<(DiskError, bool)>,
}

/// Goes over a record.
fn step(record: &WalRecord, place: &mut Place) {
    if let Some(data) = record.data() {
        place.crc = frame::crc32c(place.crc, &data);
    }
    place.offset += record.bytes();
    place.record += 1;
}

/// Writes a record's frame, and goes over it.
fn write(record: &WalRecord, place: &mut Place, out: &mut Vec<u8>) {
    let data = record.data();
    if let Some(data) = &data {
        place.crc = frame::crc32c(place.crc, data);
    }
    frame::write(record.number(), place.crc, data.as_deref(), out);
    place.offset += record.bytes();
    place.record += 1;
}
