//! Labels, annotations and selectors, wherever they are.

use super::{Errors, FieldError, Path, invalid, items, text};
use crate::types::{self, LabelSelector};
use crate::{Value, names};

/// All annotations together.
const ANNOTATIONS_BYTES_MAX: usize = 256 * 1024;

pub(super) fn labels(labels: Option<&Value>, path: &Path<'_>, errors: &mut Errors) {
    let Some(labels) = labels.and_then(Value::as_map) else { return };
    for (key, value) in labels.iter() {
        invalid(path, key, names::qualified_name(key), errors);
        if let Some(value) = value.as_str() {
            invalid(path, value, names::label_value(value), errors);
        }
    }
}

pub(super) fn annotations(annotations: Option<&Value>, path: &Path<'_>, errors: &mut Errors) {
    let Some(annotations) = annotations.and_then(Value::as_map) else { return };
    let mut size = 0;
    for (key, value) in annotations.iter() {
        // Old annotations have capitals in their prefix.
        invalid(path, key, names::qualified_name(&key.to_lowercase()), errors);
        size += key.len() + value.as_str().map_or(0, |v| v.len());
    }
    if size > ANNOTATIONS_BYTES_MAX {
        errors.push(FieldError::too_long(path, ANNOTATIONS_BYTES_MAX));
    }
}

pub(super) fn selector(selector: &Value, path: &Path<'_>, errors: &mut Errors) {
    labels(selector.get("matchLabels"), &path.child("matchLabels"), errors);
    let expressions = path.child("matchExpressions");
    for (i, requirement) in items(selector, "matchExpressions").iter().enumerate() {
        let path = expressions.index(i);
        let values = items(requirement, "values");
        match text(requirement, "operator") {
            "In" | "NotIn" if values.is_empty() => {
                let why = "must be specified when `operator` is 'In' or 'NotIn'";
                errors.push(FieldError::required(&path.child("values"), why));
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.push(FieldError::forbidden(&path.child("values"), why));
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => errors.push(FieldError::invalid(
                &path.child("operator"),
                other,
                "not a valid selector operator",
            )),
        }
        invalid(
            &path.child("key"),
            text(requirement, "key"),
            names::qualified_name(text(requirement, "key")),
            errors,
        );
        for (i, value) in values.iter().filter_map(Value::as_str).enumerate() {
            invalid(&path.child("values").index(i), value, names::label_value(value), errors);
        }
    }
}

/// A workload's selector must be there, select something, and select the pods of its template.
pub(super) fn workload_selector(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let empty = Value::map();
    let labels = spec.at(&["template", "metadata", "labels"]).unwrap_or(&empty);
    let mismatch = || {
        let template = path.child("template");
        let metadata = template.child("metadata");
        let why = "`selector` does not match template `labels`";
        FieldError::invalid(&metadata.child("labels"), labels, why)
    };
    let Some(value) = spec.get("selector").filter(|s| !s.is_null()) else {
        errors.push(FieldError::required(&path.child("selector"), ""));
        // No selector selects nothing: the template does not match it either.
        return errors.push(mismatch());
    };
    selector(value, &path.child("selector"), errors);
    let Ok(selector) = types::decode::<LabelSelector>(value) else { return };
    if selector.is_empty() {
        let why = "empty selector is invalid for deployment";
        return errors.push(FieldError::invalid(&path.child("selector"), value, why));
    }
    if !selector.matches(labels) {
        errors.push(mismatch());
    }
}
