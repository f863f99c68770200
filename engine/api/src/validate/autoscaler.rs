//! HorizontalPodAutoscalers.

use super::{Errors, FieldError, Path, text};
use crate::Value;

pub(super) fn check(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let number = |field| spec.get(field).and_then(Value::as_int);
    let minimum = number("minReplicas");
    if let Some(minimum) = minimum
        && minimum < 1
    {
        errors.push(FieldError::invalid(
            &path.child("minReplicas"),
            minimum,
            "must be greater than or equal to 1",
        ));
    }
    let maximum = number("maxReplicas").unwrap_or(0);
    if maximum < 1 {
        errors.push(FieldError::invalid(&path.child("maxReplicas"), maximum, "must be greater than 0"));
    } else if minimum.is_some_and(|minimum| maximum < minimum) {
        let why = "must be greater than or equal to `minReplicas`";
        errors.push(FieldError::invalid(&path.child("maxReplicas"), maximum, why));
    }
    let target = spec.get("scaleTargetRef").unwrap_or(&Value::Null);
    for field in ["kind", "name"] {
        if text(target, field).is_empty() {
            let path = path.child("scaleTargetRef");
            errors.push(FieldError::required(&path.child(field), ""));
        }
    }
}
