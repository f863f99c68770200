//! Taint eviction: pods that do not tolerate a NoExecute taint of their node go, at once or after `tolerationSeconds`.

use std::time::Duration;

use api::types::{Pod, Taint};
use api::{Object, ObjectKey, object};
use client::resource::PODS;
use client::{DeleteOptions, Delta, PatchType, WorkQueue};
use imbl::OrdMap;
use sim::{SimTime, Str};

use crate::config::Config;
use crate::controllers::Controller;
use crate::item::Item;
use crate::outcome::{Call, EventDraft, Outcome};
use crate::world::{Kind, World};

/// The taint eviction controller.
#[derive(Clone, Debug, Hash)]
pub struct TaintEvictionController {
    /// Pods that will be evicted: since when the taint is known, and when they go.
    scheduled: OrdMap<ObjectKey, (SimTime, SimTime)>,
}

/// How long a pod may stay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stay {
    Forever,
    For(Duration),
}

impl TaintEvictionController {
    pub(crate) fn new(_config: &Config) -> TaintEvictionController {
        TaintEvictionController { scheduled: OrdMap::new() }
    }

    fn cancel(&mut self, pod: &Object, out: &mut Outcome) {
        if self.scheduled.contains_key(pod.key()) {
            self.scheduled.remove(pod.key());
            let message = format!("Cancelling deletion of Pod {}", pod.key());
            out.events.push(EventDraft::normal(pod, "TaintManagerEviction", message));
            out.note("pod {0}: it may stay on its node after all", [pod.key().to_string()]);
        }
    }

    fn evict(&mut self, object: &Object, now: SimTime, out: &mut Outcome) {
        self.scheduled.remove(object.key());
        let message = format!("Marking for deletion Pod {}", object.key());
        out.events.push(EventDraft::normal(object, "TaintManagerEviction", message));
        out.note("pod {0}: delete, it does not tolerate a taint of its node", [object.key().to_string()]);
        let condition = object! {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
            "lastTransitionTime": now.rfc3339(),
        };
        let patch =
            object! { "metadata": { "uid": object.uid().0 }, "status": { "conditions": [(condition)] } };
        out.call(
            Call::new(PODS.patch_status(object.key(), PatchType::Strategic, patch)).tolerate(&[404, 409]),
        );
        let options = DeleteOptions { uid: Some(object.uid().0), ..DeleteOptions::default() };
        out.call(Call::new(PODS.delete(object.key(), &options)).tolerate(&[404, 409]));
    }
}

fn no_execute(node: &Object) -> Vec<&Taint> {
    let taints = node.node().map_or(&[][..], |node| node.spec.taints.as_slice());
    taints.iter().filter(|taint| taint.effect == "NoExecute").collect()
}

/// How long a pod tolerates all of the taints: as long as its least patient toleration that is used.
fn stay(pod: &Pod, taints: &[&Taint]) -> Stay {
    let mut least: Option<i64> = None;
    for taint in taints {
        let mut tolerations = pod.spec.tolerations.iter().filter(|t| t.tolerates(taint));
        let Some(toleration) = tolerations.next() else { return Stay::For(Duration::ZERO) };
        if let Some(seconds) = toleration.toleration_seconds {
            let seconds = seconds.max(0);
            least = Some(least.map_or(seconds, |known: i64| known.min(seconds)));
        }
    }
    least.map_or(Stay::Forever, |seconds| Stay::For(Duration::from_secs(seconds.unsigned_abs())))
}

impl Controller for TaintEvictionController {
    fn on_delta(
        &mut self,
        kind: Kind,
        delta: &Delta,
        world: &World,
        _now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        match kind {
            Kind::Nodes => {
                let before = delta.old.as_ref().map(no_execute).unwrap_or_default();
                let after = delta.new.as_ref().map(no_execute).unwrap_or_default();
                if before == after {
                    return;
                }
                for pod in world.pods_on(&delta.key().name) {
                    queue.add(Item::of(Kind::Pods, pod));
                }
            }
            Kind::Pods => {
                let Some(pod) = &delta.new else {
                    if self.scheduled.contains_key(delta.key()) {
                        self.scheduled.remove(delta.key());
                    }
                    return;
                };
                let place = |pod: &Object| pod.value().str_at(&["spec", "nodeName"]).cloned();
                let tolerations = |pod: &Object| pod.value().at(&["spec", "tolerations"]).cloned();
                let moved = delta
                    .old
                    .as_ref()
                    .is_none_or(|old| place(old) != place(pod) || tolerations(old) != tolerations(pod));
                // Most nodes have no such taint: then there is nothing to look at.
                let tainted = || {
                    let node = ObjectKey { namespace: Str::new(), name: place(pod).unwrap_or_default() };
                    world.get(Kind::Nodes, &node).is_some_and(|node| !no_execute(node).is_empty())
                };
                if moved && tainted() {
                    queue.add(Item::of(Kind::Pods, pod));
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, item: &Item, world: &World, now: SimTime) -> Outcome {
        let mut out = Outcome::nothing();
        let Some(object) = world.get(Kind::Pods, &item.key) else { return out };
        let Some(pod) = object.pod() else { return out };
        if pod.is_terminating() {
            self.scheduled.remove(object.key());
            return out;
        }
        let node = ObjectKey { namespace: Str::new(), name: pod.spec.node_name.clone() };
        let taints = world.get(Kind::Nodes, &node).map(no_execute).unwrap_or_default();
        match stay(pod, &taints) {
            Stay::Forever => self.cancel(object, &mut out),
            Stay::For(patience) => {
                // What was begun counts on: a second look does not start the patience anew.
                let since = self.scheduled.get(object.key()).map_or(now, |(since, _)| *since);
                let at = since + patience;
                if at <= now {
                    self.evict(object, now, &mut out);
                } else {
                    self.scheduled.insert(object.key().clone(), (since, at));
                    out.again_after(at.since(now));
                    let words = [object.key().to_string(), at.since(now).as_secs().to_string()];
                    out.note("pod {0}: evict in {1} s, unless its node recovers", words);
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Builder, at, pod, requests, run, tell, world};

    fn node(taint: Option<&str>) -> Builder {
        let taints: Vec<_> =
            taint.map(|key| object! { "key": key, "effect": "NoExecute" }).into_iter().collect();
        Builder::new("v1", "Node", "", "n1").set(&["spec", "taints"], taints)
    }

    fn tolerant(seconds: Option<i64>) -> Builder {
        let mut toleration = object! { "key": "unreachable", "operator": "Exists", "effect": "NoExecute" };
        if let Some(seconds) = seconds {
            toleration.set(&["tolerationSeconds"], seconds);
        }
        pod("a", "p").on("n1").set(&["spec", "tolerations"], vec![toleration])
    }

    #[test]
    fn patience_decides() {
        for (name, pod, taint, waits, deletes) in [
            ("no toleration", pod("a", "p").on("n1"), "unreachable", None, true),
            ("another taint", tolerant(None), "gpu", None, true),
            ("for ever", tolerant(None), "unreachable", None, false),
            ("five minutes", tolerant(Some(300)), "unreachable", Some(300), false),
        ] {
            let world = world([node(Some(taint)), pod]);
            let out =
                run(&mut TaintEvictionController::new(&Config::default()), Kind::Pods, "a/p", &world, at(9));
            assert_eq!(out.requeue_after.map(|d| d.as_secs()), waits, "{name}");
            let expected: &[&str] =
                &["PATCH /api/v1/namespaces/a/pods/p/status", "DELETE /api/v1/namespaces/a/pods/p"];
            assert_eq!(requests(&out), if deletes { expected } else { &[] }, "{name}");
        }
    }

    #[test]
    fn recovery_cancels_and_time_goes_on() {
        let mut known = world([node(Some("unreachable")), tolerant(Some(300))]);
        let mut controller = TaintEvictionController::new(&Config::default());
        run(&mut controller, Kind::Pods, "a/p", &known, at(0));
        assert_eq!(
            run(&mut controller, Kind::Pods, "a/p", &known, at(200)).requeue_after.unwrap().as_secs(),
            100
        );
        assert_eq!(tell(&mut controller, &mut known, node(None)), ["Pod a/p"]);
        let out = run(&mut controller, Kind::Pods, "a/p", &known, at(250));
        assert_eq!(out.events[0].message, "Cancelling deletion of Pod a/p");
        assert_eq!(tell(&mut controller, &mut known, node(Some("unreachable"))), ["Pod a/p"]);
        run(&mut controller, Kind::Pods, "a/p", &known, at(300));
        let out = run(&mut controller, Kind::Pods, "a/p", &known, at(600));
        assert_eq!(requests(&out).len(), 2);
        assert_eq!(out.events[0].message, "Marking for deletion Pod a/p");
    }
}
