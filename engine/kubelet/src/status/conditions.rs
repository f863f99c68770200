//! A pod's conditions, and when each last changed.

use api::types::Pod;
use api::{Value, object};
use sim::{SimTime, Str};

/// The conditions that the kubelet sets, in the order in which it lists them.
pub const OWN: [&str; 4] = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"];

/// What a condition said, and since when.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Memory {
    kind: Str,
    status: bool,
    since: SimTime,
}

impl Memory {
    /// What the API server's version of the pod says.
    pub(crate) fn of(pod: &Pod) -> Vec<Memory> {
        let known = |kind: &&str| {
            let condition = pod.condition(kind)?;
            let since = condition.last_transition_time?;
            Some(Memory { kind: Str::from(*kind), status: condition.status == "True", since })
        };
        OWN.iter().filter_map(known).collect()
    }
}

/// A condition as it should be now.
pub(super) struct Wanted {
    pub kind: &'static str,
    pub status: bool,
    pub reason: &'static str,
    pub message: String,
}

impl Wanted {
    pub fn yes(kind: &'static str) -> Wanted {
        Wanted { kind, status: true, reason: "", message: String::new() }
    }

    pub fn because(kind: &'static str, status: bool, reason: &'static str, message: String) -> Wanted {
        Wanted { kind, status, reason, message }
    }
}

/// Writes conditions, with the time of their last change kept in `memory`; the scheduler's `PodScheduled` is kept.
pub(super) fn write(pod: &Pod, wanted: &[Wanted], memory: &mut Vec<Memory>, now: SimTime) -> Value {
    let mut list = Vec::new();
    for condition in wanted {
        let since = match memory.iter_mut().find(|m| m.kind == condition.kind) {
            Some(known) => {
                if known.status != condition.status {
                    (known.status, known.since) = (condition.status, now);
                }
                known.since
            }
            None => {
                memory.push(Memory { kind: condition.kind.into(), status: condition.status, since: now });
                now
            }
        };
        let mut value = object! {
            "type": condition.kind,
            "status": if condition.status { "True" } else { "False" },
            "lastProbeTime": null,
            "lastTransitionTime": since.rfc3339(),
        };
        if !condition.reason.is_empty() {
            value.set(&["reason"], condition.reason);
        }
        if !condition.message.is_empty() {
            value.set(&["message"], condition.message.as_str());
        }
        if pod.metadata.generation > 0 {
            value.set(&["observedGeneration"], pod.metadata.generation);
        }
        list.push(value);
    }
    let scheduled = pod.condition("PodScheduled");
    let since = scheduled.and_then(|c| c.last_transition_time).or(pod.metadata.creation_timestamp).unwrap_or(now);
    let mut value = object! {
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": null,
        "lastTransitionTime": since.rfc3339(),
    };
    if pod.metadata.generation > 0 {
        value.set(&["observedGeneration"], pod.metadata.generation);
    }
    list.push(value);
    Value::from(list)
}
