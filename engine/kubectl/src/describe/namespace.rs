//! Namespaces.

use api::{Map, Value};

use super::Subject;
use super::text::{at, head, marks};
use crate::print::jsonpath::text_of;

/// The description of a Namespace.
pub fn describe(subject: &Subject<'_>) -> String {
    let namespace = subject.value();
    let mut out = String::new();
    head(namespace, &mut out);
    marks(namespace, &mut out);
    out.push_str(&format!("Status:\t{}\n", at(namespace, &["status", "phase"])));
    let conditions = namespace.items_at(&["status", "conditions"]);
    if !conditions.is_empty() {
        out.push_str("Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage\n");
        out.push_str("  ----\t------\t------------------\t------\t-------\n");
        for condition in conditions {
            let part = |field: &str| at(condition, &[field]);
            let time = super::text::long_time(part("lastTransitionTime"));
            out.push_str(&format!(
                "  {}\t{}\t{time}\t{}\t{}\n",
                part("type"),
                part("status"),
                part("reason"),
                part("message")
            ));
        }
    }
    quotas(subject.items(0), &mut out);
    out.push_str(if subject.items(1).is_empty() {
        "\nNo LimitRange resource.\n"
    } else {
        "\nResource Limits\n"
    });
    for range in subject.items(1) {
        out.push_str(&format!(" Name:\t{}\n", at(range, &["metadata", "name"])));
    }
    out
}

fn quotas(quotas: &[Value], out: &mut String) {
    if quotas.is_empty() {
        out.push_str("\nNo resource quota.\n");
        return;
    }
    out.push_str("\nResource Quotas\n");
    for quota in quotas {
        out.push_str(&format!(
            "  Name:\t{}\n  Resource\tUsed\tHard\n  --------\t---\t---\n",
            at(quota, &["metadata", "name"])
        ));
        let hard = quota.at(&["status", "hard"]).and_then(Value::as_map);
        for (name, amount) in hard.into_iter().flat_map(Map::iter) {
            let used = quota.at(&["status", "used", name]).map(text_of).unwrap_or_default();
            out.push_str(&format!("  {name}\t{used}\t{}\n", text_of(amount)));
        }
    }
}
