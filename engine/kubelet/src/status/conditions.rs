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
    /// A reason or message was told at some time: a patch must take it away when there is none any more.
    explained: bool,
}

impl Memory {
    /// What the API server's version of the pod says.
    pub(crate) fn of(pod: &Pod) -> Vec<Memory> {
        let known = |kind: &&str| {
            let condition = pod.condition(kind)?;
            let since = condition.last_transition_time?;
            let explained = !condition.reason.is_empty() || !condition.message.is_empty();
            Some(Memory { kind: Str::from(*kind), status: condition.status == "True", since, explained })
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

/// Writes conditions for a strategic merge patch (which merges them by type), with the time of their last change kept
/// in `memory`; the scheduler's `PodScheduled` is kept.
pub(super) fn write(pod: &Pod, wanted: &[Wanted], memory: &mut Vec<Memory>, now: SimTime) -> Value {
    let mut list = Vec::new();
    for condition in wanted {
        let place = memory.iter().position(|m| m.kind == condition.kind).unwrap_or_else(|| {
            let (kind, status) = (condition.kind.into(), condition.status);
            memory.push(Memory { kind, status, since: now, explained: false });
            memory.len() - 1
        });
        let known = &mut memory[place];
        if known.status != condition.status {
            (known.status, known.since) = (condition.status, now);
        }
        known.explained |= !condition.reason.is_empty() || !condition.message.is_empty();
        let mut value = object! {
            "type": condition.kind,
            "status": if condition.status { "True" } else { "False" },
            "lastProbeTime": null,
            "lastTransitionTime": known.since.rfc3339(),
        };
        for (field, text) in [("reason", condition.reason), ("message", &condition.message)] {
            if !text.is_empty() {
                value.set(&[field], text);
            } else if known.explained {
                value.set(&[field], Value::Null);
            }
        }
        if pod.metadata.generation > 0 {
            value.set(&["observedGeneration"], pod.metadata.generation);
        }
        list.push(value);
    }
    let scheduled = pod.condition("PodScheduled");
    let since =
        scheduled.and_then(|c| c.last_transition_time).or(pod.metadata.creation_timestamp).unwrap_or(now);
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
