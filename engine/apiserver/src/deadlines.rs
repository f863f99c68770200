//! One armed timer for everything that waits.
//!
//! Timers can't be cancelled, and almost nothing that waits waits in vain: a timer for each etcd call would double
//! the events of a busy server. So there is one, for the earliest deadline; when it fires too early, it is set anew.

use std::collections::BTreeSet;

use etcd::rpc::CallId;
use sim::{SimTime, Token};

use crate::Context;
use crate::operation::OperationId;
use crate::registry::ResourceId;
use crate::watch_cache::WatchId;

/// The kind of the server's one timer.
pub(crate) const DEADLINE: u16 = 1;

/// What runs out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Deadline {
    /// An etcd call was not answered.
    Call(CallId),
    /// A request waited too long for the watch cache.
    Operation(OperationId),
    /// A watch's `timeoutSeconds` are over.
    Watch(WatchId),
    /// Time to begin a cache's list or watch again.
    Feed(ResourceId),
    /// Time to repeat a read that found no etcd member.
    Retry(OperationId),
    /// Time to send bookmarks.
    Bookmarks,
    /// Time to try the bootstrap objects again.
    Bootstrap,
    /// Requests have waited long enough for the policy.
    Door,
    /// Probes have waited long enough for etcd.
    Probe,
}

/// The deadlines, earliest first.
#[derive(Clone, Debug, Hash, Default)]
pub(crate) struct Deadlines {
    pending: BTreeSet<(SimTime, Deadline)>,
    /// When timers fire that are set already: they can't be taken back, so they are used.
    armed: BTreeSet<SimTime>,
}

impl Deadlines {
    /// Adds one.
    pub fn set(&mut self, at: SimTime, what: Deadline, context: &mut Context<'_>) {
        self.pending.insert((at, what));
        self.arm(context);
    }

    /// Takes one away; the timer stays.
    pub fn clear(&mut self, at: SimTime, what: Deadline) {
        self.pending.remove(&(at, what));
    }

    /// The timer fired: what has run out, and the timer set for the rest.
    pub fn due(&mut self, context: &mut Context<'_>) -> Vec<Deadline> {
        self.armed.retain(|at| *at > context.now);
        let later = self.pending.split_off(&(SimTime::from_nanos(context.now.as_nanos() + 1), Deadline::MIN));
        let due = std::mem::replace(&mut self.pending, later);
        self.arm(context);
        due.into_iter().map(|(_, what)| what).collect()
    }

    fn arm(&mut self, context: &mut Context<'_>) {
        let Some((first, _)) = self.pending.first() else { return };
        if self.armed.first().is_none_or(|at| first < at) {
            self.armed.insert(*first);
            context.timer_at(*first, Token::new(DEADLINE, 0));
        }
    }
}

impl Deadline {
    const MIN: Deadline = Deadline::Call(CallId(0));
}
