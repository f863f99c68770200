//! What is durable besides entries: hard state, configuration, snapshots.

use sim::Blob;

use crate::{EntryId, LogIndex, NodeId, Term};

/// What a member must remember across a crash before it may answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct HardState {
    /// The highest term seen.
    pub term: Term,
    /// Whom it voted for in that term.
    pub vote: NodeId,
    /// How far the log is known to be committed (need not be durable: a restart learns it anew).
    pub commit: LogIndex,
}

impl HardState {
    /// True for the state of a member that has never done anything.
    pub fn is_empty(&self) -> bool {
        *self == HardState::default()
    }
}

/// A configuration: who votes and who learns. Ids in ascending order.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct ConfState {
    /// The voters; in a joint configuration the incoming ones.
    pub voters: Vec<NodeId>,
    /// Those who follow without a vote.
    pub learners: Vec<NodeId>,
    /// In a joint configuration, the voters of the outgoing one.
    pub voters_outgoing: Vec<NodeId>,
    /// Outgoing voters that become learners when the joint configuration is left.
    pub learners_next: Vec<NodeId>,
    /// Whether the leader leaves the joint configuration by itself.
    pub auto_leave: bool,
}

impl ConfState {
    /// The configuration of `voters` and nobody else.
    pub fn of_voters(voters: impl IntoIterator<Item = NodeId>) -> ConfState {
        ConfState { voters: voters.into_iter().collect(), ..ConfState::default() }
    }

    /// The same with every list sorted, for comparing.
    pub(crate) fn sorted(&self) -> ConfState {
        let sort = |ids: &[NodeId]| {
            let mut ids = ids.to_vec();
            ids.sort_unstable();
            ids
        };
        ConfState {
            voters: sort(&self.voters),
            learners: sort(&self.learners),
            voters_outgoing: sort(&self.voters_outgoing),
            learners_next: sort(&self.learners_next),
            auto_leave: self.auto_leave,
        }
    }
}

/// The application's state up to an entry, in place of the log up to there.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Snapshot {
    /// The last entry that is in it.
    pub index: LogIndex,
    /// That entry's term.
    pub term: Term,
    /// The configuration at that entry.
    pub conf_state: ConfState,
    /// The application's state.
    #[serde(with = "crate::serial::blob")]
    pub data: Blob,
}

impl Snapshot {
    /// True for the snapshot of nothing.
    pub fn is_empty(&self) -> bool {
        self.index == LogIndex::ZERO
    }

    /// The last entry in it.
    pub const fn id(&self) -> EntryId {
        EntryId { term: self.term, index: self.index }
    }
}
