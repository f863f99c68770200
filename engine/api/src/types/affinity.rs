//! Where a pod wants to be: affinities, tolerations, spreading.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use sim::Str;

use super::lean;
use crate::selector::LabelSelector;

lean! {
    /// `v1.Affinity`.
    pub struct Affinity {
        node_affinity: Option<NodeAffinity> = "nodeAffinity",
        pod_affinity: Option<PodAffinity> = "podAffinity",
        pod_anti_affinity: Option<PodAffinity> = "podAntiAffinity",
    }

    /// `v1.NodeAffinity`.
    pub struct NodeAffinity {
        required: Option<NodeSelector> = "requiredDuringSchedulingIgnoredDuringExecution",
        preferred: Vec<PreferredSchedulingTerm> = "preferredDuringSchedulingIgnoredDuringExecution",
    }

    /// `v1.NodeSelector`: any of the terms.
    pub struct NodeSelector {
        node_selector_terms: Vec<NodeSelectorTerm> = "nodeSelectorTerms",
    }

    /// `v1.NodeSelectorTerm`: all of the requirements; an empty term matches nothing.
    pub struct NodeSelectorTerm {
        match_expressions: Vec<NodeSelectorRequirement> = "matchExpressions",
        match_fields: Vec<NodeSelectorRequirement> = "matchFields",
    }

    /// `v1.NodeSelectorRequirement`: operators `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt`, `Lt`.
    pub struct NodeSelectorRequirement {
        key: Str = "key",
        operator: Str = "operator",
        values: Vec<Str> = "values",
    }

    /// `v1.PreferredSchedulingTerm`.
    pub struct PreferredSchedulingTerm {
        weight: i32 = "weight",
        preference: NodeSelectorTerm = "preference",
    }

    /// `v1.PodAffinity` and `v1.PodAntiAffinity`.
    pub struct PodAffinity {
        required: Vec<PodAffinityTerm> = "requiredDuringSchedulingIgnoredDuringExecution",
        preferred: Vec<WeightedPodAffinityTerm> = "preferredDuringSchedulingIgnoredDuringExecution",
    }

    /// `v1.WeightedPodAffinityTerm`.
    pub struct WeightedPodAffinityTerm {
        weight: i32 = "weight",
        pod_affinity_term: PodAffinityTerm = "podAffinityTerm",
    }

    /// `v1.PodAffinityTerm`.
    pub struct PodAffinityTerm {
        label_selector: Option<LabelSelector> = "labelSelector",
        namespaces: Vec<Str> = "namespaces",
        namespace_selector: Option<LabelSelector> = "namespaceSelector",
        topology_key: Str = "topologyKey",
        match_label_keys: Vec<Str> = "matchLabelKeys",
        mismatch_label_keys: Vec<Str> = "mismatchLabelKeys",
    }

    /// `v1.TopologySpreadConstraint`.
    pub struct TopologySpreadConstraint {
        max_skew: i32 = "maxSkew",
        topology_key: Str = "topologyKey",
        when_unsatisfiable: Str = "whenUnsatisfiable",
        label_selector: Option<LabelSelector> = "labelSelector",
        min_domains: Option<i32> = "minDomains",
        node_affinity_policy: Str = "nodeAffinityPolicy",
        node_taints_policy: Str = "nodeTaintsPolicy",
        match_label_keys: Vec<Str> = "matchLabelKeys",
    }

    /// `v1.Toleration`.
    pub struct Toleration {
        key: Str = "key",
        operator: Str = "operator",
        value: Str = "value",
        effect: Str = "effect",
        toleration_seconds: Option<i64> = "tolerationSeconds",
    }
}
