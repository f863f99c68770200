//! What a reconcile wants done.

use std::time::Duration;

use api::http::Request;
use api::{Object, ObjectKey};
use client::EventType;
use sim::{Note, SimTime, Str};

use crate::item::Item;

/// What a controller wants to know about a request when its answer comes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    /// Nothing beyond success or failure.
    Plain,
    /// It creates a pod.
    CreatePod,
    /// It deletes this pod.
    DeletePod(ObjectKey),
    /// It writes (or creates) an object whose version in the answer matters.
    Write,
    /// It looks whether the object with this uid is still there.
    Probe(Str),
    /// It deletes a whole collection, number so much in the controller's list.
    Collection(u32),
}

/// A Kubernetes Event to record.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EventDraft {
    /// About what.
    pub about: Object,
    /// Normal or Warning.
    pub kind: EventType,
    /// The reason, in CamelCase.
    pub reason: &'static str,
    /// The message; for the event of a call, `{}` stands for the name of the object in the answer, or for the error.
    pub message: Str,
}

impl EventDraft {
    /// A Normal event.
    pub fn normal(about: &Object, reason: &'static str, message: impl Into<Str>) -> EventDraft {
        EventDraft { about: about.clone(), kind: EventType::Normal, reason, message: message.into() }
    }

    /// A Warning event.
    pub fn warning(about: &Object, reason: &'static str, message: impl Into<Str>) -> EventDraft {
        EventDraft { about: about.clone(), kind: EventType::Warning, reason, message: message.into() }
    }
}

/// A request with what depends on its answer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Call {
    /// The request.
    pub request: Request,
    /// What it is for.
    pub purpose: Purpose,
    /// Status codes that are as good as success (404 for a deletion).
    pub tolerate: &'static [u16],
    /// Recorded when it succeeds.
    pub on_success: Option<EventDraft>,
    /// Recorded when it fails.
    pub on_failure: Option<EventDraft>,
}

impl Call {
    /// A plain request.
    pub fn new(request: Request) -> Call {
        Call { request, purpose: Purpose::Plain, tolerate: &[], on_success: None, on_failure: None }
    }

    /// With a purpose.
    pub fn purpose(mut self, purpose: Purpose) -> Call {
        self.purpose = purpose;
        self
    }

    /// With status codes that are as good as success.
    pub fn tolerate(mut self, codes: &'static [u16]) -> Call {
        self.tolerate = codes;
        self
    }

    /// With an event for success.
    pub fn on_success(mut self, event: EventDraft) -> Call {
        self.on_success = Some(event);
        self
    }

    /// With an event for failure.
    pub fn on_failure(mut self, event: EventDraft) -> Call {
        self.on_failure = Some(event);
        self
    }
}

/// What a reconcile wants done: batches of requests (each sent when all of the one before have succeeded), events,
/// and when to look again.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Outcome {
    /// Requests. When one of a batch fails, the later batches are dropped and the item is retried with backoff.
    pub batches: Vec<Vec<Call>>,
    /// Events to record at once.
    pub events: Vec<EventDraft>,
    /// Look at the item again after this long.
    pub requeue_after: Option<Duration>,
    /// Other items to look at.
    pub also: Vec<Item>,
    /// Other items to look at, each at a moment.
    pub also_at: Vec<(Item, SimTime)>,
    /// Treat the item as failed: retry it with backoff.
    pub retry: bool,
    /// What was decided, in one sentence.
    pub note: Option<Note>,
}

impl Outcome {
    /// Nothing to do.
    pub fn nothing() -> Outcome {
        Outcome::default()
    }

    /// Adds a batch, unless it is empty.
    pub fn batch(&mut self, calls: Vec<Call>) {
        if !calls.is_empty() {
            self.batches.push(calls);
        }
    }

    /// Adds a batch of one request.
    pub fn call(&mut self, call: Call) {
        self.batches.push(vec![call]);
    }

    /// Looks again after this long, or sooner if that was asked for already.
    pub fn again_after(&mut self, after: Duration) {
        self.requeue_after = Some(self.requeue_after.map_or(after, |known| known.min(after)));
    }

    /// Looks at another item at a moment.
    pub fn also_at(&mut self, item: Item, at: SimTime) {
        self.also_at.push((item, at));
    }

    /// Says what was decided; the first decision is the one that is told.
    pub fn note<I, A>(&mut self, template: &'static str, args: I)
    where
        I: IntoIterator<Item = A>,
        A: Into<Str>,
    {
        if self.note.is_none() {
            self.note = Some(Note::new(template, args));
        }
    }

    /// All requests of all batches.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.batches.iter().flatten()
    }

    /// True when nothing is to be done.
    pub fn is_nothing(&self) -> bool {
        *self == Outcome::default()
    }
}
