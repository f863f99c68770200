//! Roles change: campaigns, votes, terms of office.

use sim::Blob;

use super::{Raft, Role};
use crate::quorum::VoteResult;
use crate::read_only::ReadOnly;
use crate::trace::{ElectionReason, TraceEvent};
use crate::tracker::{Inflights, Progress};
use crate::{Entry, EntryKind, LogIndex, Message, MessageKind, NodeId, Storage, Term};

/// What a vote request carries when the leader itself has asked for the election.
pub(super) const CAMPAIGN_TRANSFER: &str = "CampaignTransfer";

impl<S: Storage> Raft<S> {
    /// Starts a term (or the same again in another role) with nothing known.
    fn reset(&mut self, term: Term) {
        if self.term != term {
            self.term = term;
            self.vote = NodeId::NONE;
        }
        self.lead = NodeId::NONE;
        self.election_elapsed = 0;
        self.heartbeat_elapsed = 0;
        self.draw_election_timeout();
        self.lead_transferee = NodeId::NONE;
        self.tracker.reset_votes();
        let last = self.log.last_index();
        for (id, progress) in &mut self.tracker.progress {
            let inflights = Inflights::new(self.tracker.max_inflight, self.tracker.max_inflight_bytes);
            let matched = if *id == self.id { last } else { LogIndex::ZERO };
            *progress = Progress::new(matched, last.next(), inflights, progress.is_learner);
        }
        self.pending_conf_index = LogIndex::ZERO;
        self.uncommitted_size = 0;
        self.read_only = ReadOnly::new(self.config.read_only_option);
    }

    /// From one election timeout to two.
    pub(super) fn draw_election_timeout(&mut self) {
        let base = u64::from(self.config.election_tick);
        self.randomized_election_timeout = self.stream.range(base..2 * base) as u32;
    }

    pub(super) fn become_follower(&mut self, term: Term, lead: NodeId) {
        self.reset(term);
        self.lead = lead;
        self.role = Role::Follower;
        self.trace(TraceEvent::BecameFollower { term, lead });
    }

    fn become_candidate(&mut self) {
        self.reset(self.term.next());
        self.vote = self.id;
        self.role = Role::Candidate;
        self.trace(TraceEvent::BecameCandidate { term: self.term });
    }

    /// Asking first changes neither term nor vote.
    fn become_pre_candidate(&mut self) {
        self.tracker.reset_votes();
        self.lead = NodeId::NONE;
        self.role = Role::PreCandidate;
        self.trace(TraceEvent::BecamePreCandidate { term: self.term });
    }

    fn become_leader(&mut self) {
        self.reset(self.term);
        self.lead = self.id;
        self.role = Role::Leader;
        // A leader's own log needs no probing; stability is acknowledged as any follower's.
        if let Some(own) = self.tracker.progress.get_mut(&self.id) {
            own.become_replicate();
            own.recent_active = true;
        }
        // There may be a configuration change among the entries that are not applied yet; assuming so is
        // cheaper than looking.
        self.pending_conf_index = self.log.last_index();
        // Entries of earlier terms can only be committed together with one of this term.
        self.append_entries([(EntryKind::Normal, Blob::empty())]);
        self.trace(TraceEvent::BecameLeader { term: self.term });
    }

    /// Campaigns as configured.
    pub(super) fn start_election(&mut self) {
        let reason =
            if self.config.pre_vote { ElectionReason::PreElection } else { ElectionReason::Election };
        self.hup(reason);
    }

    /// Campaigns, if it may.
    pub(super) fn hup(&mut self, reason: ElectionReason) {
        if self.role == Role::Leader {
            self.trace(TraceEvent::CampaignByLeader);
        } else if !self.promotable() {
            self.trace(TraceEvent::Unpromotable);
        } else if self.has_unapplied_conf_changes() {
            self.trace(TraceEvent::CampaignWithPendingChange { term: self.term });
        } else {
            self.trace(TraceEvent::ElectionStarted { term: self.term, reason });
            self.campaign(reason);
        }
    }

    fn campaign(&mut self, reason: ElectionReason) {
        let (kind, term) = if reason == ElectionReason::PreElection {
            self.become_pre_candidate();
            // The term that it would be.
            (MessageKind::PreVote, self.term.next())
        } else {
            self.become_candidate();
            (MessageKind::Vote, self.term)
        };
        let last = self.log.last_id();
        let context = (reason == ElectionReason::Transfer).then(|| Blob::from(CAMPAIGN_TRANSFER));
        for to in self.tracker.config.voters.ids() {
            if to == self.id {
                // Its own vote counts, too, only when it is stable.
                self.send(Message { kind: kind.vote_response(), to, term, ..Message::default() });
                continue;
            }
            self.trace(TraceEvent::VoteRequested { kind, last, to, term: self.term });
            self.send(Message {
                kind,
                to,
                term,
                index: last.index,
                log_term: last.term,
                context: context.clone(),
                ..Message::default()
            });
        }
    }

    /// A vote on this member's own candidacy.
    pub(super) fn handle_vote_response(&mut self, m: &Message) {
        self.trace(TraceEvent::VoteReceived {
            kind: m.kind,
            from: m.from,
            granted: !m.reject,
            term: self.term,
        });
        self.tracker.record_vote(m.from, !m.reject);
        let (granted, rejected, result) = self.tracker.tally_votes();
        self.trace(TraceEvent::VotesTallied { kind: m.kind, granted, rejected });
        match result {
            VoteResult::Won if self.role == Role::PreCandidate => self.campaign(ElectionReason::Election),
            VoteResult::Won => {
                self.become_leader();
                self.broadcast_append();
            }
            VoteResult::Lost => self.become_follower(self.term, NodeId::NONE),
            VoteResult::Pending => {}
        }
    }

    /// A leader looks whether a quorum was heard from since it last looked.
    pub(super) fn check_quorum(&mut self) {
        if !self.tracker.quorum_active() {
            self.trace(TraceEvent::QuorumInactive);
            self.become_follower(self.term, NodeId::NONE);
        }
        for (id, progress) in &mut self.tracker.progress {
            if *id != self.id {
                progress.recent_active = false;
            }
        }
    }

    /// Whether there is a committed configuration change that the member doesn't act by yet.
    fn has_unapplied_conf_changes(&self) -> bool {
        let end = self.log.committed.next();
        let mut next = self.log.applied.next();
        while next < end {
            // In pages, as there may be much.
            let Ok(page) = self.log.slice(next, end, self.log.max_applying_size) else { return true };
            let Some(last) = page.last().map(|entry: &Entry| entry.index) else { return false };
            if page.iter().any(|entry| entry.kind != EntryKind::Normal) {
                return true;
            }
            next = last.next();
        }
        false
    }
}
