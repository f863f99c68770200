//! Opening a link in slices.

use sim::{Digest, EventNumber};

use super::Lab;
use crate::link::{self, LinkError, Shared};

/// A link that is being replayed.
#[derive(Clone, Debug)]
pub struct Opening {
    lab: Lab,
    shared: Shared,
}

/// How far a long piece of work is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Events done.
    pub done: u64,
    /// Events in all.
    pub total: u64,
}

impl Progress {
    /// True when nothing is left.
    pub fn is_done(self) -> bool {
        self.done >= self.total
    }
}

/// A link that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The lab, where its author left it.
    pub lab: Lab,
    /// The event it stands at.
    pub cursor: EventNumber,
    /// The state hash that the author saw.
    pub expected: Digest,
    /// The state hash here.
    pub actual: Digest,
}

impl Opening {
    /// Reads the link; nothing is replayed yet.
    pub fn new(text: &str) -> Result<Opening, LinkError> {
        let shared = link::decode(text)?;
        Ok(Opening { lab: Lab::new(shared.file.clone()), shared })
    }

    /// Takes up to `events_max` events.
    pub fn advance(&mut self, events_max: u64) -> Progress {
        for _ in 0..events_max {
            if self.lab.cursor() >= self.shared.cursor || self.lab.step().is_none() {
                self.lab.advance_clock(self.shared.now);
                return Progress { done: self.shared.cursor.0, total: self.shared.cursor.0 };
            }
        }
        Progress { done: self.lab.cursor().0, total: self.shared.cursor.0 + 1 }
    }

    /// The lab where its author left it, and whether it is the same.
    pub fn finish(self) -> Opened {
        let actual = self.lab.state_hash();
        Opened { cursor: self.lab.cursor(), expected: self.shared.digest(), actual, lab: self.lab }
    }
}

impl Opened {
    /// True when the author's cluster and this one are the same.
    pub fn is_same(&self) -> bool {
        self.expected == self.actual
    }
}
