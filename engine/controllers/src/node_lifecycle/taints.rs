//! Taints that say how a node is.

use api::types::Node;
use api::{Object, Value, object};
use client::PatchType;
use client::resource::NODES;
use sim::SimTime;

use crate::objects::is;
use crate::outcome::Call;

/// The taints of a node that is not ready, and of one that is not heard of.
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// Which condition in which status asks for which NoSchedule taint.
const BY_CONDITION: &[(&str, &str, &str)] = &[
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
];

/// What the NoSchedule taints of a node depend on: its conditions' statuses, its own taints, its cordon.
pub fn relevant(node: &Node) -> (Vec<(&str, &str)>, &[api::types::Taint], bool) {
    let conditions = node.status.conditions.iter().map(|c| (c.kind.as_str(), c.status.as_str())).collect();
    (conditions, &node.spec.taints, node.spec.unschedulable)
}

/// The NoExecute taint for a status of the Ready condition.
pub fn no_execute_for(ready: &str) -> Option<&'static str> {
    match ready {
        "True" => None,
        "False" => Some(NOT_READY),
        _ => Some(UNREACHABLE),
    }
}

/// The NoExecute taint of this controller that a node has.
pub fn has_no_execute(node: &Node) -> Option<&'static str> {
    let has = |key: &str| node.spec.taints.iter().any(|t| t.key == key && t.effect == "NoExecute");
    [NOT_READY, UNREACHABLE].into_iter().find(|key| has(key))
}

fn taint(key: &str, effect: &str, now: SimTime) -> Value {
    let mut taint = object! { "key": key, "effect": effect };
    if effect == "NoExecute" || key != UNSCHEDULABLE {
        taint.set(&["timeAdded"], now.rfc3339());
    }
    taint
}

/// The patch that makes `wanted` the only NoExecute taint of this controller.
pub fn set_no_execute(object: &Object, node: &Node, wanted: Option<&str>, now: SimTime) -> Option<Call> {
    if has_no_execute(node) == wanted {
        return None;
    }
    let ours =
        |t: &Value| is(t, "effect", "NoExecute") && (is(t, "key", NOT_READY) || is(t, "key", UNREACHABLE));
    let mut taints: Vec<Value> =
        object.value().items_at(&["spec", "taints"]).iter().filter(|t| !ours(t)).cloned().collect();
    taints.extend(wanted.map(|key| taint(key, "NoExecute", now)));
    Some(patch(object, taints))
}

/// The patch that makes the NoSchedule taints of this controller those that the conditions ask for, and its words.
pub fn set_no_schedule(object: &Object, node: &Node, now: SimTime) -> Option<(Call, String)> {
    let status_of = |kind: &str| node.condition(kind).map(|c| c.status.as_str());
    let mut wanted: Vec<&str> = BY_CONDITION
        .iter()
        .filter(|(kind, status, _)| status_of(kind) == Some(status))
        .map(|(_, _, key)| *key)
        .collect();
    if node.spec.unschedulable {
        wanted.push(UNSCHEDULABLE);
    }
    let ours = |key: &str| key == UNSCHEDULABLE || BY_CONDITION.iter().any(|(_, _, k)| *k == key);
    let has: Vec<&str> = node
        .spec
        .taints
        .iter()
        .filter(|t| t.effect == "NoSchedule" && ours(&t.key))
        .map(|t| t.key.as_str())
        .collect();
    if wanted.iter().all(|key| has.contains(key)) && has.iter().all(|key| wanted.contains(key)) {
        return None;
    }
    let keep = |t: &&Value| {
        let key = t.str_at(&["key"]).map_or("", |k| k.as_str());
        !is(t, "effect", "NoSchedule") || !ours(key) || wanted.contains(&key)
    };
    let mut taints: Vec<Value> =
        object.value().items_at(&["spec", "taints"]).iter().filter(keep).cloned().collect();
    let missing = wanted.iter().filter(|key| !has.contains(*key));
    taints.extend(missing.map(|key| taint(key, "NoSchedule", now)));
    let short: Vec<&str> = wanted.iter().map(|key| key.rsplit('/').next().unwrap_or(key)).collect();
    let words = if short.is_empty() { "none".to_owned() } else { short.join(", ") };
    Some((patch(object, taints), words))
}

/// Replaces all taints, unless the node has changed since.
fn patch(object: &Object, taints: Vec<Value>) -> Call {
    let version = object.value().at(&["metadata", "resourceVersion"]).cloned().unwrap_or_default();
    let taints = if taints.is_empty() { Value::Null } else { taints.into() };
    let body = object! { "metadata": { "resourceVersion": version }, "spec": { "taints": taints } };
    Call::new(NODES.patch(object.key(), PatchType::Merge, body)).tolerate(&[404])
}
