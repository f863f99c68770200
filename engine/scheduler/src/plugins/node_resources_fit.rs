//! NodeResourcesFit: what the pod asks for must be left; among nodes where it is, the emptiest is best (LeastAllocated).

use crate::cycle::CycleState;
use crate::framework::{Plugin, Reason, SCORE_MAX};
use crate::node_info::NodeInfo;
use crate::pod_info::PodInfo;

pub(crate) struct Fit;

impl Plugin for Fit {
    fn name(&self) -> &'static str {
        "NodeResourcesFit"
    }

    fn weight(&self) -> i64 {
        1
    }

    fn filter(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Vec<Reason>> {
        let mut reasons = Vec::new();
        if node.pods.len() as i64 + 1 > node.pods_max {
            reasons.push("Too many pods".to_owned());
        }
        let (asked, used, all) = (pod.request, node.requested, node.allocatable);
        for (name, asked, used, all) in [
            ("cpu", asked.milli_cpu, used.milli_cpu, all.milli_cpu),
            ("memory", asked.memory, used.memory, all.memory),
            ("ephemeral-storage", asked.ephemeral_storage, used.ephemeral_storage, all.ephemeral_storage),
        ] {
            if asked > 0 && asked > all - used {
                reasons.push(format!("Insufficient {name}"));
            }
        }
        if reasons.is_empty() { Ok(()) } else { Err(reasons) }
    }

    fn preemption_may_help(&self, pod: &PodInfo, node: &NodeInfo, _: &[Reason]) -> bool {
        let (asked, all) = (pod.request, node.allocatable);
        asked.milli_cpu <= all.milli_cpu
            && asked.memory <= all.memory
            && asked.ephemeral_storage <= all.ephemeral_storage
    }

    fn score(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> i64 {
        let free =
            |used: i64, all: i64| if all == 0 || used > all { 0 } else { (all - used) * SCORE_MAX / all };
        let cpu = free(node.usual.milli_cpu + pod.usual.milli_cpu, node.allocatable.milli_cpu);
        let memory = free(node.usual.memory + pod.usual.memory, node.allocatable.memory);
        (cpu + memory) / 2
    }
}
