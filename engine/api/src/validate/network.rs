//! Ingresses and network policies.

use super::{Errors, FieldError, Path, has, items, labels, one_of, text};
use crate::Value;

pub(super) fn ingress(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    if items(spec, "rules").is_empty() && !has(spec, "defaultBackend") {
        errors.push(FieldError::invalid(path, spec, "either `defaultBackend` or `rules` must be specified"));
    }
    if let Some(default) = spec.get("defaultBackend").filter(|b| !b.is_null()) {
        backend(default, &path.child("defaultBackend"), errors);
    }
    let rules = path.child("rules");
    for (i, rule) in items(spec, "rules").iter().enumerate() {
        let here = rules.index(i);
        let http = here.child("http");
        let list = http.child("paths");
        let Some(given) = rule.get("http").filter(|h| !h.is_null()) else { continue };
        if items(given, "paths").is_empty() {
            errors.push(FieldError::required(&list, ""));
        }
        for (i, entry) in items(given, "paths").iter().enumerate() {
            let path = list.index(i);
            let kind = text(entry, "pathType");
            match kind {
                "" => {
                    errors.push(FieldError::required(&path.child("pathType"), "pathType must be specified"))
                }
                "Exact" | "Prefix" if !text(entry, "path").starts_with('/') => {
                    let why = "must be an absolute path";
                    errors.push(FieldError::invalid(&path.child("path"), text(entry, "path"), why));
                }
                _ => one_of(entry, "pathType", &["Exact", "ImplementationSpecific", "Prefix"], &path, errors),
            }
            backend(entry.get("backend").unwrap_or(&Value::Null), &path.child("backend"), errors);
        }
    }
}

fn backend(backend: &Value, path: &Path<'_>, errors: &mut Errors) {
    let Some(service) = backend.get("service").filter(|s| !s.is_null()) else {
        if !has(backend, "resource") {
            errors.push(FieldError::required(path, "cannot be empty"));
        }
        return;
    };
    let path = path.child("service");
    if text(service, "name").is_empty() {
        errors.push(FieldError::required(&path.child("name"), ""));
    }
    let port = service.get("port").unwrap_or(&Value::Null);
    if !has(port, "name") && !has(port, "number") {
        errors.push(FieldError::required(&path, "port name or number is required"));
    }
}

pub(super) fn network_policy(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    if let Some(selector) = spec.get("podSelector") {
        labels::selector(selector, &path.child("podSelector"), errors);
    }
    let list = path.child("policyTypes");
    for (i, kind) in items(spec, "policyTypes").iter().filter_map(Value::as_str).enumerate() {
        if !matches!(kind.as_str(), "Ingress" | "Egress") {
            errors.push(FieldError::not_supported(&list.index(i), kind, &["Egress", "Ingress"]));
        }
    }
    for (direction, side) in [("ingress", "from"), ("egress", "to")] {
        let rules = path.child(direction);
        for (i, rule) in items(spec, direction).iter().enumerate() {
            let here = rules.index(i);
            let peers = here.child(side);
            for (i, peer) in items(rule, side).iter().enumerate() {
                let path = peers.index(i);
                let selects = has(peer, "podSelector") || has(peer, "namespaceSelector");
                if !selects && !has(peer, "ipBlock") {
                    errors.push(FieldError::required(&path, "must specify a peer"));
                } else if selects && has(peer, "ipBlock") {
                    let why = "may not specify both ipBlock and another peer";
                    errors.push(FieldError::forbidden(&path, why));
                }
            }
        }
    }
}
