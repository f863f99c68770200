//! From a stored configuration back to a tracker.

use super::{Changer, Outcome};
use crate::change::{ConfChangeKind, ConfChangeSingle};
use crate::tracker::ProgressTracker;
use crate::{ConfState, LogIndex, NodeId};

/// Builds the configuration `state` from nothing, by the changes that lead to it: first the outgoing voters
/// one by one, then (jointly) everything else.
///
/// # Errors
/// When `state` contradicts itself.
pub fn restore(mut tracker: ProgressTracker, last_index: LogIndex, state: &ConfState) -> Outcome {
    let single =
        |kind, ids: &[NodeId]| ids.iter().map(|&node| ConfChangeSingle { kind, node }).collect::<Vec<_>>();
    let outgoing = single(ConfChangeKind::AddNode, &state.voters_outgoing);
    let mut incoming = single(ConfChangeKind::RemoveNode, &state.voters_outgoing);
    incoming.extend(single(ConfChangeKind::AddNode, &state.voters));
    incoming.extend(single(ConfChangeKind::AddLearnerNode, &state.learners));
    // Voters of the outgoing half: asking for learners puts them into learners_next.
    incoming.extend(single(ConfChangeKind::AddLearnerNode, &state.learners_next));

    let one_by_one = if outgoing.is_empty() { &incoming } else { &outgoing };
    for change in one_by_one {
        (tracker.config, tracker.progress) =
            Changer { tracker: &tracker, last_index }.simple(std::slice::from_ref(change))?;
    }
    if outgoing.is_empty() {
        return Ok((tracker.config, tracker.progress));
    }
    Changer { tracker: &tracker, last_index }.enter_joint(state.auto_leave, &incoming)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_configurations_come_back() {
        let ids = |ids: &[u64]| ids.iter().map(|&id| NodeId(id)).collect::<Vec<_>>();
        for (voters, learners, outgoing, next, auto_leave) in [
            (ids(&[]), ids(&[]), ids(&[]), ids(&[]), false),
            (ids(&[1, 2, 3]), ids(&[]), ids(&[]), ids(&[]), false),
            (ids(&[1, 2, 3]), ids(&[4, 5]), ids(&[]), ids(&[]), false),
            (ids(&[1, 2, 3]), ids(&[5]), ids(&[1, 2, 4, 6]), ids(&[4]), true),
            (ids(&[1]), ids(&[]), ids(&[2, 3]), ids(&[2]), false),
        ] {
            let state =
                ConfState { voters, learners, voters_outgoing: outgoing, learners_next: next, auto_leave };
            let outcome = restore(ProgressTracker::new(20, 1000), LogIndex(10), &state);
            assert_eq!(outcome.map(|(config, _)| config.conf_state()), Ok(state));
        }
    }
}
