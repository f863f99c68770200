//! Node health: a node that falls silent becomes Unknown, its pods not ready, and taints keep and drive pods away.

mod health;
mod taints;
#[cfg(test)]
mod tests;
mod zones;

use api::types::Node;
use api::{Object, ObjectKey, object};
use client::{Delta, WorkQueue};
use sim::{SimTime, Str};

use crate::config::Config;
use crate::controllers::Controller;
use crate::item::{Item, Subject};
use crate::outcome::{EventDraft, Outcome};
use crate::world::{Kind, World};

use health::Health;
use zones::Zones;

/// The pass over all nodes every `--node-monitor-period`.
const MONITOR: u8 = 0;
/// The NoExecute tainting of one node, when its zone's rate allows.
const NO_EXECUTE: u8 = 1;

/// The node lifecycle controller.
#[derive(Clone, Debug, Hash)]
pub struct NodeLifecycleController {
    config: Config,
    /// What was seen of each node, and when.
    health: imbl::OrdMap<Str, Health>,
    zones: Zones,
}

impl NodeLifecycleController {
    pub(crate) fn new(config: &Config) -> NodeLifecycleController {
        NodeLifecycleController {
            config: config.clone(),
            health: imbl::OrdMap::new(),
            zones: Zones::default(),
        }
    }

    /// `monitorNodeHealth`.
    fn monitor(&mut self, world: &World, now: SimTime) -> Outcome {
        let mut out = Outcome::nothing();
        out.again_after(self.config.node_monitor_period);
        let mut calls = Vec::new();
        self.forget_gone(world, &mut out);
        let (mut states, mut statuses) = (Vec::new(), Vec::new());
        for object in world.store(Kind::Nodes).iter() {
            let Some(node) = object.node() else { continue };
            if !self.health.contains_key(object.name()) {
                let message = format!("Node {0} event: Registered Node {0} in Controller", object.name());
                out.events.push(EventDraft::normal(object, "RegisteredNode", message));
            }
            let observed = ready_status(node);
            let verdict = self.observe(object, node, world, now);
            if let Some(call) = verdict.update {
                out.note("node {0}: its kubelet is silent: Ready is Unknown", [object.name().clone()]);
                calls.push(call);
            }
            let current = if verdict.silent { "Unknown" } else { observed };
            if current != "True" && observed == "True" {
                let message = format!("Node {} status is now: NodeNotReady", object.name());
                out.events.push(EventDraft::normal(object, "NodeNotReady", message));
                calls.extend(health::mark_pods_not_ready(object.name(), world, now, &mut out));
            }
            states.push((zones::zone_of(object), object.name().clone(), current));
            statuses.push(observed);
        }
        // Who is silent is known; how fast its pods may be driven away depends on how its zone is doing.
        self.zones.judge(&states, &self.config, now, &mut out);
        // Tainting goes by what stands in the Node: a verdict of this very pass is acted on in the next one.
        for ((zone, name, _), observed) in states.into_iter().zip(statuses) {
            self.plan_tainting(&zone, &name, observed, world, now, &mut out);
        }
        out.batch(calls);
        out
    }

    fn forget_gone(&mut self, world: &World, out: &mut Outcome) {
        let known = |name: &Str| {
            world.get(Kind::Nodes, &ObjectKey { namespace: Str::new(), name: name.clone() }).is_some()
        };
        let gone: Vec<Str> = self.health.keys().filter(|name| !known(name)).cloned().collect();
        for name in gone {
            if let Some(health) = self.health.remove(&name) {
                let reference = object! {
                    "apiVersion": "v1", "kind": "Node", "metadata": { "name": &name, "uid": &health.uid },
                };
                let message = format!("Node {name} event: Removing Node {name} from Controller");
                out.events.push(EventDraft::normal(&Object::new(reference), "RemovingNode", message));
            }
            self.zones.forget(&name);
        }
    }

    /// Decides whether a node is to get, to change or to lose its NoExecute taint.
    fn plan_tainting(
        &mut self,
        zone: &Str,
        name: &Str,
        ready: &str,
        world: &World,
        now: SimTime,
        out: &mut Outcome,
    ) {
        let key = ObjectKey { namespace: Str::new(), name: name.clone() };
        let Some(object) = world.get(Kind::Nodes, &key) else { return };
        let Some(node) = object.node() else { return };
        let wanted = taints::no_execute_for(ready);
        let has = taints::has_no_execute(node);
        let item = Item { subject: Subject::Pass(NO_EXECUTE), key };
        match (wanted, has) {
            // Nothing to take away, nothing to add.
            (None, None) => self.zones.drop_request(name),
            (None, Some(_)) => {
                self.zones.drop_request(name);
                out.also.push(item);
            }
            (Some(wanted), Some(has)) if wanted == has => {}
            // The one taint for the other costs nothing: the pods are being driven away already.
            (Some(_), Some(_)) => out.also.push(item),
            (Some(_), None) => {
                if let Some(at) = self.zones.request(zone, name, now) {
                    out.also_at(item, at);
                }
            }
        }
    }

    /// Gives a node the NoExecute taint that its readiness asks for.
    fn taint(&mut self, name: &Str, world: &World, now: SimTime) -> Outcome {
        let mut out = Outcome::nothing();
        let key = ObjectKey { namespace: Str::new(), name: name.clone() };
        let Some(object) = world.get(Kind::Nodes, &key) else { return out };
        let Some(node) = object.node() else { return out };
        let wanted = taints::no_execute_for(ready_status(node));
        if wanted.is_some() && taints::has_no_execute(node).is_none() && !self.zones.allows(name) {
            // Its zone has become disrupted meanwhile; the monitor asks again when that is over.
            self.zones.drop_request(name);
            return out;
        }
        self.zones.drop_request(name);
        if let Some(call) = taints::set_no_execute(object, node, wanted, now) {
            let words = [name.as_str(), wanted.unwrap_or("none")];
            out.note("node {0}: NoExecute taint: {1}", words);
            out.call(call);
        }
        out
    }

    /// `doNoScheduleTaintingPass`: taints that say what a node's conditions say.
    fn sync_node(&mut self, key: &ObjectKey, world: &World, now: SimTime) -> Outcome {
        let mut out = Outcome::nothing();
        let Some(object) = world.get(Kind::Nodes, key) else { return out };
        let Some(node) = object.node() else { return out };
        if let Some((call, words)) = taints::set_no_schedule(object, node, now) {
            out.note("node {0}: NoSchedule taints: {1}", [object.name().to_string(), words]);
            out.call(call);
        }
        out
    }
}

/// The status of a node's Ready condition.
fn ready_status(node: &Node) -> &'static str {
    match node.condition("Ready").map(|c| c.status.as_str()) {
        Some("True") => "True",
        Some("False") => "False",
        _ => "Unknown",
    }
}

impl Controller for NodeLifecycleController {
    fn on_synced(&mut self, _now: SimTime, queue: &mut WorkQueue<Item>) {
        queue.add(Item::pass(MONITOR));
    }

    fn on_delta(
        &mut self,
        kind: Kind,
        delta: &Delta,
        _world: &World,
        _now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        if kind != Kind::Nodes || delta.is_deletion() {
            return;
        }
        // Heartbeats change nothing that taints depend on.
        let old = delta.old.as_ref().and_then(Object::node).map(taints::relevant);
        if old != delta.new.as_ref().and_then(Object::node).map(taints::relevant) {
            queue.add(Item::new(Kind::Nodes, delta.key().clone()));
        }
    }

    fn reconcile(&mut self, item: &Item, world: &World, now: SimTime) -> Outcome {
        match item.subject {
            Subject::Pass(MONITOR) => self.monitor(world, now),
            Subject::Pass(_) => self.taint(&item.key.name, world, now),
            Subject::Object(_) => self.sync_node(&item.key, world, now),
        }
    }
}
