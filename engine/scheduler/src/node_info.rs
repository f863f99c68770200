//! A node with what is on it, kept up to date pod by pod.

use std::sync::Arc;

use api::types::Node;
use api::{Object, ObjectKey};
use imbl::OrdMap;
use sim::Str;

use crate::pod_info::{HostPort, PodInfo, Request};

/// A node with its pods and sums.
#[derive(Clone, Hash, Debug)]
pub struct NodeInfo {
    /// The node; `None` when pods are bound to a node that nobody has seen (yet, or any more).
    object: Option<Object>,
    /// Its name.
    pub name: Str,
    /// What can be given away.
    pub allocatable: Request,
    /// Pods at the most.
    pub pods_max: i64,
    /// What its pods ask for.
    pub requested: Request,
    /// The same as scores count it.
    pub usual: Request,
    /// Ports that are taken.
    pub ports: Vec<HostPort>,
    /// Its pods, assumed ones too.
    pub pods: OrdMap<ObjectKey, Arc<PodInfo>>,
}

impl NodeInfo {
    /// A node that nobody has seen.
    pub fn unseen(name: Str) -> NodeInfo {
        NodeInfo {
            object: None,
            name,
            allocatable: Request::default(),
            pods_max: 0,
            requested: Request::default(),
            usual: Request::default(),
            ports: Vec::new(),
            pods: OrdMap::new(),
        }
    }

    /// The decoded node, if it has been seen.
    pub fn node(&self) -> Option<&Node> {
        self.object.as_ref()?.node()
    }

    /// A label's value.
    pub fn label(&self, name: &str) -> Option<&Str> {
        self.object.as_ref()?.label(name)
    }

    pub(crate) fn set_object(&mut self, object: Option<Object>) {
        let (mut allocatable, mut pods_max) = (Request::default(), 0);
        if let Some(node) = object.as_ref().and_then(Object::node) {
            let amount = |name: &str| node.status.allocatable.get(name);
            allocatable.milli_cpu = amount("cpu").map_or(0, |q| q.milli_value());
            allocatable.memory = amount("memory").map_or(0, |q| q.value());
            allocatable.ephemeral_storage = amount("ephemeral-storage").map_or(0, |q| q.value());
            pods_max = amount("pods").map_or(0, |q| q.value());
        }
        self.allocatable = allocatable;
        self.pods_max = pods_max;
        self.object = object;
    }

    pub(crate) fn add_pod(&mut self, pod: Arc<PodInfo>) {
        self.remove_pod(&pod.key().clone());
        self.requested.add(pod.request, 1);
        self.usual.add(pod.usual, 1);
        self.ports.extend(pod.host_ports.iter().cloned());
        self.pods.insert(pod.key().clone(), pod);
    }

    pub(crate) fn remove_pod(&mut self, key: &ObjectKey) -> Option<Arc<PodInfo>> {
        let pod = self.pods.remove(key)?;
        self.requested.add(pod.request, -1);
        self.usual.add(pod.usual, -1);
        for port in &pod.host_ports {
            if let Some(i) = self.ports.iter().position(|p| p == port) {
                self.ports.remove(i);
            }
        }
        Some(pod)
    }
}
