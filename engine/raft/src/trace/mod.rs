//! What a member does and why, as typed events. The page narrates with them, and etcd's log lines are
//! made from the same events.

mod event;
mod log_line;
mod note;

use std::hash::{Hash, Hasher};

pub use event::{ConfChangeRefusal, ElectionReason, LogView, TraceEvent, VoteContext};
pub use log_line::Level;

/// Events that nobody takes are forgotten beyond this many, so that a driver that doesn't care has no leak.
const KEEP: usize = 16 * 1024;

/// The events since they were last taken. Not part of the state: it neither changes what the member does nor
/// counts in its hash.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    events: Vec<TraceEvent>,
    off: bool,
}

impl Trace {
    pub(crate) fn push(&mut self, event: TraceEvent) {
        if self.off {
            return;
        }
        if self.events.len() >= KEEP {
            self.events.clear();
        }
        self.events.push(event);
    }

    pub(crate) fn take(&mut self) -> Vec<TraceEvent> {
        std::mem::take(&mut self.events)
    }

    pub(crate) fn drain_into(&mut self, out: &mut Vec<TraceEvent>) {
        out.append(&mut self.events);
    }

    pub(crate) fn set_enabled(&mut self, enabled: bool) {
        self.off = !enabled;
        self.events.clear();
    }
}

impl Hash for Trace {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
