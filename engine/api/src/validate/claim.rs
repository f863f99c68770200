//! Claims, volumes and storage classes.

use super::{Errors, FieldError, Path, items, one_of, text};
use crate::Value;
use crate::quantity::Quantity;

const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

fn modes(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let list = path.child("accessModes");
    if items(spec, "accessModes").is_empty() {
        errors.push(FieldError::required(&list, "at least 1 access mode is required"));
    }
    for mode in items(spec, "accessModes").iter().filter_map(Value::as_str) {
        if !MODES.contains(&mode.as_str()) {
            errors.push(FieldError::not_supported(&list, mode, &MODES));
        }
    }
}

fn amount(value: Option<&Value>) -> Option<Quantity> {
    Quantity::parse(value?.as_str()?).ok()
}

pub(super) fn check(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    modes(spec, path, errors);
    let resources = path.child("resources");
    let requests = resources.child("requests");
    let here = requests.key("storage");
    match amount(spec.at(&["resources", "requests", "storage"])) {
        None => errors.push(FieldError::required(&here, "")),
        Some(amount) if amount.sign() <= 0 => {
            errors.push(FieldError::invalid(&here, amount, "must be greater than zero"));
        }
        Some(_) => {}
    }
    one_of(spec, "volumeMode", &["Block", "Filesystem"], path, errors);
}

/// A claim's spec stays, but for a larger request.
pub(super) fn update(new: &Value, old: &Value, errors: &mut Errors) {
    let (Some(after), Some(before)) = (new.get("spec"), old.get("spec")) else { return };
    let bound = old.str_at(&["status", "phase"]).is_some_and(|phase| phase == "Bound");
    let mut rest = after.clone();
    // The controllers choose the volume and the default class once.
    for field in ["volumeName", "storageClassName"] {
        if before.get(field).is_none_or(Value::is_empty) {
            rest.remove(&[field]);
        }
    }
    let storage = ["resources", "requests", "storage"];
    let (wanted, had) = (amount(after.at(&storage)), amount(before.at(&storage)));
    if bound {
        rest.set(&storage, before.at(&storage).cloned());
        rest.set(&["volumeAttributesClassName"], before.get("volumeAttributesClassName").cloned());
        if before.get("volumeAttributesClassName").is_none() {
            rest.remove(&["volumeAttributesClassName"]);
        }
    }
    if rest != *before
        && !(before.get("volumeName").is_none_or(Value::is_empty) && rest == without_volume(before))
    {
        let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        errors.push(FieldError::forbidden("spec", why));
    }
    if bound && wanted < had {
        let path = "spec.resources.requests.storage";
        errors.push(FieldError::forbidden(path, "field can not be less than status.capacity"));
    }
}

fn without_volume(spec: &Value) -> Value {
    let mut spec = spec.clone();
    for field in ["volumeName", "storageClassName"] {
        if spec.get(field).is_some_and(Value::is_empty) {
            spec.remove(&[field]);
        }
    }
    spec
}

pub(super) fn volume(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    modes(spec, path, errors);
    let capacity = path.child("capacity");
    if spec.at(&["capacity", "storage"]).is_none() {
        errors.push(FieldError::required(&capacity.key("storage"), ""));
    }
    const NOT_SOURCES: [&str; 10] = [
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
        "volumeName",
    ];
    let sources = spec.as_map().map_or(0, |map| {
        map.iter().filter(|(f, v)| !NOT_SOURCES.contains(&f.as_str()) && !v.is_null()).count()
    });
    if sources == 0 {
        errors.push(FieldError::required(path, "must specify a volume type"));
    }
    one_of(spec, "persistentVolumeReclaimPolicy", &["Delete", "Recycle", "Retain"], path, errors);
    one_of(spec, "volumeMode", &["Block", "Filesystem"], path, errors);
}

pub(super) fn class(object: &Value, errors: &mut Errors) {
    if text(object, "provisioner").is_empty() {
        errors.push(FieldError::required("provisioner", ""));
    }
    for (field, supported) in [
        ("reclaimPolicy", ["Delete", "Retain"]),
        ("volumeBindingMode", ["Immediate", "WaitForFirstConsumer"]),
    ] {
        let given = text(object, field);
        if !supported.contains(&given) {
            errors.push(FieldError::not_supported(field, given, &supported));
        }
    }
}

pub(super) fn class_update(new: &Value, old: &Value, errors: &mut Errors) {
    for (field, why) in [
        ("parameters", "updates to parameters are forbidden."),
        ("provisioner", "updates to provisioner are forbidden."),
        ("reclaimPolicy", "updates to reclaimPolicy are forbidden."),
    ] {
        if new.get(field) != old.get(field) {
            errors.push(FieldError::forbidden(field, why));
        }
    }
    super::unchanged(new, old, &["volumeBindingMode"], errors);
}
