//! A message comes in: first its term decides, then the role.

use super::election::CAMPAIGN_TRANSFER;
use super::{Raft, Role};
use crate::entry::{encoded_size, payloads_size};
use crate::trace::{TraceEvent, VoteContext};
use crate::{EntryId, Message, MessageKind, NodeId, RaftError, Snapshot, Storage, Term};

impl<S: Storage> Raft<S> {
    pub(crate) fn step(&mut self, m: Message) -> Result<(), RaftError> {
        self.alive()?;
        let result = if self.term_allows(&m) { self.dispatch(m) } else { Ok(()) };
        self.alive()?;
        result
    }

    /// Brings the terms together; false when the message is of no further interest.
    fn term_allows(&mut self, m: &Message) -> bool {
        use MessageKind::*;
        if m.term == Term(0) || m.term == self.term {
            return true;
        }
        if m.term < self.term {
            self.answer_lower_term(m);
            return false;
        }
        if matches!(m.kind, Vote | PreVote) && self.refuses_in_lease(m) {
            return false;
        }
        match m.kind {
            // Asking first never changes anybody's term.
            PreVote => {}
            // Yes to the term that would come: it comes when a quorum says so.
            PreVoteResp if !m.reject => {}
            _ => {
                self.trace(TraceEvent::HigherTerm {
                    term: self.term,
                    kind: m.kind,
                    from: m.from,
                    message_term: m.term,
                });
                let lead = if matches!(m.kind, App | Heartbeat | Snap) { m.from } else { NodeId::NONE };
                self.become_follower(m.term, lead);
            }
        }
        true
    }

    /// Whoever has heard of a leader lately doesn't vote, unless that leader asks for it.
    fn refuses_in_lease(&mut self, m: &Message) -> bool {
        let forced = m.context.as_ref().is_some_and(|context| *context == CAMPAIGN_TRANSFER.into());
        let in_lease = self.config.check_quorum
            && !self.lead.is_none()
            && self.election_elapsed < self.config.election_tick;
        if forced || !in_lease {
            return false;
        }
        let remaining_ticks = self.config.election_tick - self.election_elapsed;
        self.trace(TraceEvent::VoteIgnoredInLease { vote: self.vote_context(m), remaining_ticks });
        true
    }

    fn answer_lower_term(&mut self, m: &Message) {
        use MessageKind::*;
        match m.kind {
            // An old leader may be cut off because its answers are ignored here. With votes being refused
            // it would never learn of the new term, so it is told.
            Heartbeat | App if self.config.check_quorum || self.config.pre_vote => {
                self.send(Message { kind: AppResp, to: m.from, ..Message::default() });
            }
            // A pre-candidate of a lower term must learn of this one, or it asks for ever.
            PreVote => {
                self.trace(TraceEvent::VoteRejected(self.vote_context(m)));
                self.send(Message {
                    kind: PreVoteResp,
                    to: m.from,
                    term: self.term,
                    reject: true,
                    ..Message::default()
                });
            }
            StorageAppendResp => {
                // The entries may have been replaced since, by others of the same index.
                if m.index.0 != 0 {
                    self.trace(TraceEvent::StaleStorageAppend { term: self.term, message_term: m.term });
                }
                // A snapshot is valid in any term.
                if let Some(snapshot) = &m.snapshot {
                    self.applied_snapshot(snapshot);
                }
            }
            _ => self.trace(TraceEvent::LowerTerm {
                term: self.term,
                kind: m.kind,
                from: m.from,
                message_term: m.term,
            }),
        }
    }

    fn dispatch(&mut self, m: Message) -> Result<(), RaftError> {
        use MessageKind::*;
        match m.kind {
            Hup => self.start_election(),
            Vote | PreVote => self.handle_vote_request(&m),
            StorageAppendResp => {
                if m.index.0 != 0 {
                    self.log.stable_to(EntryId { term: m.log_term, index: m.index });
                }
                if let Some(snapshot) = &m.snapshot {
                    self.applied_snapshot(snapshot);
                }
            }
            StorageApplyResp => {
                if let Some(last) = m.entries.last() {
                    self.applied_to(last.index, encoded_size(&m.entries));
                    self.uncommitted_size = self.uncommitted_size.saturating_sub(payloads_size(&m.entries));
                }
            }
            _ => match self.role {
                Role::Leader => return self.step_leader(m),
                Role::Follower => return self.step_follower(m),
                Role::Candidate | Role::PreCandidate => return self.step_candidate(m),
            },
        }
        Ok(())
    }

    fn vote_context(&self, m: &Message) -> VoteContext {
        VoteContext {
            kind: m.kind,
            last: self.log.last_id(),
            vote: self.vote,
            candidate: m.from,
            candidate_last: EntryId { term: m.log_term, index: m.index },
            term: self.term,
        }
    }

    fn handle_vote_request(&mut self, m: &Message) {
        let vote = self.vote_context(m);
        // It may vote if it repeats its vote, or has none and knows no leader in this term, or is only asked
        // about a future term.
        let may_vote = self.vote == m.from
            || (self.vote.is_none() && self.lead.is_none())
            || (m.kind == MessageKind::PreVote && m.term > self.term);
        // A learner votes too when it is asked: it may have been made a voter without knowing.
        let granted = may_vote && self.log.is_up_to_date(vote.candidate_last);
        self.trace(if granted { TraceEvent::VoteCast(vote) } else { TraceEvent::VoteRejected(vote) });
        self.send(Message {
            kind: m.kind.vote_response(),
            to: m.from,
            // A yes is for the term that was asked about; a no comes with the own term, to learn from.
            term: if granted { m.term } else { self.term },
            reject: !granted,
            ..Message::default()
        });
        if granted && m.kind == MessageKind::Vote {
            self.election_elapsed = 0;
            self.vote = m.from;
        }
    }

    fn applied_snapshot(&mut self, snapshot: &Snapshot) {
        self.log.unstable.stable_snapshot_to(snapshot.index);
        self.applied_to(snapshot.index, 0);
    }

    /// The application has applied everything up to `index`. If that made the configuration joint and the
    /// leader is to leave it by itself, that is proposed now.
    pub(crate) fn applied_to(&mut self, index: crate::LogIndex, size: u64) {
        let applied = index.max(self.log.applied);
        self.log.applied_to(applied, size);
        if self.tracker.config.auto_leave && applied >= self.pending_conf_index && self.role == Role::Leader {
            self.propose_auto_leave();
        }
    }
}
