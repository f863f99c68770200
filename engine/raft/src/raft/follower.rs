//! What followers and candidates do with messages.

use super::{Raft, Role};
use crate::read_only::ReadState;
use crate::trace::{ElectionReason, TraceEvent};
use crate::{EntryId, Message, MessageKind, NodeId, RaftError, ReadOnlyOption, Storage};

impl<S: Storage> Raft<S> {
    pub(super) fn step_candidate(&mut self, m: Message) -> Result<(), RaftError> {
        use MessageKind::*;
        match m.kind {
            Prop => {
                self.trace(TraceEvent::ProposalDroppedNoLeader { term: self.term });
                return Err(RaftError::ProposalDropped);
            }
            // Somebody else leads this very term.
            App => {
                self.become_follower(m.term, m.from);
                self.handle_append(&m);
            }
            Heartbeat => {
                self.become_follower(m.term, m.from);
                self.handle_heartbeat(m);
            }
            Snap => {
                self.become_follower(m.term, m.from);
                self.handle_snapshot(&m);
            }
            // Answers to what it asks now; a candidate may still get those from before.
            PreVoteResp if self.role == Role::PreCandidate => self.handle_vote_response(&m),
            VoteResp if self.role == Role::Candidate => self.handle_vote_response(&m),
            TimeoutNow => {
                let (term, role) = (self.term, self.role);
                self.trace(TraceEvent::TimeoutNowIgnored { term, role, from: m.from });
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn step_follower(&mut self, mut m: Message) -> Result<(), RaftError> {
        use MessageKind::*;
        match m.kind {
            Prop => {
                if self.lead.is_none() {
                    self.trace(TraceEvent::ProposalDroppedNoLeader { term: self.term });
                    return Err(RaftError::ProposalDropped);
                }
                if self.config.disable_proposal_forwarding {
                    self.trace(TraceEvent::ProposalNotForwarded { lead: self.lead, term: self.term });
                    return Err(RaftError::ProposalDropped);
                }
                m.to = self.lead;
                self.send(m);
            }
            App => {
                self.hear_leader(m.from);
                self.handle_append(&m);
            }
            Heartbeat => {
                self.hear_leader(m.from);
                self.handle_heartbeat(m);
            }
            Snap => {
                self.hear_leader(m.from);
                self.handle_snapshot(&m);
            }
            TransferLeader => {
                if self.lead.is_none() {
                    self.trace(TraceEvent::TransferNoLeader { term: self.term });
                    return Ok(());
                }
                m.to = self.lead;
                self.send(m);
            }
            ForgetLeader => self.forget_leader(),
            TimeoutNow => {
                self.trace(TraceEvent::TimeoutNowReceived { term: self.term, from: m.from });
                // The leader wants it, so nobody is disturbed: no asking first.
                self.hup(ElectionReason::Transfer);
            }
            ReadIndex => {
                if self.lead.is_none() {
                    self.trace(TraceEvent::ReadIndexNoLeader { term: self.term });
                    return Ok(());
                }
                m.to = self.lead;
                self.send(m);
            }
            ReadIndexResp => match &m.entries[..] {
                [request] => {
                    self.read_states.push(ReadState { index: m.index, context: request.data.clone() });
                }
                other => {
                    let entries = other.len() as u64;
                    self.trace(TraceEvent::ReadIndexRespInvalid { from: m.from, entries });
                }
            },
            _ => {}
        }
        Ok(())
    }

    fn hear_leader(&mut self, leader: NodeId) {
        self.election_elapsed = 0;
        self.lead = leader;
    }

    fn forget_leader(&mut self) {
        // A lease-based leader relies on followers not voting for others.
        if self.read_only.option == ReadOnlyOption::LeaseBased {
            self.trace(TraceEvent::ForgetLeaderRefused);
        } else if !self.lead.is_none() {
            self.trace(TraceEvent::LeaderForgotten { lead: self.lead, term: self.term });
            self.lead = NodeId::NONE;
        }
    }

    fn handle_append(&mut self, m: &Message) {
        let answer = |index| Message { kind: MessageKind::AppResp, to: m.from, index, ..Message::default() };
        let prev = EntryId { term: m.log_term, index: m.index };
        if prev.index < self.log.committed {
            // Old: what is committed is known to agree.
            return self.send(answer(self.log.committed));
        }
        if let Some(last) = self.log.maybe_append(prev, &m.entries, m.commit) {
            return self.send(answer(last));
        }
        if self.log.fatal.is_some() {
            return;
        }
        let ours = EntryId { term: self.log.term_or_zero(prev.index), index: prev.index };
        self.trace(TraceEvent::AppendRejected { ours, prev, from: m.from });
        // Tell the leader where the logs may agree: not where this log has a later term than the leader's.
        let hint = self.log.find_conflict_by_term(prev.index.min(self.log.last_index()), prev.term);
        self.send(Message {
            reject: true,
            reject_hint: hint.index,
            log_term: hint.term,
            ..answer(prev.index)
        });
    }

    fn handle_heartbeat(&mut self, m: Message) {
        self.log.commit_to(m.commit);
        self.send(Message {
            kind: MessageKind::HeartbeatResp,
            to: m.from,
            context: m.context,
            ..Message::default()
        });
    }

    fn handle_snapshot(&mut self, m: &Message) {
        let snapshot = m.snapshot.clone().unwrap_or_default();
        let id = snapshot.id();
        let restored = self.restore(snapshot);
        let commit = self.log.committed;
        let index = if restored {
            self.trace(TraceEvent::SnapshotAccepted { commit, snapshot: id });
            self.log.last_index()
        } else {
            self.trace(TraceEvent::SnapshotIgnored { commit, snapshot: id });
            commit
        };
        self.send(Message { kind: MessageKind::AppResp, to: m.from, index, ..Message::default() });
    }
}
