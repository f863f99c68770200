//! Disruption budgets, priorities, roles.

use super::deployment::non_negative_or_percent;
use super::{Errors, FieldError, Path, has, items, labels, text};
use crate::Value;
use crate::intstr::IntOrString;
use crate::kinds::KindInfo;
use crate::types::Decode;

pub(super) fn disruption_budget(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    if has(spec, "minAvailable") && has(spec, "maxUnavailable") {
        errors.push(FieldError::invalid(path, spec, "minAvailable and maxUnavailable cannot be both set"));
    }
    for field in ["minAvailable", "maxUnavailable"] {
        if let Some(amount) = spec.get(field).and_then(|v| IntOrString::decode(v).ok()) {
            non_negative_or_percent(&amount, &path.child(field), errors);
        }
    }
    if let Some(selector) = spec.get("selector") {
        labels::selector(selector, &path.child("selector"), errors);
    }
}

/// The highest priority that a user may give.
const USER_PRIORITY_MAX: i64 = 1_000_000_000;

pub(super) fn priority_class(object: &Value, errors: &mut Errors) {
    let name = object.str_at(&["metadata", "name"]).map_or("", |s| s.as_str());
    let value = object.get("value").and_then(Value::as_int).unwrap_or(0);
    if name.starts_with("system-") {
        let known = matches!(
            (name, value),
            ("system-node-critical", 2_000_001_000) | ("system-cluster-critical", 2_000_000_000)
        );
        if !known {
            let why = "priority class names with 'system-' prefix are reserved for system use only. error: priority class is not a known system priority class";
            errors.push(FieldError::forbidden("metadata.name", why));
        }
    } else if value > USER_PRIORITY_MAX {
        let why = format!("maximum allowed value of a user defined priority is {USER_PRIORITY_MAX}");
        errors.push(FieldError::forbidden("value", why));
    }
    let policy = text(object, "preemptionPolicy");
    if !matches!(policy, "" | "Never" | "PreemptLowerPriority") {
        errors.push(FieldError::not_supported(
            "preemptionPolicy",
            policy,
            &["Never", "PreemptLowerPriority"],
        ));
    }
}

pub(super) fn priority_class_update(new: &Value, old: &Value, errors: &mut Errors) {
    if new.get("value") != old.get("value") {
        errors.push(FieldError::forbidden("value", "may not be changed in an update."));
    }
    super::unchanged(new, old, &["preemptionPolicy"], errors);
}

pub(super) fn rbac(kind: &KindInfo, object: &Value, errors: &mut Errors) {
    if kind.kind.ends_with("Binding") {
        let role = object.get("roleRef").unwrap_or(&Value::Null);
        let path = Path::root("roleRef");
        if text(role, "name").is_empty() {
            errors.push(FieldError::required(&path.child("name"), ""));
        }
        let kinds: &[&str] =
            if kind.kind == "RoleBinding" { &["ClusterRole", "Role"] } else { &["ClusterRole"] };
        if !kinds.contains(&text(role, "kind")) {
            errors.push(FieldError::not_supported(&path.child("kind"), text(role, "kind"), kinds));
        }
        let list = Path::root("subjects");
        for (i, subject) in items(object, "subjects").iter().enumerate() {
            let path = list.index(i);
            if text(subject, "name").is_empty() {
                errors.push(FieldError::required(&path.child("name"), ""));
            }
            match text(subject, "kind") {
                "ServiceAccount"
                    if text(subject, "namespace").is_empty() && kind.kind == "ClusterRoleBinding" =>
                {
                    errors.push(FieldError::required(&path.child("namespace"), ""));
                }
                "ServiceAccount" | "User" | "Group" => {}
                other => {
                    let supported = ["Group", "ServiceAccount", "User"];
                    errors.push(FieldError::not_supported(&path.child("kind"), other, &supported));
                }
            }
        }
        return;
    }
    let list = Path::root("rules");
    for (i, rule) in items(object, "rules").iter().enumerate() {
        let path = list.index(i);
        if items(rule, "verbs").is_empty() {
            errors.push(FieldError::required(&path.child("verbs"), "verbs must contain at least one value"));
        }
        if !items(rule, "nonResourceURLs").is_empty() {
            continue;
        }
        for field in ["apiGroups", "resources"] {
            if items(rule, field).is_empty() {
                let why = format!(
                    "resource rules must supply at least one {}",
                    if field == "resources" { "resource" } else { "api group" }
                );
                errors.push(FieldError::required(&path.child(field), why));
            }
        }
    }
}

pub(super) fn binding_update(new: &Value, old: &Value, errors: &mut Errors) {
    if new.get("roleRef") != old.get("roleRef") {
        errors.push(FieldError::invalid("roleRef", new.get("roleRef").cloned(), "cannot change roleRef"));
    }
}
