//! Pods as tiles.

use api::types::{ContainerStatus, Pod};
use api::{Object, ObjectKey};
use sim::{SimTime, Str};

use super::types::{PodShape, PodView};
use crate::cluster::Cluster;

/// All pods as the API has them, with the node each is on (empty for none), in order of their names.
pub(super) fn all(cluster: &Cluster) -> Vec<(Str, PodView)> {
    let view = |object: &Object| {
        let pod = object.pod()?;
        Some((pod.spec.node_name.clone(), view(object, pod)))
    };
    cluster.stored_objects("", "pods").iter().filter_map(view).collect()
}

/// One pod.
pub(super) fn one(cluster: &Cluster, key: &ObjectKey) -> Option<PodView> {
    let object = cluster.stored("", "pods", key)?;
    Some(view(&object, object.pod()?))
}

fn view(object: &Object, pod: &Pod) -> PodView {
    let statuses = &pod.status.container_statuses;
    let ready = statuses.iter().filter(|c| c.ready).count() as u32;
    let row = api::table::pod_summary(pod).status;
    PodView {
        namespace: object.namespace().clone(),
        name: object.name().clone(),
        label: label(object),
        shape: shape(pod, &row),
        status: Str::from(row),
        ready: (ready, pod.spec.containers.len() as u32),
        restarts: statuses.iter().map(|c| c.restart_count.max(0) as u32).sum(),
        ip: pod.status.pod_ip.clone(),
        steps: steps(pod),
    }
}

/// The Deployment's or ReplicaSet's name says more on a small tile than the pod's own.
fn label(object: &Object) -> Str {
    let owner = object.controller().and_then(|o| o.get("name")?.as_str().cloned());
    let Some(owner) = owner else { return object.name().clone() };
    match object.label("pod-template-hash") {
        Some(hash) => match owner.strip_suffix(hash.as_str()).and_then(|o| o.strip_suffix('-')) {
            Some(deployment) => Str::from(deployment),
            None => owner,
        },
        None => owner,
    }
}

fn shape(pod: &Pod, status: &str) -> PodShape {
    if pod.is_terminating() {
        return PodShape::Leaving;
    }
    match pod.status.phase.as_str() {
        "Succeeded" => return PodShape::Succeeded,
        "Failed" => return PodShape::Failed,
        _ => {}
    }
    if status.ends_with("BackOff") || status.starts_with("Err") || status.ends_with("Error") {
        return PodShape::BackOff;
    }
    if pod.is_ready() {
        return PodShape::Ready;
    }
    let statuses = || pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
    if statuses().any(|c| c.state.running.is_some()) {
        return PodShape::Running;
    }
    if pod.spec.node_name.is_empty() {
        return PodShape::Pending;
    }
    // With its sandbox ready the kubelet is at the images.
    let sandbox = pod.condition("PodReadyToStartContainers").is_some_and(|c| c.status == "True");
    if sandbox || !pod.status.pod_ip.is_empty() { PodShape::Pulling } else { PodShape::Starting }
}

/// What the pod's own object tells of its life, in order.
fn steps(pod: &Pod) -> Vec<(Str, SimTime)> {
    let mut steps: Vec<(Str, SimTime)> = Vec::new();
    let mut add = |name: &'static str, at: Option<SimTime>| steps.extend(at.map(|at| (Str::from(name), at)));
    add("Created", pod.metadata.creation_timestamp);
    for (condition, name) in [
        ("PodScheduled", "Scheduled"),
        ("PodReadyToStartContainers", "Sandbox"),
        ("Initialized", "Initialized"),
        ("ContainersReady", "Containers ready"),
        ("Ready", "Ready"),
    ] {
        let found = pod.condition(condition).filter(|c| c.status == "True");
        add(name, found.and_then(|c| c.last_transition_time));
    }
    let started = |c: &ContainerStatus| c.state.running.as_ref().and_then(|r| r.started_at);
    add("Started", pod.status.container_statuses.iter().filter_map(started).min());
    add("Deletion asked for", pod.metadata.deletion_timestamp);
    steps.sort_by_key(|(_, at)| *at);
    steps
}
