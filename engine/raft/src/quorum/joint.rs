//! Two sets of voters that must agree.

use std::fmt;

use super::{MajorityConfig, VoteResult};
use crate::{LogIndex, NodeId};

/// Two majorities, each of which must decide. Outside of joint consensus `outgoing` is empty, and
/// `incoming` decides alone.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct JointConfig {
    /// The new voters, or the only ones.
    pub incoming: MajorityConfig,
    /// The old voters, while the configuration is joint.
    pub outgoing: MajorityConfig,
}

impl JointConfig {
    /// All voters, ascending, each once.
    pub fn ids(&self) -> Vec<NodeId> {
        self.union().ids().to_vec()
    }

    pub(super) fn union(&self) -> MajorityConfig {
        self.incoming.ids().iter().chain(self.outgoing.ids()).copied().collect()
    }

    /// Whether `id` votes in either half.
    pub fn contains(&self, id: NodeId) -> bool {
        self.incoming.contains(id) || self.outgoing.contains(id)
    }

    /// Whether there are two halves.
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// The highest index that both halves have committed.
    pub fn committed_index(&self, acked: impl Fn(NodeId) -> Option<LogIndex>) -> LogIndex {
        self.incoming.committed_index(&acked).min(self.outgoing.committed_index(&acked))
    }

    /// How a vote stands: won in both halves, lost in either, else pending.
    pub fn vote_result(&self, vote: impl Fn(NodeId) -> Option<bool>) -> VoteResult {
        match (self.incoming.vote_result(&vote), self.outgoing.vote_result(&vote)) {
            (a, b) if a == b => a,
            (VoteResult::Lost, _) | (_, VoteResult::Lost) => VoteResult::Lost,
            _ => VoteResult::Pending,
        }
    }
}

impl fmt::Display for JointConfig {
    /// `(1 2 3)`, joint `(1 2 3)&&(3 4 5)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.incoming.fmt(f)?;
        if self.is_joint() { write!(f, "&&{}", self.outgoing) } else { Ok(()) }
    }
}
