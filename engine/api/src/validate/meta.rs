//! Metadata.

use super::{Errors, FieldError, Path, has, invalid, items, labels, text};
use crate::kinds::KindInfo;
use crate::{Value, names};

pub(super) fn check(kind: &KindInfo, object: &Value, errors: &mut Errors) {
    let path = Path::root("metadata");
    let empty = Value::map();
    let meta = object.get("metadata").unwrap_or(&empty);
    let name = text(meta, "name");
    let prefix = text(meta, "generateName");
    if !prefix.is_empty() {
        // What is generated ends in letters and digits: a dash at the end is fine.
        invalid(
            &path.child("generateName"),
            prefix,
            name_of(kind, &format!("{}a", prefix.trim_end_matches('-'))),
            errors,
        );
    }
    if !name.is_empty() {
        invalid(&path.child("name"), name, name_of(kind, name), errors);
    } else if prefix.is_empty() {
        errors.push(FieldError::required(&path.child("name"), "name or generateName is required"));
    }
    let namespace = text(meta, "namespace");
    if kind.namespaced {
        if namespace.is_empty() {
            errors.push(FieldError::required(&path.child("namespace"), ""));
        } else {
            invalid(&path.child("namespace"), namespace, names::dns1123_label(namespace), errors);
        }
    } else if !namespace.is_empty() {
        errors.push(FieldError::forbidden(&path.child("namespace"), "not allowed on this type"));
    }
    labels::labels(meta.get("labels"), &path.child("labels"), errors);
    labels::annotations(meta.get("annotations"), &path.child("annotations"), errors);
    for (i, finalizer) in items(meta, "finalizers").iter().filter_map(Value::as_str).enumerate() {
        let here = path.child("finalizers");
        invalid(&here.index(i), finalizer, names::qualified_name(finalizer), errors);
        let standard = ["kubernetes", "orphan", "foregroundDeletion"];
        if !finalizer.contains('/') && !standard.contains(&finalizer.as_str()) && kind.group.is_empty() {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid(&here.index(i), finalizer, why));
        }
    }
    owners(meta, &path.child("ownerReferences"), errors);
}

fn owners(meta: &Value, path: &Path<'_>, errors: &mut Errors) {
    let mut controller: Option<&str> = None;
    for (i, owner) in items(meta, "ownerReferences").iter().enumerate() {
        let path = path.index(i);
        if text(owner, "apiVersion").is_empty() {
            errors.push(FieldError::invalid(&path.child("apiVersion"), "", "version must not be empty"));
        }
        for field in ["kind", "name", "uid"] {
            if text(owner, field).is_empty() {
                errors.push(FieldError::invalid(&path.child(field), "", "must not be empty"));
            }
        }
        if owner.get("controller").and_then(Value::as_bool) == Some(true) {
            let name = text(owner, "name");
            if let Some(first) = controller {
                let why = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {name}"
                );
                let all = meta.get("ownerReferences").cloned();
                errors.push(FieldError::invalid("metadata.ownerReferences", all, why));
            }
            controller = Some(name);
        }
    }
}

/// What is wrong with an object's name.
fn name_of(kind: &KindInfo, name: &str) -> names::Wrong {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Service") => names::dns1035_label(name),
        ("", "Namespace") => names::dns1123_label(name),
        ("rbac.authorization.k8s.io", _) => names::path_segment(name),
        ("batch", "CronJob") if name.len() > 52 => vec!["must be no more than 52 bytes".to_owned()],
        _ => names::dns1123_subdomain(name),
    }
}

pub(super) fn update(new: &Value, old: &Value, errors: &mut Errors) {
    let (new_meta, old_meta) =
        (new.get("metadata").unwrap_or(&Value::Null), old.get("metadata").unwrap_or(&Value::Null));
    let path = Path::root("metadata");
    for field in
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
    {
        let (after, before) = (new_meta.get(field), old_meta.get(field));
        // A client that leaves a field out does not mean to change it.
        if after != before && has(new_meta, field) {
            errors.push(FieldError::invalid(&path.child(field), after.cloned(), "field is immutable"));
        }
    }
    if has(old_meta, "deletionTimestamp") {
        let before = items(old_meta, "finalizers");
        let added: Vec<Value> =
            items(new_meta, "finalizers").iter().filter(|f| !before.contains(f)).cloned().collect();
        if !added.is_empty() {
            let names: Vec<&str> = added.iter().filter_map(Value::as_str).map(|s| s.as_str()).collect();
            let why = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                names.iter().map(|n| format!("{n:?}")).collect::<Vec<_>>().join(", ")
            );
            errors.push(FieldError::forbidden(&path.child("finalizers"), why));
        }
    }
}
