//! Why this node: what the page shows of every decision.

use std::collections::VecDeque;
use std::sync::Arc;

use api::ObjectKey;
use sim::{SimTime, Str};

/// Decisions that are kept.
const DECISIONS_MAX: usize = 200;
/// Nodes of one decision that are kept: those with the best scores, and the first that were filtered.
pub(crate) const VERDICTS_MAX: usize = 100;

/// What became of one pod in one cycle.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Decision {
    /// When.
    pub at: SimTime,
    /// Which pod.
    pub pod: ObjectKey,
    /// Where it goes; nothing when no node could be found.
    pub node: Option<Str>,
    /// What each node came to.
    pub verdicts: Vec<NodeVerdict>,
    /// How many nodes were looked at.
    pub looked_at: u32,
}

/// What a decision says of a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct NodeVerdict {
    /// The node.
    pub node: Str,
    /// The plugin that ruled it out, and why.
    pub filtered: Option<(Str, Str)>,
    /// Weighted scores by plugin.
    pub scores: Vec<(Str, i64)>,
    /// Their sum.
    pub total: i64,
}

/// The latest decisions.
#[derive(Clone, Hash, Debug, Default)]
pub struct Decisions(VecDeque<Arc<Decision>>);

impl Decisions {
    pub(crate) fn push(&mut self, decision: Decision) {
        if self.0.len() >= DECISIONS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Arc::new(decision));
    }

    /// Newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Arc<Decision>> {
        self.0.iter().rev()
    }
}
