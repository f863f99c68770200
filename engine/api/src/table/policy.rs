//! Disruption budgets, priorities, bindings, certificates, API services.

use super::columns::{AGE, NAME, number, text, wide};
use super::text::{NONE, age, at, number_at, or_none};
use super::{Cell, Printer};
use crate::{Object, Value};

pub(super) static DISRUPTION_BUDGETS: Printer = Printer {
    columns: &[NAME, text("Min Available"), text("Max Unavailable"), number("Allowed Disruptions"), AGE],
    row: |object, now| {
        let limit = |name| match object.value().at(&["spec", name]) {
            Some(Value::Int(i)) => Cell::from(i.to_string()),
            Some(Value::Str(s)) => Cell::from(s),
            _ => Cell::from("N/A"),
        };
        vec![
            Cell::from(object.name()),
            limit("minAvailable"),
            limit("maxUnavailable"),
            number_at(object, &["status", "disruptionsAllowed"]),
            age(object, now),
        ]
    },
};

pub(super) static PRIORITY_CLASSES: Printer = Printer {
    columns: &[NAME, text("Value"), text("Global-Default"), AGE, text("PreemptionPolicy")],
    row: |object, now| {
        let global = object.value().get("globalDefault").and_then(Value::as_bool).unwrap_or(false);
        vec![
            Cell::from(object.name()),
            number_at(object, &["value"]),
            Cell::from(global),
            age(object, now),
            Cell::from(at(object, &["preemptionPolicy"])),
        ]
    },
};

pub(super) static BINDINGS: Printer = Printer {
    columns: &[NAME, text("Role"), AGE, wide("Users"), wide("Groups"), wide("ServiceAccounts")],
    row: |object, now| {
        let names = |kind: &str| {
            let field = |s: &Value, name| s.str_at(&[name]).map(|s| s.to_string()).unwrap_or_default();
            let subjects = object.value().items_at(&["subjects"]).iter().filter(|s| field(s, "kind") == kind);
            let names = subjects.map(|s| match field(s, "namespace") {
                namespace if kind == "ServiceAccount" => format!("{namespace}/{}", field(s, "name")),
                _ => field(s, "name"),
            });
            Cell::from(names.collect::<Vec<_>>().join(", "))
        };
        let role = format!("{}/{}", at(object, &["roleRef", "kind"]), at(object, &["roleRef", "name"]));
        vec![
            Cell::from(object.name()),
            Cell::from(role),
            age(object, now),
            names("User"),
            names("Group"),
            names("ServiceAccount"),
        ]
    },
};

pub(super) static SIGNING_REQUESTS: Printer = Printer {
    columns: &[
        NAME,
        AGE,
        text("SignerName"),
        text("Requestor"),
        text("RequestedDuration"),
        text("Condition"),
    ],
    row: |object, now| {
        let seconds = object.value().int_at(&["spec", "expirationSeconds"]);
        let span = seconds.map(|s| crate::duration::human(std::time::Duration::from_secs(s.max(0) as u64)));
        vec![
            Cell::from(object.name()),
            age(object, now),
            or_none(at(object, &["spec", "signerName"])),
            Cell::from(at(object, &["spec", "username"])),
            Cell::from(span.unwrap_or_else(|| NONE.to_owned())),
            Cell::from(signing_condition(object)),
        ]
    },
};

fn signing_condition(object: &Object) -> String {
    let conditions = object.value().items_at(&["status", "conditions"]);
    let mut parts: Vec<&str> = Vec::new();
    for kind in ["Approved", "Denied", "Failed"] {
        if conditions.iter().any(|c| c.str_at(&["type"]).is_some_and(|t| t == kind)) {
            parts.push(kind);
        }
    }
    if parts.is_empty() {
        parts.push("Pending");
    }
    if !at(object, &["status", "certificate"]).is_empty() {
        parts.push("Issued");
    }
    parts.join(",")
}

pub(super) static API_SERVICES: Printer = Printer {
    columns: &[NAME, text("Service"), text("Available"), AGE],
    row: |object, now| {
        let service = |name| at(object, &["spec", "service", name]);
        let service = if service("name").is_empty() {
            "Local".to_owned()
        } else {
            format!("{}/{}", service("namespace"), service("name"))
        };
        let conditions = object.value().items_at(&["status", "conditions"]);
        let available = conditions.iter().find(|c| c.str_at(&["type"]).is_some_and(|t| t == "Available"));
        let available = available.map_or("Unknown".to_owned(), |c| {
            let field = |name| c.str_at(&[name]).map_or("", |s| s.as_str());
            if field("status") == "True" {
                "True".to_owned()
            } else {
                format!("{} ({})", field("status"), field("reason"))
            }
        });
        vec![Cell::from(object.name()), Cell::from(service), Cell::from(available), age(object, now)]
    },
};
