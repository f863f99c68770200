//! DefaultTolerationSeconds: a pod stays for 5 minutes on a node that is not ready or not reachable.

use api::{Str, Value, literal, object};

use super::Attributes;
use crate::ApiServer;
use crate::failure::Result;
use crate::operation::Operation;

/// `--default-not-ready-toleration-seconds`, `--default-unreachable-toleration-seconds`.
const SECONDS: i64 = 300;

pub(super) fn admit(
    _: &ApiServer,
    _: &Operation,
    pod: &mut Value,
    attributes: &Attributes<'_>,
) -> Result<Option<Str>> {
    if !attributes.resource.is_pod() || attributes.previous.is_some() {
        return Ok(None);
    }
    let tolerations = pod.items_at(&["spec", "tolerations"]);
    let mut missing = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].into_iter();
    let missing: Vec<&str> =
        missing.by_ref().filter(|key| !tolerations.iter().any(|t| tolerates(t, key))).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    let list = pod.entry(&["spec", "tolerations"]).make_list();
    for key in missing {
        list.push(object! {
            "key": key, "operator": literal!("Exists"), "effect": literal!("NoExecute"), "tolerationSeconds": SECONDS,
        });
    }
    Ok(Some(literal!("spec.tolerations: not-ready and unreachable for 300s")))
}

/// True when a toleration covers `key:NoExecute`.
fn tolerates(toleration: &Value, key: &str) -> bool {
    let text = |field: &str| toleration.str_at(&[field]).map_or("", |text| text.as_str());
    (text("key") == key || text("key").is_empty()) && matches!(text("effect"), "NoExecute" | "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_covers_no_execute() {
        for (toleration, want) in [
            (object! { "operator": "Exists" }, true),
            (object! { "key": "k", "operator": "Exists" }, true),
            (object! { "key": "k", "operator": "Exists", "effect": "NoExecute" }, true),
            (object! { "key": "k", "operator": "Exists", "effect": "NoSchedule" }, false),
            (object! { "key": "other", "operator": "Exists" }, false),
        ] {
            assert_eq!(tolerates(&toleration, "k"), want, "{toleration:?}");
        }
    }
}
