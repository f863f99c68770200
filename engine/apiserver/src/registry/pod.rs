//! Pods: what a new one looks like.

use api::quantity::Quantity;
use api::{Str, Value, literal, object};

pub(super) fn prepare_create(pod: &mut Value) {
    let class = qos_class(pod);
    let status = object! { "phase": literal!("Pending"), "qosClass": class };
    pod.make_map().insert(literal!("status"), status);
}

/// The quality of service that the resources of a pod's containers come to.
pub(crate) fn qos_class(pod: &Value) -> Str {
    let containers =
        || ["containers", "initContainers"].into_iter().flat_map(|list| pod.items_at(&["spec", list]));
    let amount = |container: &Value, which: &str, name: &str| {
        let value = container.at(&["resources", which, name])?;
        let text = match value {
            Value::Str(text) => text.to_string(),
            other => format!("{other:?}"),
        };
        Quantity::parse(&text).ok().filter(|quantity| *quantity != Quantity::default())
    };
    let mut any = false;
    let mut guaranteed = true;
    for container in containers() {
        for name in ["cpu", "memory"] {
            let limit = amount(container, "limits", name);
            // A missing request is defaulted to the limit.
            let request = amount(container, "requests", name).or(limit);
            any |= limit.is_some() || request.is_some();
            guaranteed &= limit.is_some() && limit == request;
        }
    }
    match (any, guaranteed) {
        (false, _) => literal!("BestEffort"),
        (true, true) => literal!("Guaranteed"),
        (true, false) => literal!("Burstable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qos_classes() {
        let pod = |resources: Value| {
            let container = object! { "name": "c", "resources": resources };
            object! { "spec": { "containers": [(container)] } }
        };
        for (resources, want) in [
            (Value::map(), "BestEffort"),
            (object! { "requests": { "cpu": "100m" } }, "Burstable"),
            (object! { "limits": { "cpu": "1" } }, "Burstable"),
            (object! { "limits": { "cpu": "1", "memory": "1Gi" } }, "Guaranteed"),
            (
                object! { "limits": { "cpu": "1", "memory": "1Gi" }, "requests": { "cpu": "1000m" } },
                "Guaranteed",
            ),
            (object! { "limits": { "cpu": "1", "memory": "1Gi" }, "requests": { "cpu": "1m" } }, "Burstable"),
        ] {
            assert_eq!(qos_class(&pod(resources.clone())).as_str(), want, "{resources:?}");
        }
    }
}
