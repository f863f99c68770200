//! Who was heard of when.

use api::types::Node;
use api::{Object, ObjectKey, Value, object};
use client::resource::{NODES, PODS};
use sim::{SimTime, Str, literal};

use super::NodeLifecycleController;
use crate::objects::is;
use crate::outcome::{Call, EventDraft, Outcome};
use crate::world::{Kind, World};

/// The namespace of the leases that kubelets renew.
const LEASES: Str = literal!("kube-node-lease");

/// What was last seen of a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Health {
    /// When it was last heard of, on this process' own clock: node clocks are not trusted.
    heard: SimTime,
    /// What was heard then: the Ready condition's heartbeat and the lease's renewal.
    heartbeat: Option<SimTime>,
    renewed: Option<SimTime>,
    /// It has had a Ready condition.
    started: bool,
    /// Which incarnation of the node.
    pub(super) uid: Str,
}

/// What a look at a node found.
pub struct Verdict {
    /// It has been silent for longer than the grace period.
    pub silent: bool,
    /// The status update that says so.
    pub update: Option<Call>,
}

impl NodeLifecycleController {
    /// `tryUpdateNodeHealth`.
    pub(super) fn observe(&mut self, object: &Object, node: &Node, world: &World, now: SimTime) -> Verdict {
        let ready = node.condition("Ready");
        let heartbeat = ready.and_then(|c| c.last_heartbeat_time);
        let lease = world.get(Kind::Leases, &ObjectKey { namespace: LEASES, name: object.name().clone() });
        let renewed = lease.and_then(|lease| lease.lease()).and_then(|lease| lease.spec.renew_time);
        let started = ready.is_some();
        let uid = object.uid().0;
        let health = match self.health.get(object.name()) {
            // A node without a Ready condition has the time since its creation to bring one.
            None if !started => {
                let heard = node.metadata.creation_timestamp.unwrap_or(now);
                Health { heard, heartbeat, renewed, started, uid }
            }
            None => Health { heard: now, heartbeat, renewed, started, uid },
            Some(known) => {
                let news =
                    known.heartbeat != heartbeat || known.renewed < renewed || known.started != started;
                Health { heard: if news { now } else { known.heard }, heartbeat, renewed, started, uid }
            }
        };
        let grace = if started {
            self.config.node_monitor_grace_period
        } else {
            self.config.node_startup_grace_period
        };
        let silent = now.since(health.heard) > grace;
        if self.health.get(object.name()) != Some(&health) {
            self.health.insert(object.name().clone(), health);
        }
        Verdict { silent, update: if silent { unknown(object, now) } else { None } }
    }
}

/// The status update that makes the conditions of a silent node Unknown, unless they are.
fn unknown(object: &Object, now: SimTime) -> Option<Call> {
    let mut conditions = object.value().items_at(&["status", "conditions"]).to_vec();
    let mut changed = false;
    for kind in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
        match conditions.iter_mut().find(|c| is(c, "type", kind)) {
            Some(condition) if is(condition, "status", "Unknown") => {}
            Some(condition) => {
                condition.set(&["status"], "Unknown");
                condition.set(&["reason"], "NodeStatusUnknown");
                condition.set(&["message"], "Kubelet stopped posting node status.");
                condition.set(&["lastTransitionTime"], now.rfc3339());
                changed = true;
            }
            None => {
                let created = object.value().at(&["metadata", "creationTimestamp"]).cloned();
                conditions.push(object! {
                    "type": kind,
                    "status": "Unknown",
                    "reason": "NodeStatusNeverUpdated",
                    "message": "Kubelet never posted node status.",
                    "lastHeartbeatTime": created.unwrap_or_default(),
                    "lastTransitionTime": now.rfc3339(),
                });
                changed = true;
            }
        }
    }
    if !changed {
        return None;
    }
    let mut value = object.value().clone();
    value.set(&["status", "conditions"], conditions);
    Some(Call::new(NODES.update_status(value)).tolerate(&[404]))
}

/// Makes the pods of a node that is not ready not ready, so that services leave them out.
pub fn mark_pods_not_ready(node: &str, world: &World, now: SimTime, out: &mut Outcome) -> Vec<Call> {
    let mut calls = Vec::new();
    for pod in world.pods_on(node) {
        if !pod.pod().is_some_and(|pod| pod.is_ready()) {
            continue;
        }
        let mut value = pod.value().clone();
        let mut conditions: Vec<Value> = value.items_at(&["status", "conditions"]).to_vec();
        for condition in conditions.iter_mut().filter(|c| is(c, "type", "Ready")) {
            condition.set(&["status"], "False");
            condition.set(&["lastTransitionTime"], now.rfc3339());
        }
        value.set(&["status", "conditions"], conditions);
        calls.push(Call::new(PODS.update_status(value)).tolerate(&[404, 409]));
        out.events.push(EventDraft::warning(pod, "NodeNotReady", "Node is not ready"));
    }
    calls
}
