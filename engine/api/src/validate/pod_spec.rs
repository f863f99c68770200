//! Pod specs, in pods and templates.

use std::collections::BTreeSet;

use super::container::{Surroundings, container, never_negative};
use super::{Errors, FieldError, Path, has, invalid, items, labels, one_of, text, volume};
use crate::{Value, names};

/// Checks the spec of a pod or template.
pub(super) fn pod_spec(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let volumes = volume::volumes(items(spec, "volumes"), &path.child("volumes"), errors);
    let mut around = Surroundings { volumes, names: BTreeSet::new() };
    let containers = items(spec, "containers");
    if containers.is_empty() {
        errors.push(FieldError::required(&path.child("containers"), ""));
    }
    for (field, init) in [("containers", false), ("initContainers", true)] {
        let list = path.child(field);
        for (i, value) in items(spec, field).iter().enumerate() {
            container(value, init, &mut around, &list.index(i), errors);
        }
    }
    one_of(spec, "restartPolicy", &["Always", "Never", "OnFailure"], path, errors);
    one_of(spec, "dnsPolicy", &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"], path, errors);
    never_negative(spec, &["terminationGracePeriodSeconds"], path, errors);
    if let Some(deadline) = spec.get("activeDeadlineSeconds").and_then(Value::as_int)
        && !(1..=i64::from(i32::MAX)).contains(&deadline)
    {
        let why = "must be between 1 and 2147483647, inclusive";
        errors.push(FieldError::invalid(&path.child("activeDeadlineSeconds"), deadline, why));
    }
    labels::labels(spec.get("nodeSelector"), &path.child("nodeSelector"), errors);
    for (field, check) in [
        ("nodeName", names::dns1123_subdomain as fn(&str) -> names::Wrong),
        ("serviceAccountName", names::dns1123_subdomain),
        ("hostname", names::dns1123_label),
        ("subdomain", names::dns1123_label),
        ("priorityClassName", names::dns1123_subdomain),
    ] {
        let name = text(spec, field);
        if !name.is_empty() {
            invalid(&path.child(field), name, check(name), errors);
        }
    }
    let list = path.child("tolerations");
    for (i, value) in items(spec, "tolerations").iter().enumerate() {
        toleration(value, &list.index(i), errors);
    }
    spreading(spec, path, errors);
    affinity(spec, path, errors);
}

/// Checks a template: its labels, annotations and spec.
pub(super) fn template(template: Option<&Value>, path: &Path<'_>, errors: &mut Errors) {
    let empty = Value::map();
    let template = template.unwrap_or(&empty);
    let metadata = path.child("metadata");
    labels::labels(template.at(&["metadata", "labels"]), &metadata.child("labels"), errors);
    labels::annotations(template.at(&["metadata", "annotations"]), &metadata.child("annotations"), errors);
    pod_spec(template.get("spec").unwrap_or(&empty), &path.child("spec"), errors);
}

/// As [`template`], of what keeps pods running: their restart policy is `Always`.
pub(super) fn lasting_template(value: Option<&Value>, path: &Path<'_>, errors: &mut Errors) {
    template(value, path, errors);
    let Some(spec) = value.and_then(|v| v.get("spec")) else { return };
    let path = path.child("spec");
    let policy = text(spec, "restartPolicy");
    if policy != "Always" {
        errors.push(FieldError::not_supported(&path.child("restartPolicy"), policy, &["Always"]));
    }
    if has(spec, "activeDeadlineSeconds") {
        let why = "activeDeadlineSeconds in ReplicaSet is not Supported";
        errors.push(FieldError::forbidden(&path.child("activeDeadlineSeconds"), why));
    }
}

pub(super) fn toleration(toleration: &Value, path: &Path<'_>, errors: &mut Errors) {
    let (key, operator, effect) =
        (text(toleration, "key"), text(toleration, "operator"), text(toleration, "effect"));
    if !key.is_empty() {
        invalid(&path.child("key"), key, names::qualified_name(key), errors);
    } else if operator != "Exists" {
        let why =
            "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
        errors.push(FieldError::invalid(&path.child("operator"), operator, why));
    }
    if has(toleration, "tolerationSeconds") && effect != "NoExecute" {
        let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
        errors.push(FieldError::invalid(&path.child("effect"), effect, why));
    }
    match operator {
        "" | "Equal" => {
            let value = text(toleration, "value");
            invalid(&path.child("operator"), value, names::label_value(value), errors);
        }
        "Exists" if !text(toleration, "value").is_empty() => {
            let why = "value must be empty when `operator` is 'Exists'";
            errors.push(FieldError::invalid(&path.child("operator"), toleration, why));
        }
        "Exists" | "Lt" | "Gt" => {}
        _ => errors.push(FieldError::not_supported(&path.child("operator"), operator, &["Equal", "Exists"])),
    }
    one_of(toleration, "effect", &["NoExecute", "NoSchedule", "PreferNoSchedule"], path, errors);
}

fn spreading(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let list = path.child("topologySpreadConstraints");
    for (i, constraint) in items(spec, "topologySpreadConstraints").iter().enumerate() {
        let path = list.index(i);
        let skew = constraint.get("maxSkew").and_then(Value::as_int).unwrap_or(0);
        if skew <= 0 {
            errors.push(FieldError::invalid(&path.child("maxSkew"), skew, "must be greater than zero"));
        }
        let key = text(constraint, "topologyKey");
        if key.is_empty() {
            errors.push(FieldError::required(&path.child("topologyKey"), "can not be empty"));
        } else {
            invalid(&path.child("topologyKey"), key, names::qualified_name(key), errors);
        }
        let action = text(constraint, "whenUnsatisfiable");
        if !matches!(action, "DoNotSchedule" | "ScheduleAnyway") {
            let supported = ["DoNotSchedule", "ScheduleAnyway"];
            errors.push(FieldError::not_supported(&path.child("whenUnsatisfiable"), action, &supported));
        }
        if let Some(selector) = constraint.get("labelSelector") {
            labels::selector(selector, &path.child("labelSelector"), errors);
        }
    }
}

fn affinity(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
    let Some(affinity) = spec.get("affinity") else { return };
    let path = path.child("affinity");
    let weight = |item: &Value, path: &Path<'_>, errors: &mut Errors| {
        let weight = item.get("weight").and_then(Value::as_int).unwrap_or(0);
        if !(1..=100).contains(&weight) {
            errors.push(FieldError::invalid(&path.child("weight"), weight, "must be in the range 1-100"));
        }
    };
    if let Some(node) = affinity.get("nodeAffinity") {
        let path = path.child("nodeAffinity");
        if let Some(required) = node.get(REQUIRED)
            && items(required, "nodeSelectorTerms").is_empty()
        {
            let path = path.child(REQUIRED);
            let why = "must have at least one node selector term";
            errors.push(FieldError::required(&path.child("nodeSelectorTerms"), why));
        }
        let list = path.child(PREFERRED);
        for (i, item) in items(node, PREFERRED).iter().enumerate() {
            weight(item, &list.index(i), errors);
        }
    }
    for field in ["podAffinity", "podAntiAffinity"] {
        let Some(pods) = affinity.get(field) else { continue };
        let path = path.child(field);
        let term = |term: &Value, path: &Path<'_>, errors: &mut Errors| {
            if text(term, "topologyKey").is_empty() {
                errors.push(FieldError::required(&path.child("topologyKey"), "can not be empty"));
            }
            if let Some(selector) = term.get("labelSelector") {
                labels::selector(selector, &path.child("labelSelector"), errors);
            }
        };
        let list = path.child(REQUIRED);
        for (i, item) in items(pods, REQUIRED).iter().enumerate() {
            term(item, &list.index(i), errors);
        }
        let list = path.child(PREFERRED);
        for (i, item) in items(pods, PREFERRED).iter().enumerate() {
            let path = list.index(i);
            weight(item, &path, errors);
            term(item.get("podAffinityTerm").unwrap_or(&Value::Null), &path.child("podAffinityTerm"), errors);
        }
    }
}
