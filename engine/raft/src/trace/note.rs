//! One sentence for the reader of the page, for the events that move the story on.

use std::fmt;

use sim::{Note, Str};

use super::{ElectionReason, TraceEvent};
use crate::{MessageKind, NodeId};

impl TraceEvent {
    /// The event as a sentence with the member `id` as its subject; `name` gives members their names.
    /// `None` for events that would only be noise.
    pub fn note(&self, id: NodeId, name: impl Fn(NodeId) -> Str) -> Option<Note> {
        use TraceEvent::*;
        let me = name(id);
        let text = |value: &dyn fmt::Display| Str::from(value.to_string());
        Some(match self {
            ConfigSwitched { config } => Note::new(
                "{0} switches to the configuration {1}.",
                [me, with_names(&config.to_string(), &name)],
            ),
            BecameFollower { term, lead } if lead.is_none() => {
                Note::new("{0} is a follower in term {1} and knows no leader.", [me, text(term)])
            }
            BecameFollower { term, lead } => {
                Note::new("{0} follows {2} in term {1}.", [me, text(term), name(*lead)])
            }
            BecameCandidate { term } => {
                Note::new("{0} becomes a candidate in term {1} and votes for itself.", [me, text(term)])
            }
            BecamePreCandidate { term } => {
                Note::new("{0} asks whether it could win an election after term {1}.", [me, text(term)])
            }
            BecameLeader { term } => Note::new("{0} is the leader of term {1}.", [me, text(term)]),
            ElectionStarted { reason: ElectionReason::Transfer, .. } => {
                Note::new("{0} starts an election because the leader hands over to it.", [me])
            }
            ElectionStarted { .. } => {
                Note::new("{0} has heard of no leader for too long and starts an election.", [me])
            }
            CampaignWithPendingChange { .. } => {
                Note::new("{0} can't campaign before a committed configuration change is applied.", [me])
            }
            VoteCast(vote) if vote.kind == MessageKind::Vote => Note::new(
                "{0} votes for {1} in term {2}: its log is at least as good.",
                [me, name(vote.candidate), text(&vote.term)],
            ),
            VoteCast(vote) => Note::new("{0} would vote for {1}.", [me, name(vote.candidate)]),
            VoteRejected(vote) if vote.candidate_last < vote.last => {
                Note::new("{0} refuses {1} its vote: its own log goes further.", [me, name(vote.candidate)])
            }
            VoteRejected(vote) if !vote.vote.is_none() => Note::new(
                "{0} refuses {1} its vote: it has voted for {2} in term {3}.",
                [me, name(vote.candidate), name(vote.vote), text(&vote.term)],
            ),
            VoteRejected(vote) => {
                Note::new("{0} refuses {1} its vote: there is a leader.", [me, name(vote.candidate)])
            }
            VoteIgnoredInLease { vote, remaining_ticks } => Note::new(
                "{0} ignores {1}'s request for a vote: it heard from the leader lately ({2} ticks left).",
                [me, name(vote.candidate), text(remaining_ticks)],
            ),
            HigherTerm { from, message_term, .. } => {
                Note::new("{0} learns of term {2} from {1}.", [me, name(*from), text(message_term)])
            }
            QuorumInactive => {
                Note::new("{0} steps down: it has not heard from a majority for an election timeout.", [me])
            }
            ProposalDroppedNoLeader { .. } => Note::new("{0} drops a proposal: it knows no leader.", [me]),
            ProposalDroppedInTransfer { transferee, .. } => {
                Note::new("{0} drops a proposal: it is handing over to {1}.", [me, name(*transferee)])
            }
            ProposalTooLarge => Note::new("{0} drops a proposal: too much is waiting to be committed.", [me]),
            AutoLeaveProposed { .. } => Note::new("{0} proposes to leave the joint configuration.", [me]),
            AppendRejected { prev, from, .. } => Note::new(
                "{0} rejects {1}'s entries: it has no entry {2} of term {3} to put them behind.",
                [me, name(*from), text(&prev.index), text(&prev.term)],
            ),
            ProgressDecreased { peer, progress } => {
                Note::new("{0} goes back to entry {2} for {1}.", [me, name(*peer), text(&progress.next)])
            }
            ConflictFound { index, existing, conflicting } => Note::new(
                "{0} overwrites its log from entry {1} on: term {2} there loses to term {3}.",
                [me, text(index), text(existing), text(conflicting)],
            ),
            CommitAdvanced { to, .. } => {
                Note::new("{0} knows that everything up to entry {1} is committed.", [me, text(to)])
            }
            SnapshotSent { snapshot, peer, .. } => Note::new(
                "{0} sends {1} a snapshot up to entry {2}: the entries it needs are compacted.",
                [me, name(*peer), text(&snapshot.index)],
            ),
            SnapshotAccepted { snapshot, .. } => {
                Note::new("{0} starts over from a snapshot up to entry {1}.", [me, text(&snapshot.index)])
            }
            TransferStarted { transferee, .. } => {
                Note::new("{0} hands leadership over to {1}.", [me, name(*transferee)])
            }
            TimeoutNowSent { to, .. } => {
                Note::new("{0} tells {1} to start an election at once.", [me, name(*to)])
            }
            LeaderForgotten { lead, .. } => Note::new("{0} forgets its leader {1}.", [me, name(*lead)]),
            ReadIndexConfirmed { index, .. } => Note::new(
                "{0} is still the leader, so a read that sees entry {1} is up to date.",
                [me, text(index)],
            ),
            _ => return None,
        })
    }
}

/// A configuration's text with the members' names in the place of their IDs.
fn with_names(text: &str, name: &impl Fn(NodeId) -> Str) -> Str {
    let mut named = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let (id, after) = from.split_at(from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len()));
        named.push_str(before);
        match id.parse() {
            Ok(id) => named.push_str(&name(NodeId(id))),
            Err(_) => named.push_str(id),
        }
        rest = after;
    }
    named.push_str(rest);
    Str::from(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::VoteContext;
    use crate::{EntryId, LogIndex, Term};

    #[test]
    fn sentences_name_the_members() {
        let name = |id: NodeId| Str::from(format!("etcd-{}", id.0 - 1));
        let at = |term, index| EntryId { term: Term(term), index: LogIndex(index) };
        let vote = VoteContext {
            kind: MessageKind::Vote,
            last: at(2, 9),
            vote: NodeId::NONE,
            candidate: NodeId(2),
            candidate_last: at(2, 8),
            term: Term(3),
        };
        let said = |event: TraceEvent| event.note(NodeId(1), name).map(|note| note.to_string());
        assert_eq!(
            said(TraceEvent::VoteRejected(vote)).as_deref(),
            Some("etcd-0 refuses etcd-1 its vote: its own log goes further.")
        );
        assert_eq!(
            said(TraceEvent::VoteCast(VoteContext { candidate_last: at(2, 9), ..vote })).as_deref(),
            Some("etcd-0 votes for etcd-1 in term 3: its log is at least as good.")
        );
        assert_eq!(
            said(TraceEvent::BecameFollower { term: Term(3), lead: NodeId::NONE }).as_deref(),
            Some("etcd-0 is a follower in term 3 and knows no leader.")
        );
        assert_eq!(said(TraceEvent::Applied { to: LogIndex(3) }), None);
    }

    #[test]
    fn configurations_name_their_members() {
        let name = |id: NodeId| Str::from(format!("etcd-{}", id.0 - 1));
        assert_eq!(
            with_names("voters=(1 2)&&(3) autoleave", &name),
            "voters=(etcd-0 etcd-1)&&(etcd-2) autoleave"
        );
    }
}
