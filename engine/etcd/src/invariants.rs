//! What must hold of a group of members, whatever happens. Call [`Watchdog::observe`] after each event that a
//! member handled; it costs a few comparisons when nothing has changed.
//!
//! Raft's own invariants are those of [`raft::invariants`]; etcd's are that revisions never go back, and that
//! members which have applied the same entry have the same state.

use std::collections::BTreeMap;
use std::fmt;

use raft::{LogIndex, NodeId};
use sim::Digest;

use crate::disk::Disk;
use crate::member::Member;
use crate::rpc::Revision;

/// How many applied entries are remembered for comparing; a member that lags more is compared when it has
/// caught up.
const REMEMBER: u64 = 20_000;

/// A broken promise.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Violation {
    /// Two members applied the same entry and have different states.
    StatesDiffer {
        /// The member that was looked at; another one was before.
        member: u32,
        /// The entry.
        index: LogIndex,
    },
    /// A running member's revision, compact revision, applied or commit index, or term went back.
    WentBack {
        /// Which member.
        member: u32,
        /// Which of its numbers.
        what: &'static str,
        /// It was this.
        before: u64,
        /// It is this.
        after: u64,
    },
    /// More is applied than committed.
    AppliedAhead {
        /// Which member.
        member: u32,
        /// Applied.
        applied: LogIndex,
        /// Committed.
        committed: LogIndex,
    },
    /// One of Raft's.
    Raft(raft::invariants::Violation),
    /// The process stopped because promises were broken under it.
    Failed {
        /// Which member.
        member: u32,
        /// Its words.
        reason: sim::Str,
    },
}

impl std::error::Error for Violation {}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::StatesDiffer { member, index } => {
                write!(f, "etcd-{member} has another state after entry {index} than a member before it")
            }
            Violation::WentBack { member, what, before, after } => {
                write!(f, "the {what} of etcd-{member} went back from {before} to {after}")
            }
            Violation::AppliedAhead { member, applied, committed } => {
                write!(
                    f,
                    "etcd-{member} has applied entry {applied} and knows only {committed} to be committed"
                )
            }
            Violation::Raft(violation) => violation.fmt(f),
            Violation::Failed { member, reason } => write!(f, "etcd-{member} can't go on: {reason}"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
struct Seen {
    term: u64,
    commit: u64,
    applied: u64,
    revision: Revision,
    compacted: Revision,
}

/// What is known of one cluster: of all who say that they belong to it.
#[derive(Clone, Debug, Hash, Default)]
struct Cluster {
    raft: raft::invariants::Checker,
    /// The state's digest after each applied entry at which some member was looked at.
    digests: imbl::OrdMap<LogIndex, Digest>,
}

/// Watches over members. Those of a cluster that was restored from a snapshot are another cluster: what the
/// one before it promised does not bind them.
#[derive(Clone, Debug, Hash, Default)]
pub struct Watchdog {
    clusters: BTreeMap<u64, Cluster>,
    seen: BTreeMap<u32, Seen>,
}

impl Watchdog {
    /// Looks at a member that has just handled an event. `disk` gives the disks of all members by their
    /// number, of those that are down, too.
    ///
    /// # Errors
    /// The first promise that is broken.
    pub fn observe<'a>(
        &mut self,
        member: &Member,
        disk: impl Fn(u32) -> Option<&'a Disk>,
    ) -> Result<(), Violation> {
        let index = member.index();
        if member.is_joining() {
            return Ok(());
        }
        let now = Seen {
            term: member.term().0,
            commit: member.commit_index().0,
            applied: member.applied().index.0,
            revision: member.store().revision(),
            compacted: member.store().compact_revision(),
        };
        if let Some(reason) = member.failed() {
            return Err(Violation::Failed { member: index, reason: reason.clone() });
        }
        let durable = |id: NodeId, entry: LogIndex| {
            disk(member.index_of(id)?).filter(|disk| disk.belongs_to(id))?.durable_term(entry)
        };
        let cluster = self.clusters.entry(member.cluster_id()).or_default();
        cluster.raft.observe(member.raft(), durable).map_err(Violation::Raft)?;
        let before = self.seen.insert(index, now).unwrap_or_default();
        if before == now {
            return Ok(());
        }
        let numbers = [
            ("term", before.term, now.term),
            ("commit index", before.commit, now.commit),
            ("applied index", before.applied, now.applied),
            ("revision", before.revision.0, now.revision.0),
            ("compact revision", before.compacted.0, now.compacted.0),
        ];
        for (what, before, after) in numbers {
            if after < before {
                return Err(Violation::WentBack { member: index, what, before, after });
            }
        }
        if now.applied > now.commit {
            let (applied, committed) = (member.applied().index, member.commit_index());
            return Err(Violation::AppliedAhead { member: index, applied, committed });
        }
        if before.applied == now.applied && before.revision == now.revision {
            return Ok(());
        }
        let (applied, digest) = member.state_digest();
        match cluster.digests.get(&applied) {
            Some(known) if *known != digest => {
                return Err(Violation::StatesDiffer { member: index, index: applied });
            }
            Some(_) => {}
            None => {
                cluster.digests.insert(applied, digest);
                while let Some(&(oldest, _)) = cluster.digests.get_min() {
                    if applied - oldest <= REMEMBER {
                        break;
                    }
                    cluster.digests.remove(&oldest);
                }
            }
        }
        Ok(())
    }

    /// A member has just been started, or started again: its memory begins with what its disk held.
    pub fn restarted(&mut self, member: &Member) {
        self.seen.remove(&member.index());
        if member.is_joining() {
            return;
        }
        let cluster = self.clusters.entry(member.cluster_id()).or_default();
        cluster.raft.restarted(member.id(), member.stored_hard_state());
    }

    /// The disk of a member was emptied, or lost something that it had said was safe. `any` is some other running member of its
    /// cluster; `disk` gives all disks as they are now.
    ///
    /// # Errors
    /// When what is committed is not on the disks of a quorum any more: that promise is broken then, whoever did it.
    pub fn lost<'a>(
        &mut self,
        member: u32,
        any: &Member,
        disk: impl Fn(u32) -> Option<&'a Disk>,
    ) -> Result<(), Violation> {
        self.seen.remove(&member);
        let durable = |id: NodeId, entry: LogIndex| {
            disk(any.index_of(id)?).filter(|disk| disk.belongs_to(id))?.durable_term(entry)
        };
        let cluster = self.clusters.entry(any.cluster_id()).or_default();
        if let Some(id) = any
            .state()
            .members
            .iter()
            .map(|known| NodeId(known.id))
            .find(|id| any.index_of(*id) == Some(member))
        {
            cluster.raft.wiped(id);
        }
        cluster.raft.check_durable(any.raft(), durable).map_err(Violation::Raft)
    }
}
