//! Opening a link in slices.

use sim::{Digest, EventNumber, SimTime};

use super::Lab;
use crate::file::LabFile;
use crate::link::{self, LinkError};

/// A link or a scene that is being replayed.
#[derive(Clone, Debug)]
pub struct Opening {
    lab: Lab,
    goal: Goal,
}

/// Where the replay ends.
#[derive(Clone, Debug)]
enum Goal {
    /// At the event where the link was made, with the state hash of then.
    Event { cursor: EventNumber, now: SimTime, hash: Digest },
    /// At a time.
    Time(SimTime),
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
        let goal = Goal::Event { cursor: shared.cursor, now: shared.now, hash: shared.digest() };
        Ok(Opening { lab: Lab::new(shared.file), goal })
    }

    /// A lab that is run to a moment.
    pub fn at(file: LabFile, time: SimTime) -> Opening {
        Opening { lab: Lab::new(file), goal: Goal::Time(time) }
    }

    /// Takes up to `events_max` events.
    pub fn advance(&mut self, events_max: u64) -> Progress {
        let (cursor, now) = match self.goal {
            Goal::Event { cursor, now, .. } => (cursor, now),
            Goal::Time(time) => {
                let done = self.lab.run_until(time, events_max);
                // Time is the best guess at how much is left.
                let millis = |time: SimTime| time.as_nanos() / 1_000_000;
                let total = millis(time) + u64::from(!done);
                return Progress { done: if done { total } else { millis(self.lab.now()) }, total };
            }
        };
        for _ in 0..events_max {
            if self.lab.cursor() >= cursor || self.lab.step().is_none() {
                self.lab.advance_clock(now);
                return Progress { done: cursor.0, total: cursor.0 };
            }
        }
        Progress { done: self.lab.cursor().0, total: cursor.0 + 1 }
    }

    /// The lab where its author left it, and whether it is the same.
    pub fn finish(self) -> Opened {
        let actual = self.lab.state_hash();
        let expected = match self.goal {
            Goal::Event { hash, .. } => hash,
            Goal::Time(_) => actual,
        };
        Opened { cursor: self.lab.cursor(), expected, actual, lab: self.lab }
    }
}

impl Opened {
    /// True when the author's cluster and this one are the same.
    pub fn is_same(&self) -> bool {
        self.expected == self.actual
    }
}
