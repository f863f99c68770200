//! Namespaces, configuration, accounts, leases, quotas.

use super::columns::{AGE, NAME, number, text};
use super::text::{age, at, created_at};
use super::{Cell, Printer};
use crate::{Object, Value};

pub(super) static NAMESPACES: Printer = Printer {
    columns: &[NAME, text("Status"), AGE],
    row: |object, now| {
        vec![Cell::from(object.name()), Cell::from(at(object, &["status", "phase"])), age(object, now)]
    },
};

fn count(object: &Object, fields: &[&str]) -> Cell {
    let sizes = fields.iter().map(|field| match object.value().get(field) {
        Some(Value::Map(map)) => map.len(),
        Some(Value::List(list)) => list.len(),
        _ => 0,
    });
    Cell::from(sizes.sum::<usize>() as i64)
}

pub(super) static CONFIG_MAPS: Printer = Printer {
    columns: &[NAME, text("Data"), AGE],
    row: |object, now| {
        vec![Cell::from(object.name()), count(object, &["data", "binaryData"]), age(object, now)]
    },
};

pub(super) static SECRETS: Printer = Printer {
    columns: &[NAME, text("Type"), text("Data"), AGE],
    row: |object, now| {
        vec![
            Cell::from(object.name()),
            Cell::from(at(object, &["type"])),
            count(object, &["data"]),
            age(object, now),
        ]
    },
};

pub(super) static SERVICE_ACCOUNTS: Printer = Printer {
    columns: &[NAME, number("Secrets"), AGE],
    row: |object, now| vec![Cell::from(object.name()), count(object, &["secrets"]), age(object, now)],
};

pub(super) static LEASES: Printer = Printer {
    columns: &[NAME, text("Holder"), AGE],
    row: |object, now| {
        vec![Cell::from(object.name()), Cell::from(at(object, &["spec", "holderIdentity"])), age(object, now)]
    },
};

/// Kinds whose age is the time of their creation in full.
pub(super) static CREATED_AT: Printer = Printer {
    columns: &[NAME, text("Created At")],
    row: |object, _| vec![Cell::from(object.name()), created_at(object)],
};

pub(super) static RESOURCE_QUOTAS: Printer = Printer {
    columns: &[NAME, text("Request"), text("Limit"), AGE],
    row: |object, now| {
        let (mut requests, mut limits) = (Vec::new(), Vec::new());
        if let Some(hard) = object.value().at(&["status", "hard"]).and_then(Value::as_map) {
            for (name, amount) in hard.iter() {
                let used = at(object, &["status", "used", name]);
                let used = if used.is_empty() { "0" } else { used };
                let text = format!("{name}: {used}/{}", amount.as_str().map_or("", |s| s.as_str()));
                if name.starts_with("limits") { limits.push(text) } else { requests.push(text) }
            }
        }
        vec![
            Cell::from(object.name()),
            Cell::from(requests.join(", ")),
            Cell::from(limits.join(", ")),
            age(object, now),
        ]
    },
};
