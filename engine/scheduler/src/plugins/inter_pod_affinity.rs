//! InterPodAffinity: pods that want to be near, or far from, other pods. Required terms filter; preferred ones do
//! not score yet.

use api::types::PodAffinityTerm;
use sim::Str;

use crate::cycle::CycleState;
use crate::framework::{Plugin, Reason};
use crate::node_info::NodeInfo;
use crate::pod_info::PodInfo;

pub(crate) struct InterPodAffinity;

impl Plugin for InterPodAffinity {
    fn name(&self) -> &'static str {
        "InterPodAffinity"
    }

    fn filter(&self, state: &CycleState, _: &PodInfo, node: &NodeInfo) -> Result<(), Vec<Reason>> {
        let here = |(key, value): &(Str, Str)| node.label(key) == Some(value);
        if !state.affinity_domains.iter().all(|domains| match domains {
            // No pod to be near yet, and the pod would be the first of its kind.
            Domains::First(key) => node.label(key).is_some(),
            Domains::Near(pairs) => pairs.iter().any(here),
        }) {
            return Err(vec!["node(s) didn't match pod affinity rules".to_owned()]);
        }
        if state.avoided.iter().any(here) {
            return Err(vec!["node(s) didn't match pod anti-affinity rules".to_owned()]);
        }
        if state.repelled.iter().any(here) {
            return Err(vec!["node(s) didn't satisfy existing pods anti-affinity rules".to_owned()]);
        }
        Ok(())
    }

    fn preemption_may_help(&self, _: &PodInfo, _: &NodeInfo, why: &[Reason]) -> bool {
        !why.iter().any(|reason| reason.ends_with("match pod affinity rules"))
    }
}

/// Where a required affinity term allows the pod.
#[derive(Clone, Debug)]
pub(crate) enum Domains {
    /// In any domain of this key.
    First(Str),
    /// In these domains (topology key, value).
    Near(Vec<(Str, Str)>),
}

/// True when the term of a pod in `namespace` selects the other pod.
pub(crate) fn selects(term: &PodAffinityTerm, namespace: &Str, other: &PodInfo) -> bool {
    let there = other.object.namespace();
    // An empty namespace selector is every namespace; a selector by labels needs the namespaces, which the scheduler
    // does not follow yet, and selects none.
    let named = term.namespaces.contains(there)
        || term.namespaces.is_empty() && term.namespace_selector.is_none() && there == namespace
        || term.namespace_selector.as_ref().is_some_and(api::selector::LabelSelector::is_empty);
    named && term.label_selector.as_ref().is_some_and(|s| s.matches(&other.object))
}
