//! What a member can say about itself.

use crate::raft::SoftState;
use crate::tracker::{ProgressMap, TrackerConfig};
use crate::{HardState, LogIndex, NodeId};

/// The figures.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BasicStatus {
    /// The member.
    pub id: NodeId,
    /// Term, vote, commit index.
    pub hard_state: HardState,
    /// Leader and role.
    pub soft_state: SoftState,
    /// Applied up to here.
    pub applied: LogIndex,
    /// Whom it hands leadership over to; nobody usually.
    pub lead_transferee: NodeId,
}

/// The figures, the configuration and, from a leader, what it knows of the others.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Status {
    /// The figures.
    pub basic: BasicStatus,
    /// The configuration.
    pub config: TrackerConfig,
    /// Empty unless the member leads.
    pub progress: ProgressMap,
}
