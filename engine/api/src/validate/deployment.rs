//! Deployments.

use super::container::never_negative;
use super::pod_spec::lasting_template;
use super::{Errors, FieldError, Path, has, labels, text};
use crate::Value;
use crate::intstr::IntOrString;
use crate::types::Decode;

pub(super) fn check(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let numbers = ["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"];
    never_negative(spec, &numbers, path, errors);
    labels::workload_selector(spec, path, errors);
    lasting_template(spec.get("template"), &path.child("template"), errors);
    strategy(spec.get("strategy").unwrap_or(&Value::Null), &path.child("strategy"), errors);
    let number = |field| spec.get(field).and_then(Value::as_int);
    if let Some(deadline) = number("progressDeadlineSeconds")
        && deadline <= number("minReadySeconds").unwrap_or(0)
    {
        let why = "must be greater than minReadySeconds";
        errors.push(FieldError::invalid(&path.child("progressDeadlineSeconds"), deadline, why));
    }
}

fn strategy(strategy: &Value, path: &Path<'_>, errors: &mut Errors) {
    match text(strategy, "type") {
        "Recreate" if has(strategy, "rollingUpdate") => {
            let why = "may not be specified when strategy `type` is 'Recreate'";
            errors.push(FieldError::forbidden(&path.child("rollingUpdate"), why));
        }
        "Recreate" => {}
        "RollingUpdate" => match strategy.get("rollingUpdate") {
            None | Some(Value::Null) => {
                errors.push(FieldError::required(
                    &path.child("rollingUpdate"),
                    "this should be defaulted and never be nil",
                ));
            }
            Some(update) => rolling_update(update, &path.child("rollingUpdate"), errors),
        },
        other => {
            errors.push(FieldError::not_supported(&path.child("type"), other, &["Recreate", "RollingUpdate"]))
        }
    }
}

fn rolling_update(update: &Value, path: &Path<'_>, errors: &mut Errors) {
    let mut zeros = 0;
    for field in ["maxUnavailable", "maxSurge"] {
        let value = update.get(field).unwrap_or(&Value::Null);
        let amount = IntOrString::decode(value).unwrap_or_default();
        non_negative_or_percent(&amount, &path.child(field), errors);
        zeros += u32::from(
            amount.percent().unwrap_or(if let IntOrString::Int(i) = amount { i.into() } else { 1 }) == 0,
        );
    }
    let unavailable = update.get("maxUnavailable");
    let percent = unavailable.and_then(|v| IntOrString::decode(v).ok()).and_then(|v| v.percent());
    if percent.is_some_and(|percent| percent > 100) {
        let why = "must not be greater than 100%";
        errors.push(FieldError::invalid(&path.child("maxUnavailable"), unavailable.cloned(), why));
    }
    if zeros == 2 {
        let why = "may not be 0 when `maxSurge` is 0";
        errors.push(FieldError::invalid(&path.child("maxUnavailable"), unavailable.cloned(), why));
    }
}

/// A number that is not negative, or a percentage.
pub(super) fn non_negative_or_percent(amount: &IntOrString, path: &Path<'_>, errors: &mut Errors) {
    match amount {
        IntOrString::Int(i) if *i < 0 => {
            errors.push(FieldError::invalid(path, *i, "must be greater than or equal to 0"));
        }
        IntOrString::Str(s) if amount.percent().is_none_or(|p| p < 0) => {
            let why = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', or '93%', regex used for validation is '[0-9]+%')";
            errors.push(FieldError::invalid(path, s, why));
        }
        _ => {}
    }
}
