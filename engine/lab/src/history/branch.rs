//! One line of history: its journal, and checkpoints to go back to.

use sim::EventNumber;

use super::Score;
use crate::action::Entry;
use crate::cluster::Cluster;

/// Events between checkpoints at first: at 5 µs an event, a rewind takes 5 ms.
const SPACING: u64 = 1_000;
/// More checkpoints than this, and every second one goes.
const CHECKPOINTS_MAX: usize = 256;

/// A line of history.
#[derive(Clone, Debug)]
pub struct Branch {
    /// A name for people; empty for the first.
    pub name: String,
    /// The user's actions.
    pub journal: Vec<Entry>,
    pub(super) score: Score,
    checkpoints: Vec<Checkpoint>,
    spacing: u64,
}

/// A cluster to go back to (law 1: a checkpoint is a clone).
#[derive(Clone, Debug)]
pub(super) struct Checkpoint {
    pub cluster: Cluster,
    /// Entries of the journal that were applied by then.
    pub applied: usize,
}

impl Branch {
    pub(super) fn new(journal: Vec<Entry>, start: Cluster) -> Branch {
        Branch {
            name: String::new(),
            journal,
            score: Score::default(),
            checkpoints: vec![Checkpoint { cluster: start, applied: 0 }],
            spacing: SPACING,
        }
    }

    /// How many events of it are known.
    pub fn last(&self) -> EventNumber {
        self.score.last()
    }

    /// The latest checkpoint at or before `target`.
    pub(super) fn checkpoint_before(&self, target: EventNumber) -> &Checkpoint {
        let after = self.checkpoints.partition_point(|c| c.cluster.taken() <= target);
        // The first checkpoint is before every event.
        &self.checkpoints[after.max(1) - 1]
    }

    /// Called after each event, replayed or new.
    pub(super) fn remember(&mut self, cluster: &Cluster, applied: usize) {
        let taken = cluster.taken();
        if taken > self.score.last()
            && let Some(record) = cluster.trace().last()
        {
            self.score.push(record);
        }
        let latest = self.checkpoints.last().map_or(EventNumber(0), |c| c.cluster.taken());
        if taken.0 >= latest.0 + self.spacing {
            self.checkpoints.push(Checkpoint { cluster: cluster.clone(), applied });
            if self.checkpoints.len() > CHECKPOINTS_MAX {
                self.thin_out();
            }
        }
    }

    fn thin_out(&mut self) {
        let mut keep = false;
        self.checkpoints.retain(|_| {
            keep = !keep;
            keep
        });
        self.spacing *= 2;
    }

    /// The same line of history up to here, with no future.
    pub(super) fn truncated(&self, taken: EventNumber, applied: usize) -> Branch {
        let checkpoints = self.checkpoints.iter().filter(|c| c.cluster.taken() <= taken).cloned().collect();
        Branch {
            name: String::new(),
            journal: self.journal[..applied].to_vec(),
            score: self.score.truncated(taken),
            checkpoints,
            spacing: self.spacing,
        }
    }
}
