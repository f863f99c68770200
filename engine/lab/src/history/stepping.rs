//! Stepping to what a person waits for.

use sim::Actor;

use super::Lab;
use crate::event::Event;
use crate::narrate::handler;
use crate::trace::Record;
use crate::view::MessageId;

impl Lab {
    /// Takes events until one delivers a Raft message; true when it did, false after `events_max` events.
    pub fn step_raft(&mut self, events_max: u64) -> bool {
        self.step_to(events_max, |record| record.event.is_raft())
    }

    /// Takes events until an object changes (leases and Events left out: they change all the time); true when one did, false
    /// after `events_max` events.
    pub fn step_object(&mut self, events_max: u64) -> bool {
        self.step_to(events_max, |record| record.changes.iter().any(|change| change.is_object()))
    }

    /// Takes events until something happens to an etcd member: a message, a tick, an fsync, an apply.
    pub fn step_member(&mut self, index: u32, events_max: u64) -> bool {
        self.step_to(events_max, |record| handler(&record.event) == Actor::Etcd(index))
    }

    /// Takes events until a Raft message or a step of a member's own has been taken that is no tick.
    pub fn step_raft_or_disk(&mut self, events_max: u64) -> bool {
        self.step_to(events_max, |record| match &record.event {
            Event::Timer(Actor::Etcd(_), token) => {
                use etcd::member::TimerKind::*;
                matches!(etcd::member::timer_kind(*token), Fsync | Apply)
            }
            event => event.is_raft(),
        })
    }

    /// Takes events until a pending one has been taken: a message under way or a member's own step, by its name. False when there
    /// is no such event, or after `events_max` events.
    pub fn step_to_event(&mut self, id: MessageId, events_max: u64) -> bool {
        let pending = |lab: &Lab| {
            let place = lab.cluster().connections().place(id);
            lab.cluster().queue().get(place.at, place.sequence).is_some()
        };
        if !pending(self) {
            return false;
        }
        for _ in 0..events_max {
            if self.step().is_none() {
                return false;
            }
            if !pending(self) {
                return true;
            }
        }
        false
    }

    /// Takes events until another member leads, in a new term; false after `events_max` events.
    pub fn step_election(&mut self, events_max: u64) -> bool {
        let before = self.leader();
        self.step_until(events_max, |lab| lab.leader().is_some() && lab.leader() != before)
    }

    /// Takes events until some member's commit index is higher than any was before.
    pub fn step_commit(&mut self, events_max: u64) -> bool {
        let commit = |lab: &Lab| {
            let members = lab.cluster().member_indexes().filter_map(|index| lab.cluster().member(index));
            members.map(|member| member.commit_index().0).max().unwrap_or(0)
        };
        let before = commit(self);
        self.step_until(events_max, |lab| commit(lab) > before)
    }

    /// Who leads in the highest term, and the term.
    pub fn leader(&self) -> Option<(u32, u64)> {
        let cluster = self.cluster();
        let leaders = cluster.member_indexes().filter_map(|index| {
            let member = cluster.member(index)?;
            (member.role() == raft::Role::Leader).then_some((index, member.term().0))
        });
        leaders.max_by_key(|(_, term)| *term)
    }

    fn step_to(&mut self, events_max: u64, found: impl Fn(&Record) -> bool) -> bool {
        self.step_until(events_max, |lab| lab.cluster().trace().last().is_some_and(|record| found(record)))
    }

    fn step_until(&mut self, events_max: u64, found: impl Fn(&Lab) -> bool) -> bool {
        for _ in 0..events_max {
            if self.step().is_none() {
                return false;
            }
            if found(self) {
                return true;
            }
        }
        false
    }
}
