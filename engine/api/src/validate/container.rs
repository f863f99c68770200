//! Containers.

use std::collections::BTreeSet;

use super::{Errors, FieldError, Path, has, invalid, items, not_negative, one_of, probe, text};
use crate::quantity::Quantity;
use crate::{Value, names};

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// What a container's checks know of its pod.
pub(super) struct Surroundings<'a> {
    /// The names of the pod's volumes.
    pub(super) volumes: BTreeSet<&'a str>,
    /// The names of the containers seen so far: they are distinct over all lists.
    pub(super) names: BTreeSet<&'a str>,
}

pub(super) fn container<'a>(
    container: &'a Value,
    init: bool,
    around: &mut Surroundings<'a>,
    path: &Path<'_>,
    errors: &mut Errors,
) {
    let name = text(container, "name");
    if name.is_empty() {
        errors.push(FieldError::required(&path.child("name"), ""));
    } else {
        invalid(&path.child("name"), name, names::dns1123_label(name), errors);
        if !around.names.insert(name) {
            errors.push(FieldError::duplicate(&path.child("name"), name));
        }
    }
    let image = text(container, "image");
    if image.is_empty() {
        errors.push(FieldError::required(&path.child("image"), ""));
    } else if image.trim() != image {
        let why = "must not have leading or trailing whitespace";
        errors.push(FieldError::invalid(&path.child("image"), image, why));
    }
    one_of(container, "imagePullPolicy", &["Always", "IfNotPresent", "Never"], path, errors);
    one_of(container, "terminationMessagePolicy", &["FallbackToLogsOnError", "File"], path, errors);
    ports(container, path, errors);
    environment(container, path, errors);
    mounts(container, around, path, errors);
    resources(container, path, errors);
    let sidecar = init && text(container, "restartPolicy") == "Always";
    if init {
        one_of(container, "restartPolicy", &["Always"], path, errors);
        for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            if has(container, field) && !sidecar {
                let why = "may not be set for init containers without restartPolicy=Always";
                errors.push(FieldError::forbidden(&path.child(field), why));
            }
        }
    } else if has(container, "restartPolicy") && !has(container, "restartPolicyRules") {
        one_of(container, "restartPolicy", &["Always", "Never", "OnFailure"], path, errors);
    }
    if !init || sidecar {
        probe::probes(container, path, errors);
    }
}

fn ports(container: &Value, path: &Path<'_>, errors: &mut Errors) {
    let list = path.child("ports");
    let mut names_seen = BTreeSet::new();
    for (i, port) in items(container, "ports").iter().enumerate() {
        let path = list.index(i);
        let name = text(port, "name");
        if !name.is_empty() {
            invalid(&path.child("name"), name, names::port_name(name), errors);
            if !names_seen.insert(name) {
                errors.push(FieldError::duplicate(&path.child("name"), name));
            }
        }
        match port.get("containerPort").and_then(Value::as_int).unwrap_or(0) {
            0 => errors.push(FieldError::required(&path.child("containerPort"), "")),
            number => invalid(&path.child("containerPort"), number, names::port_number(number), errors),
        }
        match port.get("hostPort").and_then(Value::as_int).unwrap_or(0) {
            0 => {}
            number => invalid(&path.child("hostPort"), number, names::port_number(number), errors),
        }
        match text(port, "protocol") {
            "" => errors.push(FieldError::required(&path.child("protocol"), "")),
            _ => one_of(port, "protocol", &PROTOCOLS, &path, errors),
        }
    }
}

fn environment(container: &Value, path: &Path<'_>, errors: &mut Errors) {
    let list = path.child("env");
    for (i, variable) in items(container, "env").iter().enumerate() {
        let path = list.index(i);
        let name = text(variable, "name");
        if name.is_empty() {
            errors.push(FieldError::required(&path.child("name"), ""));
        } else {
            invalid(&path.child("name"), name, names::env_var_name(name), errors);
        }
        let Some(source) = variable.get("valueFrom").filter(|s| !s.is_null()) else { continue };
        let path = path.child("valueFrom");
        if !text(variable, "value").is_empty() {
            let why = "may not be specified when `value` is not empty";
            errors.push(FieldError::invalid(&path, "", why));
        }
        let sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
        match sources.iter().filter(|s| has(source, s)).count() {
            1 => {}
            0 => {
                let why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`";
                errors.push(FieldError::invalid(&path, "", why));
            }
            _ => errors.push(FieldError::invalid(
                &path,
                "",
                "may not have more than one field specified at a time",
            )),
        }
        for field in ["configMapKeyRef", "secretKeyRef"] {
            if let Some(reference) = source.get(field).filter(|r| !r.is_null()) {
                let path = path.child(field);
                if text(reference, "key").is_empty() {
                    errors.push(FieldError::required(&path.child("key"), ""));
                } else {
                    invalid(
                        &path.child("key"),
                        text(reference, "key"),
                        names::config_map_key(text(reference, "key")),
                        errors,
                    );
                }
            }
        }
        if let Some(reference) = source.get("fieldRef")
            && text(reference, "fieldPath").is_empty()
        {
            let path = path.child("fieldRef");
            errors.push(FieldError::required(&path.child("fieldPath"), ""));
        }
    }
}

fn mounts(container: &Value, around: &Surroundings<'_>, path: &Path<'_>, errors: &mut Errors) {
    let list = path.child("volumeMounts");
    let mut places = BTreeSet::new();
    for (i, mount) in items(container, "volumeMounts").iter().enumerate() {
        let path = list.index(i);
        let name = text(mount, "name");
        if name.is_empty() {
            errors.push(FieldError::required(&path.child("name"), ""));
        } else if !around.volumes.contains(name) {
            errors.push(FieldError::not_found(&path.child("name"), name));
        }
        let place = text(mount, "mountPath");
        if place.is_empty() {
            errors.push(FieldError::required(&path.child("mountPath"), ""));
        } else if !places.insert(place) {
            errors.push(FieldError::invalid(&path.child("mountPath"), place, "must be unique"));
        }
        let sub_path = text(mount, "subPath");
        if sub_path.starts_with('/') {
            errors.push(FieldError::invalid(&path.child("subPath"), sub_path, "must be a relative path"));
        }
        if sub_path.split('/').any(|part| part == "..") {
            errors.push(FieldError::invalid(&path.child("subPath"), sub_path, "must not contain '..'"));
        }
    }
}

/// True for resources that Kubernetes itself knows on containers.
fn is_standard(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-")
}

fn resources(container: &Value, path: &Path<'_>, errors: &mut Errors) {
    let Some(resources) = container.get("resources") else { return };
    let path = path.child("resources");
    let amounts = |field: &str| resources.get(field).and_then(Value::as_map).cloned().unwrap_or_default();
    let amount = |value: &Value| value.as_str().and_then(|s| Quantity::parse(s).ok());
    let (limits, requests) = (amounts("limits"), amounts("requests"));
    for (field, given) in [("limits", &limits), ("requests", &requests)] {
        let path = path.child(field);
        for (name, value) in given.iter() {
            let path = path.key(name);
            invalid(&path, name, names::qualified_name(name), errors);
            if !name.contains('/') && !is_standard(name) {
                errors.push(FieldError::invalid(
                    &path,
                    name,
                    "must be a standard resource type or fully qualified",
                ));
                errors.push(FieldError::invalid(&path, name, "must be a standard resource for containers"));
            }
            let Some(amount) = amount(value) else { continue };
            if amount.sign() < 0 {
                errors.push(FieldError::invalid(&path, value, "must be greater than or equal to 0"));
            }
            if name.contains('/') && !amount.is_whole() {
                errors.push(FieldError::invalid(&path, value, "must be an integer"));
            }
        }
    }
    for (name, value) in requests.iter() {
        let Some(request) = amount(value) else { continue };
        let limit = limits.get(name).and_then(amount);
        let path = path.child("requests");
        match limit {
            Some(limit) if name.contains('/') && limit != request => {
                let why = format!("must be equal to {name} limit of {limit}");
                errors.push(FieldError::invalid(&path, request, why));
            }
            Some(limit) if request > limit => {
                let why = format!("must be less than or equal to {name} limit of {limit}");
                errors.push(FieldError::invalid(&path, request, why));
            }
            None if name.contains('/') => {
                errors.push(FieldError::required(
                    &path.child("limits"),
                    "Limit must be set for non overcommitable resources",
                ));
            }
            _ => {}
        }
    }
}

/// Numbers of a pod or container that are never negative.
pub(super) fn never_negative(value: &Value, fields: &[&str], path: &Path<'_>, errors: &mut Errors) {
    for field in fields {
        not_negative(value, field, path, errors);
    }
}
