//! NodeName: a pod that names its node runs nowhere else.

use crate::cycle::CycleState;
use crate::framework::{Plugin, Reason};
use crate::node_info::NodeInfo;
use crate::pod_info::PodInfo;

pub(crate) struct NodeName;

impl Plugin for NodeName {
    fn name(&self) -> &'static str {
        "NodeName"
    }

    fn filter(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Vec<Reason>> {
        let wanted = &pod.pod().spec.node_name;
        if wanted.is_empty() || *wanted == node.name {
            return Ok(());
        }
        Err(vec!["node(s) didn't match the requested node name".to_owned()])
    }
}
