//! Namespaces: one that is being deleted is emptied, then let go.

use std::collections::BTreeMap;
use std::time::Duration;

use api::http::{Body, Method, Request, Response};
use api::kinds::{self, KindInfo};
use api::{Object, ObjectKey, Value, object};
use client::resource::NAMESPACES;
use client::{DeleteOptions, Delta, Resource, WorkQueue};
use imbl::OrdSet;
use sim::{SimTime, Str, literal};

use crate::config::Config;
use crate::controllers::Controller;
use crate::item::Item;
use crate::objects::{find_condition, is};
use crate::outcome::{Call, Outcome, Purpose};
use crate::world::{Kind, World};

/// A deletion is worked on this long after it was seen, so that what was being created meanwhile is seen, too.
const DELETION_DELAY: Duration = Duration::from_secs(5);
/// The finalizer that this controller removes at the end.
const FINALIZER: &str = "kubernetes";
/// What a resource takes that has finalizers of its own.
const FINALIZER_ESTIMATE: i64 = 15;

/// The namespace controller.
#[derive(Clone, Debug, Hash)]
pub struct NamespaceController {
    /// Namespaces in which all kinds have been deleted once, also those that nobody watches.
    swept: OrdSet<Str>,
    /// The server deletes no collections of these kinds: they are deleted one by one.
    one_by_one: OrdSet<Kind>,
}

/// What is left of a kind in a namespace.
struct Remains<'a> {
    kind: Kind,
    all: Vec<&'a Object>,
}

impl NamespaceController {
    pub(crate) fn new(_config: &Config) -> NamespaceController {
        NamespaceController { swept: OrdSet::new(), one_by_one: OrdSet::new() }
    }

    fn delete_contents(&self, namespace: &Object, remains: &[Remains<'_>], out: &mut Outcome) {
        let mut calls = Vec::new();
        for Remains { kind, all } in remains {
            let mut alive = all.iter().filter(|object| !object.is_terminating()).peekable();
            if alive.peek().is_none() {
                continue;
            }
            let resource = kind.resource();
            let options = DeleteOptions { propagation: Some("Background"), ..DeleteOptions::default() };
            if self.one_by_one.contains(kind) {
                calls.extend(
                    alive.map(|o| Call::new(resource.delete(o.key(), &options)).tolerate(&[404, 409])),
                );
            } else {
                let request = resource.delete_collection(namespace.name(), &options);
                let purpose = Purpose::Collection(*kind as u32);
                calls.push(Call::new(request).purpose(purpose).tolerate(&[404, 405, 409]));
            }
        }
        if !self.swept.contains(namespace.name()) {
            let unwatched = |kind: &&KindInfo| Kind::of(&kind.api_version, &kind.kind).is_none();
            let deletable = |kind: &&KindInfo| kind.namespaced && kind.has_verb("deletecollection");
            for kind in kinds::all().iter().filter(deletable).filter(unwatched) {
                let resource = Resource::from(kind);
                let request = resource.delete_collection(namespace.name(), &DeleteOptions::default());
                // What is not served has no objects.
                calls.push(
                    Call::new(request).purpose(Purpose::Collection(u32::MAX)).tolerate(&[404, 405, 501]),
                );
            }
        }
        out.batch(calls);
    }
}

fn remains<'a>(namespace: &str, world: &'a World) -> Vec<Remains<'a>> {
    let namespace = Str::from(namespace);
    let kinds = Kind::ALL.iter().filter(|kind| kind.resource().namespaced);
    let remains = kinds.map(|kind| Remains {
        kind: *kind,
        all: {
            let first = ObjectKey { namespace: namespace.clone(), name: Str::new() };
            let objects = world.store(*kind).objects().range(first..);
            objects.take_while(|(key, _)| key.namespace == namespace).map(|(_, object)| object).collect()
        },
    });
    remains.filter(|remains| !remains.all.is_empty()).collect()
}

/// How long what remains may take, in seconds: the longest grace of a pod, or a fixed guess where finalizers hold.
fn estimate(remains: &[Remains<'_>]) -> i64 {
    let of = |kind: Kind, object: &Object| match kind {
        Kind::Pods => object.pod().filter(|pod| !pod.is_terminal()).map_or(0, |pod| {
            let grace =
                pod.metadata.deletion_grace_period_seconds.or(pod.spec.termination_grace_period_seconds);
            grace.unwrap_or(30)
        }),
        _ if object.meta().finalizers.is_empty() => 0,
        _ => FINALIZER_ESTIMATE,
    };
    remains.iter().flat_map(|r| r.all.iter().map(|object| of(r.kind, object))).max().unwrap_or(0)
}

/// A resource as the message names it: `pods.`, `deployments.apps`.
fn gvr(kind: Kind) -> String {
    format!("{}.{}", kind.resource().plural, kind.resource().group)
}

/// The status with the conditions that tell how far the deletion is.
fn status(namespace: &Object, remains: &[Remains<'_>], now: SimTime) -> Option<Call> {
    let mut value = namespace.value().clone();
    value.set(&["status", "phase"], "Terminating");
    let counts = remains.iter().map(|r| format!("{} has {} resource instances", gvr(r.kind), r.all.len()));
    let counts: Vec<String> = counts.collect();
    let mut finalizers: BTreeMap<&str, usize> = BTreeMap::new();
    for object in remains.iter().flat_map(|r| &r.all) {
        for finalizer in &object.meta().finalizers {
            *finalizers.entry(finalizer).or_default() += 1;
        }
    }
    let held: Vec<String> =
        finalizers.iter().map(|(name, n)| format!("{name} in {n} resource instances")).collect();
    let content = if counts.is_empty() {
        ("False", "ContentRemoved", "All content successfully removed".to_owned())
    } else {
        ("True", "SomeResourcesRemain", format!("Some resources are remaining: {}", counts.join(", ")))
    };
    let finalizing = if held.is_empty() {
        ("False", "ContentHasNoFinalizers", "All content-preserving finalizers finished".to_owned())
    } else {
        let message = format!("Some content in the namespace has finalizers remaining: {}", held.join(", "));
        ("True", "SomeFinalizersRemain", message)
    };
    let wanted = [
        (
            "NamespaceDeletionDiscoveryFailure",
            ("False", "ResourcesDiscovered", "All resources successfully discovered".to_owned()),
        ),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            ("False", "ParsedGroupVersions", "All legacy kube types successfully parsed".to_owned()),
        ),
        (
            "NamespaceDeletionContentFailure",
            (
                "False",
                "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization".to_owned(),
            ),
        ),
        ("NamespaceContentRemaining", content),
        ("NamespaceFinalizersRemaining", finalizing),
    ];
    let old = namespace.value().items_at(&["status", "conditions"]);
    let conditions: Vec<Value> = wanted
        .into_iter()
        .map(|(kind, (status, reason, message))| match find_condition(old, kind) {
            Some(known) if is(known, "status", status) && is(known, "message", &message) => known.clone(),
            _ => object! {
                "type": kind, "status": status, "reason": reason, "message": message,
                "lastTransitionTime": now.rfc3339(),
            },
        })
        .collect();
    value.set(&["status", "conditions"], conditions);
    (value != *namespace.value()).then(|| Call::new(NAMESPACES.update_status(value)).tolerate(&[404, 409]))
}

fn finalize(namespace: &Object) -> Call {
    let mut value = namespace.value().clone();
    let keep = |f: &&Value| f.as_str().is_none_or(|f| f != FINALIZER);
    let rest: Vec<Value> = value.items_at(&["spec", "finalizers"]).iter().filter(keep).cloned().collect();
    value.set(&["spec", "finalizers"], rest);
    // The status update before this one has changed the version.
    value.remove(&["metadata", "resourceVersion"]);
    let path = format!("{}/finalize", NAMESPACES.object_path("", namespace.name()));
    let mut request = Request::new(Method::Put, path);
    request.body = Body::Tree(value);
    Call::new(request).tolerate(&[404])
}

impl Controller for NamespaceController {
    fn on_delta(
        &mut self,
        kind: Kind,
        delta: &Delta,
        world: &World,
        now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        if kind == Kind::Namespaces {
            match &delta.new {
                Some(namespace) if namespace.is_terminating() => {
                    queue.add_after(Item::of(Kind::Namespaces, namespace), DELETION_DELAY, now);
                }
                Some(_) => {}
                None => {
                    self.swept.remove(&delta.key().name);
                }
            }
            return;
        }
        // The last of something is gone from a namespace that is being deleted: look on, unless pods are still
        // ending, which the controller waits for by the clock.
        if delta.is_deletion() && kind.resource().namespaced {
            let key = ObjectKey { namespace: literal!(""), name: delta.key().namespace.clone() };
            let terminating = world.get(Kind::Namespaces, &key).is_some_and(Object::is_terminating);
            let pods_left = || world.store(Kind::Pods).in_namespace(&delta.key().namespace).next().is_some();
            if terminating && self.swept.contains(&key.name) && (kind == Kind::Pods || !pods_left()) {
                queue.add(Item::new(Kind::Namespaces, key));
            }
        }
    }

    fn reconcile(&mut self, item: &Item, world: &World, now: SimTime) -> Outcome {
        let mut out = Outcome::nothing();
        let Some(namespace) = world.get(Kind::Namespaces, &item.key) else { return out };
        let finalizers = namespace.value().items_at(&["spec", "finalizers"]);
        let mine = finalizers.iter().any(|f| f.as_str().is_some_and(|f| f == FINALIZER));
        if !namespace.is_terminating() || !mine {
            return out;
        }
        let remains = remains(namespace.name(), world);
        self.delete_contents(namespace, &remains, &mut out);
        if let Some(call) = status(namespace, &remains, now) {
            out.call(call);
        }
        if remains.is_empty() {
            out.note("namespace {0}: it is empty: let it go", [namespace.name().clone()]);
            out.call(finalize(namespace));
        } else {
            let left: usize = remains.iter().map(|r| r.all.len()).sum();
            out.note(
                "namespace {0}: delete its contents, {1} objects are left",
                [namespace.name().to_string(), left.to_string()],
            );
            let seconds = u64::try_from(estimate(&remains) / 2 + 1).unwrap_or(1);
            out.again_after(Duration::from_secs(seconds));
        }
        out
    }

    fn on_answer(
        &mut self,
        item: &Item,
        purpose: &Purpose,
        answer: Result<&Response, &Str>,
        _now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        let (Purpose::Collection(number), Ok(response)) = (purpose, answer) else { return };
        if *number == u32::MAX {
            self.swept.insert(item.key.name.clone());
        } else if response.status == 405
            && let Some(kind) = Kind::ALL.get(*number as usize)
        {
            self.one_by_one.insert(*kind);
            queue.add(item.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Builder, at, body, pod, requests, run, tell, world};

    fn namespace(terminating: bool) -> Builder {
        let namespace =
            Builder::new("v1", "Namespace", "", "a").set(&["spec", "finalizers"], object!(["kubernetes"]));
        if terminating { namespace.terminating() } else { namespace }
    }

    fn controller() -> NamespaceController {
        NamespaceController::new(&Config::default())
    }

    #[test]
    fn contents_go_first() {
        let config = Builder::new("v1", "ConfigMap", "a", "settings");
        let elsewhere = Builder::new("v1", "Secret", "b", "other");
        let known = world([namespace(true), pod("a", "p").terminating(), config, elsewhere]);
        let out = run(&mut controller(), Kind::Namespaces, "a", &known, at(6));
        let sent = requests(&out);
        assert_eq!(sent.iter().filter(|r| r.ends_with("/configmaps") || r.ends_with("/pods")).count(), 1);
        for unwatched in ["/api/v1/namespaces/a/events", "/apis/networking.k8s.io/v1/namespaces/a/ingresses"]
        {
            assert!(sent.contains(&format!("DELETE {unwatched}")), "{sent:?}");
        }
        assert_eq!(sent.last().unwrap(), "PUT /api/v1/namespaces/a/status");
        let conditions = body(&out, sent.len() - 1).items_at(&["status", "conditions"]).to_vec();
        let message = "Some resources are remaining: pods. has 1 resource instances, configmaps. has 1 resource instances";
        assert_eq!(conditions[3].str_at(&["message"]).unwrap(), message);
        assert_eq!(out.requeue_after.unwrap().as_secs(), 16);
    }

    #[test]
    fn an_empty_one_is_let_go_and_a_living_one_left_alone() {
        let mut controller = controller();
        let known = world([namespace(true)]);
        let out = run(&mut controller, Kind::Namespaces, "a", &known, at(6));
        assert_eq!(requests(&out).last().unwrap(), "PUT /api/v1/namespaces/a/finalize");
        assert!(body(&out, out.calls().count() - 1).items_at(&["spec", "finalizers"]).is_empty());
        assert!(run(&mut controller, Kind::Namespaces, "a", &world([namespace(false)]), at(6)).is_nothing());
    }

    #[test]
    fn a_server_without_collections_gets_single_deletions() {
        let mut controller = controller();
        let mut known = world([namespace(true), Builder::new("v1", "ConfigMap", "a", "settings")]);
        let item = Item::new(Kind::Namespaces, ObjectKey::new("", "a"));
        let purpose = Purpose::Collection(Kind::ConfigMaps as u32);
        controller.on_answer(&item, &purpose, Ok(&Response::text(405, "")), at(0), &mut WorkQueue::default());
        let events = Purpose::Collection(u32::MAX);
        controller.on_answer(&item, &events, Ok(&Response::text(200, "")), at(0), &mut WorkQueue::default());
        let out = run(&mut controller, Kind::Namespaces, "a", &known, at(6));
        assert_eq!(requests(&out)[0], "DELETE /api/v1/namespaces/a/configmaps/settings");
        let delta = known.remove(Kind::ConfigMaps, &ObjectKey::new("a", "settings")).unwrap();
        let mut queue = WorkQueue::default();
        controller.on_delta(Kind::ConfigMaps, &delta, &known, at(7), &mut queue);
        assert_eq!(queue.depth(), 1);
        assert_eq!(tell(&mut controller, &mut known, Builder::new("v1", "ConfigMap", "a", "late")), [""; 0]);
    }
}
