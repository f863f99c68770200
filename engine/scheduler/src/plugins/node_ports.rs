//! NodePorts: two pods can't have the same port of a machine.

use crate::cycle::CycleState;
use crate::framework::{Plugin, Reason};
use crate::node_info::NodeInfo;
use crate::pod_info::PodInfo;

pub(crate) struct NodePorts;

impl Plugin for NodePorts {
    fn name(&self) -> &'static str {
        "NodePorts"
    }

    fn filter(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Vec<Reason>> {
        if pod.host_ports.iter().any(|port| node.ports.iter().any(|taken| taken.collides(port))) {
            return Err(vec!["node(s) didn't have free ports for the requested pod ports".to_owned()]);
        }
        Ok(())
    }

    fn preemption_may_help(&self, _: &PodInfo, _: &NodeInfo, _: &[Reason]) -> bool {
        true
    }
}
