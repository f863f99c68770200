//! A ReplicaSet's status.

use std::time::Duration;

use api::types::ReplicaSet;
use api::{Object, Value, object};
use client::IndexBy;
use client::resource::REPLICA_SETS;
use sim::{SimTime, Str};

use super::Counts;
use crate::objects::{find_condition, is};
use crate::outcome::{Call, Outcome};
use crate::world::{Kind, World};

/// How many pods have been ready for `minReadySeconds`; asks to be called again when the next one will have been.
pub fn available(set: &Object, seconds: i64, world: &World, now: SimTime, out: &mut Outcome) -> i64 {
    let wait = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    let mut available = 0;
    for pod in world.store(Kind::Pods).by(IndexBy::Controller, &set.uid().0).filter_map(Object::pod) {
        let ready = pod.condition("Ready").filter(|c| c.status == "True" && pod.is_active());
        let Some(since) = ready.and_then(|c| c.last_transition_time) else { continue };
        if now.since(since) >= wait {
            available += 1;
        } else {
            out.again_after((since + wait).since(now));
        }
    }
    available
}

/// The request that brings the status up to date, unless it is.
pub fn update(
    set: &Object,
    typed: &ReplicaSet,
    counts: Counts,
    failure: Option<&(&'static str, Str)>,
    now: SimTime,
) -> Option<Call> {
    let old = &typed.status;
    let conditions = set.value().items_at(&["status", "conditions"]);
    let condition = failed_condition(conditions, failure, now);
    let same = i64::from(old.replicas) == counts.active
        && i64::from(old.fully_labeled_replicas) == counts.labeled
        && i64::from(old.ready_replicas) == counts.ready
        && i64::from(old.available_replicas) == counts.available
        && i64::from(old.terminating_replicas.unwrap_or(0)) == counts.terminating
        && old.observed_generation == typed.metadata.generation
        && condition.as_ref() == find_condition(conditions, "ReplicaFailure");
    if same {
        return None;
    }
    let mut status = object! {
        "replicas": counts.active,
        "observedGeneration": typed.metadata.generation,
        "terminatingReplicas": counts.terminating,
    };
    for (field, count) in [
        ("fullyLabeledReplicas", counts.labeled),
        ("readyReplicas", counts.ready),
        ("availableReplicas", counts.available),
    ] {
        if count != 0 {
            status.set(&[field], count);
        }
    }
    let others = conditions.iter().filter(|c| !is(c, "type", "ReplicaFailure")).cloned();
    let conditions: Vec<Value> = others.chain(condition).collect();
    if !conditions.is_empty() {
        status.set(&["conditions"], conditions);
    }
    let mut value = set.value().clone();
    value.set(&["status"], status);
    Some(Call::new(REPLICA_SETS.update_status(value)).tolerate(&[404]))
}

/// The `ReplicaFailure` condition as it should be.
fn failed_condition(old: &[Value], failure: Option<&(&'static str, Str)>, now: SimTime) -> Option<Value> {
    let (reason, message) = failure?;
    match find_condition(old, "ReplicaFailure") {
        // A failure that goes on for the same reason is not news.
        Some(known) if is(known, "reason", reason) => Some(known.clone()),
        _ => Some(object! {
            "type": "ReplicaFailure",
            "status": "True",
            "reason": *reason,
            "message": message,
            "lastTransitionTime": now.rfc3339(),
        }),
    }
}
