//! Volumes, claims, classes.

use super::columns::{AGE, NAME, text, wide};
use super::text::{age, at};
use super::{Cell, Printer};
use crate::{Object, Value};

/// `RWO,ROX`: access modes in short, in Kubernetes' order.
fn modes(object: &Object, path: &[&str]) -> String {
    let given = object.value().items_at(path);
    let known = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = |mode: &str| given.iter().any(|g| g.as_str().is_some_and(|g| g == mode));
    known.iter().filter(|(mode, _)| has(mode)).map(|(_, short)| *short).collect::<Vec<_>>().join(",")
}

/// A phase, unless the object is on its way out.
fn phase(object: &Object) -> Cell {
    Cell::from(if object.is_terminating() { "Terminating" } else { at(object, &["status", "phase"]) })
}

fn class(object: &Object) -> &str {
    let class = at(object, &["spec", "storageClassName"]);
    if class.is_empty() {
        at(object, &["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"])
    } else {
        class
    }
}

fn or_unset(text: &str) -> Cell {
    Cell::from(if text.is_empty() { "<unset>" } else { text })
}

pub(super) static VOLUMES: Printer = Printer {
    columns: &[
        NAME,
        text("Capacity"),
        text("Access Modes"),
        text("Reclaim Policy"),
        text("Status"),
        text("Claim"),
        text("StorageClass"),
        text("VolumeAttributesClass"),
        text("Reason"),
        AGE,
        wide("VolumeMode"),
    ],
    row: |object, now| {
        let claim = |name| at(object, &["spec", "claimRef", name]);
        let claim = if claim("name").is_empty() {
            String::new()
        } else {
            format!("{}/{}", claim("namespace"), claim("name"))
        };
        vec![
            Cell::from(object.name()),
            Cell::from(at(object, &["spec", "capacity", "storage"])),
            Cell::from(modes(object, &["spec", "accessModes"])),
            Cell::from(at(object, &["spec", "persistentVolumeReclaimPolicy"])),
            phase(object),
            Cell::from(claim),
            Cell::from(class(object)),
            or_unset(at(object, &["spec", "volumeAttributesClassName"])),
            Cell::from(at(object, &["status", "reason"])),
            age(object, now),
            or_unset(at(object, &["spec", "volumeMode"])),
        ]
    },
};

pub(super) static CLAIMS: Printer = Printer {
    columns: &[
        NAME,
        text("Status"),
        text("Volume"),
        text("Capacity"),
        text("Access Modes"),
        text("StorageClass"),
        text("VolumeAttributesClass"),
        AGE,
        wide("VolumeMode"),
    ],
    row: |object, now| {
        let volume = at(object, &["spec", "volumeName"]);
        let (capacity, access) = if volume.is_empty() {
            (String::new(), String::new())
        } else {
            (
                at(object, &["status", "capacity", "storage"]).to_owned(),
                modes(object, &["status", "accessModes"]),
            )
        };
        vec![
            Cell::from(object.name()),
            phase(object),
            Cell::from(volume),
            Cell::from(capacity),
            Cell::from(access),
            Cell::from(class(object)),
            or_unset(at(object, &["spec", "volumeAttributesClassName"])),
            age(object, now),
            or_unset(at(object, &["spec", "volumeMode"])),
        ]
    },
};

pub(super) static CLASSES: Printer = Printer {
    columns: &[
        NAME,
        text("Provisioner"),
        text("ReclaimPolicy"),
        text("VolumeBindingMode"),
        text("AllowVolumeExpansion"),
        AGE,
    ],
    row: |object, now| {
        let is_default =
            object.annotation("storageclass.kubernetes.io/is-default-class").is_some_and(|v| v == "true");
        // An object without a name stays without one.
        let name =
            if is_default { format!("{} (default)", object.name()) } else { object.name().to_string() };
        let expansion = object.value().get("allowVolumeExpansion").and_then(Value::as_bool).unwrap_or(false);
        vec![
            Cell::from(name),
            Cell::from(at(object, &["provisioner"])),
            Cell::from(at(object, &["reclaimPolicy"])),
            Cell::from(at(object, &["volumeBindingMode"])),
            Cell::from(expansion),
            age(object, now),
        ]
    },
};
