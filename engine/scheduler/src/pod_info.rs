//! What a pod asks for, computed once per version of the pod.

use api::types::{Container, Pod};
use api::{Object, ObjectKey};
use sim::Str;

/// CPU that a pod without a request counts with in scores (`DefaultMilliCPURequest`).
const USUAL_MILLI_CPU: i64 = 100;
/// Memory that a pod without a request counts with in scores (`DefaultMemoryRequest`, 200 MB).
const USUAL_MEMORY: i64 = 200 * 1024 * 1024;

/// Amounts of the resources that nodes run out of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Request {
    /// CPU in thousandths.
    pub milli_cpu: i64,
    /// Memory in bytes.
    pub memory: i64,
    /// Local storage in bytes.
    pub ephemeral_storage: i64,
}

impl Request {
    fn of(container: &Container) -> Request {
        let amount = |name: &str| container.resources.requests.get(name);
        Request {
            milli_cpu: amount("cpu").map_or(0, |q| q.milli_value()),
            memory: amount("memory").map_or(0, |q| q.value()),
            ephemeral_storage: amount("ephemeral-storage").map_or(0, |q| q.value()),
        }
    }

    /// As scores count it: what does not ask still uses something.
    fn usual(self) -> Request {
        Request {
            milli_cpu: if self.milli_cpu == 0 { USUAL_MILLI_CPU } else { self.milli_cpu },
            memory: if self.memory == 0 { USUAL_MEMORY } else { self.memory },
            ..self
        }
    }

    /// Adds another amount, `times` (1 or -1).
    pub fn add(&mut self, other: Request, times: i64) {
        self.milli_cpu += other.milli_cpu * times;
        self.memory += other.memory * times;
        self.ephemeral_storage += other.ephemeral_storage * times;
    }

    fn max(self, other: Request) -> Request {
        Request {
            milli_cpu: self.milli_cpu.max(other.milli_cpu),
            memory: self.memory.max(other.memory),
            ephemeral_storage: self.ephemeral_storage.max(other.ephemeral_storage),
        }
    }
}

/// A port of the machine that a container takes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HostPort {
    /// The port.
    pub port: i32,
    /// `TCP`, `UDP`, `SCTP`.
    pub protocol: Str,
    /// The address; empty and `0.0.0.0` are all.
    pub ip: Str,
}

impl HostPort {
    /// True when both can't be on one machine.
    pub fn collides(&self, other: &HostPort) -> bool {
        let any = |ip: &str| ip.is_empty() || ip == "0.0.0.0";
        self.port == other.port
            && self.protocol == other.protocol
            && (any(&self.ip) || any(&other.ip) || self.ip == other.ip)
    }
}

/// A pod as the scheduler sees it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PodInfo {
    /// The version of the pod that this was computed from.
    pub object: Object,
    /// What it asks for.
    pub request: Request,
    /// The same, with the usual amounts where it asks for nothing.
    pub usual: Request,
    /// Ports of the machine that it takes.
    pub host_ports: Vec<HostPort>,
}

impl PodInfo {
    /// Reads a pod. `None` when the object is no pod that can be decoded.
    pub fn new(object: &Object) -> Option<PodInfo> {
        let pod = object.pod()?;
        let (request, usual) = requests(pod);
        let taken = |c: &Container| {
            c.ports
                .iter()
                .filter(|p| p.host_port > 0)
                .map(|p| HostPort { port: p.host_port, protocol: p.protocol.clone(), ip: p.host_ip.clone() })
                .collect::<Vec<_>>()
        };
        let host_ports = pod.spec.containers.iter().flat_map(taken).collect();
        Some(PodInfo { object: object.clone(), request, usual, host_ports })
    }

    /// The decoded pod.
    pub fn pod(&self) -> &Pod {
        self.object.pod().expect("a pod info is made of a pod that decodes")
    }

    /// Namespace and name.
    pub fn key(&self) -> &ObjectKey {
        self.object.key()
    }

    /// The priority; 0 without one.
    pub fn priority(&self) -> i32 {
        self.pod().spec.priority.unwrap_or(0)
    }
}

/// A pod's request: containers and sidecars together, or the largest init container if that is more, and the overhead
/// (Kubernetes' "Resource sharing within containers").
fn requests(pod: &Pod) -> (Request, Request) {
    let (mut sum, mut usual) = (Request::default(), Request::default());
    for container in &pod.spec.containers {
        let one = Request::of(container);
        sum.add(one, 1);
        usual.add(one.usual(), 1);
    }
    let (mut sidecars, mut start) = (Request::default(), Request::default());
    for container in &pod.spec.init_containers {
        let one = Request::of(container);
        if container.restart_policy == "Always" {
            sidecars.add(one, 1);
            start = start.max(sidecars);
        } else {
            let mut with = sidecars;
            with.add(one, 1);
            start = start.max(with);
        }
    }
    sum.add(sidecars, 1);
    usual.add(sidecars, 1);
    let mut overhead = Request::default();
    overhead.milli_cpu = pod.spec.overhead.get("cpu").map_or(0, |q| q.milli_value());
    overhead.memory = pod.spec.overhead.get("memory").map_or(0, |q| q.value());
    let (mut sum, mut usual) = (sum.max(start), usual.max(start));
    sum.add(overhead, 1);
    usual.add(overhead, 1);
    (sum, usual)
}
