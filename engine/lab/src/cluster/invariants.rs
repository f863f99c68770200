//! What must hold, whatever happens.

use std::sync::Arc;

use super::Cluster;
use crate::view::Invariant;

/// The promises that are checked after every event: name, and what it says with its source.
const PROMISES: [(&str, &str); 4] = [
    ("same log, same state", "members that applied the same entry have the same state (Raft paper, §5.4.3: state machine safety)"),
    ("nothing goes back", "a running member's term, commit index, applied index and revision never decrease"),
    ("committed before applied", "no member applies an entry that it does not know to be committed (Raft paper, §5.3)"),
    ("members can go on", "no member meets something that etcd would panic about"),
];

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
            self.broken.get_or_insert_with(|| violation.to_string());
        }
    }

    /// The checks, and which of them is broken.
    pub(crate) fn invariants(&self) -> Vec<Invariant> {
        let broken = |name: &str| {
            let text = self.broken.as_deref()?;
            let matches = match name {
                "same log, same state" => text.contains("another state"),
                "nothing goes back" => text.contains("went back"),
                "committed before applied" => text.contains("knows only"),
                _ => text.contains("can't go on"),
            };
            matches.then(|| text.to_owned())
        };
        PROMISES.iter().map(|(name, says)| Invariant { name, says, broken: broken(name) }).collect()
    }

    /// The first promise that was broken. The lab takes no more events then.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }
}
