//! Services.

use std::collections::BTreeSet;

use super::probe::port as port_or_name;
use super::{Errors, FieldError, Path, invalid, items, labels, one_of, text};
use crate::{Value, names};

pub(super) fn check(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let kind = text(spec, "type");
    let headless = text(spec, "clusterIP") == "None";
    let ports = items(spec, "ports");
    if ports.is_empty() && !headless && kind != "ExternalName" {
        errors.push(FieldError::required(&path.child("ports"), ""));
    }
    match kind {
        "" => errors.push(FieldError::required(&path.child("type"), "")),
        _ => one_of(spec, "type", &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], path, errors),
    }
    if headless && matches!(kind, "NodePort" | "LoadBalancer") {
        let why = format!("may not be set to 'None' for {kind} services");
        let list = path.child("clusterIPs");
        errors.push(FieldError::invalid(&list.index(0), "None", why));
    }
    if kind == "ExternalName" {
        let name = text(spec, "externalName");
        if name.is_empty() {
            errors.push(FieldError::required(&path.child("externalName"), ""));
        } else {
            invalid(
                &path.child("externalName"),
                name,
                names::dns1123_subdomain(name.trim_end_matches('.')),
                errors,
            );
        }
    }
    let list = path.child("ports");
    let mut names_seen = BTreeSet::new();
    let mut numbers_seen: Vec<(i64, &str)> = Vec::new();
    for (i, port) in ports.iter().enumerate() {
        let path = list.index(i);
        check_port(port, kind, ports.len() > 1, &mut names_seen, &path, errors);
        let key = (port.get("port").and_then(Value::as_int).unwrap_or(0), text(port, "protocol"));
        if numbers_seen.contains(&key) {
            errors.push(FieldError::duplicate(&path, port));
        }
        numbers_seen.push(key);
    }
    labels::labels(spec.get("selector"), &path.child("selector"), errors);
    one_of(spec, "sessionAffinity", &["ClientIP", "None"], path, errors);
    one_of(spec, "externalTrafficPolicy", &["Cluster", "Local"], path, errors);
    one_of(spec, "internalTrafficPolicy", &["Cluster", "Local"], path, errors);
    one_of(spec, "ipFamilyPolicy", &["PreferDualStack", "RequireDualStack", "SingleStack"], path, errors);
    let list = path.child("externalIPs");
    for (i, ip) in items(spec, "externalIPs").iter().filter_map(Value::as_str).enumerate() {
        invalid(&list.index(i), ip, names::ip_address(ip), errors);
    }
}

fn check_port<'a>(
    port: &'a Value,
    kind: &str,
    names_required: bool,
    names_seen: &mut BTreeSet<&'a str>,
    path: &Path<'_>,
    errors: &mut Errors,
) {
    let name = text(port, "name");
    if name.is_empty() {
        if names_required {
            errors.push(FieldError::required(&path.child("name"), ""));
        }
    } else {
        invalid(&path.child("name"), name, names::dns1123_label(name), errors);
        if !names_seen.insert(name) {
            errors.push(FieldError::duplicate(&path.child("name"), name));
        }
    }
    let number = port.get("port").and_then(Value::as_int).unwrap_or(0);
    invalid(&path.child("port"), number, names::port_number(number), errors);
    match text(port, "protocol") {
        "" => errors.push(FieldError::required(&path.child("protocol"), "")),
        _ => one_of(port, "protocol", &["SCTP", "TCP", "UDP"], path, errors),
    }
    if kind != "ExternalName" {
        port_or_name(port.get("targetPort"), &path.child("targetPort"), errors);
    }
    if port.get("nodePort").and_then(Value::as_int).unwrap_or(0) != 0
        && matches!(kind, "ClusterIP" | "ExternalName")
    {
        let why = format!("may not be used when `type` is '{kind}'");
        errors.push(FieldError::forbidden(&path.child("nodePort"), why));
    }
}

/// A service keeps its first cluster IP, unless it changes from or to `ExternalName`.
pub(super) fn update(new: &Value, old: &Value, errors: &mut Errors) {
    let kind = |object: &Value| object.str_at(&["spec", "type"]).map(|s| s.to_string()).unwrap_or_default();
    if kind(new) == "ExternalName" || kind(old) == "ExternalName" {
        return;
    }
    let ip = |object: &Value| object.str_at(&["spec", "clusterIP"]).cloned().unwrap_or_default();
    if !ip(old).is_empty() && ip(new) != ip(old) {
        let given = new
            .at(&["spec", "clusterIPs"])
            .cloned()
            .unwrap_or_else(|| Value::from(vec![Value::from(ip(new))]));
        errors.push(FieldError::invalid("spec.clusterIPs[0]", given, "may not change once set"));
    }
}
