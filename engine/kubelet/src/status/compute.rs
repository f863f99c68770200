//! The status of a pod.

use api::types::Pod;
use api::{Value, object};
use runtime::cri::ContainerId;
use sim::{SimTime, Str};

use super::conditions::{self, Wanted};
use super::qos_class;
use crate::config::Config;
use crate::pod_worker::{Exit, Phase, Record, Stage, Worker};

/// The phase that follows from the containers, as the kubelet's `getPhase` has it.
pub fn phase(worker: &Worker) -> &'static str {
    if worker.failed.is_some() {
        return "Failed";
    }
    let over = worker.phase == Phase::Finished;
    let policy = worker.restart_policy();
    for record in worker.records.iter().filter(|r| r.init && !r.sidecar) {
        match &record.stage {
            Stage::Exited(exit) if exit.code != 0 && (policy == "Never" || over) => return "Failed",
            Stage::Exited(exit) if exit.code == 0 => {}
            _ if over => return "Failed",
            _ if worker.is_initialized() => {}
            _ => return "Pending",
        }
    }
    let (mut running, mut stopped, mut succeeded, mut waiting) = (0, 0, 0, 0);
    for record in worker.records.iter().filter(|r| !r.init) {
        match record.exit() {
            _ if record.is_running() => running += 1,
            Some(exit) => {
                stopped += 1;
                succeeded += u32::from(exit.code == 0);
            }
            None => waiting += 1,
        }
    }
    if waiting > 0 {
        return if over { "Failed" } else { "Pending" };
    }
    match policy {
        _ if running > 0 => "Running",
        // A pod that was deleted ends, whatever its policy.
        "Always" if !over => "Running",
        _ if stopped == succeeded => "Succeeded",
        "OnFailure" if !over => "Running",
        _ => "Failed",
    }
}

/// The whole status, as a strategic merge patch. Keeps the conditions' transition times in the worker.
pub fn status(worker: &mut Worker, config: &Config, now: SimTime) -> Value {
    let pod_object = worker.pod.clone();
    let Some(pod) = pod_object.pod() else { return Value::map() };
    let phase = phase(worker);
    let ip = worker.sandbox.map(|(_, ip)| Str::from(ip.to_string()));
    let gone = worker.phase == Phase::Finished;
    let wanted = wanted(worker, phase);
    let mut memory = std::mem::take(&mut worker.conditions);
    let conditions = conditions::write(pod, &wanted, &mut memory, now);
    worker.conditions = memory;
    let mut status = object! {
        "phase": phase,
        "conditions": conditions,
        "hostIP": &config.address,
        "hostIPs": [{ "ip": &config.address }],
        "startTime": worker.started_at.rfc3339(),
        "qosClass": qos_class(pod),
    };
    if pod.metadata.generation > 0 {
        status.set(&["observedGeneration"], pod.metadata.generation);
    }
    if let Some(ip) = ip {
        status.set(&["podIP"], &ip);
        // The list is merged by address: an earlier sandbox's must go.
        let moved = !pod.status.pod_ip.is_empty() && pod.status.pod_ip != ip;
        let replace = object! { "$patch": "replace" };
        let ips = if moved { object!([replace, { "ip": &ip }]) } else { object!([{ "ip": &ip }]) };
        status.set(&["podIPs"], ips);
    }
    if let Some((reason, message)) = &worker.failed {
        status.set(&["reason"], reason);
        status.set(&["message"], message);
    }
    let list = |init: bool| -> Vec<Value> {
        let all = worker.records.iter().enumerate().filter(|(_, r)| r.init == init);
        all.map(|(i, record)| container(worker, i as u32, record, pod, gone)).collect()
    };
    // A pod that was refused has no containers to speak of.
    if worker.failed.is_none() || worker.sandbox.is_some() {
        if worker.records.iter().any(|r| r.init) {
            status.set(&["initContainerStatuses"], list(true));
        }
        status.set(&["containerStatuses"], list(false));
    }
    status
}

fn wanted(worker: &Worker, phase: &str) -> Vec<Wanted> {
    let names = |init: bool, good: fn(&Record) -> bool| {
        let bad = worker.records.iter().filter(|r| r.init == init && !good(r));
        let names: Vec<&str> = bad.map(|r| r.name.as_str()).collect();
        format!("[{}]", names.join(" "))
    };
    let sandbox = worker.sandbox.is_some() && worker.phase != Phase::Finished;
    let network = Wanted::because("PodReadyToStartContainers", sandbox, "", String::new());
    let initialized = match phase {
        "Succeeded" => Wanted::because("Initialized", true, "PodCompleted", String::new()),
        _ if worker.is_initialized() => Wanted::yes("Initialized"),
        _ => {
            let message =
                format!("containers with incomplete status: {}", names(true, Record::is_initialized));
            Wanted::because("Initialized", false, "ContainersNotInitialized", message)
        }
    };
    let unready = names(false, Record::is_ready);
    let ready = |kind: &'static str| match phase {
        "Succeeded" => Wanted::because(kind, false, "PodCompleted", String::new()),
        "Failed" => Wanted::because(kind, false, "PodFailed", String::new()),
        _ if unready == "[]" => Wanted::yes(kind),
        _ => Wanted::because(
            kind,
            false,
            "ContainersNotReady",
            format!("containers with unready status: {unready}"),
        ),
    };
    let gates = worker.typed().is_none_or(|pod| {
        pod.spec
            .readiness_gates
            .iter()
            .all(|g| pod.condition(&g.condition_type).is_some_and(|c| c.status == "True"))
    });
    let pod_ready = match ready("Ready") {
        Wanted { status: true, .. } if !gates => {
            let message = "the status of pod readiness gates is not \"True\"".to_owned();
            Wanted::because("Ready", false, "ReadinessGatesNotReady", message)
        }
        other => other,
    };
    vec![network, initialized, pod_ready, ready("ContainersReady")]
}

fn container(worker: &Worker, index: u32, record: &Record, pod: &Pod, gone: bool) -> Value {
    let spec = worker.spec(index);
    let has_init = worker.records.iter().any(|r| r.init);
    let state = match &record.stage {
        Stage::Running { started_at } => object! { "running": { "startedAt": started_at.rfc3339() } },
        Stage::Exited(exit) => object! { "terminated": terminated(exit) },
        Stage::Waiting { .. } if gone => object! { "terminated": never_ran() },
        Stage::Waiting { reason, message } => {
            let reason = match *reason {
                // Said as long as the container never ran, even when the init containers are through.
                "ContainerCreating" if has_init => "PodInitializing",
                reason => reason,
            };
            let mut waiting = object! { "reason": reason };
            if !message.is_empty() {
                waiting.set(&["message"], message);
            }
            object! { "waiting": waiting }
        }
    };
    let last = record.last.as_ref().map_or(Value::map(), |exit| object! { "terminated": terminated(exit) });
    let (image, image_id) = match (&record.image, spec) {
        (Some((image, reference)), _) => (image.clone(), reference.clone()),
        (None, Some(spec)) => (spec.image.clone(), Str::new()),
        (None, None) => (Str::new(), Str::new()),
    };
    let mut status = object! {
        "name": &record.name,
        "state": state,
        "lastState": last,
        "ready": record.is_ready(),
        "restartCount": record.restarts,
        "image": image,
        "imageID": image_id,
        "started": record.is_running() && record.probes.started(),
    };
    if let Some(id) = record.id.filter(|_| !matches!(record.stage, Stage::Waiting { .. })) {
        status.set(&["containerID"], container_id(id));
    } else if let Some(id) = record.last.as_ref().and_then(|exit| exit.id) {
        status.set(&["containerID"], container_id(id));
    }
    // Resources as they are in force: since in-place resizing, a part of the status.
    let resources = pod
        .spec
        .init_containers
        .iter()
        .chain(&pod.spec.containers)
        .position(|c| c.name == record.name)
        .and_then(|_| {
            worker.pod.value().at(&["spec", if record.init { "initContainers" } else { "containers" }])
        })
        .and_then(|list| list.items().iter().find(|c| c.str_at(&["name"]) == Some(&record.name)))
        .and_then(|c| c.get("resources"))
        .filter(|r| !r.is_empty());
    if let Some(resources) = resources.filter(|_| record.is_running()) {
        if let Some(requests) = resources.get("requests") {
            status.set(&["allocatedResources"], requests.clone());
        }
        status.set(&["resources"], resources.clone());
    }
    status
}

fn container_id(id: ContainerId) -> String {
    format!("containerd://{id}")
}

fn terminated(exit: &Exit) -> Value {
    let time =
        |at: SimTime| if at == SimTime::ZERO { "1970-01-01T00:00:00Z".to_owned() } else { at.rfc3339() };
    let mut state = object! {
        "exitCode": exit.code,
        "reason": &exit.reason,
        "startedAt": time(exit.started_at),
        "finishedAt": time(exit.finished_at),
    };
    if !exit.message.is_empty() {
        state.set(&["message"], &exit.message);
    }
    if let Some(id) = exit.id {
        state.set(&["containerID"], container_id(id));
    }
    state
}

/// What is said of a container that never ran in a pod that is over.
fn never_ran() -> Value {
    object! {
        "exitCode": 137,
        "reason": "ContainerStatusUnknown",
        "message": "The container could not be located when the pod was terminated",
        "startedAt": null,
        "finishedAt": null,
    }
}
