//! Semantic validation: what the API server refuses although it decodes. One file a kind or group of kinds.
//!
//! Everything expects objects after defaulting. Kinds without a file of their own have their metadata checked.

mod autoscaler;
mod claim;
mod config;
mod container;
mod deployment;
mod error;
mod job;
mod labels;
mod lease;
mod meta;
mod network;
mod node;
mod path;
mod pod;
mod pod_spec;
mod policy;
mod probe;
mod replica_set;
mod service;
mod volume;

pub use error::{FieldError, FieldErrorKind};
pub use path::Path;

use crate::Value;
use crate::kinds::KindInfo;

/// What is wrong so far.
type Errors = Vec<FieldError>;

/// What is wrong with a new object; empty: nothing.
pub fn create(kind: &KindInfo, object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    meta::check(kind, object, &mut errors);
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let root = Path::root("spec");
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod") => pod::create(object, &mut errors),
        ("", "ReplicationController") => replica_set::controller(spec, &root, &mut errors),
        ("apps", "Deployment") => deployment::check(spec, &root, &mut errors),
        ("apps", "ReplicaSet" | "StatefulSet" | "DaemonSet") => replica_set::check(spec, &root, &mut errors),
        ("batch", "Job") => job::check(spec, &root, &mut errors),
        ("batch", "CronJob") => job::cron_job(spec, &root, &mut errors),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler::check(spec, &root, &mut errors),
        ("", "Service") => service::check(spec, &root, &mut errors),
        ("networking.k8s.io", "Ingress") => network::ingress(spec, &root, &mut errors),
        ("networking.k8s.io", "NetworkPolicy") => network::network_policy(spec, &root, &mut errors),
        ("", "Node") => node::check(spec, &root, &mut errors),
        ("", "ConfigMap") => config::config_map(object, &mut errors),
        ("", "Secret") => config::secret(object, &mut errors),
        ("", "PersistentVolumeClaim") => claim::check(spec, &root, &mut errors),
        ("", "PersistentVolume") => claim::volume(spec, &root, &mut errors),
        ("storage.k8s.io", "StorageClass") => claim::class(object, &mut errors),
        ("coordination.k8s.io", "Lease") => lease::check(spec, &root, &mut errors),
        ("policy", "PodDisruptionBudget") => policy::disruption_budget(spec, &root, &mut errors),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class(object, &mut errors),
        ("rbac.authorization.k8s.io", _) => policy::rbac(kind, object, &mut errors),
        _ => {}
    }
    errors
}

/// What is wrong with a change of an object; empty: nothing. Not for changes of `status` or other subresources: those
/// have [`update_status`].
pub fn update(kind: &KindInfo, new: &Value, old: &Value) -> Vec<FieldError> {
    // What did not change was fine before.
    if new.same(old) {
        return Errors::new();
    }
    let mut errors = Errors::new();
    meta::update(new, old, &mut errors);
    let immutable: &[&str] = match (kind.group.as_str(), kind.kind.as_str()) {
        ("apps", "Deployment" | "ReplicaSet" | "DaemonSet") => &["selector"],
        ("batch", "Job") => &["selector", "template", "completionMode"],
        _ => &[],
    };
    for field in immutable {
        unchanged(new, old, &["spec", field], &mut errors);
    }
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod") => pod::update(new, old, &mut errors),
        ("apps", "StatefulSet") => replica_set::stateful_update(new, old, &mut errors),
        ("", "Service") => service::update(new, old, &mut errors),
        ("", "Node") => node::update(new, old, &mut errors),
        ("", "ConfigMap" | "Secret") => config::update(new, old, &mut errors),
        ("", "PersistentVolumeClaim") => claim::update(new, old, &mut errors),
        ("storage.k8s.io", "StorageClass") => claim::class_update(new, old, &mut errors),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class_update(new, old, &mut errors),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            policy::binding_update(new, old, &mut errors);
        }
        _ => {}
    }
    // A pod's spec cannot change but for what its update allows; checking it again would cost and find nothing.
    if kind.group.is_empty() && kind.kind == "Pod" {
        meta::check(kind, new, &mut errors);
    } else {
        errors.extend(create(kind, new));
    }
    errors
}

/// What is wrong with a change of an object's status; empty: nothing.
pub fn update_status(new: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    meta::update(new, old, &mut errors);
    errors
}

/// The field must stay as it was.
fn unchanged(new: &Value, old: &Value, path: &[&str], errors: &mut Errors) {
    let (new, old) = (new.at(path), old.at(path));
    if new != old {
        errors.push(FieldError::invalid(path.join("."), new.cloned(), "field is immutable"));
    }
}

/// The string in a field; empty when there is none.
fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object.get(field).and_then(Value::as_str).map_or("", |s| s.as_str())
}

/// The list in a field; empty when there is none.
fn items<'a>(object: &'a Value, field: &str) -> &'a [Value] {
    object.get(field).map_or(&[], Value::items)
}

/// True when the field is there and not null.
fn has(object: &Value, field: &str) -> bool {
    object.get(field).is_some_and(|value| !value.is_null())
}

/// The number must not be negative.
fn not_negative(object: &Value, field: &str, path: &Path<'_>, errors: &mut Errors) {
    if let Some(number) = object.get(field).and_then(Value::as_int)
        && number < 0
    {
        errors.push(FieldError::invalid(&path.child(field), number, "must be greater than or equal to 0"));
    }
}

/// The text must be one of these; nothing is fine.
fn one_of(object: &Value, field: &str, supported: &[&str], path: &Path<'_>, errors: &mut Errors) {
    let given = text(object, field);
    if !given.is_empty() && !supported.contains(&given) {
        errors.push(FieldError::not_supported(&path.child(field), given, supported));
    }
}

/// Adds an `Invalid value` for each message.
fn invalid(path: &Path<'_>, value: impl Into<Value>, messages: Vec<String>, errors: &mut Errors) {
    if messages.is_empty() {
        return;
    }
    let value = value.into();
    errors.extend(messages.into_iter().map(|message| FieldError::invalid(path, &value, message)));
}

#[cfg(test)]
mod tests;
