//! Which pods go first when there are too many: Kubernetes' `ActivePodsWithRanks`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::types::Pod;
use api::{Object, Value};
use client::IndexBy;
use sim::{SimTime, Str};

use crate::world::{Kind, World};

/// The annotation that makes a pod cheaper (or dearer) to delete.
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// What decides, the first difference first; smaller goes first.
type Rank = (
    bool,         // on a node
    u8,           // phase: pending, unknown, running
    bool,         // ready
    i64,          // deletion cost
    Reverse<u32>, // pods of the same owner's family on the same node
    u32,          // age of readiness, in powers of two: younger first
    Reverse<i32>, // restarts
    u32,          // age, in powers of two: younger first
    Str,          // uid, so that equals have an order
);

/// The `count` active pods of `set` that go first.
pub fn to_delete<'a>(set: &Object, count: usize, world: &'a World, now: SimTime) -> Vec<&'a Object> {
    let uid = set.uid();
    let selected = |pod: &&Object| {
        let selector = set.replica_set().map(|s| &s.spec.selector);
        pod.pod().is_some_and(Pod::is_active) && selector.is_some_and(|s| s.matches(*pod))
    };
    let pods: Vec<&Object> =
        world.store(Kind::Pods).by(IndexBy::Controller, &uid.0).filter(selected).collect();
    if count >= pods.len() {
        return pods;
    }
    let neighbours = related_per_node(set, &pods, world);
    let mut ranked: Vec<(Rank, &Object)> =
        pods.into_iter().filter_map(|object| Some((rank(object.pod()?, &neighbours, now), object))).collect();
    ranked.sort_by(|a, b| a.0.cmp(&b.0));
    ranked.truncate(count);
    ranked.into_iter().map(|(_, pod)| pod).collect()
}

/// How many active pods of the whole family (all ReplicaSets of the same Deployment) run on each node: scaling down
/// an old revision takes the nodes first that have the new one already.
fn related_per_node(set: &Object, own: &[&Object], world: &World) -> BTreeMap<Str, u32> {
    let mut per_node = BTreeMap::new();
    let mut count = |pod: &Object| {
        if let Some(pod) = pod.pod().filter(|pod| pod.is_active()) {
            *per_node.entry(pod.spec.node_name.clone()).or_insert(0) += 1;
        }
    };
    let parent = set.controller().and_then(|owner| owner.get("uid")).and_then(Value::as_str);
    match parent {
        None => own.iter().for_each(|pod| count(pod)),
        Some(parent) => {
            for sibling in world.store(Kind::ReplicaSets).by(IndexBy::Controller, parent) {
                world.store(Kind::Pods).by(IndexBy::Controller, &sibling.uid().0).for_each(&mut count);
            }
        }
    }
    per_node
}

fn rank(pod: &Pod, neighbours: &BTreeMap<Str, u32>, now: SimTime) -> Rank {
    let phase = match pod.status.phase.as_str() {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    };
    let cost = pod.metadata.annotations.get(DELETION_COST).and_then(|cost| cost.parse().ok()).unwrap_or(0);
    let ready_since =
        pod.condition("Ready").filter(|c| c.status == "True").and_then(|c| c.last_transition_time);
    let restarts = pod.status.container_statuses.iter().map(|c| c.restart_count).max().unwrap_or(0);
    (
        !pod.spec.node_name.is_empty(),
        phase,
        pod.is_ready(),
        cost,
        Reverse(neighbours.get(&pod.spec.node_name).copied().unwrap_or(0)),
        age(ready_since, now),
        Reverse(restarts),
        age(pod.metadata.creation_timestamp, now),
        pod.metadata.uid.clone(),
    )
}

/// Age in powers of two of seconds: pods of about one age count as equal (`LogarithmicScaleDown`).
fn age(since: Option<SimTime>, now: SimTime) -> u32 {
    since.map_or(0, |since| u64::BITS - now.since(since).as_secs().leading_zeros())
}
