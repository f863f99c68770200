//! What must hold, whatever happens.

use std::sync::Arc;

use etcd::invariants::Violation;
use raft::invariants::Violation as Broken;

use super::Cluster;
use crate::view::Invariant;

/// The promises that are checked after every event: name, and what it says with its source.
const PROMISES: [(&str, &str); 8] = [
    ("election safety", "at most one leader a term, at most one vote a term (Raft paper, figure 3)"),
    ("log matching", "index and term determine an entry and all before it (Raft paper, figure 3)"),
    ("leader completeness", "a leader has everything that was committed before (Raft paper, figure 3)"),
    ("state machine safety", "nobody commits or applies anything else at an index (Raft paper, figure 3)"),
    ("committed is durable", "what is committed is on the disks of a quorum"),
    ("nothing goes back", "term, commit, applied index and revision of a running member never decrease"),
    ("quorums overlap", "any quorum of a configuration meets any quorum of the next (Raft paper, §6)"),
    ("members can go on", "no member meets anything that etcd would panic about"),
];

/// Which of [`PROMISES`] a violation breaks.
fn promise(violation: &Violation) -> &'static str {
    match violation {
        Violation::Raft(broken) => match broken {
            Broken::TwoLeaders { .. } | Broken::TwoVotes { .. } => "election safety",
            Broken::EntryDiffers { .. } | Broken::PrefixDiffers { .. } => "log matching",
            Broken::LeaderLacks { .. } => "leader completeness",
            Broken::CommitDiffers { .. } => "state machine safety",
            Broken::NotDurable { .. } => "committed is durable",
            Broken::TermWentBack { .. }
            | Broken::CommitWentBack { .. }
            | Broken::AppliedWentBack { .. }
            | Broken::OutOfOrder { .. } => "nothing goes back",
            Broken::QuorumsDisjoint { .. } => "quorums overlap",
        },
        Violation::StatesDiffer { .. } => "state machine safety",
        Violation::WentBack { .. } | Violation::AppliedAhead { .. } => "nothing goes back",
        Violation::Failed { .. } => "members can go on",
    }
}

/// A promise that was broken, and how.
#[derive(Clone, Debug)]
pub(super) struct BrokenPromise {
    promise: &'static str,
    how: String,
    /// A fault took what a disk had called durable: then promises may break, and the lab goes on.
    by_fault: bool,
}

impl Cluster {
    /// Looks at a member that has just handled an event.
    pub(super) fn watch_over(&mut self, index: u32) {
        let (members, disks) = (&self.members, &self.disks);
        let disk = |index: u32| {
            let running = members.get(index as usize).and_then(|member| member.get()).map(etcd::Member::disk);
            running.or_else(|| disks.get(index as usize)?.as_ref())
        };
        let Some(member) = members.get(index as usize).and_then(|member| member.get()) else { return };
        if let Err(violation) = Arc::make_mut(&mut self.watchdog).observe(member, disk) {
            self.promise_broken(&violation);
        }
    }

    /// A member's disk has lost what it had called durable.
    pub(super) fn disk_lost(&mut self, index: u32) {
        let (members, disks) = (&self.members, &self.disks);
        let disk = |index: u32| {
            let running = members.get(index as usize).and_then(|member| member.get()).map(etcd::Member::disk);
            running.or_else(|| disks.get(index as usize)?.as_ref())
        };
        // The one that has applied most knows best who is in the cluster.
        let running = members.iter().filter_map(super::Slot::get).filter(|member| !member.is_joining());
        let Some(any) = running.max_by_key(|member| member.applied()) else { return };
        if let Err(violation) = Arc::make_mut(&mut self.watchdog).lost(index, any, disk) {
            self.promise_broken(&violation);
        }
    }

    fn promise_broken(&mut self, violation: &Violation) {
        let by_fault = self.is_harmed();
        if by_fault && matches!(violation, Violation::Failed { .. }) {
            // It has found out, as it should.
            return;
        }
        let broken = BrokenPromise { promise: promise(violation), how: violation.to_string(), by_fault };
        self.broken.get_or_insert(broken);
    }

    /// True when a promise was broken that no fault excuses: the lab stops there (law 5).
    pub(super) fn is_stopped(&self) -> bool {
        self.broken.as_ref().is_some_and(|broken| !broken.by_fault)
    }

    /// The checks, and which of them is broken.
    pub(crate) fn invariants(&self) -> Vec<Invariant> {
        let broken = |name: &str| self.broken.as_ref().filter(|b| b.promise == name).map(|b| b.how.clone());
        PROMISES.iter().map(|(name, says)| Invariant { name, says, broken: broken(name) }).collect()
    }

    /// How the first promise was broken. The lab takes no more events then, unless a fault has destroyed what the promise rests on.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_ref().map(|broken| broken.how.as_str())
    }
}
