//! How fast nodes may be emptied: a zone in which most nodes are silent is more likely cut off than dead.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::Object;
use sim::{SimTime, Str};

use crate::config::Config;
use crate::outcome::Outcome;

/// How a zone is doing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum State {
    /// Most nodes are ready.
    #[default]
    Normal,
    /// At least 55 % (and more than two) are not.
    PartialDisruption,
    /// None is.
    FullDisruption,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            State::Normal => "Normal",
            State::PartialDisruption => "PartialDisruption",
            State::FullDisruption => "FullDisruption",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Zone {
    state: State,
    /// Nodes per 1,000 seconds; 0 stops.
    rate: u32,
    /// When the next node may be tainted.
    next: SimTime,
}

/// All zones, and the nodes that wait for their NoExecute taint.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Zones {
    zones: BTreeMap<Str, Zone>,
    /// Node to zone, from the moment its taint is due to the moment it has it.
    waiting: BTreeMap<Str, Str>,
    /// No node of any zone is ready: nothing is done to anybody.
    all_dark: bool,
}

/// A node's zone: region and zone labels, as client-go's `GetZoneKey`.
pub fn zone_of(node: &Object) -> Str {
    let label = |name: &str| node.label(name).map_or("", |s| s.as_str());
    let (region, zone) = (label("topology.kubernetes.io/region"), label("topology.kubernetes.io/zone"));
    if region.is_empty() && zone.is_empty() { Str::new() } else { format!("{region}:\0:{zone}").into() }
}

impl Zones {
    /// Judges every zone by the readiness of its nodes: (zone, node, status of Ready).
    pub fn judge(&mut self, nodes: &[(Str, Str, &str)], config: &Config, now: SimTime, out: &mut Outcome) {
        let mut counts: BTreeMap<&Str, (u32, u32)> = BTreeMap::new();
        for (zone, _, ready) in nodes {
            let (ready_nodes, others) = counts.entry(zone).or_default();
            if *ready == "True" { *ready_nodes += 1 } else { *others += 1 }
        }
        let present: BTreeSet<&Str> = counts.keys().copied().collect();
        self.zones.retain(|name, _| present.contains(name));
        for (name, (ready, others)) in &counts {
            let total = ready + others;
            let state = if *ready == 0 && *others > 0 {
                State::FullDisruption
            } else if *others > 2 && others * 100 >= total * config.unhealthy_zone_percent {
                State::PartialDisruption
            } else {
                State::Normal
            };
            let zone = self.zones.entry((*name).clone()).or_default();
            if zone.state != state {
                let shown = if name.is_empty() { "of all nodes".to_owned() } else { name.replace("\0", "") };
                out.note(
                    "zone {0}: {1} is now {2}",
                    [shown, zone.state.as_str().to_owned(), state.as_str().to_owned()],
                );
            }
            zone.state = state;
            zone.rate = match state {
                State::PartialDisruption if total > config.large_cluster_size => {
                    config.secondary_node_eviction_rate_millis
                }
                State::PartialDisruption => 0,
                State::Normal | State::FullDisruption => config.node_eviction_rate_millis,
            };
        }
        let dark =
            !self.zones.is_empty() && self.zones.values().all(|zone| zone.state == State::FullDisruption);
        if self.all_dark && !dark {
            for zone in self.zones.values_mut() {
                zone.next = now;
            }
        }
        self.all_dark = dark;
    }

    /// A node is to be tainted: when it may be. `None` while it waits already, or nothing may be done in its zone.
    pub fn request(&mut self, zone: &Str, node: &Str, now: SimTime) -> Option<SimTime> {
        if self.all_dark || self.waiting.contains_key(node) {
            return None;
        }
        let known = self.zones.get_mut(zone)?;
        if known.rate == 0 {
            return None;
        }
        self.waiting.insert(node.clone(), zone.clone());
        let at = known.next.max(now);
        known.next = at + Duration::from_secs(1000) / known.rate;
        Some(at)
    }

    /// The node's turn has come: may it still be tainted?
    pub fn allows(&self, node: &Str) -> bool {
        let zone = self.waiting.get(node).and_then(|zone| self.zones.get(zone));
        !self.all_dark && zone.is_some_and(|zone| zone.rate > 0)
    }

    /// The node has its taint, or no longer needs one.
    pub fn drop_request(&mut self, node: &Str) {
        self.waiting.remove(node);
    }

    /// The node is gone.
    pub fn forget(&mut self, node: &Str) {
        self.drop_request(node);
    }
}
