//! TaintToleration: taints that the pod does not tolerate keep it away, or (PreferNoSchedule) cost score.

use crate::cycle::CycleState;
use crate::framework::{Plugin, Reason, normalize_by_max};
use crate::node_info::NodeInfo;
use crate::pod_info::PodInfo;

pub(crate) struct TaintToleration;

impl Plugin for TaintToleration {
    fn name(&self) -> &'static str {
        "TaintToleration"
    }

    fn weight(&self) -> i64 {
        3
    }

    fn filter(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Vec<Reason>> {
        let tolerations = &pod.pod().spec.tolerations;
        let keeps_away = node.node().is_some_and(|n| {
            n.spec
                .taints
                .iter()
                .filter(|taint| taint.effect == "NoSchedule" || taint.effect == "NoExecute")
                .any(|taint| !tolerations.iter().any(|t| t.tolerates(taint)))
        });
        if keeps_away { Err(vec!["node(s) had untolerated taint(s)".to_owned()]) } else { Ok(()) }
    }

    fn score(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> i64 {
        let tolerations: Vec<_> = pod
            .pod()
            .spec
            .tolerations
            .iter()
            .filter(|t| t.effect.is_empty() || t.effect == "PreferNoSchedule")
            .collect();
        let Some(node) = node.node() else { return 0 };
        let intolerable = |taint: &&api::types::Taint| {
            taint.effect == "PreferNoSchedule" && !tolerations.iter().any(|t| t.tolerates(taint))
        };
        node.spec.taints.iter().filter(intolerable).count() as i64
    }

    fn normalize(&self, _: &CycleState, scores: &mut [(&NodeInfo, i64)]) {
        normalize_by_max(scores, true);
    }
}
