//! Node IPAM: each node gets a range of the cluster's pod addresses.

use api::{Object, object};
use client::resource::NODES;
use client::{Delta, PatchType, WorkQueue};
use imbl::OrdMap;
use sim::{SimTime, Str};

use crate::config::Config;
use crate::controllers::Controller;
use crate::item::Item;
use crate::outcome::{Call, EventDraft, Outcome};
use crate::world::{Kind, World};

/// The CIDR allocator (`--cidr-allocator-type=RangeAllocator`).
#[derive(Clone, Debug, Hash)]
pub struct NodeIpamController {
    enabled: bool,
    base: u32,
    prefix: u8,
    node_prefix: u8,
    /// Which range is whose.
    taken: OrdMap<u32, Str>,
    /// Where the search for a free range begins: ranges are not reused before their turn comes again.
    next: u32,
}

impl NodeIpamController {
    pub(crate) fn new(config: &Config) -> NodeIpamController {
        NodeIpamController {
            enabled: config.allocate_node_cidrs,
            base: u32::from_be_bytes(config.cluster_cidr.0),
            prefix: config.cluster_cidr.1.min(32),
            node_prefix: config.node_cidr_mask.clamp(config.cluster_cidr.1.min(32), 32),
            taken: OrdMap::new(),
            next: 0,
        }
    }

    /// How many ranges there are.
    fn ranges(&self) -> u32 {
        1u32.checked_shl(u32::from(self.node_prefix - self.prefix)).unwrap_or(u32::MAX)
    }

    fn cidr(&self, range: u32) -> String {
        let shift = 32 - u32::from(self.node_prefix);
        let [a, b, c, d] = self.base.wrapping_add(range.checked_shl(shift).unwrap_or(0)).to_be_bytes();
        format!("{a}.{b}.{c}.{d}/{}", self.node_prefix)
    }

    /// The range that a CIDR is, if it is one.
    fn range_of(&self, cidr: &str) -> Option<u32> {
        let (address, _) = cidr.split_once('/')?;
        let mut bytes = address.split('.').map(|byte| byte.parse::<u8>().ok());
        let mut next = || bytes.next().flatten();
        let address = u32::from_be_bytes([next()?, next()?, next()?, next()?]);
        let range =
            address.checked_sub(self.base)?.checked_shr(32 - u32::from(self.node_prefix)).unwrap_or(0);
        (range < self.ranges()).then_some(range)
    }

    fn occupy(&mut self, node: &Object) {
        let cidr = node.value().str_at(&["spec", "podCIDR"]).and_then(|cidr| self.range_of(cidr));
        if let Some(range) = cidr {
            self.taken.insert(range, node.name().clone());
            self.next = self.next.max((range + 1) % self.ranges().max(1));
        }
    }

    fn release(&mut self, node: &str) {
        let ranges: Vec<u32> =
            self.taken.iter().filter(|(_, owner)| *owner == node).map(|(r, _)| *r).collect();
        for range in ranges {
            self.taken.remove(&range);
        }
    }

    /// A free range for a node: the one it was promised already, or the next.
    fn allocate(&mut self, node: &Str) -> Option<u32> {
        if let Some((range, _)) = self.taken.iter().find(|(_, owner)| *owner == node) {
            return Some(*range);
        }
        let ranges = self.ranges();
        let free =
            (0..ranges).map(|i| (self.next + i) % ranges).find(|range| !self.taken.contains_key(range))?;
        self.taken.insert(free, node.clone());
        self.next = (free + 1) % ranges;
        Some(free)
    }
}

impl Controller for NodeIpamController {
    fn on_delta(
        &mut self,
        kind: Kind,
        delta: &Delta,
        _world: &World,
        _now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        if kind != Kind::Nodes || !self.enabled {
            return;
        }
        match &delta.new {
            None => self.release(&delta.key().name),
            Some(node) if node.value().str_at(&["spec", "podCIDR"]).is_some_and(|cidr| !cidr.is_empty()) => {
                if delta.old.as_ref().and_then(|old| old.value().str_at(&["spec", "podCIDR"])).is_none() {
                    self.occupy(node);
                }
            }
            Some(node) => queue.add(Item::of(Kind::Nodes, node)),
        }
    }

    fn reconcile(&mut self, item: &Item, world: &World, _now: SimTime) -> Outcome {
        let mut out = Outcome::nothing();
        let Some(node) = world.get(Kind::Nodes, &item.key) else { return out };
        if node.value().str_at(&["spec", "podCIDR"]).is_some_and(|cidr| !cidr.is_empty()) {
            return out;
        }
        let Some(range) = self.allocate(node.name()) else {
            let message = format!("Node {} status is now: CIDRNotAvailable", node.name());
            out.events.push(EventDraft::normal(node, "CIDRNotAvailable", message));
            out.retry = true;
            return out;
        };
        let cidr = self.cidr(range);
        out.note("node {0}: pod addresses {1}", [node.name().to_string(), cidr.clone()]);
        let patch = object! { "spec": { "podCIDR": cidr.clone(), "podCIDRs": [(cidr)] } };
        let message = format!("Node {} status is now: CIDRAssignmentFailed", node.name());
        let failed = EventDraft::normal(node, "CIDRAssignmentFailed", message);
        out.call(
            Call::new(NODES.patch(node.key(), PatchType::Strategic, patch))
                .tolerate(&[404])
                .on_failure(failed),
        );
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Builder, at, body, run, tell, world};

    fn node(name: &str) -> Builder {
        Builder::new("v1", "Node", "", name)
    }

    #[test]
    fn ranges_in_order_and_none_twice() {
        let mut known = world([]);
        let mut controller = NodeIpamController::new(&Config::default());
        let has = node("old").set(&["spec", "podCIDR"], "10.244.1.0/24");
        assert_eq!(tell(&mut controller, &mut known, has), [""; 0]);
        let mut cidrs = Vec::new();
        for name in ["n1", "n2"] {
            assert_eq!(tell(&mut controller, &mut known, node(name)), [format!("Node {name}")]);
            let out = run(&mut controller, Kind::Nodes, name, &known, at(0));
            assert_eq!(body(&out, 0).items_at(&["spec", "podCIDRs"]).len(), 1);
            cidrs.push(body(&out, 0).str_at(&["spec", "podCIDR"]).unwrap().to_string());
        }
        assert_eq!(cidrs, ["10.244.2.0/24", "10.244.3.0/24"]);
        // A second look before the first answer promises the same range.
        let out = run(&mut controller, Kind::Nodes, "n2", &known, at(0));
        assert_eq!(body(&out, 0).str_at(&["spec", "podCIDR"]).unwrap(), "10.244.3.0/24");
    }

    #[test]
    fn an_exhausted_range_says_so() {
        let config = Config { cluster_cidr: ([10, 0, 0, 0], 23), ..Config::default() };
        let mut controller = NodeIpamController::new(&config);
        let known = world([node("a"), node("b"), node("c")]);
        for name in ["a", "b"] {
            assert_eq!(run(&mut controller, Kind::Nodes, name, &known, at(0)).batches.len(), 1);
        }
        let out = run(&mut controller, Kind::Nodes, "c", &known, at(0));
        assert!(out.retry);
        assert_eq!(out.events[0].reason, "CIDRNotAvailable");
    }
}
