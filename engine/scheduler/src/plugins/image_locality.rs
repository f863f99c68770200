//! ImageLocality: nodes that have the pod's images need not pull them.

use crate::cycle::CycleState;
use crate::framework::{Plugin, SCORE_MAX};
use crate::node_info::NodeInfo;
use crate::pod_info::PodInfo;

pub(crate) struct ImageLocality;

/// Images below this size don't count, above [`LARGE`] (for each container) they count fully.
const SMALL: i64 = 23 << 20;
const LARGE: i64 = 1000 << 20;

impl Plugin for ImageLocality {
    fn name(&self) -> &'static str {
        "ImageLocality"
    }

    fn weight(&self) -> i64 {
        1
    }

    fn score(&self, state: &CycleState, pod: &PodInfo, node: &NodeInfo) -> i64 {
        let Some(found) = node.node() else { return 0 };
        let containers = &pod.pod().spec.containers;
        let mut sum = 0;
        for container in containers {
            let name = normalized(&container.image);
            let size =
                found.status.images.iter().find(|i| i.names.iter().any(|n| *n == name)).map(|i| i.size_bytes);
            if let Some(size) = size {
                // An image that few nodes have would draw all pods to them: it counts by its spread.
                let spread = state.image_spread(&name);
                sum += size * spread.0 / spread.1.max(1);
            }
        }
        let most = LARGE * containers.len() as i64;
        (sum.clamp(SMALL, most.max(SMALL)) - SMALL) * SCORE_MAX / (most - SMALL).max(1)
    }
}

/// An image's name with its tag, as nodes report it.
pub(crate) fn normalized(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    if last.contains(':') || image.contains('@') { image.to_owned() } else { format!("{image}:latest") }
}
