//! What a crash leaves of the log, and how a start repairs it.

use super::frame::{LENGTH_BYTES, SECTOR_BYTES};
use super::{LogIndex, Mark, Segment, Wal, WalRecord};
use crate::disk::DiskError;

/// Records at the beginning of a segment without which etcd does not give it its name.
const HEADER_RECORDS: u64 = 3;

impl Wal {
    /// How many sectors hold something that is not durable; in a crash that many may have been written or
    /// not.
    pub fn dirty_sectors(&self) -> u64 {
        self.dirty_parts().iter().map(|part| part.sectors()).sum()
    }

    fn dirty_parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        for segment in &self.segments {
            let from = match segment.sequence {
                _ if self.durable.records == 0 => 0,
                sequence if sequence < self.durable.segment => continue,
                sequence if sequence == self.durable.segment => self.durable.offset,
                _ => 0,
            };
            if from < segment.bytes {
                parts.push(Part { sequence: segment.sequence, from, to: segment.bytes });
            }
        }
        parts
    }

    /// How many records are left when the first `sectors` dirty sectors were written, and how many bytes of the
    /// one after them.
    fn survivors(&self, mut sectors: u64) -> (u64, Option<u64>) {
        let mut number = self.durable.records;
        for part in self.dirty_parts() {
            if sectors >= part.sectors() {
                sectors -= part.sectors();
                let next = self.segments.iter().find(|segment| segment.sequence > part.sequence);
                number = next.map_or(self.written.records, |next| next.first_record);
                continue;
            }
            let cut = (part.from / SECTOR_BYTES + sectors) * SECTOR_BYTES;
            let first = number;
            let mut offset = part.from;
            let mut torn = None;
            while let Some(record) = self.record(number) {
                let end = offset + record.bytes();
                if end > cut {
                    torn = (offset + LENGTH_BYTES <= cut).then(|| cut - offset);
                    break;
                }
                (number, offset) = (number + 1, end);
            }
            // A new segment gets its name when its header is durable.
            if part.from == 0 && part.sequence > 0 && number < first + HEADER_RECORDS {
                return (first, None);
            }
            return (number, torn);
        }
        (number, None)
    }

    /// Forgets what is not durable, but for the first `sectors` sectors of it.
    pub(in crate::disk) fn crash(&mut self, sectors: u64) {
        let (keep, torn) = self.survivors(sectors);
        let durable = self.durable.records;
        self.cut_off(self.durable, keep - durable, torn);
    }

    /// Goes back to a mark, and writes the next `again` records behind it once more, and so many bytes of the one
    /// after them.
    fn cut_off(&mut self, mark: Mark, again: u64, torn: Option<u64>) {
        let lost = self.records.split_off((mark.records - self.released) as usize);
        self.places.forget(mark.records);
        self.flipped = self.flipped.split(&(mark.records + again)).0;
        (self.written, self.syncing) = (mark, None);
        let mut later: Vec<Segment> = std::mem::take(&mut self.segments);
        let kept = later.iter().position(|segment| segment.first_record >= mark.records.max(1));
        let kept = if mark.records == 0 { 0 } else { kept.unwrap_or(later.len()) };
        self.segments = later.drain(..kept).collect();
        if let Some(segment) = self.segments.last_mut() {
            segment.bytes = mark.offset;
        }

        let before = self.segments.first().map_or(0, |segment| segment.first_index.0.saturating_sub(1));
        let mut last_index = mark.snapshot.index.max(LogIndex(before));
        let entry = self.records.iter().rev().find_map(|record| match record {
            WalRecord::Entry(entry) => Some(entry.index),
            _ => None,
        });
        if let Some(index) = entry {
            last_index = index;
        }
        let state = self.records.iter().rev().find_map(|record| match record {
            WalRecord::State(state) => Some(*state),
            _ => None,
        });
        (self.last_index, self.last_state) = (last_index, state.unwrap_or_default());

        let mut later = later.into_iter().peekable();
        let again = again as usize;
        for record in lost.iter().take(again) {
            if let Some(segment) = later.next_if(|segment| segment.first_record == self.written.records) {
                self.segments.push(Segment { bytes: 0, ..segment });
            }
            self.push(record.clone());
        }
        self.durable = self.written;
        self.torn = torn.and_then(|bytes| lost.get(again).map(|record| (record.clone(), bytes)));
    }

    /// Flips a bit of a record's frame; bits are counted from the frame's beginning. False when there is no such
    /// record or no such bit.
    pub(in crate::disk) fn flip_bit(&mut self, record: u64, bit: u64) -> bool {
        let bytes = self.record(record).map_or(0, WalRecord::bytes);
        if bit / 8 >= bytes {
            return false;
        }
        let mut bits = self.flipped.get(&record).cloned().unwrap_or_default();
        // Twice is never.
        match bits.iter().position(|known| *known == bit) {
            Some(i) => {
                bits.remove(i);
            }
            None => bits.push(bit),
        }
        if bits.is_empty() {
            self.flipped.remove(&record);
        } else {
            self.flipped.insert(record, bits);
        }
        true
    }

    /// What a process that starts makes of the log. Without harm that is what was written; otherwise the bytes from
    /// the first harmed record on are read. A write that was cut off is repaired by truncation, as etcd
    /// does it: says where.
    pub(in crate::disk) fn open(&mut self) -> Result<Option<DiskError>, DiskError> {
        let torn = self.torn.is_some().then_some(self.written.records);
        let first = self.flipped.get_min().map(|(record, _)| *record).or(torn);
        let Some(first) = first else { return Ok(None) };
        let decoded = self.decode(first);
        let end = first + decoded.records.len() as u64;
        let repaired = match decoded.stop {
            // etcd truncates the last file, and no other.
            Some((error, true)) if error.can_be_repaired() => Some(error),
            Some((error, _)) => return Err(error),
            None => None,
        };
        let same = decoded
            .records
            .iter()
            .enumerate()
            .all(|(i, record)| self.record(first + i as u64) == Some(record));
        if same && end >= self.written.records {
            // Only padding was hit, and what was half written is gone.
            self.torn = None;
            return Ok(repaired);
        }
        self.rewrite(first, decoded.records);
        Ok(repaired)
    }

    /// What was read is what is there.
    fn rewrite(&mut self, first: u64, read: Vec<WalRecord>) {
        let (before, _) = self.records.clone().split_at((first - self.released) as usize);
        // A harmed record that reads as something else is that from now on.
        for (number, record) in (first..).zip(&read) {
            if self.record(number) != Some(record) {
                self.flipped.remove(&number);
            }
        }
        self.records = before.into_iter().chain(read).collect();
        let records = self.records.len() as u64;
        let digest = self.segments.first().map(|segment| segment.before).unwrap_or_default();
        let beginning = Mark { records: self.released, digest, ..Mark::default() };
        self.cut_off(beginning, records, None);
    }
}

/// A part of a file that is not durable.
struct Part {
    /// The segment's number.
    sequence: u64,
    from: u64,
    to: u64,
}

impl Part {
    const fn sectors(&self) -> u64 {
        self.to.div_ceil(SECTOR_BYTES) - self.from / SECTOR_BYTES
    }
}
