//! NodeResourcesBalancedAllocation: CPU and memory should fill up evenly.

use crate::cycle::CycleState;
use crate::framework::{Plugin, SCORE_MAX};
use crate::node_info::NodeInfo;
use crate::pod_info::PodInfo;

pub(crate) struct BalancedAllocation;

/// Fractions in millionths: kube-scheduler's floats would not be the same everywhere.
const WHOLE: i64 = 1_000_000;

impl Plugin for BalancedAllocation {
    fn name(&self) -> &'static str {
        "NodeResourcesBalancedAllocation"
    }

    fn weight(&self) -> i64 {
        1
    }

    /// Pods without requests (best effort) can't be balanced.
    fn skips_score(&self, _: &CycleState, pod: &PodInfo) -> bool {
        pod.request.milli_cpu == 0 && pod.request.memory == 0
    }

    fn score(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> i64 {
        let share = |used: i64, all: i64| {
            if all == 0 { WHOLE } else { (i128::from(used) * i128::from(WHOLE) / i128::from(all)) as i64 }
                .min(WHOLE)
        };
        let cpu = share(node.requested.milli_cpu + pod.request.milli_cpu, node.allocatable.milli_cpu);
        let memory = share(node.requested.memory + pod.request.memory, node.allocatable.memory);
        // The standard deviation of two values is half their difference.
        let deviation = (cpu - memory).abs() / 2;
        (WHOLE - deviation) * SCORE_MAX / WHOLE
    }
}
