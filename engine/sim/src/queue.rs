//! The one queue that everything happens through.

use std::collections::BTreeMap;
use std::fmt;

use crate::SimTime;

/// The number of an event: its place in the lab's history, counted from 1 in the order in which events were
/// *taken*. Zero is "before the first".
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct EventNumber(pub u64);

impl fmt::Display for EventNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Pending events, ordered by (time, sequence): what was asked for first happens first.
///
/// The sequence number also names a pending event for whoever wants to hold, drop or delay it.
#[derive(Clone, Debug, Hash)]
pub struct EventQueue<E> {
    pending: BTreeMap<(SimTime, u64), E>,
    next_sequence: u64,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        EventQueue { pending: BTreeMap::new(), next_sequence: 0 }
    }
}

impl<E> EventQueue<E> {
    /// Adds an event; returns its sequence number.
    pub fn push(&mut self, at: SimTime, event: E) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.pending.insert((at, sequence), event);
        sequence
    }

    /// Takes the earliest event.
    pub fn pop(&mut self) -> Option<(SimTime, u64, E)> {
        self.pending.pop_first().map(|((at, sequence), event)| (at, sequence, event))
    }

    /// When the earliest event happens.
    pub fn next_time(&self) -> Option<SimTime> {
        self.pending.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes one pending event out by its place.
    pub fn remove(&mut self, at: SimTime, sequence: u64) -> Option<E> {
        self.pending.remove(&(at, sequence))
    }

    /// Takes out all pending events that `which` says, in order.
    pub fn extract(&mut self, mut which: impl FnMut(&E) -> bool) -> Vec<(SimTime, u64, E)> {
        let places: Vec<_> = self.pending.iter().filter(|(_, e)| which(e)).map(|(place, _)| *place).collect();
        let take = |(at, sequence)| self.pending.remove(&(at, sequence)).map(|e| (at, sequence, e));
        places.into_iter().filter_map(take).collect()
    }

    /// Takes a sequence number without an event: a name for something that waits outside of the queue.
    pub fn reserve(&mut self) -> u64 {
        self.next_sequence += 1;
        self.next_sequence - 1
    }

    /// One pending event by its place, to change it.
    pub fn get_mut(&mut self, at: SimTime, sequence: u64) -> Option<&mut E> {
        self.pending.get_mut(&(at, sequence))
    }

    /// One pending event by its place.
    pub fn get(&self, at: SimTime, sequence: u64) -> Option<&E> {
        self.pending.get(&(at, sequence))
    }

    /// All pending events in order, with time and sequence number.
    pub fn iter(&self) -> impl Iterator<Item = (SimTime, u64, &E)> {
        self.pending.iter().map(|((at, sequence), event)| (*at, *sequence, event))
    }

    /// How many events are pending.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// True when nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earliest_first_then_in_order() {
        let mut q = EventQueue::default();
        q.push(SimTime::from_secs(2), "b");
        q.push(SimTime::from_secs(1), "a");
        let held = q.push(SimTime::from_secs(2), "c");
        q.push(SimTime::from_secs(2), "d");
        assert_eq!(q.remove(SimTime::from_secs(2), held), Some("c"));
        let order: Vec<_> = std::iter::from_fn(|| q.pop().map(|(_, _, e)| e)).collect();
        assert_eq!(order, ["a", "b", "d"]);
    }
}
