//! Nodes.

use sim::SimTime;

use super::columns::{AGE, Column, NAME, text, wide};
use super::text::{age, or_none};
use super::{Cell, Printer};
use crate::Object;
use crate::types::Node;

pub(super) static NODES: Printer = Printer { columns: COLUMNS, row };

const COLUMNS: &[Column] = &[
    NAME,
    text("Status"),
    text("Roles"),
    AGE,
    text("Version"),
    wide("Internal-IP"),
    wide("External-IP"),
    wide("OS-Image"),
    wide("Kernel-Version"),
    wide("Container-Runtime"),
];

fn status(node: &Node) -> String {
    let mut parts = vec![match node.condition("Ready") {
        None => "Unknown",
        Some(ready) if ready.status == "True" => "Ready",
        Some(_) => "NotReady",
    }];
    if node.spec.unschedulable {
        parts.push("SchedulingDisabled");
    }
    parts.join(",")
}

fn roles(node: &Node) -> String {
    let mut roles: Vec<&str> = Vec::new();
    for (name, value) in &node.metadata.labels {
        match name.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => roles.push(role),
            None if name == "kubernetes.io/role" && !value.is_empty() => roles.push(value),
            _ => {}
        }
    }
    roles.sort_unstable();
    roles.dedup();
    roles.join(",")
}

fn row(object: &Object, now: SimTime) -> Vec<Cell> {
    let Some(node) = object.node() else { return Vec::new() };
    let address = |kind| or_none(node.address(kind).map_or("", |a| a.as_str()));
    let or_unknown = |text: &str| Cell::from(if text.is_empty() { "<unknown>" } else { text });
    let info = &node.status.node_info;
    vec![
        Cell::from(object.name()),
        Cell::from(status(node)),
        or_none(&roles(node)),
        age(object, now),
        Cell::from(&info.kubelet_version),
        address("InternalIP"),
        address("ExternalIP"),
        or_unknown(&info.os_image),
        or_unknown(&info.kernel_version),
        or_unknown(&info.container_runtime_version),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn a_cordoned_control_plane() {
        let node = Object::new(object!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": "n", "labels": {"node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "edge"}},
            "spec": {"unschedulable": true},
            "status": {"conditions": [{"type": "Ready", "status": "Unknown"}], "nodeInfo": {"kubeletVersion": "v1.36.0"},
                "addresses": [{"type": "InternalIP", "address": "172.18.0.11"}]},
        }));
        assert_eq!(
            Cell::from(row(&node, SimTime::ZERO)),
            object!([
                "n",
                "NotReady,SchedulingDisabled",
                "control-plane,edge",
                "<unknown>",
                "v1.36.0",
                "172.18.0.11",
                "<none>",
                "<unknown>",
                "<unknown>",
                "<unknown>"
            ])
        );
    }
}
