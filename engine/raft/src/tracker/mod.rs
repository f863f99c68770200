//! What a leader knows of each member, and what a candidate has been answered.

mod inflights;
mod progress;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use inflights::Inflights;
pub use progress::{Progress, ProgressState, ProgressView};

use crate::quorum::{JointConfig, VoteResult};
use crate::{ConfState, LogIndex, NodeId};

/// The configuration in the form that decisions are made with.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct TrackerConfig {
    /// Who votes.
    pub voters: JointConfig,
    /// Whether the leader leaves a joint configuration by itself.
    pub auto_leave: bool,
    /// Who follows without a vote; never a voter.
    pub learners: BTreeSet<NodeId>,
    /// Outgoing voters that become learners when the joint configuration is left. (Voters and learners may
    /// not overlap, so they can't be learners yet.)
    pub learners_next: BTreeSet<NodeId>,
}

impl TrackerConfig {
    /// The same in the form that is stored and sent.
    pub fn conf_state(&self) -> ConfState {
        ConfState {
            voters: self.voters.incoming.ids().to_vec(),
            voters_outgoing: self.voters.outgoing.ids().to_vec(),
            learners: self.learners.iter().copied().collect(),
            learners_next: self.learners_next.iter().copied().collect(),
            auto_leave: self.auto_leave,
        }
    }
}

fn list(ids: &BTreeSet<NodeId>) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!("({})", ids.join(" "))
}

impl fmt::Display for TrackerConfig {
    /// `voters=(1 2)&&(2 3) learners=(4) learners_next=(3) autoleave`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "voters={}", self.voters)?;
        if !self.learners.is_empty() {
            write!(f, " learners={}", list(&self.learners))?;
        }
        if !self.learners_next.is_empty() {
            write!(f, " learners_next={}", list(&self.learners_next))?;
        }
        if self.auto_leave { f.write_str(" autoleave") } else { Ok(()) }
    }
}

/// Progress by member.
pub type ProgressMap = BTreeMap<NodeId, Progress>;

/// One line a member: `1: StateProbe match=0 next=1`.
pub fn progress_text(map: &ProgressMap) -> String {
    map.iter().map(|(id, progress)| format!("{id}: {progress}\n")).collect()
}

/// Configuration, progress and votes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ProgressTracker {
    /// The configuration.
    pub config: TrackerConfig,
    /// What is known of each member.
    pub progress: ProgressMap,
    votes: BTreeMap<NodeId, bool>,
    /// Appends under way to one member at most.
    pub max_inflight: u32,
    /// Payload bytes under way to one member at most.
    pub max_inflight_bytes: u64,
}

impl ProgressTracker {
    /// An empty configuration.
    pub fn new(max_inflight: u32, max_inflight_bytes: u64) -> ProgressTracker {
        ProgressTracker {
            config: TrackerConfig::default(),
            progress: ProgressMap::new(),
            votes: BTreeMap::new(),
            max_inflight,
            max_inflight_bytes,
        }
    }

    /// Whether there is one voter only, who decides alone.
    pub fn is_singleton(&self) -> bool {
        self.config.voters.incoming.len() == 1 && !self.config.voters.is_joint()
    }

    /// The highest index that a quorum is known to have stored.
    pub fn committed(&self) -> LogIndex {
        self.config.voters.committed_index(|id| self.progress.get(&id).map(|progress| progress.matched))
    }

    /// Whether a quorum has been heard from lately.
    pub fn quorum_active(&self) -> bool {
        let heard = |id| self.progress.get(&id).filter(|p| !p.is_learner).map(|p| p.recent_active);
        self.config.voters.vote_result(heard) == VoteResult::Won
    }

    /// Forgets all votes.
    pub fn reset_votes(&mut self) {
        self.votes.clear();
    }

    /// Counts a vote; a second one by the same member doesn't count.
    pub fn record_vote(&mut self, id: NodeId, granted: bool) {
        self.votes.entry(id).or_insert(granted);
    }

    /// Votes for, votes against, and how the election stands.
    pub fn tally_votes(&self) -> (u32, u32, VoteResult) {
        let (mut granted, mut rejected) = (0, 0);
        for (id, progress) in &self.progress {
            // Learners may have voted before they became learners.
            match self.votes.get(id) {
                _ if progress.is_learner => {}
                Some(true) => granted += 1,
                Some(false) => rejected += 1,
                None => {}
            }
        }
        let result = self.config.voters.vote_result(|id| self.votes.get(&id).copied());
        (granted, rejected, result)
    }

    /// What each member has answered so far.
    pub fn votes(&self) -> &BTreeMap<NodeId, bool> {
        &self.votes
    }
}
