//! All nodes with their pods: assumed pods count from the decision on, until the API server confirms or refuses.

use std::sync::Arc;

use api::{Object, ObjectKey};
use imbl::{OrdMap, OrdSet};
use sim::Str;

use crate::node_info::NodeInfo;
use crate::pod_info::PodInfo;
use crate::spread::SpreadCounts;

/// The scheduler's picture of the cluster.
#[derive(Clone, Hash, Debug, Default)]
pub struct Cache {
    nodes: OrdMap<Str, Arc<NodeInfo>>,
    /// Where each pod is, or is assumed to be.
    placed: OrdMap<ObjectKey, Str>,
    assumed: OrdSet<ObjectKey>,
    /// Pods with a required anti-affinity: every other pod has to keep away from them.
    pub(crate) repelling: OrdSet<ObjectKey>,
    pub(crate) spread: SpreadCounts,
}

impl Cache {
    /// The nodes by name; nodes that nobody has seen are left out.
    pub fn nodes(&self) -> impl Iterator<Item = &Arc<NodeInfo>> {
        self.nodes.values().filter(|node| node.node().is_some())
    }

    /// A node by name.
    pub fn node(&self, name: &str) -> Option<&Arc<NodeInfo>> {
        self.nodes.get(name)
    }

    /// How many nodes have been seen.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Where a pod is, or is assumed to be.
    pub fn place_of(&self, key: &ObjectKey) -> Option<&Str> {
        self.placed.get(key)
    }

    /// A pod that is placed.
    pub fn pod(&self, key: &ObjectKey) -> Option<&Arc<PodInfo>> {
        self.nodes.get(self.placed.get(key)?)?.pods.get(key)
    }

    /// How many pods are assumed to be where the API server has not confirmed them yet.
    pub fn assumed(&self) -> usize {
        self.assumed.len()
    }

    fn change(&mut self, name: &Str, change: impl FnOnce(&mut NodeInfo)) {
        if !self.nodes.contains_key(name) {
            self.nodes.insert(name.clone(), Arc::new(NodeInfo::unseen(name.clone())));
        }
        if let Some(node) = self.nodes.get_mut(name) {
            change(Arc::make_mut(node));
        }
        if self.nodes.get(name).is_some_and(|n| n.node().is_none() && n.pods.is_empty()) {
            self.nodes.remove(name);
        }
    }

    pub(crate) fn set_node(&mut self, name: &Str, object: Option<Object>) {
        self.change(name, |node| node.set_object(object));
    }

    /// A pod is on a node, by the API server's word.
    pub(crate) fn confirm(&mut self, pod: Arc<PodInfo>, node: &Str) {
        let key = pod.key().clone();
        self.place(pod, node);
        self.assumed.remove(&key);
    }

    /// A pod was decided to go to a node.
    pub(crate) fn assume(&mut self, pod: Arc<PodInfo>, node: &Str) {
        self.assumed.insert(pod.key().clone());
        self.place(pod, node);
    }

    fn place(&mut self, pod: Arc<PodInfo>, node: &Str) {
        let key = pod.key().clone();
        if self.placed.get(&key) == Some(node) && self.pod(&key).is_some_and(|known| same_place(known, &pod))
        {
            // The usual status update: sums and counts stay as they are.
            return self.change(node, |info| {
                info.pods.insert(key, pod);
            });
        }
        self.remove(&key);
        if pod
            .pod()
            .spec
            .affinity
            .as_ref()
            .is_some_and(|a| a.pod_anti_affinity.as_ref().is_some_and(|anti| !anti.required.is_empty()))
        {
            self.repelling.insert(key.clone());
        }
        self.spread.add(&pod, node, 1);
        self.placed.insert(key, node.clone());
        self.change(node, |info| info.add_pod(pod));
    }

    /// A pod is gone, or was not bound after all.
    pub(crate) fn remove(&mut self, key: &ObjectKey) {
        let Some(node) = self.placed.remove(key) else { return };
        self.assumed.remove(key);
        self.repelling.remove(key);
        let mut removed = None;
        self.change(&node, |info| removed = info.remove_pod(key));
        if let Some(pod) = removed {
            self.spread.add(&pod, &node, -1);
        }
    }

    pub(crate) fn is_assumed(&self, key: &ObjectKey) -> bool {
        self.assumed.contains(key)
    }
}

/// True when two versions of a pod count the same.
fn same_place(a: &PodInfo, b: &PodInfo) -> bool {
    let part = |p: &PodInfo, path: &[&str]| p.object.value().at(path).cloned();
    a.request == b.request
        && a.object.is_terminating() == b.object.is_terminating()
        && part(a, &["metadata", "labels"]) == part(b, &["metadata", "labels"])
        && part(a, &["metadata", "uid"]) == part(b, &["metadata", "uid"])
}
