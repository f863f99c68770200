//! What Endpoints and EndpointSlices have in common: which pods a service has, and on which ports.

use api::intstr::IntOrString;
use api::types::{Pod, Service, ServicePort};
use api::{Object, ObjectKey, Value, object};
use client::{Delta, WorkQueue};
use sim::{SimTime, Str, literal};
use std::time::Duration;

use crate::item::Item;
use crate::world::{Kind, World};

/// The annotation that says when the change happened that a write tells of; clients measure propagation by it. The
/// lab takes the moment of the write, which follows the change by the queue's delay at most.
pub const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// A port as an endpoint has it, in the order in which ports are sorted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Port {
    pub name: Str,
    pub port: i32,
    pub protocol: Str,
    pub app_protocol: Str,
}

impl Port {
    /// As both kinds write it.
    pub fn value(&self) -> Value {
        let mut value = object! { "name": &self.name, "port": self.port, "protocol": &self.protocol };
        if self.name.is_empty() {
            value.remove(&["name"]);
        }
        if !self.app_protocol.is_empty() {
            value.set(&["appProtocol"], &self.app_protocol);
        }
        value
    }
}

/// True when the controllers make this service's endpoints: it has a selector and is no alias.
pub fn has_endpoints(service: &Service) -> bool {
    !service.spec.selector.is_empty() && service.spec.kind != "ExternalName"
}

/// True without a cluster IP of its own: its endpoints are what clients get.
pub fn is_headless(service: &Service) -> bool {
    service.spec.cluster_ip == "None"
}

/// The pods that a service selects.
pub fn selected<'a>(service: &Service, world: &'a World) -> Vec<&'a Object> {
    let pods = world.store(Kind::Pods).in_namespace(&service.metadata.namespace);
    let selects = |pod: &&Object| {
        let labels = pod.pod().map(|pod| &pod.metadata.labels);
        labels.is_some_and(|labels| {
            service.spec.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
        })
    };
    pods.filter(selects).collect()
}

/// True when a pod is to be among the endpoints at all.
pub fn belongs(pod: &Pod, with_terminating: bool) -> bool {
    !pod.is_terminal() && !pod.status.pod_ip.is_empty() && (with_terminating || !pod.is_terminating())
}

/// The ports of a service on one pod; those whose name the pod does not know are left out.
pub fn ports(service: &Service, pod: &Pod) -> Vec<Port> {
    let mut ports: Vec<Port> = service.spec.ports.iter().filter_map(|port| resolve(port, pod)).collect();
    ports.sort();
    ports
}

/// The ports of a service, when no pod has to be asked for them.
pub fn fixed_ports(service: &Service) -> Option<Vec<Port>> {
    let numbered = |port: &ServicePort| match &port.target_port {
        IntOrString::Int(_) => true,
        IntOrString::Str(name) => name.is_empty(),
    };
    service.spec.ports.iter().all(numbered).then(|| ports(service, &Pod::default()))
}

fn resolve(port: &ServicePort, pod: &Pod) -> Option<Port> {
    let protocol = if port.protocol.is_empty() { literal!("TCP") } else { port.protocol.clone() };
    let number = match &port.target_port {
        IntOrString::Int(0) => port.port,
        IntOrString::Int(number) => *number,
        IntOrString::Str(name) if name.is_empty() => port.port,
        IntOrString::Str(name) => {
            let containers = pod.spec.sidecars().chain(&pod.spec.containers);
            let mut ports = containers.flat_map(|container| &container.ports);
            let same = |p: &&api::types::ContainerPort| {
                p.name == *name && (p.protocol == protocol || (p.protocol.is_empty() && protocol == "TCP"))
            };
            ports.find(same)?.container_port
        }
    };
    Some(Port { name: port.name.clone(), port: number, protocol, app_protocol: port.app_protocol.clone() })
}

/// The reference that an address carries to its pod.
pub fn target_reference(pod: &Object) -> Value {
    object! { "kind": "Pod", "namespace": pod.namespace(), "name": pod.name(), "uid": pod.uid().0 }
}

/// The pod's own host name, when it has one in this service's domain.
pub fn hostname<'a>(pod: &'a Pod, service: &Service) -> Option<&'a Str> {
    let mine = !pod.spec.hostname.is_empty()
        && pod.spec.subdomain == service.metadata.name
        && pod.metadata.namespace == service.metadata.namespace;
    mine.then_some(&pod.spec.hostname)
}

/// True when a change of a pod can change an endpoint.
fn matters(old: &Object, new: &Object) -> bool {
    let (Some(a), Some(b)) = (old.pod(), new.pod()) else { return true };
    a.status.pod_ip != b.status.pod_ip
        || a.is_ready() != b.is_ready()
        || a.is_terminal() != b.is_terminal()
        || a.is_terminating() != b.is_terminating()
        || a.spec.node_name != b.spec.node_name
        || a.metadata.labels != b.metadata.labels
        || a.metadata.uid != b.metadata.uid
}

/// The services whose endpoints a change of a pod can change.
pub fn services_of(delta: &Delta, world: &World) -> Vec<ObjectKey> {
    match (&delta.old, &delta.new) {
        (Some(old), Some(new)) if !matters(old, new) => return Vec::new(),
        // A pod that is new and has no address yet is in nobody's endpoints.
        (None, Some(new)) if new.pod().is_some_and(|pod| pod.status.pod_ip.is_empty()) => return Vec::new(),
        _ => {}
    }
    let selects = |service: &&Object| {
        let Some(service) = service.service() else { return false };
        let selects =
            |pod: &Object| service.spec.selector.iter().all(|(key, value)| pod.label(key) == Some(value));
        has_endpoints(service)
            && (delta.old.as_ref().is_some_and(selects) || delta.new.as_ref().is_some_and(selects))
    };
    let services = world.store(Kind::Services).in_namespace(&delta.key().namespace);
    services.filter(selects).map(|service| service.key().clone()).collect()
}

/// Adds services to a queue, those with many endpoints a moment later, so that one write tells of many changes.
pub fn enqueue(
    services: Vec<ObjectKey>,
    batch: Duration,
    large: impl Fn(&ObjectKey) -> bool,
    now: SimTime,
    queue: &mut WorkQueue<Item>,
) {
    for key in services {
        let wait = if large(&key) { batch } else { Duration::ZERO };
        queue.add_after(Item::new(Kind::Services, key), wait, now);
    }
}
