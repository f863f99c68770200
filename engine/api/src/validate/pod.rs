//! Pods.

use super::pod_spec::pod_spec;
use super::{Errors, FieldError, Path, items};
use crate::Value;

pub(super) fn create(pod: &Value, errors: &mut Errors) {
    pod_spec(pod.get("spec").unwrap_or(&Value::Null), &Path::root("spec"), errors);
}

const MAY_NOT: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),\
`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

pub(super) fn update(new: &Value, old: &Value, errors: &mut Errors) {
    let (Some(new), Some(old)) = (new.get("spec"), old.get("spec")) else { return };
    if new.same(old) {
        return;
    }
    for field in ["containers", "initContainers"] {
        if items(new, field).len() != items(old, field).len() {
            let path = Path::root("spec");
            let why = if field == "containers" { "containers" } else { "init containers" };
            let why = format!("pod updates may not add or remove {why}");
            return errors.push(FieldError::forbidden(&path.child(field), why));
        }
        for (i, (after, before)) in items(new, field).iter().zip(items(old, field)).enumerate() {
            let image = after.get("image").and_then(Value::as_str).map_or("", |s| s.as_str());
            if image.is_empty() && before.get("image").is_some() {
                errors.push(FieldError::required(format!("spec.{field}[{i}].image"), ""));
            }
        }
    }
    // Take back what may change; nothing else may be left.
    let mut rest = new.clone();
    for field in ["containers", "initContainers"] {
        let mut list = items(new, field).to_vec();
        for (after, before) in list.iter_mut().zip(items(old, field)) {
            let (image, previous) = (after.get("image").cloned(), before.get("image").cloned());
            if image != previous {
                after.set(&["image"], previous);
            }
        }
        if list.as_slice() != items(new, field) {
            rest.set(&[field], list);
        }
    }
    let kept = |field: &str, part: &[Value], whole: &[Value]| {
        // `part` must be found in `whole`.
        if !part.iter().all(|item| whole.contains(item)) {
            return Err(field.to_owned());
        }
        Ok(())
    };
    if let Err(field) = kept("tolerations", items(old, "tolerations"), items(new, "tolerations")) {
        let path = Path::root("spec");
        let why = "existing toleration can not be modified except its tolerationSeconds";
        if !same_tolerations(items(old, "tolerations"), items(new, "tolerations")) {
            return errors.push(FieldError::forbidden(&path.child(&field), why));
        }
    }
    if let Err(field) = kept("schedulingGates", items(new, "schedulingGates"), items(old, "schedulingGates"))
    {
        let path = Path::root("spec");
        let why = "only deletion is allowed, but found new scheduling gate";
        return errors.push(FieldError::forbidden(&path.child(&field), why));
    }
    let was_gated = !items(old, "schedulingGates").is_empty();
    let mut free = vec!["tolerations", "schedulingGates", "activeDeadlineSeconds"];
    if was_gated {
        // What narrows the choice of nodes may change while the scheduler does not look.
        free.extend(["nodeSelector", "affinity"]);
    }
    if old.int_at(&["terminationGracePeriodSeconds"]).is_some_and(|seconds| seconds < 0) {
        free.push("terminationGracePeriodSeconds");
    }
    for field in free {
        match old.get(field) {
            before if before == rest.get(field) => {}
            Some(before) => rest.set(&[field], before),
            None => {
                rest.remove(&[field]);
            }
        }
    }
    if rest != *old {
        errors.push(FieldError::forbidden("spec", MAY_NOT));
    }
    deadline(new, old, errors);
}

/// Every old toleration is still there, but for its seconds.
fn same_tolerations(old: &[Value], new: &[Value]) -> bool {
    let bare = |toleration: &Value| {
        let mut toleration = toleration.clone();
        toleration.remove(&["tolerationSeconds"]);
        toleration
    };
    let new: Vec<Value> = new.iter().map(bare).collect();
    old.iter().all(|toleration| new.contains(&bare(toleration)))
}

fn deadline(new: &Value, old: &Value, errors: &mut Errors) {
    let (after, before) = (new.int_at(&["activeDeadlineSeconds"]), old.int_at(&["activeDeadlineSeconds"]));
    let path = Path::root("spec");
    let path = path.child("activeDeadlineSeconds");
    match (after, before) {
        (Some(after), Some(before)) if after > before => {
            errors.push(FieldError::invalid(&path, after, "must be less than or equal to previous value"));
        }
        (None, Some(_)) => {
            errors.push(FieldError::invalid(
                &path,
                Value::Null,
                "must not update from a positive integer to nil value",
            ));
        }
        _ => {}
    }
}
