//! Deployments: revisions as ReplicaSets, and the way from one to the next.

mod conditions;
mod numbers;
mod revisions;
mod rollout;
mod scale;
mod status;
mod sync;
#[cfg(test)]
mod tests;

use api::{Object, ObjectKey, Value};
use client::{Delta, WorkQueue};
use sim::SimTime;

use crate::config::Config;
use crate::controllers::Controller;
use crate::item::Item;
use crate::outcome::{EventDraft, Outcome};
use crate::world::{Kind, World};

/// The Deployment controller. It keeps nothing: all it needs is in the objects.
#[derive(Clone, Debug, Hash)]
pub struct DeploymentController;

impl DeploymentController {
    pub(crate) fn new(_config: &Config) -> DeploymentController {
        DeploymentController
    }
}

/// The key of the Deployment that controls a ReplicaSet.
fn owner_of(set: &Object, world: &World) -> Option<ObjectKey> {
    let owner = set.controller()?;
    if owner.get("kind")?.as_str()? != "Deployment" {
        return None;
    }
    let key = ObjectKey { namespace: set.namespace().clone(), name: owner.get("name")?.as_str()?.clone() };
    let deployment = world.get(Kind::Deployments, &key)?;
    (deployment.value().str_at(&["metadata", "uid"]) == owner.get("uid").and_then(Value::as_str))
        .then_some(key)
}

/// The Deployments that would adopt a ReplicaSet.
fn selecting(set: &Object, world: &World) -> Vec<ObjectKey> {
    let deployments = world.store(Kind::Deployments).in_namespace(set.namespace());
    let selecting = deployments.filter(|d| {
        d.deployment().is_some_and(|d| !d.spec.selector.is_empty() && d.spec.selector.matches(set))
    });
    selecting.map(|d| d.key().clone()).collect()
}

/// A pod went: a Deployment that recreates waits for its last one.
fn recreating_owner(pod: &Object, world: &World) -> Option<ObjectKey> {
    let owner = pod.controller()?;
    let key = ObjectKey { namespace: pod.namespace().clone(), name: owner.get("name")?.as_str()?.clone() };
    let deployment = owner_of(world.get(Kind::ReplicaSets, &key)?, world)?;
    let typed = world.get(Kind::Deployments, &deployment)?.deployment()?;
    (typed.spec.strategy.kind == "Recreate").then_some(deployment)
}

impl Controller for DeploymentController {
    fn on_delta(
        &mut self,
        kind: Kind,
        delta: &Delta,
        world: &World,
        _now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        let mut enqueue = |key: ObjectKey| queue.add(Item::new(Kind::Deployments, key));
        match kind {
            Kind::Deployments => enqueue(delta.key().clone()),
            Kind::ReplicaSets => {
                let before = delta.old.as_ref().and_then(|set| owner_of(set, world));
                let owner = delta.new.as_ref().and_then(|set| owner_of(set, world));
                if before != owner
                    && let Some(before) = before
                {
                    enqueue(before);
                }
                match (owner, &delta.new) {
                    (Some(owner), _) => enqueue(owner),
                    (None, Some(set)) if set.controller().is_none() => {
                        for key in selecting(set, world) {
                            enqueue(key);
                        }
                    }
                    _ => {}
                }
            }
            Kind::Pods if delta.is_deletion() => {
                if let Some(key) = recreating_owner(delta.object(), world) {
                    enqueue(key);
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, item: &Item, world: &World, now: SimTime) -> Outcome {
        let Some(object) = world.get(Kind::Deployments, &item.key) else { return Outcome::nothing() };
        let Some(typed) = object.deployment() else { return Outcome::nothing() };
        if typed.spec.selector.is_empty() {
            let mut out = Outcome::nothing();
            let message = "This deployment is selecting all pods. A non-empty selector is required.";
            out.events.push(EventDraft::warning(object, "SelectingAll", message));
            return out;
        }
        sync::Sync::new(object, typed, world, now).run()
    }
}
