//! What happened lately: every event with its cause, so that any effect can be walked back to the keystroke.

use std::sync::Arc;

use api::Object;
use imbl::Vector;
use sim::{EventNumber, Note, SimTime, Str};

use crate::event::Event;

/// Events that are kept. Older ones come back by rewinding.
const KEPT_MAX: usize = 50_000;

/// One event that was taken.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its number.
    pub number: EventNumber,
    /// When.
    pub at: SimTime,
    /// The event that caused it; zero for the first ones and the user's own.
    pub cause: EventNumber,
    /// What it was.
    pub event: Event,
    /// What the process that handled it said about it.
    pub notes: Vec<Note>,
    /// Keys of the store that changed.
    pub changes: Vec<KeyChange>,
}

/// A key of the store that changed.
#[derive(Clone, Debug)]
pub struct KeyChange {
    /// `/registry/pods/default/web`.
    pub key: Str,
    /// The store's revision.
    pub revision: u64,
    /// The object before.
    pub before: Option<Object>,
    /// The object after; nothing when it was deleted.
    pub after: Option<Object>,
}

/// The records of the last events. Derived from the events: no part of the state hash.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    records: Vector<Arc<Record>>,
}

impl Trace {
    pub(crate) fn push(&mut self, record: Record) {
        self.records.push_back(Arc::new(record));
        if self.records.len() > KEPT_MAX {
            self.records.pop_front();
        }
    }

    /// The record of an event, while it is kept.
    pub fn get(&self, number: EventNumber) -> Option<&Arc<Record>> {
        let first = self.records.front()?.number.0;
        self.records.get(number.0.checked_sub(first)? as usize)
    }

    /// The newest record.
    pub fn last(&self) -> Option<&Arc<Record>> {
        self.records.back()
    }

    /// The event and those that caused it, oldest first.
    pub fn causes(&self, number: EventNumber) -> Vec<&Arc<Record>> {
        let mut chain: Vec<&Arc<Record>> =
            std::iter::successors(self.get(number), |record| self.get(record.cause)).collect();
        chain.reverse();
        chain
    }

    /// Records from the newest to the oldest.
    pub fn newest_first(&self) -> impl Iterator<Item = &Arc<Record>> {
        self.records.iter().rev()
    }
}
