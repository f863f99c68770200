//! Leases.

use super::{Errors, FieldError, Path, not_negative};
use crate::Value;

pub(super) fn check(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    if let Some(seconds) = spec.get("leaseDurationSeconds").and_then(Value::as_int)
        && seconds <= 0
    {
        errors.push(FieldError::invalid(
            &path.child("leaseDurationSeconds"),
            seconds,
            "must be greater than 0",
        ));
    }
    not_negative(spec, "leaseTransitions", path, errors);
}
