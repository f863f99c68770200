//! A Deployment's conditions.

use api::{Value, object};
use sim::SimTime;

use super::sync::Sync;
use crate::objects::{condition, find_condition, is};

/// The reasons of the Progressing and Available conditions.
pub const NEW_SET: &str = "NewReplicaSetCreated";
pub const FOUND_SET: &str = "FoundNewReplicaSet";
pub const UPDATED: &str = "ReplicaSetUpdated";
pub const COMPLETE: &str = "NewReplicaSetAvailable";
pub const TIMED_OUT: &str = "ProgressDeadlineExceeded";
pub const PAUSED: &str = "DeploymentPaused";
pub const RESUMED: &str = "DeploymentResumed";
pub const ENOUGH: &str = "MinimumReplicasAvailable";
pub const TOO_FEW: &str = "MinimumReplicasUnavailable";

/// The conditions in a status.
pub fn conditions(value: &Value) -> &[Value] {
    value.items_at(&["status", "conditions"])
}

/// Sets a condition as Kubernetes' `SetDeploymentCondition`: nothing changes while status and reason stay; the
/// transition time stays while the status does; what changes moves to the end.
pub fn set(value: &mut Value, kind: &str, status: &str, reason: &str, message: &str, now: SimTime) {
    let old = find_condition(conditions(value), kind).cloned();
    if old.as_ref().is_some_and(|c| is(c, "status", status) && is(c, "reason", reason)) {
        return;
    }
    put(value, condition(kind, status, reason, message, now), old);
}

/// Sets a condition anew, whatever it was; the transition time stays while the status does.
pub fn renew(value: &mut Value, kind: &str, status: &str, reason: &str, message: &str, now: SimTime) {
    let old = find_condition(conditions(value), kind).cloned();
    put(value, condition(kind, status, reason, message, now), old);
}

fn put(value: &mut Value, mut new: Value, old: Option<Value>) {
    let kind = new.str_at(&["type"]).cloned().unwrap_or_default();
    if let Some(old) = old
        && old.get("status") == new.get("status")
        && let Some(since) = old.get("lastTransitionTime")
    {
        new.set(&["lastTransitionTime"], since.clone());
    }
    remove(value, &kind);
    value.entry(&["status", "conditions"]).make_list().push(new);
}

/// Takes a condition out.
pub fn remove(value: &mut Value, kind: &str) {
    if find_condition(conditions(value), kind).is_some() {
        let rest: Vec<Value> = conditions(value).iter().filter(|c| !is(c, "type", kind)).cloned().collect();
        value.set(&["status", "conditions"], rest);
    }
}

impl Sync<'_> {
    /// Kubernetes' `checkPausedConditions`: a pause stops the progress deadline's clock. True when the condition
    /// had to change.
    pub fn paused_changed(&mut self) -> bool {
        if !self.has_deadline() {
            return false;
        }
        let progressing = find_condition(conditions(&self.value), "Progressing");
        if progressing.is_some_and(|c| is(c, "reason", TIMED_OUT)) {
            return false;
        }
        let was_paused = progressing.is_some_and(|c| is(c, "reason", PAUSED));
        let (reason, message) = match (self.typed.spec.paused, was_paused) {
            (true, false) => (PAUSED, "Deployment is paused"),
            (false, true) => (RESUMED, "Deployment is resumed"),
            _ => return false,
        };
        set(&mut self.value, "Progressing", "Unknown", reason, message, self.now);
        let note = [
            self.object.key().to_string(),
            if self.typed.spec.paused { "paused" } else { "resumed" }.to_owned(),
        ];
        self.out.note("deployment {0}: {1}", note);
        true
    }

    /// Copies the ReplicaSets' failures, the new one's first, as Kubernetes' `getReplicaFailures`.
    pub fn copy_replica_failure(&mut self) {
        let failure = |set: &super::sync::Set<'_>| {
            find_condition(conditions(set.object.value()), "ReplicaFailure").cloned()
        };
        let found = self.new.as_ref().and_then(failure).or_else(|| self.old.iter().find_map(failure));
        let Some(found) = found else { return remove(&mut self.value, "ReplicaFailure") };
        let text = |field: &str| found.str_at(&[field]).cloned().unwrap_or_default();
        let old = find_condition(conditions(&self.value), "ReplicaFailure");
        if old.is_some_and(|c| is(c, "status", &text("status")) && is(c, "reason", &text("reason"))) {
            return;
        }
        let at = text("lastTransitionTime");
        let copy = object! {
            "type": "ReplicaFailure", "status": text("status"), "reason": text("reason"), "message": text("message"),
            "lastUpdateTime": &at, "lastTransitionTime": &at,
        };
        remove(&mut self.value, "ReplicaFailure");
        self.value.entry(&["status", "conditions"]).make_list().push(copy);
    }
}
