//! PodTopologySpread: pods of a kind spread over machines and zones, as the pod says or by the default constraints.

use std::collections::BTreeMap;

use api::selector::Selector;
use imbl::OrdMap;
use sim::Str;

use crate::cycle::CycleState;
use crate::framework::{Plugin, Reason, SCORE_MAX};
use crate::node_info::NodeInfo;
use crate::pod_info::PodInfo;

pub(crate) struct PodTopologySpread;

/// One constraint with what was counted for it.
#[derive(Clone, Debug)]
pub(crate) struct SpreadState {
    pub topology_key: Str,
    pub max_skew: i64,
    /// `DoNotSchedule`.
    pub hard: bool,
    /// True when the pod itself counts.
    pub selects_self: bool,
    /// Matching pods by domain, for the domains of eligible nodes.
    pub by_domain: BTreeMap<Str, i64>,
    /// The smallest of them (0 when there are fewer domains than `minDomains`).
    pub least: i64,
    /// Thousandths of ln(domains + 2).
    pub weight: i64,
}

impl SpreadState {
    /// Counts pods by domain from counts by node.
    pub fn count<'a>(
        &mut self,
        by_node: &OrdMap<Str, i64>,
        eligible: impl Iterator<Item = &'a NodeInfo>,
        min_domains: i64,
    ) {
        for node in eligible {
            let Some(domain) = node.label(&self.topology_key) else { continue };
            *self.by_domain.entry(domain.clone()).or_insert(0) +=
                by_node.get(&node.name).copied().unwrap_or(0);
        }
        let few = (self.by_domain.len() as i64) < min_domains;
        self.least = if few { 0 } else { self.by_domain.values().copied().min().unwrap_or(0) };
        self.weight = ln_thousandths(self.by_domain.len() as u64 + 2);
    }
}

impl Plugin for PodTopologySpread {
    fn name(&self) -> &'static str {
        "PodTopologySpread"
    }

    fn weight(&self) -> i64 {
        2
    }

    fn filter(&self, state: &CycleState, _: &PodInfo, node: &NodeInfo) -> Result<(), Vec<Reason>> {
        for constraint in state.spread.iter().filter(|c| c.hard) {
            let Some(domain) = node.label(&constraint.topology_key) else {
                let reason = "node(s) didn't match pod topology spread constraints (missing required label)";
                return Err(vec![reason.to_owned()]);
            };
            let there = constraint.by_domain.get(domain).copied().unwrap_or(0);
            let own = i64::from(constraint.selects_self);
            if there + own - constraint.least > constraint.max_skew {
                return Err(vec!["node(s) didn't match pod topology spread constraints".to_owned()]);
            }
        }
        Ok(())
    }

    fn preemption_may_help(&self, _: &PodInfo, _: &NodeInfo, why: &[Reason]) -> bool {
        !why.iter().any(|reason| reason.ends_with("(missing required label)"))
    }

    fn skips_score(&self, state: &CycleState, _: &PodInfo) -> bool {
        !state.spread.iter().any(|c| !c.hard)
    }

    /// Less is better: matching pods in the node's domains, weighted by how many domains there are.
    fn score(&self, state: &CycleState, _: &PodInfo, node: &NodeInfo) -> i64 {
        let mut sum = 0;
        for constraint in state.spread.iter().filter(|c| !c.hard) {
            let Some(domain) = node.label(&constraint.topology_key) else { continue };
            let there = constraint.by_domain.get(domain).copied().unwrap_or(0);
            sum += there * constraint.weight + (constraint.max_skew - 1) * 1000;
        }
        // To whole numbers, half up.
        (sum + 500) / 1000
    }

    fn normalize(&self, _: &CycleState, scores: &mut [(&NodeInfo, i64)]) {
        let max = scores.iter().map(|(_, score)| *score).max().unwrap_or(0);
        let min = scores.iter().map(|(_, score)| *score).min().unwrap_or(0);
        for (_, score) in scores {
            *score = if max == 0 { SCORE_MAX } else { SCORE_MAX * (max + min - *score) / max };
        }
    }
}

/// The natural logarithm in thousandths, by integers only: floats differ between machines.
fn ln_thousandths(n: u64) -> i64 {
    // log2 by repeated squaring: 16 binary digits after the point.
    let whole = u64::from(n.max(1).ilog2());
    let mut mantissa = (u128::from(n.max(1)) << 32) >> whole;
    let mut log2 = whole << 16;
    for digit in (0..16).rev() {
        mantissa = (mantissa * mantissa) >> 32;
        if mantissa >= 2 << 32 {
            mantissa >>= 1;
            log2 |= 1 << digit;
        }
    }
    // ln 2 = 0.693147
    ((log2 * 693_147) >> 16).div_ceil(1000) as i64
}

/// The default constraints of kube-scheduler's "System" defaulting: (topology key, max skew), both soft.
pub(crate) const DEFAULTS: [(&str, i64); 2] =
    [("kubernetes.io/hostname", 3), ("topology.kubernetes.io/zone", 5)];

/// A constraint before counting.
pub(crate) fn constraint(
    key: Str,
    max_skew: i64,
    hard: bool,
    selector: &Selector,
    pod: &PodInfo,
) -> SpreadState {
    SpreadState {
        topology_key: key,
        max_skew,
        hard,
        selects_self: selector.matches(&pod.object),
        by_domain: BTreeMap::new(),
        least: 0,
        weight: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::ln_thousandths;

    #[test]
    fn logarithms_are_right_to_a_thousandth() {
        for (n, expected) in [(1, 0), (2, 694), (3, 1099), (5, 1610), (12, 2485), (5002, 8518)] {
            let got = ln_thousandths(n);
            assert!((got - expected).abs() <= 1, "ln {n}: {got}, not {expected}");
        }
    }
}
