//! Pod garbage collection: pods that nobody will ever end properly, and terminated pods beyond a number.

use std::time::Duration;

use api::types::Pod;
use api::{Object, ObjectKey, object};
use client::resource::PODS;
use client::{DeleteOptions, Delta, IndexBy, PatchType, WorkQueue};
use imbl::OrdMap;
use sim::{SimTime, Str};

use crate::config::Config;
use crate::controllers::Controller;
use crate::item::Item;
use crate::outcome::{Call, Outcome};
use crate::world::{Kind, World};

/// The check runs this often.
const PERIOD: Duration = Duration::from_secs(20);
/// A node must have been missing for this long before its pods are given up.
const QUARANTINE: Duration = Duration::from_secs(40);
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// The pod garbage collector.
#[derive(Clone, Debug, Hash)]
pub struct PodGcController {
    terminated_threshold: u32,
    /// Nodes that pods name and nobody knows, and since when.
    missing: OrdMap<Str, SimTime>,
}

impl PodGcController {
    pub(crate) fn new(config: &Config) -> PodGcController {
        PodGcController { terminated_threshold: config.terminated_pod_gc_threshold, missing: OrdMap::new() }
    }

    /// Pods of nodes that do not exist.
    fn orphaned(&mut self, world: &World, now: SimTime, calls: &mut Vec<Call>) {
        let named = world.store(Kind::Pods).index_values(IndexBy::Node);
        let known = |name: &Str| {
            name.is_empty()
                || world.get(Kind::Nodes, &ObjectKey { namespace: Str::new(), name: name.clone() }).is_some()
        };
        let missing: Vec<Str> = named.into_iter().filter(|name| !known(name)).collect();
        let back: Vec<Str> = self.missing.keys().filter(|name| !missing.contains(name)).cloned().collect();
        for name in back {
            self.missing.remove(&name);
        }
        for name in missing {
            let since = self.missing.get(&name).copied().unwrap_or(now);
            self.missing.insert(name.clone(), since);
            if now.since(since) >= QUARANTINE {
                for pod in world.pods_on(&name) {
                    fail_and_delete(pod, "PodGC: node no longer exists", now, calls);
                }
            }
        }
    }
}

/// Marks a pod as failed, unless it has ended, and deletes it without grace: nobody is there to end it.
fn fail_and_delete(object: &Object, why: &str, now: SimTime, calls: &mut Vec<Call>) {
    if object.pod().is_some_and(|pod| !pod.is_terminal()) {
        let condition = object! {
            "type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC", "message": why,
            "lastTransitionTime": now.rfc3339(),
        };
        let patch = object! {
            "metadata": { "uid": object.uid().0 },
            "status": { "phase": "Failed", "conditions": [(condition)] },
        };
        calls.push(
            Call::new(PODS.patch_status(object.key(), PatchType::Strategic, patch)).tolerate(&[404, 409]),
        );
    }
    calls.push(delete(object));
}

fn delete(pod: &Object) -> Call {
    let options =
        DeleteOptions { grace_seconds: Some(0), uid: Some(pod.uid().0), ..DeleteOptions::default() };
    Call::new(PODS.delete(pod.key(), &options)).tolerate(&[404, 409])
}

/// Pods that are being deleted and were never bound: no kubelet will end them.
fn unscheduled(world: &World, now: SimTime, calls: &mut Vec<Call>) {
    for pod in world.pods_on("").filter(|pod| pod.is_terminating()) {
        fail_and_delete(pod, "PodGC: unscheduled and terminating", now, calls);
    }
}

/// Pods that are being deleted on nodes that somebody has declared out of service.
fn out_of_service(world: &World, now: SimTime, calls: &mut Vec<Call>) {
    for object in world.store(Kind::Nodes).iter() {
        let dead = object.node().is_some_and(|node| {
            !node.is_ready() && node.spec.taints.iter().any(|taint| taint.key == OUT_OF_SERVICE)
        });
        if dead {
            for pod in world.pods_on(object.name()).filter(|pod| pod.is_terminating()) {
                fail_and_delete(pod, "PodGC: node is out of service", now, calls);
            }
        }
    }
}

/// The oldest terminated pods beyond the threshold.
fn terminated(threshold: u32, world: &World, calls: &mut Vec<Call>) {
    let pods = world.store(Kind::Pods);
    // No more pods than that, so no more terminated ones either: nothing to count.
    if threshold == 0 || pods.len() <= threshold as usize {
        return;
    }
    let ended =
        |object: &&Object| object.pod().is_some_and(|pod| Pod::is_terminal(pod) && !pod.is_terminating());
    let mut ended: Vec<&Object> = pods.iter().filter(ended).collect();
    let surplus = ended.len().saturating_sub(threshold as usize);
    ended.sort_by_key(|object| (object.meta().creation_timestamp, object.name().clone()));
    calls.extend(ended.into_iter().take(surplus).map(delete));
}

impl Controller for PodGcController {
    fn on_synced(&mut self, now: SimTime, queue: &mut WorkQueue<Item>) {
        queue.add_after(Item::pass(0), PERIOD, now);
    }

    fn on_delta(
        &mut self,
        _kind: Kind,
        _delta: &Delta,
        _world: &World,
        _now: SimTime,
        _queue: &mut WorkQueue<Item>,
    ) {
    }

    fn reconcile(&mut self, _item: &Item, world: &World, now: SimTime) -> Outcome {
        let mut out = Outcome::nothing();
        out.again_after(PERIOD);
        let mut calls = Vec::new();
        self.orphaned(world, now, &mut calls);
        unscheduled(world, now, &mut calls);
        out_of_service(world, now, &mut calls);
        terminated(self.terminated_threshold, world, &mut calls);
        if !calls.is_empty() {
            out.note(
                "pod garbage collector: {0} requests for pods that nobody will end",
                [calls.len().to_string()],
            );
        }
        out.batch(calls);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Builder, at, pod, requests, world};

    fn pass(controller: &mut PodGcController, world: &World, seconds: u64) -> Vec<String> {
        requests(&controller.reconcile(&Item::pass(0), world, at(seconds)))
    }

    #[test]
    fn pods_of_a_missing_node_go_after_a_quarantine() {
        let known =
            world([Builder::new("v1", "Node", "", "n1"), pod("a", "p").on("gone"), pod("a", "q").on("n1")]);
        let mut controller = PodGcController::new(&Config::default());
        assert_eq!(pass(&mut controller, &known, 20), [""; 0]);
        assert_eq!(pass(&mut controller, &known, 40), [""; 0]);
        assert_eq!(
            pass(&mut controller, &known, 60),
            ["PATCH /api/v1/namespaces/a/pods/p/status", "DELETE /api/v1/namespaces/a/pods/p"]
        );
    }

    #[test]
    fn the_oldest_terminated_pods_go() {
        let ended = |name: &str, second: u64| {
            let created = at(second).rfc3339();
            pod("a", name)
                .set(&["status", "phase"], "Succeeded")
                .set(&["metadata", "creationTimestamp"], created)
        };
        let known = world([ended("new", 9), ended("old", 1), ended("middle", 5), pod("a", "running")]);
        let mut controller =
            PodGcController::new(&Config { terminated_pod_gc_threshold: 2, ..Config::default() });
        assert_eq!(pass(&mut controller, &known, 20), ["DELETE /api/v1/namespaces/a/pods/old"]);
    }

    #[test]
    fn pods_that_no_kubelet_has_are_deleted_for_good() {
        let taints = vec![object! { "key": OUT_OF_SERVICE, "effect": "NoExecute" }];
        let node = Builder::new("v1", "Node", "", "n1").set(&["spec", "taints"], taints);
        let ended = pod("a", "done").on("n1").set(&["status", "phase"], "Failed").terminating();
        let known = world([node, pod("a", "unbound").terminating(), ended, pod("a", "living").on("n1")]);
        let mut controller = PodGcController::new(&Config::default());
        let requests = pass(&mut controller, &known, 20);
        assert_eq!(
            requests,
            [
                "PATCH /api/v1/namespaces/a/pods/unbound/status",
                "DELETE /api/v1/namespaces/a/pods/unbound",
                "DELETE /api/v1/namespaces/a/pods/done",
            ]
        );
    }
}
