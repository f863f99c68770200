//! When each event happened and whose it was: the score under the picture.

use sim::{EventNumber, SimTime};

use crate::trace::Record;
use crate::view::Lane;

/// Nine bytes an event, for the whole of a branch.
#[derive(Clone, Debug, Default)]
pub struct Score {
    times: Vec<SimTime>,
    lanes: Vec<u8>,
}

impl Score {
    pub(super) fn push(&mut self, record: &Record) {
        self.times.push(record.at);
        self.lanes.push(Lane::of(&record.event) as u8);
    }

    /// How many events it has.
    pub fn last(&self) -> EventNumber {
        EventNumber(self.times.len() as u64)
    }

    /// When an event happened; the latest one's time for later numbers.
    pub fn time_of(&self, number: EventNumber) -> SimTime {
        let index = (number.0 as usize).min(self.times.len());
        index.checked_sub(1).map_or(SimTime::ZERO, |i| self.times[i])
    }

    pub(super) fn truncated(&self, taken: EventNumber) -> Score {
        let n = (taken.0 as usize).min(self.times.len());
        Score { times: self.times[..n].to_vec(), lanes: self.lanes[..n].to_vec() }
    }

    /// Events by lane among the numbers from `from` (exclusive) to `to` (inclusive), in `buckets` equal parts.
    pub fn buckets(&self, from: EventNumber, to: EventNumber, buckets: u32) -> Vec<[u16; 5]> {
        let mut counts = vec![[0u16; 5]; buckets as usize];
        let (from, to) = (from.0 as usize, (to.0 as usize).min(self.lanes.len()));
        if buckets == 0 || from >= to {
            return counts;
        }
        let width = to - from;
        for (i, lane) in self.lanes[from..to].iter().enumerate() {
            let count = &mut counts[i * buckets as usize / width][*lane as usize];
            *count = count.saturating_add(1);
        }
        counts
    }
}
