//! Nodes.

use super::{Errors, FieldError, Path, invalid, items, text};
use crate::{Value, names};

pub(super) fn check(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let list = path.child("taints");
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (i, taint) in items(spec, "taints").iter().enumerate() {
        let path = list.index(i);
        let (key, effect) = (text(taint, "key"), text(taint, "effect"));
        invalid(&path.child("key"), key, names::qualified_name(key), errors);
        invalid(&path.child("value"), text(taint, "value"), names::label_value(text(taint, "value")), errors);
        match effect {
            "" => errors.push(FieldError::required(&path.child("effect"), "")),
            "NoSchedule" | "PreferNoSchedule" | "NoExecute" => {}
            _ => {
                let supported = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
                errors.push(FieldError::not_supported(&path.child("effect"), effect, &supported));
            }
        }
        if seen.contains(&(key, effect)) {
            errors.push(FieldError::duplicate(&path, taint));
        }
        seen.push((key, effect));
    }
}

pub(super) fn update(new: &Value, old: &Value, errors: &mut Errors) {
    let cidrs = |object: &Value| object.items_at(&["spec", "podCIDRs"]).to_vec();
    if !cidrs(old).is_empty() && cidrs(new) != cidrs(old) {
        let why = "node updates may not change podCIDR except from \"\" to valid";
        errors.push(FieldError::forbidden("spec.podCIDRs", why));
    }
    let provider = |object: &Value| object.str_at(&["spec", "providerID"]).cloned().unwrap_or_default();
    if !provider(old).is_empty() && provider(new) != provider(old) {
        let why = "node updates may not change providerID except from \"\" to valid";
        errors.push(FieldError::forbidden("spec.providerID", why));
    }
}
