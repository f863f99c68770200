//! How many pods that a selector selects are on each node: counted once a selector, then kept up to date.

use api::selector::Selector;
use imbl::OrdMap;
use sim::Str;

use crate::pod_info::PodInfo;

/// Selectors that are counted at the same time; the one that was not asked for longest goes.
const SELECTORS_MAX: usize = 256;

/// Counts by selector and node.
#[derive(Clone, Hash, Debug, Default)]
pub struct SpreadCounts {
    counters: OrdMap<(Str, Str), Counter>,
    asked: u64,
}

#[derive(Clone, Hash, Debug)]
struct Counter {
    selector: Selector,
    by_node: OrdMap<Str, i64>,
    last_asked: u64,
}

impl SpreadCounts {
    /// A pod came to a node (`times` 1) or left it (-1). Pods that are being deleted don't count.
    pub(crate) fn add(&mut self, pod: &PodInfo, node: &Str, times: i64) {
        if pod.object.is_terminating() || self.counters.is_empty() {
            return;
        }
        let namespace = pod.object.namespace();
        let first = (namespace.clone(), Str::new());
        let keys: Vec<(Str, Str)> = self
            .counters
            .range(first..)
            .take_while(|((ns, _), _)| ns == namespace)
            .filter(|(_, counter)| counter.selector.matches(&pod.object))
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            if let Some(counter) = self.counters.get_mut(&key) {
                let count = counter.by_node.get(node).copied().unwrap_or(0) + times;
                if count <= 0 {
                    counter.by_node.remove(node);
                } else {
                    counter.by_node.insert(node.clone(), count);
                }
            }
        }
    }

    /// The counts of a selector in a namespace. `pods` gives all placed pods, for the first time.
    pub(crate) fn of<'a>(
        &mut self,
        namespace: &Str,
        selector: &Selector,
        pods: impl Iterator<Item = (&'a PodInfo, &'a Str)>,
    ) -> OrdMap<Str, i64> {
        self.asked += 1;
        let key = (namespace.clone(), Str::from(selector.to_string()));
        if let Some(counter) = self.counters.get_mut(&key) {
            counter.last_asked = self.asked;
            return counter.by_node.clone();
        }
        let mut by_node: OrdMap<Str, i64> = OrdMap::new();
        for (pod, node) in pods {
            let object = &pod.object;
            if object.namespace() == namespace && !object.is_terminating() && selector.matches(object) {
                *by_node.entry(node.clone()).or_insert(0) += 1;
            }
        }
        if self.counters.len() >= SELECTORS_MAX
            && let Some(oldest) =
                self.counters.iter().min_by_key(|(_, counter)| counter.last_asked).map(|(key, _)| key.clone())
        {
            self.counters.remove(&oldest);
        }
        let counter =
            Counter { selector: selector.clone(), by_node: by_node.clone(), last_asked: self.asked };
        self.counters.insert(key, counter);
        by_node
    }
}
