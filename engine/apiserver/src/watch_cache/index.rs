//! Who wants to know of a change.

use std::collections::{BTreeMap, BTreeSet};

use api::ObjectKey;
use sim::Str;

use super::{Change, Scope, WatchId};

/// Watchers by the scope of their filter.
#[derive(Clone, Debug, Hash, Default)]
pub(crate) struct Index {
    all: BTreeSet<WatchId>,
    by_namespace: BTreeMap<Str, BTreeSet<WatchId>>,
    by_name: BTreeMap<ObjectKey, BTreeSet<WatchId>>,
    by_node: BTreeMap<Str, BTreeSet<WatchId>>,
}

impl Index {
    /// Adds a watcher.
    pub fn insert(&mut self, scope: &Scope, id: WatchId) {
        match scope {
            Scope::All => self.all.insert(id),
            Scope::Namespace(namespace) => self.by_namespace.entry(namespace.clone()).or_default().insert(id),
            Scope::Name(key) => self.by_name.entry(key.clone()).or_default().insert(id),
            Scope::Node(node) => self.by_node.entry(node.clone()).or_default().insert(id),
        };
    }

    /// Takes a watcher out.
    pub fn remove(&mut self, scope: &Scope, id: WatchId) {
        match scope {
            Scope::All => {
                self.all.remove(&id);
            }
            Scope::Namespace(namespace) => remove(&mut self.by_namespace, namespace, id),
            Scope::Name(key) => remove(&mut self.by_name, key, id),
            Scope::Node(node) => remove(&mut self.by_node, node, id),
        }
    }

    /// True without watchers.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
            && self.by_namespace.is_empty()
            && self.by_name.is_empty()
            && self.by_node.is_empty()
    }

    /// All watchers, in order of their numbers.
    pub fn every(&self) -> BTreeSet<WatchId> {
        let scoped = self.by_namespace.values().chain(self.by_name.values()).chain(self.by_node.values());
        scoped.chain([&self.all]).flatten().copied().collect()
    }

    /// Those who watch everything.
    pub fn unscoped(&self) -> &BTreeSet<WatchId> {
        &self.all
    }

    /// The watchers with a scope that the change lies in, or lay in before.
    pub fn scoped(&self, change: &Change) -> Vec<WatchId> {
        let mut found = Vec::new();
        let key = change.object.key();
        if let Some(ids) = self.by_namespace.get(&key.namespace) {
            found.extend(ids);
        }
        if !self.by_name.is_empty() {
            found.extend(self.by_name.get(key).into_iter().flatten());
            if !key.namespace.is_empty() {
                // By name in all namespaces.
                let anywhere = ObjectKey::new(Str::new(), key.name.clone());
                found.extend(self.by_name.get(&anywhere).into_iter().flatten());
            }
        }
        if !self.by_node.is_empty() {
            let node = |object: &api::Object| object.value().str_at(&["spec", "nodeName"]).cloned();
            let now = node(&change.object).unwrap_or_default();
            found.extend(self.by_node.get(&now).into_iter().flatten());
            let before = change.previous.as_ref().and_then(node).unwrap_or_default();
            if before != now {
                found.extend(self.by_node.get(&before).into_iter().flatten());
            }
        }
        found
    }
}

fn remove<K: Ord>(map: &mut BTreeMap<K, BTreeSet<WatchId>>, key: &K, id: WatchId) {
    if let Some(ids) = map.get_mut(key) {
        ids.remove(&id);
        if ids.is_empty() {
            map.remove(key);
        }
    }
}
