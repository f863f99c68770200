//! ReplicaSets: as many pods as asked for.

mod ranking;
mod status;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use api::http::Response;
use api::types::ReplicaSet;
use api::{Object, ObjectKey, Value, object};
use client::resource::PODS;
use client::{DeleteOptions, Delta, Expectations, IndexBy, WorkQueue};
use imbl::OrdMap;
use sim::{SimTime, Str};

use crate::claim::{adopt_orphans, release};
use crate::config::Config;
use crate::controllers::Controller;
use crate::item::Item;
use crate::objects::{controller_reference, is_ending};
use crate::outcome::{Call, EventDraft, Outcome, Purpose};
use crate::tally::counts_differently;
use crate::world::{Kind, World};

/// At most this many pods are created or deleted in one reconcile.
const BURST: i64 = 500;
/// The first batch of creations; each later one is twice as large, so that a quota that is full is noticed early.
const SLOW_START: usize = 1;

/// The ReplicaSet controller.
#[derive(Clone, Debug, Hash)]
pub struct ReplicaSetController {
    expectations: Expectations,
    /// ReplicaSets whose last creation or deletion was refused: the reason for the condition, and the message.
    failures: OrdMap<ObjectKey, (&'static str, Str)>,
}

/// The pods of a ReplicaSet, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counts {
    active: i64,
    labeled: i64,
    ready: i64,
    available: i64,
    terminating: i64,
}

impl ReplicaSetController {
    pub(crate) fn new(_config: &Config) -> ReplicaSetController {
        ReplicaSetController { expectations: Expectations::default(), failures: OrdMap::new() }
    }

    /// The key of the ReplicaSet that controls a pod, if it is one that is known.
    fn owner_of(pod: &Object, world: &World) -> Option<ObjectKey> {
        let owner = pod.controller()?;
        if owner.get("kind")?.as_str()? != "ReplicaSet" {
            return None;
        }
        let key =
            ObjectKey { namespace: pod.namespace().clone(), name: owner.get("name")?.as_str()?.clone() };
        let set = world.get(Kind::ReplicaSets, &key)?;
        (set.value().str_at(&["metadata", "uid"]) == owner.get("uid")?.as_str()).then_some(key)
    }

    fn on_pod(&mut self, delta: &Delta, world: &World, queue: &mut WorkQueue<Item>) {
        let enqueue = |key: &ObjectKey, queue: &mut WorkQueue<Item>| {
            queue.add(Item::new(Kind::ReplicaSets, key.clone()));
        };
        match (&delta.old, &delta.new) {
            (None, Some(pod)) if !pod.is_terminating() => match Self::owner_of(pod, world) {
                Some(owner) => {
                    self.expectations.additions_observed(&owner, 1);
                    enqueue(&owner, queue);
                }
                None if pod.controller().is_none() => {
                    for set in sets_selecting(pod, world) {
                        enqueue(&set, queue);
                    }
                }
                None => {}
            },
            (Some(old), Some(pod)) if !pod.is_terminating() => {
                // The real controller looks again at every change of a pod; a change that counts for nothing would
                // only find that.
                if !counts_differently(old, pod) {
                    return;
                }
                let owner = Self::owner_of(pod, world);
                let before = Self::owner_of(old, world);
                if before != owner
                    && let Some(before) = &before
                {
                    enqueue(before, queue);
                }
                match owner {
                    Some(owner) => enqueue(&owner, queue),
                    None if pod.controller().is_none() => {
                        for set in sets_selecting(pod, world) {
                            enqueue(&set, queue);
                        }
                    }
                    None => {}
                }
            }
            // A pod with a deletion time stamp is as good as gone.
            (_, Some(pod)) | (Some(pod), None) => {
                if let Some(owner) = Self::owner_of(pod, world) {
                    self.expectations.deletion_observed(&owner, pod.key());
                    enqueue(&owner, queue);
                }
            }
            (None, None) => {}
        }
    }

    /// Creates what is missing or deletes what is too much.
    fn manage(
        &mut self,
        set: &Object,
        spec: &ReplicaSet,
        counts: Counts,
        world: &World,
        now: SimTime,
        out: &mut Outcome,
    ) {
        let wanted = i64::from(spec.spec.replicas.unwrap_or(1));
        let missing = wanted - counts.active;
        if missing > 0 && is_ending(set.namespace(), world) {
            return;
        }
        if missing > 0 {
            let count = missing.min(BURST);
            self.expectations.expect_additions(set.key(), count as u32, now);
            let note =
                [set.key().to_string(), count.to_string(), counts.active.to_string(), wanted.to_string()];
            out.note("replicaset {0}: create {1} pods: {2} of {3} are there", note);
            create(set, count as usize, out);
        } else if missing < 0 {
            let count = (-missing).min(BURST) as usize;
            let doomed = ranking::to_delete(set, count, world, now);
            self.expectations.expect_deletions(set.key(), doomed.iter().map(|pod| pod.key().clone()), now);
            let note =
                [set.key().to_string(), count.to_string(), counts.active.to_string(), wanted.to_string()];
            out.note("replicaset {0}: delete {1} pods: there are {2}, wanted {3}", note);
            out.batch(doomed.iter().map(|pod| delete(set, pod)).collect());
        }
    }
}

/// The ReplicaSets of a pod's namespace that would adopt it.
fn sets_selecting(pod: &Object, world: &World) -> Vec<ObjectKey> {
    if pod.value().at(&["metadata", "labels"]).is_none_or(Value::is_empty) {
        return Vec::new();
    }
    let sets = world.store(Kind::ReplicaSets).in_namespace(pod.namespace());
    let selecting = sets.filter(|set| {
        set.replica_set().is_some_and(|s| !s.spec.selector.is_empty() && s.spec.selector.matches(pod))
    });
    selecting.map(|set| set.key().clone()).collect()
}

fn create(set: &Object, count: usize, out: &mut Outcome) {
    let template = |path: &[&str]| {
        let path: Vec<&str> = ["spec", "template"].iter().chain(path).copied().collect();
        set.value().at(&path).cloned()
    };
    let mut pod = object! {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": format!("{}-", set.name()),
            "namespace": set.namespace(),
            "ownerReferences": [(controller_reference(set))],
        },
    };
    for part in ["labels", "annotations", "finalizers"] {
        if let Some(value) = template(&["metadata", part]).filter(|v| !v.is_empty()) {
            pod.set(&["metadata", part], value);
        }
    }
    pod.set(&["spec"], template(&["spec"]));
    let call = |pod: &Value| {
        Call::new(PODS.create(set.namespace(), pod.clone()))
            .purpose(Purpose::CreatePod)
            .on_success(EventDraft::normal(set, "SuccessfulCreate", "Created pod: {}"))
            .on_failure(EventDraft::warning(set, "FailedCreate", "Error creating: {}"))
    };
    let mut left = count;
    let mut size = SLOW_START;
    while left > 0 {
        let now = size.min(left);
        out.batch((0..now).map(|_| call(&pod)).collect());
        left -= now;
        size *= 2;
    }
}

fn delete(set: &Object, pod: &Object) -> Call {
    Call::new(PODS.delete(pod.key(), &DeleteOptions::default()))
        .purpose(Purpose::DeletePod(pod.key().clone()))
        .tolerate(&[404])
        .on_success(EventDraft::normal(set, "SuccessfulDelete", format!("Deleted pod: {}", pod.name())))
        .on_failure(EventDraft::warning(set, "FailedDelete", "Error deleting: {}"))
}

/// Counts a ReplicaSet's pods; releases those that its selector no longer selects and adopts those it does.
fn count(set: &Object, typed: &ReplicaSet, world: &World, now: SimTime, out: &mut Outcome) -> Counts {
    let selector = &typed.spec.selector;
    let wanted_labels = &typed.spec.template.metadata.labels;
    let uid = set.uid();
    let mut counts = Counts::default();
    let mut patches = Vec::new();
    for group in world.tallies().of(&uid.0) {
        if selector.matches(&group.labels) {
            counts.active += i64::from(group.active);
            counts.ready += i64::from(group.ready);
            counts.terminating += i64::from(group.terminating);
            let labels = BTreeMap::<Str, Str>::clone(wanted_labels);
            let labeled = labels.iter().all(|(k, v)| group.labels.get(k).and_then(Value::as_str) == Some(v));
            counts.labeled += if labeled { i64::from(group.active) } else { 0 };
        } else if !set.is_terminating() {
            let stray =
                world.store(Kind::Pods).by(IndexBy::Controller, &uid.0).filter(|pod| !selector.matches(*pod));
            patches.extend(stray.map(|pod| release(set, pod, Kind::Pods)));
            break;
        }
    }
    let (adopted, adoptions) = adopt_orphans(set, selector, Kind::Pods, world);
    for pod in adopted.iter().filter_map(|pod| pod.pod()).filter(|pod| pod.is_active()) {
        counts.active += 1;
        counts.labeled += i64::from(wanted_labels.iter().all(|(k, v)| pod.metadata.labels.get(k) == Some(v)));
        counts.ready += i64::from(pod.is_ready());
    }
    patches.extend(adoptions);
    out.batch(patches);
    counts.available = match typed.spec.min_ready_seconds {
        0 => counts.ready,
        seconds => status::available(set, i64::from(seconds), world, now, out),
    };
    counts
}

impl Controller for ReplicaSetController {
    fn on_delta(
        &mut self,
        kind: Kind,
        delta: &Delta,
        world: &World,
        _now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        match kind {
            Kind::ReplicaSets => {
                let replaced =
                    delta.old.as_ref().zip(delta.new.as_ref()).is_some_and(|(a, b)| a.uid() != b.uid());
                if replaced || delta.is_deletion() {
                    self.expectations.forget(delta.key());
                    self.failures.remove(delta.key());
                }
                queue.add(Item::new(Kind::ReplicaSets, delta.key().clone()));
            }
            Kind::Pods => self.on_pod(delta, world, queue),
            _ => {}
        }
    }

    fn reconcile(&mut self, item: &Item, world: &World, now: SimTime) -> Outcome {
        let mut out = Outcome::nothing();
        let Some(set) = world.get(Kind::ReplicaSets, &item.key) else { return out };
        let Some(typed) = set.replica_set() else { return out };
        let settled = self.expectations.satisfied(&item.key, now);
        let counts = count(set, typed, world, now, &mut out);
        // A new failure is told before the next try, which may fail again.
        let failure = self.failures.get(&item.key);
        let status = status::update(set, typed, counts, failure, now);
        let told_first = failure.is_some();
        if told_first {
            out.batch(status.iter().cloned().collect());
        }
        if settled && !set.is_terminating() {
            self.manage(set, typed, counts, world, now, &mut out);
        }
        if !told_first && let Some(call) = status {
            out.call(call);
        }
        out
    }

    fn on_answer(
        &mut self,
        item: &Item,
        purpose: &Purpose,
        answer: Result<&Response, &Str>,
        _now: SimTime,
        _queue: &mut WorkQueue<Item>,
    ) {
        match (purpose, answer) {
            (Purpose::CreatePod | Purpose::DeletePod(_), Ok(_)) => {
                if self.failures.contains_key(&item.key) {
                    self.failures.remove(&item.key);
                }
                // A pod that is gone already will not be seen going.
                if let (Purpose::DeletePod(pod), Ok(response)) = (purpose, answer)
                    && response.status == 404
                {
                    self.expectations.deletion_observed(&item.key, pod);
                }
            }
            (Purpose::CreatePod, Err(message)) => {
                self.expectations.additions_observed(&item.key, 1);
                self.failures.insert(item.key.clone(), ("FailedCreate", message.clone()));
            }
            (Purpose::DeletePod(pod), Err(message)) => {
                self.expectations.deletion_observed(&item.key, pod);
                self.failures.insert(item.key.clone(), ("FailedDelete", message.clone()));
            }
            _ => {}
        }
    }

    fn on_skipped(&mut self, item: &Item, purpose: &Purpose) {
        match purpose {
            Purpose::CreatePod => self.expectations.additions_observed(&item.key, 1),
            Purpose::DeletePod(pod) => self.expectations.deletion_observed(&item.key, pod),
            _ => {}
        }
    }
}
