//! Quality of service.

use api::types::Pod;

/// `Guaranteed` when every container has limits for CPU and memory that its requests equal, `BestEffort` when none
/// asks for anything, else `Burstable`.
pub fn qos_class(pod: &Pod) -> &'static str {
    let mut asked = false;
    let mut guaranteed = true;
    for container in pod.spec.containers.iter().chain(&pod.spec.init_containers) {
        let (requests, limits) = (&container.resources.requests, &container.resources.limits);
        for resource in ["cpu", "memory"] {
            let limit = limits.get(resource).filter(|q| !q.is_zero());
            let request = requests.get(resource).filter(|q| !q.is_zero()).or(limit);
            asked |= request.is_some();
            guaranteed &= limit.is_some() && limit == request;
        }
    }
    match (asked, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{Object, Value, object};

    #[test]
    fn classes() {
        let both = object! { "cpu": "1", "memory": "1Gi" };
        let cases: [(Value, &str); 5] = [
            (object!({}), "BestEffort"),
            (object! { "limits": both.clone() }, "Guaranteed"),
            (
                object! { "limits": both.clone(), "requests": { "cpu": "1000m", "memory": "1Gi" } },
                "Guaranteed",
            ),
            (object! { "limits": both.clone(), "requests": { "cpu": "500m", "memory": "1Gi" } }, "Burstable"),
            (object! { "requests": { "cpu": "1m" } }, "Burstable"),
        ];
        for (resources, class) in cases {
            let pod = Object::new(object! {
                "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p" },
                "spec": { "containers": [{ "name": "c", "resources": resources.clone() }] },
            });
            assert_eq!(qos_class(pod.pod().unwrap()), class, "{resources:?}");
        }
    }
}
