//! The trail of requests: what came lately, and what became of it.

use api::Str;
use imbl::Vector;
use sim::{Actor, SimTime};

use crate::admission::Step;

/// How many requests are remembered.
const ENTRIES_MAX: usize = 256;

/// One request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Entry {
    /// Who sent it.
    pub from: Actor,
    /// In whose name; empty when that was not found out.
    pub user: Str,
    /// `get`, `list`, `watch`, `create`, ...
    pub verb: &'static str,
    /// Its path.
    pub path: Str,
    /// The client's name for itself.
    pub user_agent: Str,
    /// The status code of the answer.
    pub status: u16,
    /// When it came.
    pub start: SimTime,
    /// When it was answered (for watches: when the stream began).
    pub end: SimTime,
    /// What admission changed.
    pub steps: Vec<Step>,
}

/// The latest requests, oldest first.
#[derive(Clone, Debug, Hash, Default)]
pub struct Audit {
    entries: Vector<Entry>,
    /// All requests ever, by the hundred of their status code (2xx, 4xx, ...).
    counts: [u64; 6],
}

impl Audit {
    /// Adds a request.
    pub(crate) fn push(&mut self, entry: Entry) {
        if let Some(count) = self.counts.get_mut(usize::from(entry.status / 100)) {
            *count += 1;
        }
        self.entries.push_back(entry);
        if self.entries.len() > ENTRIES_MAX {
            self.entries.pop_front();
        }
    }

    /// The latest requests, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// How many requests were answered with a status code in that hundred.
    pub fn count(&self, hundred: u16) -> u64 {
        self.counts.get(usize::from(hundred)).copied().unwrap_or(0)
    }
}
