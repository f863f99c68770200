//! What was broken, by whom.

use std::fmt;

use crate::{EntryId, LogIndex, NodeId, Term};

/// A broken invariant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "the fields say what they hold, and Display says the rest")]
pub enum Violation {
    /// Election safety: at most one leader a term.
    TwoLeaders { term: Term, first: NodeId, second: NodeId },
    /// At most one vote a term.
    TwoVotes { term: Term, voter: NodeId, first: NodeId, second: NodeId },
    /// Log matching: index and term determine an entry.
    EntryDiffers { at: EntryId, member: NodeId },
    /// Log matching: and everything before it.
    PrefixDiffers { at: EntryId, before: Term, expected: Term, member: NodeId },
    /// Leader completeness: a leader has everything that is committed.
    LeaderLacks { leader: NodeId, term: Term, committed: EntryId },
    /// State machine safety: nobody commits anything else at an index.
    CommitDiffers { index: LogIndex, committed: Term, found: Option<Term>, member: NodeId },
    /// What is committed is durable on a quorum.
    NotDurable { committed: EntryId, leader: NodeId },
    /// Terms never go back.
    TermWentBack { member: NodeId, from: Term, to: Term },
    /// Commit indexes never go back (but for a restart).
    CommitWentBack { member: NodeId, from: LogIndex, to: LogIndex },
    /// Applied indexes never go back (but for a restart).
    AppliedWentBack { member: NodeId, from: LogIndex, to: LogIndex },
    /// Applied, committed and last index are in this order.
    OutOfOrder { member: NodeId, applied: LogIndex, committed: LogIndex, last: LogIndex },
    /// Any quorum of a configuration meets any quorum of the next.
    QuorumsDisjoint { member: NodeId, from: String, to: String },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Violation::*;
        match self {
            TwoLeaders { term, first, second } => {
                write!(f, "election safety: {first} and {second} both lead term {term}")
            }
            TwoVotes { term, voter, first, second } => {
                write!(f, "one vote a term: {voter} voted for {first} and for {second} in term {term}")
            }
            EntryDiffers { at, member } => write!(
                f,
                "log matching: {member} has another entry {} of term {} than others have",
                at.index, at.term
            ),
            PrefixDiffers { at, before, expected, member } => write!(
                f,
                "log matching: before entry {} of term {}, {member} has term {before} where others have {expected}",
                at.index, at.term
            ),
            LeaderLacks { leader, term, committed } => write!(
                f,
                "leader completeness: {leader}, leader of term {term}, lacks the committed entry {} of term {}",
                committed.index, committed.term
            ),
            CommitDiffers { index, committed, found, member } => match found {
                Some(found) => write!(
                    f,
                    "state machine safety: {member} commits term {found} at {index} where term {committed} is committed"
                ),
                None => write!(f, "state machine safety: {member} has committed {index} and doesn't have it"),
            },
            NotDurable { committed, leader } => write!(
                f,
                "durability: {leader} commits entry {} of term {}, which no quorum has stored",
                committed.index, committed.term
            ),
            TermWentBack { member, from, to } => {
                write!(f, "monotonic term: {member} went back from term {from} to {to}")
            }
            CommitWentBack { member, from, to } => {
                write!(f, "monotonic commit: {member} went back from {from} to {to}")
            }
            AppliedWentBack { member, from, to } => {
                write!(f, "monotonic applied: {member} went back from {from} to {to}")
            }
            OutOfOrder { member, applied, committed, last } => write!(
                f,
                "order of indexes: {member} has applied {applied}, committed {committed}, and its log ends at {last}"
            ),
            QuorumsDisjoint { member, from, to } => {
                write!(f, "quorum overlap: {member} goes from {from} to {to}, which can decide apart")
            }
        }
    }
}

impl std::error::Error for Violation {}
