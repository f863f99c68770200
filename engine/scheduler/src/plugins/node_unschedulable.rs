//! NodeUnschedulable: cordoned nodes take no pods but those that tolerate it.

use api::types::Taint;
use sim::literal;

use crate::cycle::CycleState;
use crate::framework::{Plugin, Reason};
use crate::node_info::NodeInfo;
use crate::pod_info::PodInfo;

pub(crate) struct NodeUnschedulable;

impl Plugin for NodeUnschedulable {
    fn name(&self) -> &'static str {
        "NodeUnschedulable"
    }

    fn filter(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Vec<Reason>> {
        if !node.node().is_some_and(|n| n.spec.unschedulable) {
            return Ok(());
        }
        let cordon = Taint {
            key: literal!("node.kubernetes.io/unschedulable"),
            effect: literal!("NoSchedule"),
            ..Taint::default()
        };
        if pod.pod().spec.tolerations.iter().any(|t| t.tolerates(&cordon)) {
            return Ok(());
        }
        Err(vec!["node(s) were unschedulable".to_owned()])
    }
}
