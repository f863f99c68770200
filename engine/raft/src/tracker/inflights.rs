//! Appends that are under way to one member, limited by number and by bytes.

use std::collections::VecDeque;

use crate::LogIndex;

/// A queue of (last index of an append, its payload bytes). Adding to the end slows the leader down, freeing
/// from the front lets it go on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Inflights {
    queue: VecDeque<(LogIndex, u64)>,
    bytes: u64,
    max_count: u32,
    max_bytes: u64,
}

impl Inflights {
    /// Room for `max_count` appends of `max_bytes` in total (exceeded by the last one).
    pub const fn new(max_count: u32, max_bytes: u64) -> Inflights {
        Inflights { queue: VecDeque::new(), bytes: 0, max_count, max_bytes }
    }

    /// How many are under way.
    pub fn count(&self) -> u32 {
        self.queue.len() as u32
    }

    /// Payload bytes that are under way.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the limits are reached.
    pub fn full(&self) -> bool {
        self.count() >= self.max_count || self.bytes >= self.max_bytes
    }

    /// Notes an append up to `last`. When full it is not noted: the sender has to ask first.
    pub fn add(&mut self, last: LogIndex, bytes: u64) {
        if !self.full() {
            self.queue.push_back((last, bytes));
            self.bytes += bytes;
        }
    }

    /// Everything up to and with `index` has arrived.
    pub fn free_up_to(&mut self, index: LogIndex) {
        while let Some(&(last, bytes)) = self.queue.front() {
            if last > index {
                break;
            }
            self.queue.pop_front();
            self.bytes -= bytes;
        }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.queue.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_by_count_and_by_bytes() {
        let mut inflights = Inflights::new(3, 10);
        inflights.add(LogIndex(1), 4);
        inflights.add(LogIndex(2), 5);
        assert!(!inflights.full());
        inflights.add(LogIndex(3), 20);
        assert!(inflights.full(), "the last one may exceed the bytes");
        inflights.add(LogIndex(4), 1);
        assert_eq!((inflights.count(), inflights.bytes()), (3, 29));
        inflights.free_up_to(LogIndex(2));
        assert_eq!((inflights.count(), inflights.bytes(), inflights.full()), (1, 20, true));
        inflights.free_up_to(LogIndex(9));
        assert_eq!((inflights.count(), inflights.bytes(), inflights.full()), (0, 0, false));
        for i in 0..3 {
            inflights.add(LogIndex(i), 0);
        }
        assert!(inflights.full());
        inflights.reset();
        assert!(!inflights.full());
    }
}
