//! The two phases: plugins rule nodes out, then plugins score what is left.

use crate::cycle::CycleState;
use crate::node_info::NodeInfo;
use crate::pod_info::PodInfo;

/// The best score a plugin can give a node.
pub const SCORE_MAX: i64 = 100;

/// Why a node can't take a pod, in kube-scheduler's words (`Insufficient cpu`).
pub type Reason = String;

/// A scheduling plugin. Plugins have no state of their own; what they compute before looking at nodes stands in the
/// [`CycleState`].
pub trait Plugin: Sync {
    /// Its name, as in a KubeSchedulerConfiguration.
    fn name(&self) -> &'static str;

    /// What its score counts; 0 for plugins that only filter.
    fn weight(&self) -> i64 {
        0
    }

    /// Whether the pod can run on the node.
    fn filter(&self, _state: &CycleState, _pod: &PodInfo, _node: &NodeInfo) -> Result<(), Vec<Reason>> {
        Ok(())
    }

    /// Whether the node that [`Plugin::filter`] ruled out for these reasons could take the pod if some of its pods went
    /// (kube-scheduler's `Unschedulable`, against `UnschedulableAndUnresolvable`).
    fn preemption_may_help(&self, _pod: &PodInfo, _node: &NodeInfo, _why: &[Reason]) -> bool {
        false
    }

    /// True when the plugin has nothing to say about this pod's score.
    fn skips_score(&self, _state: &CycleState, _pod: &PodInfo) -> bool {
        self.weight() == 0
    }

    /// How good the node is, in the plugin's own measure.
    fn score(&self, _state: &CycleState, _pod: &PodInfo, _node: &NodeInfo) -> i64 {
        0
    }

    /// Brings the scores of all nodes to 0..=[`SCORE_MAX`].
    fn normalize(&self, _state: &CycleState, _scores: &mut [(&NodeInfo, i64)]) {}
}

/// The usual normalisation: the best gets [`SCORE_MAX`], the others their share; `reverse` for "less is better".
pub fn normalize_by_max(scores: &mut [(&NodeInfo, i64)], reverse: bool) {
    let max = scores.iter().map(|(_, score)| *score).max().unwrap_or(0);
    for (_, score) in scores {
        let share = if max == 0 { 0 } else { SCORE_MAX * *score / max };
        *score = if reverse { SCORE_MAX - share } else { share };
    }
}
