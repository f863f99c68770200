//! Pods.

use sim::SimTime;

use super::columns::{AGE, Column, NAME, text, wide};
use super::text::{age, or_none};
use super::{Cell, Printer};
use crate::types::{ContainerStatus, Pod};
use crate::{Object, duration};

pub(super) static PODS: Printer = Printer { columns: COLUMNS, row };

const COLUMNS: &[Column] = &[
    NAME,
    text("Ready"),
    text("Status"),
    text("Restarts"),
    AGE,
    wide("IP"),
    wide("Node"),
    wide("Nominated Node"),
    wide("Readiness Gates"),
];

/// What `kubectl get pods` says of a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodSummary {
    /// Containers (and sidecars) that are ready.
    pub ready: u32,
    /// Containers and sidecars.
    pub total: u32,
    /// The `STATUS` column: `Running`, `Init:0/1`, `CrashLoopBackOff`, `Terminating`, ...
    pub status: String,
    /// How often containers were restarted.
    pub restarts: i64,
    /// When one was last.
    pub last_restart: Option<SimTime>,
}

fn last_end(status: &ContainerStatus) -> Option<SimTime> {
    status.last_state.terminated.as_ref().and_then(|t| t.finished_at)
}

/// What a container that ended shows when it gave no reason.
fn exit(status: &ContainerStatus) -> Option<String> {
    let end = status.state.terminated.as_ref()?;
    Some(match (end.reason.as_str(), end.signal) {
        ("", 0) => format!("ExitCode:{}", end.exit_code),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    })
}

/// Sums a pod up as Kubernetes' printer does.
pub fn pod_summary(pod: &Pod) -> PodSummary {
    let status = &pod.status;
    let mut reason =
        if status.reason.is_empty() { status.phase.to_string() } else { status.reason.to_string() };
    if pod.condition("PodScheduled").is_some_and(|c| c.reason == "SchedulingGated") {
        reason = "SchedulingGated".to_owned();
    }
    let is_sidecar = |name: &str| pod.spec.sidecars().any(|c| c.name == name);
    let total = (pod.spec.containers.len() + pod.spec.sidecars().count()) as u32;
    let (mut ready, mut restarts, mut last_restart) = (0, 0, None);
    let (mut sidecar_restarts, mut last_sidecar_restart) = (0, None);
    let mut initializing = false;
    for (i, container) in status.init_container_statuses.iter().enumerate() {
        restarts += i64::from(container.restart_count);
        last_restart = last_restart.max(last_end(container));
        let sidecar = is_sidecar(&container.name);
        if sidecar {
            sidecar_restarts += i64::from(container.restart_count);
            last_sidecar_restart = last_sidecar_restart.max(last_end(container));
        }
        let end = container.state.terminated.as_ref();
        if end.is_some_and(|end| end.exit_code == 0) {
            continue;
        }
        if sidecar && container.started == Some(true) {
            ready += u32::from(container.ready);
            continue;
        }
        let waiting = container.state.waiting.as_ref().map_or("", |w| w.reason.as_str());
        reason = match exit(container) {
            Some(exit) => format!("Init:{exit}"),
            None if !waiting.is_empty() && waiting != "PodInitializing" => format!("Init:{waiting}"),
            None => format!("Init:{i}/{}", pod.spec.init_containers.len()),
        };
        initializing = true;
        break;
    }
    if !initializing || pod.condition("Initialized").is_some_and(|c| c.status == "True") {
        (restarts, last_restart) = (sidecar_restarts, last_sidecar_restart);
        let mut has_running = false;
        for container in status.container_statuses.iter().rev() {
            restarts += i64::from(container.restart_count);
            last_restart = last_restart.max(last_end(container));
            let waiting = container.state.waiting.as_ref().map_or("", |w| w.reason.as_str());
            if !waiting.is_empty() {
                reason = waiting.to_owned();
            } else if let Some(exit) = exit(container) {
                reason = exit;
            } else if container.ready && container.state.running.is_some() {
                has_running = true;
                ready += 1;
            }
        }
        if reason == "Completed" && has_running {
            reason = if pod.is_ready() { "Running" } else { "NotReady" }.to_owned();
        }
    }
    if pod.is_terminating() {
        if status.reason == "NodeLost" {
            reason = "Unknown".to_owned();
        } else if !pod.is_terminal() {
            reason = "Terminating".to_owned();
        }
    }
    PodSummary { ready, total, status: reason, restarts, last_restart }
}

fn row(object: &Object, now: SimTime) -> Vec<Cell> {
    let Some(pod) = object.pod() else { return Vec::new() };
    let summary = pod_summary(pod);
    let restarts = match summary.last_restart {
        Some(when) if summary.restarts != 0 => {
            format!("{} ({} ago)", summary.restarts, duration::age(Some(when), now))
        }
        _ => summary.restarts.to_string(),
    };
    let gates = &pod.spec.readiness_gates;
    let passed =
        gates.iter().filter(|gate| pod.condition(&gate.condition_type).is_some_and(|c| c.status == "True"));
    let gates = if gates.is_empty() { String::new() } else { format!("{}/{}", passed.count(), gates.len()) };
    let ip = pod.status.pod_ips.first().map_or(&pod.status.pod_ip, |first| &first.ip);
    vec![
        Cell::from(object.name()),
        Cell::from(format!("{}/{}", summary.ready, summary.total)),
        Cell::from(summary.status),
        Cell::from(restarts),
        age(object, now),
        or_none(ip),
        or_none(&pod.spec.node_name),
        or_none(&pod.status.nominated_node_name),
        or_none(&gates),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, object};

    fn cells(spec: Value, status: Value, deleted: bool) -> String {
        let mut pod = object!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": spec, "status": status,
        });
        if deleted {
            pod.set(&["metadata", "deletionTimestamp"], "2026-01-01T00:01:00Z");
        }
        let cells = row(&Object::new(pod), SimTime::from_secs(100));
        cells[1..4].iter().map(|c| c.as_str().unwrap().to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_status_column() {
        let one = || object!({"containers": [{"name": "a"}]});
        let with_init =
            || object!({"containers": [{"name": "a"}], "initContainers": [{"name": "i"}, {"name": "j"}]});
        let with_sidecar = || object!({"containers": [{"name": "a"}], "initContainers": [{"name": "s", "restartPolicy": "Always"}]});
        let running = || object!({"name": "a", "ready": true, "started": true, "state": {"running": {}}});
        let waiting = |reason: &str| object!({"name": "a", "state": {"waiting": {"reason": reason}}});
        let crashed = object!({
            "name": "a", "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2026-01-01T00:01:35Z"}},
        });
        let ended = |code: i32, reason: &str| object!({"name": "a", "state": {"terminated": {"exitCode": code, "reason": reason}}});
        let table = [
            (one(), object!({"phase": "Pending"}), false, "0/1 Pending 0"),
            (
                one(),
                object!({"phase": "Pending", "containerStatuses": [waiting("ContainerCreating")]}),
                false,
                "0/1 ContainerCreating 0",
            ),
            (one(), object!({"phase": "Running", "containerStatuses": [running()]}), false, "1/1 Running 0"),
            (
                one(),
                object!({"phase": "Running", "containerStatuses": [running()]}),
                true,
                "1/1 Terminating 0",
            ),
            (
                one(),
                object!({"phase": "Running", "containerStatuses": [crashed]}),
                false,
                "0/1 CrashLoopBackOff 3 (5s ago)",
            ),
            (
                one(),
                object!({"phase": "Succeeded", "containerStatuses": [ended(0, "Completed")]}),
                false,
                "0/1 Completed 0",
            ),
            (
                one(),
                object!({"phase": "Succeeded", "containerStatuses": [ended(0, "Completed")]}),
                true,
                "0/1 Completed 0",
            ),
            (
                one(),
                object!({"phase": "Failed", "containerStatuses": [ended(2, "")]}),
                false,
                "0/1 ExitCode:2 0",
            ),
            (one(), object!({"phase": "Failed", "reason": "Evicted"}), false, "0/1 Evicted 0"),
            (
                one(),
                object!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]}),
                false,
                "0/1 SchedulingGated 0",
            ),
            (
                with_init(),
                object!({"phase": "Pending", "initContainerStatuses": [ended(0, "Completed"), waiting("PodInitializing")]}),
                false,
                "0/1 Init:1/2 0",
            ),
            (
                with_init(),
                object!({"phase": "Pending", "initContainerStatuses": [ended(1, "Error")]}),
                false,
                "0/1 Init:Error 0",
            ),
            (
                with_init(),
                object!({"phase": "Pending", "initContainerStatuses": [waiting("CrashLoopBackOff")]}),
                false,
                "0/1 Init:CrashLoopBackOff 0",
            ),
            (
                with_sidecar(),
                object!({
                    "phase": "Running", "containerStatuses": [running()],
                    "initContainerStatuses": [{"name": "s", "ready": true, "started": true, "restartCount": 1, "state": {"running": {}}}],
                }),
                false,
                "2/2 Running 1",
            ),
        ];
        for (spec, status, deleted, expected) in table {
            assert_eq!(cells(spec, status, deleted), expected);
        }
    }
}
