//! One scheduling cycle: what must be known first, who is ruled out, who is best.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::selector::Selector;
use client::Store;
use sim::{Str, Stream};

use crate::cache::Cache;
use crate::decision::{NodeVerdict, VERDICTS_MAX};
use crate::framework::Plugin;
use crate::node_info::NodeInfo;
use crate::plugins::{self, SpreadState, inter_pod_affinity};
use crate::pod_info::PodInfo;

/// kube-scheduler looks at all nodes up to this many, then at a share of them.
const NODES_MIN: usize = 100;

/// What plugins compute once per pod, before they look at nodes.
#[derive(Clone, Debug, Default)]
pub struct CycleState {
    pub(crate) spread: Vec<SpreadState>,
    pub(crate) affinity_domains: Vec<inter_pod_affinity::Domains>,
    /// Domains that the pod keeps away from.
    pub(crate) avoided: Vec<(Str, Str)>,
    /// Domains whose pods keep this one away.
    pub(crate) repelled: Vec<(Str, Str)>,
    /// For each image of the pod: nodes that have it, of how many.
    images: BTreeMap<String, (i64, i64)>,
}

impl CycleState {
    /// How many nodes have an image, of how many.
    pub(crate) fn image_spread(&self, name: &str) -> (i64, i64) {
        self.images.get(name).copied().unwrap_or((0, 1))
    }
}

/// What a cycle came to.
pub(crate) struct Outcome {
    /// The node, if there is one.
    pub node: Option<Str>,
    pub verdicts: Vec<NodeVerdict>,
    pub looked_at: u32,
    /// How many nodes each reason ruled out.
    pub reasons: BTreeMap<String, u32>,
    /// How many nodes might take the pod if others went.
    pub crowded: u32,
}

/// Finds a node for a pod. `start` is where the last cycle stopped looking.
pub(crate) fn run(
    pod: &PodInfo,
    cache: &mut Cache,
    services: &Store,
    replica_sets: &Store,
    start: &mut usize,
    random: &mut Stream,
) -> Outcome {
    let nodes: Vec<Arc<NodeInfo>> = cache.nodes().cloned().collect();
    let state = prepare(pod, cache, &nodes, services, replica_sets);
    let wanted = feasible_wanted(nodes.len());
    let mut feasible: Vec<&NodeInfo> = Vec::new();
    let mut verdicts: Vec<NodeVerdict> = Vec::new();
    let mut reasons: BTreeMap<String, u32> = BTreeMap::new();
    let (mut looked_at, mut crowded) = (0, 0);
    for i in 0..nodes.len() {
        if feasible.len() >= wanted {
            break;
        }
        let node: &NodeInfo = &nodes[(*start + i) % nodes.len()];
        looked_at += 1;
        match plugins::DEFAULT.iter().find_map(|p| p.filter(&state, pod, node).err().map(|why| (p, why))) {
            None => feasible.push(node),
            Some((plugin, why)) => {
                crowded += u32::from(plugin.preemption_may_help(pod, node, &why));
                if verdicts.len() < VERDICTS_MAX {
                    verdicts.push(NodeVerdict {
                        node: node.name.clone(),
                        filtered: Some((plugin.name().into(), why.join(", ").into())),
                        scores: Vec::new(),
                        total: 0,
                    });
                }
                for reason in why {
                    *reasons.entry(reason).or_insert(0) += 1;
                }
            }
        }
    }
    if !nodes.is_empty() {
        *start = (*start + looked_at as usize) % nodes.len();
    }
    let scored = score(&state, pod, &feasible);
    let node = best(&scored, random);
    verdicts.splice(0..0, scored.into_iter().take(VERDICTS_MAX));
    verdicts.truncate(VERDICTS_MAX);
    Outcome { node, verdicts, looked_at, reasons, crowded }
}

/// `percentageOfNodesToScore`: adaptive from 50 % at 100 nodes down to 5 %.
fn feasible_wanted(nodes: usize) -> usize {
    if nodes < NODES_MIN {
        return nodes;
    }
    let percent = 50usize.saturating_sub(nodes / 125).max(5);
    (nodes * percent / 100).max(NODES_MIN)
}

fn score(state: &CycleState, pod: &PodInfo, feasible: &[&NodeInfo]) -> Vec<NodeVerdict> {
    let mut verdicts: Vec<NodeVerdict> = feasible
        .iter()
        .map(|node| NodeVerdict { node: node.name.clone(), filtered: None, scores: Vec::new(), total: 0 })
        .collect();
    // With one node there is nothing to compare.
    if feasible.len() < 2 {
        return verdicts;
    }
    for plugin in plugins::DEFAULT.iter().filter(|p| !p.skips_score(state, pod)) {
        let plugin: &dyn Plugin = *plugin;
        let mut scores: Vec<(&NodeInfo, i64)> =
            feasible.iter().map(|node| (*node, plugin.score(state, pod, node))).collect();
        plugin.normalize(state, &mut scores);
        for (verdict, (_, score)) in verdicts.iter_mut().zip(scores) {
            let weighted = score * plugin.weight();
            verdict.scores.push((Str::from(plugin.name()), weighted));
            verdict.total += weighted;
        }
    }
    verdicts
}

/// The highest total; among equals each is as likely, as kube-scheduler's reservoir sampling has it.
fn best(scored: &[NodeVerdict], random: &mut Stream) -> Option<Str> {
    let max = scored.iter().map(|v| v.total).max()?;
    let equals: Vec<&NodeVerdict> = scored.iter().filter(|v| v.total == max).collect();
    let chosen = if equals.len() == 1 { 0 } else { random.range(0..equals.len() as u64) as usize };
    Some(equals[chosen].node.clone())
}

fn prepare(
    pod: &PodInfo,
    cache: &mut Cache,
    nodes: &[Arc<NodeInfo>],
    services: &Store,
    replica_sets: &Store,
) -> CycleState {
    let mut state = CycleState { images: images(pod, nodes), ..CycleState::default() };
    state.spread = spread(pod, cache, nodes, services, replica_sets);
    prepare_affinity(pod, cache, nodes, &mut state);
    state
}

fn images(pod: &PodInfo, nodes: &[Arc<NodeInfo>]) -> BTreeMap<String, (i64, i64)> {
    let mut counts = BTreeMap::new();
    for container in &pod.pod().spec.containers {
        let name = plugins::image_locality::normalized(&container.image);
        let has = |node: &&Arc<NodeInfo>| {
            node.node().is_some_and(|n| n.status.images.iter().any(|i| i.names.iter().any(|x| *x == name)))
        };
        let count = nodes.iter().filter(has).count() as i64;
        counts.insert(name, (count, nodes.len() as i64));
    }
    counts
}

fn spread(
    pod: &PodInfo,
    cache: &mut Cache,
    nodes: &[Arc<NodeInfo>],
    services: &Store,
    replica_sets: &Store,
) -> Vec<SpreadState> {
    let mut states = Vec::new();
    let own = &pod.pod().spec.topology_spread_constraints;
    let mut add = |key: Str, skew: i64, hard: bool, selector: Selector, min_domains: i64| {
        let mut state = plugins::constraint(key, skew, hard, &selector, pod);
        let placed = nodes.iter().flat_map(|node| node.pods.values().map(move |p| (&**p, &node.name)));
        let by_node = cache.spread.of(pod.object.namespace(), &selector, placed);
        // Nodes that the pod's own node affinity rules out are no domains (nodeAffinityPolicy: Honor).
        let eligible = nodes.iter().map(|n| &**n).filter(|n| plugins::node_affinity::wants(pod, n));
        state.count(&by_node, eligible, min_domains);
        states.push(state);
    };
    for constraint in own {
        let selector = Selector::from_optional(constraint.label_selector.as_ref());
        let hard = constraint.when_unsatisfiable != "ScheduleAnyway";
        let min_domains = i64::from(constraint.min_domains.unwrap_or(1));
        add(constraint.topology_key.clone(), constraint.max_skew.into(), hard, selector, min_domains);
    }
    if own.is_empty()
        && let Some(selector) = default_selector(pod, services, replica_sets)
    {
        for (key, skew) in plugins::DEFAULTS {
            add(Str::from(key), skew, false, selector.clone(), 1);
        }
    }
    states
}

/// The default constraints spread the pods that the pod's services and its ReplicaSet select.
fn default_selector(pod: &PodInfo, services: &Store, replica_sets: &Store) -> Option<Selector> {
    let namespace = pod.object.namespace();
    let mut labels = api::types::Labels::new();
    for service in services.in_namespace(namespace) {
        let Some(service) = service.service() else { continue };
        let wanted = &service.spec.selector;
        if !wanted.is_empty() && wanted.iter().all(|(key, value)| pod.object.label(key) == Some(value)) {
            labels.extend(wanted.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
    }
    let owner = pod.object.controller().and_then(|o| o.get("name")?.as_str().cloned());
    if let Some(set) = owner.and_then(|name| replica_sets.get(&api::ObjectKey::new(namespace.clone(), name)))
        && let Some(set) = set.replica_set()
    {
        labels.extend(set.spec.selector.match_labels.iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    (!labels.is_empty()).then(|| Selector::from_labels(&labels))
}

fn prepare_affinity(pod: &PodInfo, cache: &Cache, nodes: &[Arc<NodeInfo>], state: &mut CycleState) {
    let namespace = pod.object.namespace();
    if let Some(affinity) = &pod.pod().spec.affinity {
        let placed = || nodes.iter().flat_map(|node| node.pods.values().map(move |p| (&**p, &**node)));
        let domains = |term: &api::types::PodAffinityTerm| {
            let mut pairs: Vec<(Str, Str)> = placed()
                .filter(|(other, _)| inter_pod_affinity::selects(term, namespace, other))
                .filter_map(|(_, node)| {
                    Some((term.topology_key.clone(), node.label(&term.topology_key)?.clone()))
                })
                .collect();
            pairs.sort();
            pairs.dedup();
            pairs
        };
        for term in affinity.pod_affinity.iter().flat_map(|a| &a.required) {
            let near = domains(term);
            let first = near.is_empty() && inter_pod_affinity::selects(term, namespace, pod);
            state.affinity_domains.push(if first {
                inter_pod_affinity::Domains::First(term.topology_key.clone())
            } else {
                inter_pod_affinity::Domains::Near(near)
            });
        }
        for term in affinity.pod_anti_affinity.iter().flat_map(|a| &a.required) {
            state.avoided.extend(domains(term));
        }
    }
    for key in &cache.repelling {
        let Some(other) = cache.pod(key) else { continue };
        let node = cache.place_of(key).and_then(|name| cache.node(name));
        let terms =
            other.pod().spec.affinity.iter().flat_map(|a| &a.pod_anti_affinity).flat_map(|a| &a.required);
        for term in terms.filter(|term| inter_pod_affinity::selects(term, other.object.namespace(), pod)) {
            if let Some(value) = node.and_then(|n| n.label(&term.topology_key)) {
                state.repelled.push((term.topology_key.clone(), value.clone()));
            }
        }
    }
}
