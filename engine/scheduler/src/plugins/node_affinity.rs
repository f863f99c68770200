//! NodeAffinity: `nodeSelector` and `nodeAffinity`.

use api::types::{NodeSelectorRequirement, NodeSelectorTerm};
use sim::Str;

use crate::cycle::CycleState;
use crate::framework::{Plugin, Reason, normalize_by_max};
use crate::node_info::NodeInfo;
use crate::pod_info::PodInfo;

pub(crate) struct NodeAffinity;

impl Plugin for NodeAffinity {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }

    fn weight(&self) -> i64 {
        2
    }

    fn filter(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Vec<Reason>> {
        if wants(pod, node) {
            return Ok(());
        }
        Err(vec!["node(s) didn't match Pod's node affinity/selector".to_owned()])
    }

    fn skips_score(&self, _: &CycleState, pod: &PodInfo) -> bool {
        affinity(pod).is_none_or(|affinity| affinity.preferred.is_empty())
    }

    fn score(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> i64 {
        let Some(affinity) = affinity(pod) else { return 0 };
        let fits = |term: &NodeSelectorTerm| {
            term.match_expressions.is_empty() && term.match_fields.is_empty() || matches_term(term, node)
        };
        affinity.preferred.iter().filter(|t| fits(&t.preference)).map(|t| i64::from(t.weight)).sum()
    }

    fn normalize(&self, _: &CycleState, scores: &mut [(&NodeInfo, i64)]) {
        normalize_by_max(scores, false);
    }
}

fn affinity(pod: &PodInfo) -> Option<&api::types::NodeAffinity> {
    pod.pod().spec.affinity.as_ref()?.node_affinity.as_ref()
}

/// True when the pod's node selector and required affinity allow the node.
pub(crate) fn wants(pod: &PodInfo, node: &NodeInfo) -> bool {
    let selected = pod.pod().spec.node_selector.iter().all(|(key, value)| node.label(key) == Some(value));
    let required = affinity(pod).and_then(|affinity| affinity.required.as_ref());
    selected && required.is_none_or(|r| r.node_selector_terms.iter().any(|term| matches_term(term, node)))
}

/// True when the term selects the node; an empty term selects nothing.
pub(crate) fn matches_term(term: &NodeSelectorTerm, node: &NodeInfo) -> bool {
    if term.match_expressions.is_empty() && term.match_fields.is_empty() {
        return false;
    }
    let by_label = |r: &NodeSelectorRequirement| holds(r, node.label(&r.key));
    let by_field = |r: &NodeSelectorRequirement| r.key == "metadata.name" && holds(r, Some(&node.name));
    term.match_expressions.iter().all(by_label) && term.match_fields.iter().all(by_field)
}

fn holds(requirement: &NodeSelectorRequirement, value: Option<&Str>) -> bool {
    let listed = || value.is_some_and(|v| requirement.values.contains(v));
    let compared = |less: bool| {
        let bound = requirement.values.first().and_then(|v| v.parse::<i64>().ok());
        match (value.and_then(|v| v.parse::<i64>().ok()), bound) {
            (Some(value), Some(bound)) => {
                if less {
                    value < bound
                } else {
                    value > bound
                }
            }
            _ => false,
        }
    };
    match requirement.operator.as_str() {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compared(false),
        "Lt" => compared(true),
        _ => false,
    }
}
