//! What a leader does with messages.

use std::sync::Arc;

use sim::Blob;

use super::Raft;
use crate::change::AnyConfChange;
use crate::trace::{ConfChangeRefusal, TraceEvent};
use crate::tracker::ProgressState;
use crate::{EntryId, EntryKind, Message, MessageKind, NodeId, RaftError, Storage, Term};

impl<S: Storage> Raft<S> {
    pub(super) fn step_leader(&mut self, m: Message) -> Result<(), RaftError> {
        use MessageKind::*;
        match m.kind {
            Beat => self.broadcast_heartbeat(),
            CheckQuorum => self.check_quorum(),
            Prop => return self.handle_proposal(&m),
            ReadIndex => self.handle_read_index(m),
            AppResp | HeartbeatResp | SnapStatus | Unreachable | TransferLeader => {
                if !self.tracker.progress.contains_key(&m.from) {
                    self.trace(TraceEvent::NoProgress { peer: m.from });
                    return Ok(());
                }
                match m.kind {
                    AppResp => self.handle_append_response(&m),
                    HeartbeatResp => self.handle_heartbeat_response(&m),
                    SnapStatus => self.handle_snapshot_status(&m),
                    Unreachable => self.handle_unreachable(&m),
                    _ => self.handle_transfer(&m),
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn handle_proposal(&mut self, m: &Message) -> Result<(), RaftError> {
        // Removed from the configuration while leading: what it appends might never be committed.
        if m.entries.is_empty() || !self.tracker.progress.contains_key(&self.id) {
            return Err(RaftError::ProposalDropped);
        }
        if !self.lead_transferee.is_none() {
            let (term, transferee) = (self.term, self.lead_transferee);
            self.trace(TraceEvent::ProposalDroppedInTransfer { term, transferee });
            return Err(RaftError::ProposalDropped);
        }
        let mut proposed: Vec<(EntryKind, Blob)> = Vec::with_capacity(m.entries.len());
        let last = self.log.last_index();
        for (i, entry) in m.entries.iter().enumerate() {
            let change =
                AnyConfChange::decode(entry.kind, &entry.data).map_err(|_| RaftError::ProposalDropped)?;
            let Some(change) = change else {
                proposed.push((entry.kind, entry.data.clone()));
                continue;
            };
            match self.refuses(&change) {
                Some(reason) if !self.config.disable_conf_change_validation => {
                    let config = Arc::new(self.tracker.config.clone());
                    self.trace(TraceEvent::ConfChangeIgnored { change: Box::new(change), config, reason });
                    // An empty entry in its place: whoever waits for the index gets it.
                    proposed.push((EntryKind::Normal, Blob::empty()));
                }
                _ => {
                    self.pending_conf_index = last + (i as u64 + 1);
                    self.trace(TraceEvent::ConfChangeAppended { index: self.pending_conf_index });
                    proposed.push((entry.kind, entry.data.clone()));
                }
            }
        }
        if !self.append_entries(proposed) {
            return Err(RaftError::ProposalDropped);
        }
        self.broadcast_append();
        Ok(())
    }

    fn refuses(&self, change: &AnyConfChange) -> Option<ConfChangeRefusal> {
        let joint = self.tracker.config.voters.is_joint();
        // An empty change leaves a joint configuration. (One that also asks for a transition would be taken by
        // etcd's leader, and then bring down every member that applies it.)
        let (is_empty, leaves) = match change {
            AnyConfChange::V1(_) => (false, false),
            AnyConfChange::V2(change) => (change.changes.is_empty(), change.leave_joint()),
        };
        if self.pending_conf_index > self.log.applied {
            let (index, applied) = (self.pending_conf_index, self.log.applied);
            Some(ConfChangeRefusal::Unapplied { index, applied })
        } else if joint && !leaves {
            Some(ConfChangeRefusal::LeaveJointFirst)
        } else if !joint && is_empty {
            Some(ConfChangeRefusal::NotJoint)
        } else {
            None
        }
    }

    fn handle_append_response(&mut self, m: &Message) {
        let (from, own) = (m.from, m.from == self.id);
        let Some(progress) = self.tracker.progress.get_mut(&from) else { return };
        progress.recent_active = true;
        if m.reject {
            let hint = EntryId { term: m.log_term, index: m.reject_hint };
            self.log.trace.push(TraceEvent::AppendRejectedByPeer {
                kind: m.kind,
                hint,
                from,
                index: m.index,
            });
            // The follower says which term it has at the hint; everything of this log that has a later term
            // up to there can't agree either.
            let next_probe = match m.log_term {
                Term(0) => m.reject_hint,
                term => self.log.find_conflict_by_term(m.reject_hint, term).index,
            };
            if progress.maybe_decrease_to(m.index, next_probe) {
                let view = progress.view();
                self.log.trace.push(TraceEvent::ProgressDecreased { peer: from, progress: view });
                if progress.state == ProgressState::Replicate {
                    progress.become_probe();
                }
                self.send_append(from);
            }
            return;
        }
        // An old index is news all the same when it ends the probing.
        let news = progress.maybe_update(m.index)
            || (progress.matched == m.index && progress.state == ProgressState::Probe);
        if !news {
            return;
        }
        match progress.state {
            ProgressState::Probe => progress.become_replicate(),
            ProgressState::Snapshot => {
                // Whatever snapshot it was: the log can take over from here.
                if progress.matched.next() >= self.log.first_index() {
                    let view = progress.view();
                    self.log.trace.push(TraceEvent::SnapshotCaughtUp { peer: from, progress: view });
                    progress.become_probe();
                    progress.become_replicate();
                }
            }
            ProgressState::Replicate => progress.inflights.free_up_to(m.index),
        }
        let matched = progress.matched;
        let can_bump_commit = progress.can_bump_commit(self.log.committed);
        if self.maybe_commit() {
            self.release_pending_reads();
            self.broadcast_append();
        } else if !own && can_bump_commit {
            self.send_append(from);
        }
        if !own {
            // There may be room for several appends now.
            self.send_all_appends(from);
        }
        if from == self.lead_transferee && matched == self.log.last_index() {
            self.trace(TraceEvent::TimeoutNowSent { to: from, caught_up: true });
            self.send(Message { kind: MessageKind::TimeoutNow, to: from, ..Message::default() });
        }
    }

    fn handle_heartbeat_response(&mut self, m: &Message) {
        let last = self.log.last_index();
        let Some(progress) = self.tracker.progress.get_mut(&m.from) else { return };
        progress.recent_active = true;
        progress.append_flow_paused = false;
        // An empty append gets a follower going whose appends were all lost, and ends the probing of one that
        // has everything.
        if progress.matched < last || progress.state == ProgressState::Probe {
            self.send_append(m.from);
        }
        self.confirm_reads(m);
    }

    fn handle_snapshot_status(&mut self, m: &Message) {
        let Some(progress) = self.tracker.progress.get_mut(&m.from) else { return };
        if progress.state != ProgressState::Snapshot {
            return;
        }
        if m.reject {
            // Don't probe from behind a snapshot that never arrived.
            progress.pending_snapshot = crate::LogIndex::ZERO;
        }
        progress.become_probe();
        let event = TraceEvent::SnapshotReported { peer: m.from, ok: !m.reject, progress: progress.view() };
        // Arrived, its acknowledgement comes next; failed, the next heartbeat is early enough.
        progress.append_flow_paused = true;
        self.trace(event);
    }

    fn handle_unreachable(&mut self, m: &Message) {
        let Some(progress) = self.tracker.progress.get_mut(&m.from) else { return };
        // Something of the stream is probably lost.
        if progress.state == ProgressState::Replicate {
            progress.become_probe();
        }
        let event = TraceEvent::PeerUnreachable { peer: m.from, progress: progress.view() };
        self.trace(event);
    }

    fn handle_transfer(&mut self, m: &Message) {
        let (term, transferee) = (self.term, m.from);
        let Some(progress) = self.tracker.progress.get_mut(&transferee) else { return };
        if progress.is_learner {
            return self.trace(TraceEvent::TransferToLearner);
        }
        if !self.lead_transferee.is_none() {
            if self.lead_transferee == transferee {
                return self.trace(TraceEvent::TransferInProgress { term, transferee });
            }
            let aborted = std::mem::replace(&mut self.lead_transferee, NodeId::NONE);
            self.log.trace.push(TraceEvent::TransferAborted { term, transferee: aborted });
        }
        if transferee == self.id {
            return self.trace(TraceEvent::TransferToSelf);
        }
        self.log.trace.push(TraceEvent::TransferStarted { term, transferee });
        // It has one election timeout.
        self.election_elapsed = 0;
        self.lead_transferee = transferee;
        if progress.matched == self.log.last_index() {
            self.send(Message { kind: MessageKind::TimeoutNow, to: transferee, ..Message::default() });
            self.trace(TraceEvent::TimeoutNowSent { to: transferee, caught_up: false });
        } else {
            progress.append_flow_paused = false;
            self.send_append(transferee);
        }
    }
}
