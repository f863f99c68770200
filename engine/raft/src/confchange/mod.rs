//! Changes of the configuration, as pure functions from one configuration (and progress) to the next.

mod restore;

pub use restore::restore;

use crate::change::{ConfChangeKind, ConfChangeSingle};
use crate::error::ConfChangeError;
use crate::tracker::{Inflights, Progress, ProgressMap, ProgressTracker, TrackerConfig};
use crate::{LogIndex, NodeId};

/// A configuration with the progress of its members.
pub type Outcome = Result<(TrackerConfig, ProgressMap), ConfChangeError>;

/// Applies changes to (a copy of) a tracker's configuration.
#[derive(Debug)]
pub struct Changer<'a> {
    /// Where to start from.
    pub tracker: &'a ProgressTracker,
    /// The log's last index: new members are probed from there.
    pub last_index: LogIndex,
}

impl Changer<'_> {
    /// Enters a joint configuration: the voters of now become the outgoing half, and `changes` make the
    /// incoming one.
    ///
    /// # Errors
    /// When the configuration is joint already, or either half has no voter.
    pub fn enter_joint(&self, auto_leave: bool, changes: &[ConfChangeSingle]) -> Outcome {
        let (mut config, mut progress) = self.start()?;
        if config.voters.is_joint() {
            return Err(ConfChangeError::AlreadyJoint);
        }
        if config.voters.incoming.is_empty() {
            // Voters may be added to nothing (that is how a group starts), but not jointly.
            return Err(ConfChangeError::ZeroVoterJoint);
        }
        config.voters.outgoing = config.voters.incoming.clone();
        self.apply(&mut config, &mut progress, changes)?;
        config.auto_leave = auto_leave;
        checked(config, progress)
    }

    /// Leaves a joint configuration: the incoming voters decide alone, those in `learners_next` become
    /// learners, and whoever is neither is forgotten.
    ///
    /// # Errors
    /// When the configuration is not joint.
    pub fn leave_joint(&self) -> Outcome {
        let (mut config, mut progress) = self.start()?;
        if !config.voters.is_joint() {
            return Err(ConfChangeError::NotJoint);
        }
        for id in std::mem::take(&mut config.learners_next) {
            config.learners.insert(id);
            if let Some(progress) = progress.get_mut(&id) {
                progress.is_learner = true;
            }
        }
        for id in std::mem::take(&mut config.voters.outgoing).ids() {
            if !config.voters.incoming.contains(*id) && !config.learners.contains(id) {
                progress.remove(id);
            }
        }
        config.auto_leave = false;
        checked(config, progress)
    }

    /// Applies changes that together move one voter at most, in one step.
    ///
    /// # Errors
    /// When they move more, or no voter stays, or the configuration is joint.
    pub fn simple(&self, changes: &[ConfChangeSingle]) -> Outcome {
        let (mut config, mut progress) = self.start()?;
        if config.voters.is_joint() {
            return Err(ConfChangeError::SimpleInJoint);
        }
        self.apply(&mut config, &mut progress, changes)?;
        let (before, after) = (&self.tracker.config.voters.incoming, &config.voters.incoming);
        let gone = before.ids().iter().filter(|id| !after.contains(**id)).count();
        let come = after.ids().iter().filter(|id| !before.contains(**id)).count();
        if gone + come > 1 {
            return Err(ConfChangeError::MoreThanOneVoter);
        }
        checked(config, progress)
    }

    fn start(&self) -> Outcome {
        checked(self.tracker.config.clone(), self.tracker.progress.clone())
    }

    fn apply(
        &self,
        config: &mut TrackerConfig,
        progress: &mut ProgressMap,
        changes: &[ConfChangeSingle],
    ) -> Result<(), ConfChangeError> {
        for change in changes {
            // An application that refuses a committed change sets the id to zero.
            if change.node.is_none() {
                continue;
            }
            match change.kind {
                ConfChangeKind::AddNode => self.make_voter(config, progress, change.node),
                ConfChangeKind::AddLearnerNode => self.make_learner(config, progress, change.node),
                ConfChangeKind::RemoveNode => remove(config, progress, change.node),
                ConfChangeKind::UpdateNode => {}
            }
        }
        if config.voters.incoming.is_empty() { Err(ConfChangeError::RemovedAllVoters) } else { Ok(()) }
    }

    fn make_voter(&self, config: &mut TrackerConfig, progress: &mut ProgressMap, id: NodeId) {
        match progress.get_mut(&id) {
            None => self.add(config, progress, id, false),
            Some(known) => {
                known.is_learner = false;
                config.learners.remove(&id);
                config.learners_next.remove(&id);
                config.voters.incoming.insert(id);
            }
        }
    }

    /// Makes a learner, at once or (when the member still votes in the outgoing half) when the joint
    /// configuration is left.
    fn make_learner(&self, config: &mut TrackerConfig, progress: &mut ProgressMap, id: NodeId) {
        let Some(known) = progress.get(&id) else {
            return self.add(config, progress, id, true);
        };
        if known.is_learner {
            return;
        }
        let mut known = known.clone();
        remove(config, progress, id);
        if config.voters.outgoing.contains(id) {
            config.learners_next.insert(id);
        } else {
            known.is_learner = true;
            config.learners.insert(id);
        }
        progress.insert(id, known);
    }

    fn add(&self, config: &mut TrackerConfig, progress: &mut ProgressMap, id: NodeId, is_learner: bool) {
        if is_learner {
            config.learners.insert(id);
        } else {
            config.voters.incoming.insert(id);
        }
        // Probed from the last index: a new member most likely needs a snapshot, and its first answer says
        // so.
        let next = self.last_index.max(LogIndex(1));
        let inflights = Inflights::new(self.tracker.max_inflight, self.tracker.max_inflight_bytes);
        let mut new = Progress::new(LogIndex::ZERO, next, inflights, is_learner);
        // Counts as heard from, or the leader would step down before the new member had a chance.
        new.recent_active = true;
        progress.insert(id, new);
    }
}

fn remove(config: &mut TrackerConfig, progress: &mut ProgressMap, id: NodeId) {
    if !progress.contains_key(&id) {
        return;
    }
    config.voters.incoming.remove(id);
    config.learners.remove(&id);
    config.learners_next.remove(&id);
    // Outgoing voters are still replicated to.
    if !config.voters.outgoing.contains(id) {
        progress.remove(&id);
    }
}

/// Makes sure that configuration and progress fit together.
fn checked(config: TrackerConfig, progress: ProgressMap) -> Outcome {
    let broken = |text: String| Err(ConfChangeError::Invariant(text));
    let voters = config.voters.incoming.ids().iter().chain(config.voters.outgoing.ids());
    for id in voters.chain(&config.learners).chain(&config.learners_next) {
        if !progress.contains_key(id) {
            return broken(format!("no progress for {id}"));
        }
    }
    for id in &config.learners_next {
        if !config.voters.outgoing.contains(*id) {
            return broken(format!("{id} is in LearnersNext, but not Voters[1]"));
        }
        if progress.get(id).is_some_and(|progress| progress.is_learner) {
            return broken(format!("{id} is in LearnersNext, but is already marked as learner"));
        }
    }
    for id in &config.learners {
        if config.voters.outgoing.contains(*id) {
            return broken(format!("{id} is in Learners and Voters[1]"));
        }
        if config.voters.incoming.contains(*id) {
            return broken(format!("{id} is in Learners and Voters[0]"));
        }
        if !progress.get(id).is_some_and(|progress| progress.is_learner) {
            return broken(format!("{id} is in Learners, but is not marked as learner"));
        }
    }
    if !config.voters.is_joint() {
        if !config.learners_next.is_empty() {
            return broken("cfg.LearnersNext must be nil when not joint".to_owned());
        }
        if config.auto_leave {
            return broken("AutoLeave must be false when not joint".to_owned());
        }
    }
    Ok((config, progress))
}
