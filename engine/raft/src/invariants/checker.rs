//! The checker: what was seen so far, and how a member's news is compared with it.

use std::collections::BTreeMap;

use imbl::{OrdMap, Vector};
use sim::Digest;

use super::{Violation, quorums_overlap};
use crate::quorum::{JointConfig, VoteResult};
use crate::raft::Raft;
use crate::{EntryId, HardState, LogIndex, NodeId, RawNode, Role, Storage, Term};

/// Entries are remembered this far back from the newest; older ones are compacted everywhere in practice.
const REMEMBERED: usize = 64 * 1024;

/// What was seen of a member when it was last looked at.
#[derive(Clone, Debug, Hash, PartialEq, Eq, Default)]
struct Member {
    term: Term,
    vote: NodeId,
    role: Role,
    commit: LogIndex,
    applied: LogIndex,
    last: EntryId,
    voters: JointConfig,
}

/// What an (index, term) stands for.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
struct Seen {
    term: Term,
    /// The term of the entry before: by induction it determines all that comes before.
    before: Term,
    digest: Digest,
}

/// Checks a group's invariants member by member, event by event.
#[derive(Clone, Debug, Hash, Default)]
pub struct Checker {
    members: BTreeMap<NodeId, Member>,
    leaders: OrdMap<Term, NodeId>,
    votes: OrdMap<(NodeId, Term), NodeId>,
    /// From index `entries_base` on: the entry of each index that was seen first.
    entries: Vector<Seen>,
    entries_base: u64,
    /// Others at the same indexes, which conflicts leave behind.
    rivals: OrdMap<(LogIndex, Term), Seen>,
    /// From index `committed_base` on: the committed terms.
    committed: Vector<Term>,
    committed_base: u64,
    /// Configurations that were acted by.
    configs: Vec<JointConfig>,
}

impl Checker {
    /// Looks at a member after an event of its own. `durable` gives the term of the entry at an index in a
    /// member's stable storage, whether that member runs or not.
    ///
    /// # Errors
    /// The first invariant that is found broken. After that the checker is of no more use.
    pub fn observe<S: Storage>(
        &mut self,
        node: &RawNode<S>,
        durable: impl Fn(NodeId, LogIndex) -> Option<Term>,
    ) -> Result<(), Violation> {
        let raft = node.raft();
        let id = raft.id();
        let mut member = self.members.remove(&id).unwrap_or_default();
        let result = self.compare(raft, id, &mut member, durable);
        self.members.insert(id, member);
        result
    }

    /// The member starts anew from its storage. It may have forgotten how far it had committed and applied, and
    /// a term or a vote that was never stored (and so never told to anybody).
    pub fn restarted(&mut self, id: NodeId, stored: HardState) {
        self.members.insert(id, Member { term: stored.term, ..Member::default() });
        let forgotten = if stored.vote.is_none() { stored.term } else { stored.term.next() };
        let votes: Vec<_> =
            self.votes.range((id, forgotten)..=(id, Term(u64::MAX))).map(|(key, _)| *key).collect();
        for key in votes {
            self.votes.remove(&key);
        }
    }

    /// The member's storage was wiped: nothing it promised counts any longer.
    pub fn wiped(&mut self, id: NodeId) {
        self.restarted(id, HardState::default());
    }

    /// Whether a quorum of the configuration that `node` acts by still has stored what is known to be committed.
    ///
    /// # Errors
    /// [`Violation::NotDurable`].
    pub fn check_durable<S: Storage>(
        &self,
        node: &RawNode<S>,
        durable: impl Fn(NodeId, LogIndex) -> Option<Term>,
    ) -> Result<(), Violation> {
        let Some(committed) = self.committed() else { return Ok(()) };
        let stored = |member| Some(durable(member, committed.index) == Some(committed.term));
        match node.raft().tracker().config.voters.vote_result(stored) {
            VoteResult::Won => Ok(()),
            _ => Err(Violation::NotDurable { committed, leader: node.raft().lead() }),
        }
    }

    /// Everything that is known to be committed ends here.
    pub fn committed(&self) -> Option<EntryId> {
        let term = *self.committed.last()?;
        Some(EntryId { term, index: LogIndex(self.committed_base + self.committed.len() as u64 - 1) })
    }

    fn compare<S: Storage>(
        &mut self,
        raft: &Raft<S>,
        id: NodeId,
        member: &mut Member,
        durable: impl Fn(NodeId, LogIndex) -> Option<Term>,
    ) -> Result<(), Violation> {
        let (term, vote, role) = (raft.term(), raft.vote(), raft.role());
        if term < member.term {
            return Err(Violation::TermWentBack { member: id, from: member.term, to: term });
        }
        if (term, vote) != (member.term, member.vote) {
            self.check_vote(id, term, vote)?;
        }
        let last = raft.last_id();
        if last != member.last {
            self.check_new_entries(raft, member.last, last)?;
        }
        if role == Role::Leader && (role, term) != (member.role, member.term) {
            self.check_new_leader(raft, id, term)?;
        }
        let (commit, applied) = (raft.committed(), raft.applied());
        if commit != member.commit || applied != member.applied {
            if commit < member.commit {
                return Err(Violation::CommitWentBack { member: id, from: member.commit, to: commit });
            }
            if applied < member.applied {
                return Err(Violation::AppliedWentBack { member: id, from: member.applied, to: applied });
            }
            if applied > commit || commit > last.index {
                let (committed, last) = (commit, last.index);
                return Err(Violation::OutOfOrder { member: id, applied, committed, last });
            }
            self.check_new_commits(raft, id, member.commit, commit, durable)?;
        }
        let voters = &raft.tracker().config.voters;
        if *voters != member.voters {
            self.check_new_config(id, &member.voters, voters)?;
            member.voters = voters.clone();
        }
        (member.term, member.vote, member.role) = (term, vote, role);
        (member.commit, member.applied, member.last) = (commit, applied, last);
        Ok(())
    }

    fn check_vote(&mut self, voter: NodeId, term: Term, vote: NodeId) -> Result<(), Violation> {
        if vote.is_none() {
            return Ok(());
        }
        match self.votes.get(&(voter, term)) {
            Some(first) if *first != vote => {
                Err(Violation::TwoVotes { term, voter, first: *first, second: vote })
            }
            Some(_) => Ok(()),
            None => {
                self.votes.insert((voter, term), vote);
                Ok(())
            }
        }
    }

    fn check_new_leader<S: Storage>(
        &mut self,
        raft: &Raft<S>,
        id: NodeId,
        term: Term,
    ) -> Result<(), Violation> {
        match self.leaders.get(&term) {
            Some(first) if *first != id => {
                return Err(Violation::TwoLeaders { term, first: *first, second: id });
            }
            _ => self.leaders.insert(term, id),
        };
        match self.committed() {
            Some(committed) if raft.term_at(committed.index) != Some(committed.term) => {
                Err(Violation::LeaderLacks { leader: id, term, committed })
            }
            _ => Ok(()),
        }
    }

    /// The log grew (or was replaced from somewhere on): look at all entries that may be new.
    fn check_new_entries<S: Storage>(
        &mut self,
        raft: &Raft<S>,
        old: EntryId,
        last: EntryId,
    ) -> Result<(), Violation> {
        let start = raft.first_index();
        let only_grew = old.index.next() >= start && raft.term_at(old.index) == Some(old.term);
        // After a conflict everything that isn't committed may be new.
        let from = if only_grew { old.index.next() } else { raft.committed().next() };
        let from = from.max(start);
        let Some(mut before) = raft.term_at(from.prev()) else { return Ok(()) };
        for entry in &raft.entries(from, last.index.next()) {
            let seen =
                Seen { term: entry.term, before, digest: Digest::of(&(entry.kind, entry.data.digest())) };
            self.check_entry(raft.id(), entry.id(), seen)?;
            before = entry.term;
        }
        Ok(())
    }

    fn check_entry(&mut self, member: NodeId, at: EntryId, new: Seen) -> Result<(), Violation> {
        let end = self.entries_base + self.entries.len() as u64;
        if self.entries.is_empty() || at.index.0 > end {
            // The first entry ever, or a hole that a snapshot was jumped over with.
            self.entries = Vector::unit(new);
            self.entries_base = at.index.0;
            return Ok(());
        }
        if at.index.0 == end {
            self.entries.push_back(new);
            if self.entries.len() > 2 * REMEMBERED {
                self.entries = self.entries.skip(REMEMBERED);
                self.entries_base += REMEMBERED as u64;
                self.rivals = self
                    .rivals
                    .iter()
                    .filter(|((index, _), _)| index.0 >= self.entries_base)
                    .map(|(k, v)| (*k, *v))
                    .collect();
            }
            return Ok(());
        }
        let Some(place) = at.index.0.checked_sub(self.entries_base) else { return Ok(()) };
        let first = self.entries.get(place as usize).filter(|seen| seen.term == at.term);
        let Some(known) = first.or_else(|| self.rivals.get(&(at.index, at.term))) else {
            self.rivals.insert((at.index, at.term), new);
            return Ok(());
        };
        if known.digest != new.digest {
            return Err(Violation::EntryDiffers { at, member });
        }
        if known.before != new.before {
            return Err(Violation::PrefixDiffers { at, before: new.before, expected: known.before, member });
        }
        Ok(())
    }

    fn check_new_commits<S: Storage>(
        &mut self,
        raft: &Raft<S>,
        id: NodeId,
        old: LogIndex,
        new: LogIndex,
        durable: impl Fn(NodeId, LogIndex) -> Option<Term>,
    ) -> Result<(), Violation> {
        // What lies before the log's beginning can't be looked at; the entry just before it can.
        let mut index = old.next().max(raft.first_index().prev());
        while index <= new {
            let found = raft.term_at(index);
            let place = index.0.checked_sub(self.committed_base).map(|place| place as usize);
            match (found, place.and_then(|place| self.committed.get(place))) {
                (Some(found), Some(committed)) if found != *committed => {
                    return Err(Violation::CommitDiffers {
                        index,
                        committed: *committed,
                        found: Some(found),
                        member: id,
                    });
                }
                (None, Some(committed)) => {
                    return Err(Violation::CommitDiffers { index, committed: *committed, found, member: id });
                }
                (Some(found), None) => self.extend_committed(raft, index, found, &durable)?,
                _ => {}
            }
            index = index.next();
        }
        Ok(())
    }

    /// The first member to commit `index` does so.
    fn extend_committed<S: Storage>(
        &mut self,
        raft: &Raft<S>,
        index: LogIndex,
        term: Term,
        durable: impl Fn(NodeId, LogIndex) -> Option<Term>,
    ) -> Result<(), Violation> {
        let end = self.committed_base + self.committed.len() as u64;
        if !self.committed.is_empty() && index.0 < end {
            return Ok(()); // Older than what is remembered.
        }
        if self.committed.is_empty() || index.0 > end {
            self.committed = Vector::unit(term);
            self.committed_base = index.0;
        } else {
            self.committed.push_back(term);
        }
        if self.committed.len() > 2 * REMEMBERED {
            self.committed = self.committed.skip(REMEMBERED);
            self.committed_base += REMEMBERED as u64;
        }
        // Only a leader decides; others that are first have started from a commit index they had stored.
        if raft.role() == Role::Leader && index == raft.committed() {
            let stored = |member| Some(durable(member, index) == Some(term));
            if raft.tracker().config.voters.vote_result(stored) != VoteResult::Won {
                let committed = EntryId { term, index };
                return Err(Violation::NotDurable { committed, leader: raft.id() });
            }
        }
        Ok(())
    }

    fn check_new_config(
        &mut self,
        id: NodeId,
        old: &JointConfig,
        new: &JointConfig,
    ) -> Result<(), Violation> {
        if self.configs.contains(new) {
            // Somebody went there before, step by step; this one may jump with a snapshot.
            return Ok(());
        }
        self.configs.push(new.clone());
        let first = old.incoming.is_empty();
        if !first && !quorums_overlap(old, new) {
            return Err(Violation::QuorumsDisjoint {
                member: id,
                from: old.to_string(),
                to: new.to_string(),
            });
        }
        Ok(())
    }
}
