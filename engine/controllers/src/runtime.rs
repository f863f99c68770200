//! What runs one controller: its queue, its work under way, its diary.

use std::collections::VecDeque;
use std::time::Duration;

use api::Object;
use client::{EventRecorder, WorkQueue};
use imbl::{OrdMap, Vector};
use sim::{Note, SimTime, Str, Token};

use crate::controllers::Name;
use crate::item::Item;
use crate::outcome::{Call, Outcome};

/// The diary holds this many entries.
const DIARY_MAX: usize = 32;

/// One reconcile that did something, for the page.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reconciled {
    /// When.
    pub at: SimTime,
    /// What was looked at.
    pub item: Item,
    /// What was decided.
    pub note: Note,
}

/// An item whose requests are under way.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Underway {
    /// Batches not yet sent.
    pub batches: VecDeque<Vec<Call>>,
    /// Requests of the current batch that have no answer yet.
    pub outstanding: u32,
    /// One of them failed.
    pub failed: bool,
    /// Look again after this long, when all went well.
    pub requeue_after: Option<Duration>,
}

/// A controller's queue and counters.
#[derive(Clone, Debug, Hash)]
pub struct Runtime {
    name: Name,
    pub(crate) queue: WorkQueue<Item>,
    pub(crate) underway: OrdMap<Item, Underway>,
    pub(crate) recorder: EventRecorder,
    /// A clone of the process shares it.
    diary: Vector<Reconciled>,
    /// A zero-delay timer for the next item is set.
    pub(crate) step_pending: bool,
    /// A timer for the first delayed item is set for this moment.
    pub(crate) wake_at: Option<SimTime>,
    reconciles: u64,
    errors: u64,
    last_error: Option<Str>,
}

impl Runtime {
    pub(crate) fn new(name: Name, recorder_token: Token) -> Runtime {
        Runtime {
            name,
            queue: WorkQueue::default(),
            underway: OrdMap::new(),
            recorder: EventRecorder::new(name.event_source(), Str::new(), recorder_token),
            diary: Vector::new(),
            step_pending: false,
            wake_at: None,
            reconciles: 0,
            errors: 0,
            last_error: None,
        }
    }

    /// The controller's name.
    pub fn name(&self) -> Name {
        self.name
    }

    /// Its work queue: depth, adds, retries, keys in flight.
    pub fn queue(&self) -> &WorkQueue<Item> {
        &self.queue
    }

    /// Its last decisions, oldest first.
    pub fn diary(&self) -> impl DoubleEndedIterator<Item = &Reconciled> {
        self.diary.iter()
    }

    /// How many reconciles it made.
    pub fn reconciles(&self) -> u64 {
        self.reconciles
    }

    /// How many requests failed, and what the last one said.
    pub fn errors(&self) -> (u64, Option<&Str>) {
        (self.errors, self.last_error.as_ref())
    }

    /// Items with requests under way, and how many requests each waits for.
    pub fn underway(&self) -> impl Iterator<Item = (&Item, u32)> {
        self.underway.iter().map(|(item, underway)| (item, underway.outstanding))
    }

    pub(crate) fn count(&mut self, now: SimTime, item: &Item, outcome: &Outcome) {
        self.reconciles += 1;
        if let Some(note) = &outcome.note {
            if self.diary.len() == DIARY_MAX {
                self.diary.pop_front();
            }
            self.diary.push_back(Reconciled { at: now, item: item.clone(), note: note.clone() });
        }
    }

    pub(crate) fn failed(&mut self, message: Str) {
        self.errors += 1;
        self.last_error = Some(message);
    }
}

/// The name that an answer's object has, for events about creations.
pub(crate) fn name_in(answer: Option<&api::Value>) -> Str {
    answer.map(|value| Object::new(value.clone()).name().clone()).unwrap_or_default()
}
