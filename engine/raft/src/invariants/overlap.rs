//! Whether two configurations can decide apart.

use crate::NodeId;
use crate::quorum::{JointConfig, VoteResult};

/// Beyond this many voters the subsets are too many to try.
const TRY_MAX: usize = 12;

/// Whether every quorum of `a` shares a member with every quorum of `b`. For more than 12 voters a sufficient
/// condition is checked: a common half, or one voter of difference.
pub fn quorums_overlap(a: &JointConfig, b: &JointConfig) -> bool {
    let halves = |config: &JointConfig| {
        let joint = config.is_joint().then(|| config.outgoing.clone());
        [Some(config.incoming.clone()), joint].into_iter().flatten().collect::<Vec<_>>()
    };
    // Two majorities of the same voters meet, and majorities of sets that differ by one do.
    let close = |x: &crate::quorum::MajorityConfig, y: &crate::quorum::MajorityConfig| {
        let outside = x.ids().iter().filter(|id| !y.contains(**id)).count()
            + y.ids().iter().filter(|id| !x.contains(**id)).count();
        outside <= 1 && !x.is_empty() && !y.is_empty()
    };
    if halves(a).iter().any(|x| halves(b).iter().any(|y| close(x, y))) {
        return true;
    }
    let voters = a.ids();
    if voters.len() > TRY_MAX {
        return false;
    }
    // No subset may be a quorum of `a` while the others are one of `b`.
    (0u32..1 << voters.len()).all(|subset| {
        let inside = |id: NodeId| voters.binary_search(&id).is_ok_and(|place| subset >> place & 1 == 1);
        a.vote_result(|id| Some(inside(id))) != VoteResult::Won
            || b.vote_result(|id| Some(!inside(id))) != VoteResult::Won
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(incoming: &[u64], outgoing: &[u64]) -> JointConfig {
        let set = |ids: &[u64]| ids.iter().map(|id| NodeId(*id)).collect();
        JointConfig { incoming: set(incoming), outgoing: set(outgoing) }
    }

    #[test]
    fn which_configurations_may_follow_each_other() {
        let three = config(&[1, 2, 3], &[]);
        assert!(quorums_overlap(&three, &config(&[1, 2, 3, 4], &[])));
        assert!(quorums_overlap(&three, &config(&[1, 2], &[])));
        assert!(!quorums_overlap(&three, &config(&[1, 4, 5], &[])));
        assert!(!quorums_overlap(&three, &config(&[3, 4, 5, 6, 7], &[])));
        // One out and one in at once: {1,3} and {2,4} decide apart.
        assert!(!quorums_overlap(&config(&[1, 2], &[]), &config(&[3], &[])));
        let joint = config(&[4, 5, 6], &[1, 2, 3]);
        assert!(quorums_overlap(&three, &joint));
        assert!(quorums_overlap(&joint, &config(&[4, 5, 6], &[])));
        assert!(!quorums_overlap(&joint, &config(&[7, 8, 9], &[])));
    }
}
