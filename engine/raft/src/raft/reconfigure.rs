//! The configuration changes: by a committed change, or by a snapshot.

use std::sync::Arc;

use super::{Raft, Role};
use crate::change::{AnyConfChange, ConfChangeV2};
use crate::confchange::{self, Changer};
use crate::error::Fatal;
use crate::trace::TraceEvent;
use crate::tracker::{ProgressMap, ProgressTracker, TrackerConfig};
use crate::{ConfState, Entries, Entry, Message, MessageKind, NodeId, RaftError, Snapshot, Storage};

impl<S: Storage> Raft<S> {
    /// Acts by a committed change from now on.
    pub(crate) fn apply_conf_change(&mut self, change: &ConfChangeV2) -> Result<ConfState, RaftError> {
        self.alive()?;
        let changer = Changer { tracker: &self.tracker, last_index: self.log.last_index() };
        let outcome = if change.leave_joint() {
            changer.leave_joint()
        } else if let Some(auto_leave) = change.enter_joint() {
            changer.enter_joint(auto_leave, &change.changes)
        } else {
            changer.simple(&change.changes)
        };
        match outcome {
            Ok(switch) => {
                let state = self.switch_to(switch);
                self.alive()?;
                Ok(state)
            }
            Err(error) => {
                self.log.fail(Fatal::ConfChange(error));
                self.alive().map(|()| ConfState::default())
            }
        }
    }

    pub(super) fn switch_to(&mut self, (config, progress): (TrackerConfig, ProgressMap)) -> ConfState {
        self.tracker.config = config;
        self.tracker.progress = progress;
        self.members = self.tracker.progress.keys().copied().collect();
        self.trace(TraceEvent::ConfigSwitched { config: Arc::new(self.tracker.config.clone()) });
        let state = self.tracker.config.conf_state();

        let own = self.tracker.progress.get(&self.id);
        self.is_learner = own.is_some_and(|progress| progress.is_learner);
        if (own.is_none() || self.is_learner) && self.role == Role::Leader {
            // It goes on leading without counting itself, unless it is to step down.
            if self.config.step_down_on_removal {
                self.become_follower(self.term, NodeId::NONE);
            }
            return state;
        }
        if self.role != Role::Leader || state.voters.is_empty() {
            return state;
        }
        if self.maybe_commit() {
            // The new configuration may need fewer acknowledgements.
            self.broadcast_append();
        } else {
            // New members shouldn't have to wait for a heartbeat.
            self.probe_all();
        }
        if !self.lead_transferee.is_none() && !self.tracker.config.voters.contains(self.lead_transferee) {
            self.lead_transferee = NodeId::NONE;
        }
        state
    }

    pub(super) fn check_equivalent(&mut self, stored: &ConfState, restored: &ConfState) {
        let (stored, restored) = (stored.sorted(), restored.sorted());
        if stored != restored {
            self.log.fail(Fatal::ConfStateMismatch(Box::new((stored, restored))));
        }
    }

    /// The way out of a joint configuration, proposed by the leader to itself.
    pub(super) fn propose_auto_leave(&mut self) {
        // No data at all reads as the empty change, and can't be too much.
        let (kind, data) = (crate::EntryKind::ConfChangeV2, sim::Blob::empty());
        let entries = Entries::one(Entry { kind, data, ..Entry::default() });
        debug_assert!(AnyConfChange::decode(kind, &entries[0].data).is_ok());
        let config = Arc::new(self.tracker.config.clone());
        let event = match self.step(Message { kind: MessageKind::Prop, entries, ..Message::default() }) {
            Ok(()) => TraceEvent::AutoLeaveProposed { config },
            // A transfer of leadership is under way. The new leader leaves, or this one tries again with the
            // next applied entry.
            Err(error) => TraceEvent::AutoLeaveNotProposed { config, error: Box::new(error) },
        };
        self.trace(event);
    }

    /// Starts over from a leader's snapshot. False when there is nothing in it for this member.
    pub(super) fn restore(&mut self, snapshot: Arc<Snapshot>) -> bool {
        if snapshot.index <= self.log.committed {
            return false;
        }
        if self.role != Role::Follower {
            // Can't happen; if it did, better a new term than a leader with a foreign log.
            self.trace(TraceEvent::SnapshotAsLeader);
            self.become_follower(self.term.next(), NodeId::NONE);
            return false;
        }
        let state = &snapshot.conf_state;
        // learners_next are outgoing voters.
        let known = state.voters.iter().chain(&state.learners).chain(&state.voters_outgoing);
        if !known.into_iter().any(|id| *id == self.id) {
            self.trace(TraceEvent::SnapshotNotInConfig { conf_state: Arc::new(state.clone()) });
            return false;
        }
        let (commit, id) = (self.log.committed, snapshot.id());
        if self.log.matches(id) {
            // The log has all of it; only the commit index is news.
            let last = self.log.last_id();
            self.trace(TraceEvent::SnapshotFastForwarded { commit, last, snapshot: id });
            self.log.commit_to(id.index);
            return false;
        }
        self.log.restore(snapshot.clone());
        let tracker = ProgressTracker::new(self.tracker.max_inflight, self.tracker.max_inflight_bytes);
        self.tracker = tracker.clone();
        match confchange::restore(tracker, self.log.last_index(), state) {
            Ok(switch) => {
                let switched = self.switch_to(switch);
                self.check_equivalent(state, &switched);
            }
            Err(error) => self.log.fail(Fatal::ConfChange(error)),
        }
        let last = self.log.last_id();
        self.trace(TraceEvent::SnapshotRestored { commit: self.log.committed, last, snapshot: id });
        true
    }
}
