//! DefaultTolerationSeconds: a pod stays for 5 minutes on a node that is not ready or not reachable.

use api::{Str, Value, literal, object};

use super::Attributes;
use crate::ApiServer;
use crate::failure::Result;
use crate::operation::Operation;

/// `--default-not-ready-toleration-seconds`, `--default-unreachable-toleration-seconds`.
const SECONDS: i64 = 300;

/// The two tolerations. All pods of a server share them.
pub(crate) fn tolerations() -> [Value; 2] {
    [literal!("node.kubernetes.io/not-ready"), literal!("node.kubernetes.io/unreachable")].map(|key| {
        object! {
            "key": key, "operator": literal!("Exists"), "effect": literal!("NoExecute"), "tolerationSeconds": SECONDS,
        }
    })
}

pub(super) fn admit(
    server: &ApiServer,
    _: &Operation,
    pod: &mut Value,
    attributes: &Attributes<'_>,
) -> Result<Option<Str>> {
    if !attributes.is_new_pod() {
        return Ok(None);
    }
    let there = pod.items_at(&["spec", "tolerations"]);
    let covered = |ours: &Value| {
        let key = ours.str_at(&["key"]).map_or("", |key| key.as_str());
        there.iter().any(|toleration| tolerates(toleration, key))
    };
    let missing: Vec<Value> = server.tolerations.iter().filter(|ours| !covered(ours)).cloned().collect();
    if missing.is_empty() {
        return Ok(None);
    }
    pod.entry(&["spec"]).make_map().entry("tolerations").make_list().as_mut().extend(missing);
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
