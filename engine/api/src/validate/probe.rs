//! Probes and lifecycle hooks.

use super::container::never_negative;
use super::{Errors, FieldError, Path, has, invalid, items, one_of, text};
use crate::{Value, names};

pub(super) fn probes(container: &Value, path: &Path<'_>, errors: &mut Errors) {
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get(field).filter(|p| !p.is_null()) else { continue };
        let path = path.child(field);
        handler(probe, &["exec", "httpGet", "tcpSocket", "grpc"], &path, errors);
        let numbers = [
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold",
        ];
        never_negative(probe, &numbers, &path, errors);
        let successes = probe.get("successThreshold").and_then(Value::as_int).unwrap_or(1);
        if field != "readinessProbe" && successes != 1 {
            errors.push(FieldError::invalid(&path.child("successThreshold"), successes, "must be 1"));
        }
        if let Some(grace) = probe.get("terminationGracePeriodSeconds").and_then(Value::as_int) {
            let path = path.child("terminationGracePeriodSeconds");
            if field == "readinessProbe" {
                errors.push(FieldError::invalid(&path, grace, "must not be set for readinessProbes"));
            } else if grace <= 0 {
                errors.push(FieldError::invalid(&path, grace, "must be greater than 0"));
            }
        }
    }
    for hook in ["postStart", "preStop"] {
        let Some(action) = container.at(&["lifecycle", hook]).filter(|a| !a.is_null()) else { continue };
        let lifecycle = path.child("lifecycle");
        handler(action, &["exec", "httpGet", "tcpSocket", "sleep"], &lifecycle.child(hook), errors);
    }
}

fn handler(action: &Value, kinds: &[&str], path: &Path<'_>, errors: &mut Errors) {
    let mut count = 0;
    for kind in kinds.iter().filter(|kind| has(action, kind)) {
        let path = path.child(kind);
        count += 1;
        if count > 1 {
            errors.push(FieldError::forbidden(&path, "may not specify more than 1 handler type"));
            continue;
        }
        let Some(action) = action.get(kind) else { continue };
        match *kind {
            "exec" if items(action, "command").is_empty() => {
                errors.push(FieldError::required(&path.child("command"), ""));
            }
            "httpGet" => {
                if text(action, "path").is_empty() {
                    errors.push(FieldError::required(&path.child("path"), ""));
                }
                port(action.get("port"), &path.child("port"), errors);
                one_of(action, "scheme", &["HTTP", "HTTPS"], &path, errors);
            }
            "tcpSocket" | "grpc" => port(action.get("port"), &path.child("port"), errors),
            _ => {}
        }
    }
    if count == 0 {
        errors.push(FieldError::required(path, "must specify a handler type"));
    }
}

/// A port's number or name.
pub(super) fn port(port: Option<&Value>, path: &Path<'_>, errors: &mut Errors) {
    match port {
        Some(Value::Int(number)) => invalid(path, *number, names::port_number(*number), errors),
        Some(Value::Str(name)) => invalid(path, name, names::port_name(name), errors),
        _ => invalid(path, 0, names::port_number(0), errors),
    }
}
