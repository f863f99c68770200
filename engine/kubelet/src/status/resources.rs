//! What a pod asks for, as the scheduler and the kubelet count it.

use api::types::{Container, Pod};

fn request(container: &Container, resource: &str) -> i64 {
    container
        .resources
        .requests
        .get(resource)
        .map_or(0, |quantity| if resource == "cpu" { quantity.milli_value() } else { quantity.value() })
}

fn total(pod: &Pod, resource: &str) -> i64 {
    let spec = &pod.spec;
    let sum: i64 = spec.containers.iter().map(|c| request(c, resource)).sum();
    let (mut sidecars, mut most) = (0, 0);
    for container in &spec.init_containers {
        if container.restart_policy == "Always" {
            sidecars += request(container, resource);
            most = most.max(sidecars);
        } else {
            most = most.max(sidecars + request(container, resource));
        }
    }
    let overhead = spec
        .overhead
        .get(resource)
        .map_or(0, |q| if resource == "cpu" { q.milli_value() } else { q.value() });
    (sum + sidecars).max(most) + overhead
}

/// Milli-CPUs and bytes of memory that a pod requests: its containers' sum or its greediest init container, sidecars
/// counted with both.
pub fn pod_requests(pod: &Pod) -> (i64, i64) {
    (total(pod, "cpu"), total(pod, "memory"))
}
