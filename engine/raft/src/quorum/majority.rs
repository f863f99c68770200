//! One set of voters.

use std::fmt;

use super::{INFINITY, VoteResult};
use crate::{LogIndex, NodeId};

/// A set of voters, decisions by more than half of them.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct MajorityConfig(Vec<NodeId>);

impl MajorityConfig {
    /// The voters in ascending order.
    pub fn ids(&self) -> &[NodeId] {
        &self.0
    }

    /// True without voters.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many voters.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether `id` votes.
    pub fn contains(&self, id: NodeId) -> bool {
        self.0.binary_search(&id).is_ok()
    }

    /// Adds a voter.
    pub fn insert(&mut self, id: NodeId) {
        if let Err(place) = self.0.binary_search(&id) {
            self.0.insert(place, id);
        }
    }

    /// Takes a voter out.
    pub fn remove(&mut self, id: NodeId) {
        if let Ok(place) = self.0.binary_search(&id) {
            self.0.remove(place);
        }
    }

    /// The highest index that a majority has acknowledged. `acked` gives what a voter has; [`INFINITY`]
    /// without voters.
    pub fn committed_index(&self, acked: impl Fn(NodeId) -> Option<LogIndex>) -> LogIndex {
        let n = self.0.len();
        if n == 0 {
            return INFINITY;
        }
        // Groups are small: no allocation for them.
        let mut few = [LogIndex::ZERO; 7];
        let mut many;
        let indexes: &mut [LogIndex] = if n <= few.len() {
            &mut few[..n]
        } else {
            many = vec![LogIndex::ZERO; n];
            &mut many
        };
        for (slot, id) in indexes.iter_mut().zip(&self.0) {
            *slot = acked(*id).unwrap_or_default();
        }
        indexes.sort_unstable();
        // The smallest of the top majority.
        indexes[n - (n / 2 + 1)]
    }

    /// How a vote stands, `vote` giving what a voter said, if anything. Without voters it is won.
    pub fn vote_result(&self, vote: impl Fn(NodeId) -> Option<bool>) -> VoteResult {
        let quorum = self.0.len() / 2 + 1;
        let (mut yes, mut missing) = (0, 0);
        for id in &self.0 {
            match vote(*id) {
                Some(true) => yes += 1,
                Some(false) => {}
                None => missing += 1,
            }
        }
        if self.0.is_empty() || yes >= quorum {
            VoteResult::Won
        } else if yes + missing >= quorum {
            VoteResult::Pending
        } else {
            VoteResult::Lost
        }
    }
}

impl FromIterator<NodeId> for MajorityConfig {
    fn from_iter<I: IntoIterator<Item = NodeId>>(ids: I) -> Self {
        let mut ids: Vec<NodeId> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        MajorityConfig(ids)
    }
}

impl fmt::Display for MajorityConfig {
    /// `(1 2 3)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (i, id) in self.0.iter().enumerate() {
            write!(f, "{}{id}", if i > 0 { " " } else { "" })?;
        }
        f.write_str(")")
    }
}
