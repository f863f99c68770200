//! `DELETE`: the end of an object, at once or after its finalizers and its grace.

use std::time::Duration;

use api::validate::FieldError;
use api::{Object, Value};
use sim::SimTime;

use super::options::{dry_run_error, refuse};
use super::{Change, Outcome};
use crate::failure::{Failure, Result};
use crate::operation::{Next, Operation};
use crate::registry::Resource;
use crate::{ApiServer, Context, negotiate};

/// The finalizers that the garbage collector answers to.
const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

impl ApiServer {
    pub(super) fn delete(&mut self, op: &mut Operation, context: &mut Context<'_>) -> Result<Next> {
        let options = delete_options(op)?;
        let resource = self.resources.get(op.resource);
        if resource.is_namespace() && matches!(op.name.as_str(), "default" | "kube-system" | "kube-public") {
            return Err(Failure::forbidden(resource, &op.name, "this namespace may not be deleted"));
        }
        self.change(op, Change::Delete(options), context)
    }

    /// What a delete does to this version of the object (`BeforeDelete` and what follows).
    pub(super) fn delete_outcome(
        &mut self,
        op: &Operation,
        options: &Value,
        current: &Object,
        context: &Context<'_>,
    ) -> Result<Outcome> {
        let resource = self.resources.get(op.resource);
        let old = current.value();
        check_preconditions(resource, &op.name, options, current)?;
        if op.subresource == "eviction" {
            self.check_disruption(current)?;
        }

        let mut value = old.clone();
        set_propagation(
            &mut value,
            options.str_at(&["propagationPolicy"]).map_or("", |policy| policy.as_str()),
            options,
        );
        let held = !value.items_at(&["metadata", "finalizers"]).is_empty()
            || (resource.is_namespace() && !value.items_at(&["spec", "finalizers"]).is_empty());
        let grace = if resource.strategy.graceful { grace_of(old, options) } else { 0 };

        if grace == 0 && !held {
            return Ok(Outcome::Remove(value));
        }
        match old.str_at(&["metadata", "deletionTimestamp"]).and_then(|text| SimTime::parse_rfc3339(text)) {
            // Being deleted already: the grace can only get shorter.
            Some(until) => {
                let left = old.int_at(&["metadata", "deletionGracePeriodSeconds"]).unwrap_or(0);
                if grace < left {
                    let asked = until.as_secs().saturating_sub(left.max(0) as u64);
                    // Sums saturate: a grace of centuries is nonsense, but no reason to fall over.
                    let until =
                        SimTime::ZERO + Duration::from_secs(asked.saturating_add(grace.max(0) as u64));
                    set_deletion(&mut value, until, grace);
                }
            }
            None => {
                let until = context.now + Duration::from_secs(grace.max(0) as u64);
                set_deletion(&mut value, until, grace);
                if let Some(generation) = old.int_at(&["metadata", "generation"]).filter(|g| *g > 0) {
                    value.set(&["metadata", "generation"], generation + 1);
                }
                if resource.is_namespace() {
                    value.set(&["status", "phase"], "Terminating");
                }
            }
        }
        if value == *old { Ok(Outcome::Unchanged) } else { Ok(Outcome::Write(value)) }
    }
}

fn set_deletion(value: &mut Value, until: SimTime, grace: i64) {
    value.set(&["metadata", "deletionTimestamp"], until.rfc3339());
    value.set(&["metadata", "deletionGracePeriodSeconds"], grace);
}

/// The `DeleteOptions` of a request: from its body, then from its query.
pub(super) fn delete_options(op: &mut Operation) -> Result<Value> {
    let mut options = negotiate::body(&op.request)?.unwrap_or_else(Value::map);
    if options.as_map().is_none() {
        return Err(Failure::bad_request("the DeleteOptions are no object"));
    }
    if let Some(given) = op.request.parameter("propagationPolicy") {
        options.set(&["propagationPolicy"], given);
    }
    if let Some(given) = op.request.parameter("orphanDependents") {
        options.set(&["orphanDependents"], given == "true" || given == "1");
    }
    if let Some(given) = op.request.parameter("gracePeriodSeconds") {
        let seconds: i64 = given.parse().map_err(|_| {
            Failure::bad_request(format!("strconv.ParseInt: parsing {:?}: invalid syntax", given.as_str()))
        })?;
        options.set(&["gracePeriodSeconds"], seconds);
    }
    let mut errors = Vec::new();
    if let Some(policy) = options.str_at(&["propagationPolicy"]) {
        if options.get("orphanDependents").is_some_and(|orphan| !orphan.is_null()) {
            let why = "orphanDependents and deletionPropagation cannot be both set";
            errors.push(FieldError::invalid("propagationPolicy", policy, why));
        }
        if !matches!(policy.as_str(), "Orphan" | "Background" | "Foreground") {
            let why = "supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"";
            let mut error = FieldError::not_supported("propagationPolicy", policy, &[]);
            error.detail = why.to_owned();
            errors.push(error);
        }
    }
    let dry_run = options.items_at(&["dryRun"]);
    if dry_run.iter().any(|value| value.as_str().is_none_or(|value| value != "All")) {
        errors.push(dry_run_error(dry_run.iter().map(|value| value.as_str().map_or("", |v| v.as_str()))));
    }
    refuse("DeleteOptions", &errors)?;
    op.dry_run |= !dry_run.is_empty();
    Ok(options)
}

fn check_preconditions(resource: &Resource, name: &str, options: &Value, current: &Object) -> Result<()> {
    for (option, field, what) in
        [("uid", "uid", "UID"), ("resourceVersion", "resourceVersion", "ResourceVersion")]
    {
        let Some(wanted) = options.str_at(&["preconditions", option]) else { continue };
        let found = current.value().str_at(&["metadata", field]).cloned().unwrap_or_default();
        if *wanted != found {
            let why = format!(
                "Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {found}"
            );
            return Err(Failure::conflict(resource, name, &why));
        }
    }
    Ok(())
}

/// How long a pod may take: none when nothing of it runs.
fn grace_of(pod: &Value, options: &Value) -> i64 {
    let unscheduled = pod.str_at(&["spec", "nodeName"]).is_none_or(|node| node.is_empty());
    let over =
        matches!(pod.str_at(&["status", "phase"]).map(|phase| phase.as_str()), Some("Succeeded" | "Failed"));
    let given = options.int_at(&["gracePeriodSeconds"]);
    if unscheduled || over {
        return 0;
    }
    let own = pod.int_at(&["spec", "terminationGracePeriodSeconds"]).unwrap_or(30);
    // Kubernetes takes a negative grace for a second.
    match given.unwrap_or(own) {
        negative if negative < 0 => 1,
        grace => grace,
    }
}

/// Sets or clears the garbage collector's finalizers, as the policy says.
fn set_propagation(value: &mut Value, policy: &str, options: &Value) {
    let orphans = options.get("orphanDependents").and_then(Value::as_bool);
    let (orphan, foreground) = match (policy, orphans) {
        ("Orphan", _) | ("", Some(true)) => (true, false),
        ("Foreground", _) => (false, true),
        ("Background", _) | ("", Some(false)) => (false, false),
        // Nothing said: what is there stays.
        _ => return,
    };
    let had = value.items_at(&["metadata", "finalizers"]);
    let mut finalizers: Vec<Value> = had
        .iter()
        .filter(|finalizer| {
            !matches!(finalizer.as_str().map(|text| text.as_str()), Some(ORPHAN | FOREGROUND))
        })
        .cloned()
        .collect();
    if orphan {
        finalizers.push(ORPHAN.into());
    }
    if foreground {
        finalizers.push(FOREGROUND.into());
    }
    if finalizers != had {
        if finalizers.is_empty() {
            value.remove(&["metadata", "finalizers"]);
        } else {
            value.set(&["metadata", "finalizers"], finalizers);
        }
    }
}

#[cfg(test)]
mod tests {
    use api::object;

    use super::*;

    #[test]
    fn grace_of_pods() {
        let running = object! { "spec": { "nodeName": "node-1", "terminationGracePeriodSeconds": 5 }, "status": { "phase": "Running" } };
        let none = Value::map();
        assert_eq!(grace_of(&running, &none), 5);
        assert_eq!(grace_of(&running, &object! { "gracePeriodSeconds": 0 }), 0);
        assert_eq!(grace_of(&running, &object! { "gracePeriodSeconds": 60 }), 60);
        assert_eq!(grace_of(&object! { "spec": { "nodeName": "node-1" } }, &none), 30);
        assert_eq!(grace_of(&object! { "spec": {} }, &none), 0);
        let over = object! { "spec": { "nodeName": "node-1" }, "status": { "phase": "Succeeded" } };
        assert_eq!(grace_of(&over, &none), 0);
    }

    #[test]
    fn propagation_finalizers() {
        let mut value = object! { "metadata": { "finalizers": ["keep", "orphan"] } };
        set_propagation(&mut value, "Foreground", &Value::map());
        assert_eq!(value, object! { "metadata": { "finalizers": ["keep", "foregroundDeletion"] } });
        set_propagation(&mut value, "", &Value::map());
        assert_eq!(value.items_at(&["metadata", "finalizers"]).len(), 2);
        set_propagation(&mut value, "Background", &Value::map());
        assert_eq!(value, object! { "metadata": { "finalizers": ["keep"] } });
    }
}
