//! The garbage collector: what belongs to an owner goes with it.
//!
//! The graph of owners and dependents is the informers' index by owner uid, so that finding an object's dependents
//! costs one look-up a kind, and no graph has to be kept in step.

#[cfg(test)]
mod tests;

use api::http::Response;
use api::types::OwnerReference;
use api::{Object, ObjectKey, Value, object};
use client::{DeleteOptions, Delta, IndexBy, PatchType, WorkQueue};
use imbl::{OrdMap, OrdSet};
use sim::{SimTime, Str};

use crate::config::Config;
use crate::controllers::Controller;
use crate::item::Item;
use crate::outcome::{Call, Outcome, Purpose};
use crate::world::{Kind, World};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";
/// So many absent owners are remembered.
const ABSENT_MAX: usize = 500;

/// The garbage collector.
#[derive(Clone, Debug, Hash)]
pub struct GarbageCollector {
    /// Owners that were seen going or were looked for and not found, by uid. A uid never comes back.
    absent: OrdSet<Str>,
    /// The same in the order they were noticed, so that the oldest is forgotten first.
    absent_order: OrdMap<u64, Str>,
    noticed: u64,
}

/// What an owner is to a dependent.
enum Standing {
    /// It is there.
    Solid,
    /// It is there, being deleted in the foreground, and waits for this dependent.
    Waiting,
    /// It is gone.
    Dangling,
    /// The informers do not know it: ask.
    Unknown(Option<Box<Call>>),
}

impl GarbageCollector {
    pub(crate) fn new(_config: &Config) -> GarbageCollector {
        GarbageCollector { absent: OrdSet::new(), absent_order: OrdMap::new(), noticed: 0 }
    }

    fn note_absent(&mut self, uid: Str) {
        if self.absent.contains(&uid) {
            return;
        }
        self.absent.insert(uid.clone());
        self.absent_order.insert(self.noticed, uid);
        self.noticed += 1;
        if self.absent.len() > ABSENT_MAX
            && let Some((first, oldest)) = self.absent_order.get_min().map(|(n, uid)| (*n, uid.clone()))
        {
            self.absent_order.remove(&first);
            self.absent.remove(&oldest);
        }
    }

    fn standing(&self, owner: &OwnerReference, dependent: &Object, world: &World) -> Standing {
        if self.absent.contains(&owner.uid) {
            return Standing::Dangling;
        }
        let Some(kind) = Kind::of(&owner.api_version, &owner.kind) else { return Standing::Unknown(None) };
        match known_owner(kind, owner, dependent, world) {
            Some(object) if object.is_terminating() && has_finalizer(object, FOREGROUND) => Standing::Waiting,
            Some(_) => Standing::Solid,
            None => {
                let key = owner_key(kind, owner, dependent);
                let request = kind.resource().get(&key.namespace, &key.name);
                let call = Call::new(request).purpose(Purpose::Probe(owner.uid.clone())).tolerate(&[404]);
                Standing::Unknown(Some(Box::new(call)))
            }
        }
    }

    /// `attemptToDeleteItem`.
    fn attempt(&self, kind: Kind, object: &Object, world: &World, out: &mut Outcome) {
        let owners = &object.meta().owner_references;
        if owners.is_empty() {
            return;
        }
        let mut solid = false;
        let mut waiting = Vec::new();
        let mut dangling = Vec::new();
        let mut probes = Vec::new();
        for owner in owners {
            match self.standing(owner, object, world) {
                Standing::Solid => solid = true,
                Standing::Waiting => waiting.push(owner),
                Standing::Dangling => dangling.push(owner),
                Standing::Unknown(None) => solid = true,
                Standing::Unknown(Some(call)) => probes.push(*call),
            }
        }
        if !probes.is_empty() {
            out.note("garbage collector: {0} {1}: is its owner still there?", words(kind, object));
            return out.batch(probes);
        }
        let lost: Vec<&Str> = dangling.iter().chain(&waiting).map(|owner| &owner.uid).collect();
        if solid {
            if !lost.is_empty() {
                out.note("garbage collector: {0} {1}: forget the owners that are gone", words(kind, object));
                out.call(remove_owners(kind, object, &lost));
            }
            return;
        }
        // An owner that waits in the foreground makes its dependents wait for theirs.
        let in_foreground = !waiting.is_empty() && dependents(&object.uid().0, world).next().is_some();
        let policy = if in_foreground || has_finalizer(object, FOREGROUND) {
            "Foreground"
        } else if has_finalizer(object, ORPHAN) {
            "Orphan"
        } else {
            "Background"
        };
        out.note("garbage collector: delete {0} {1}: its owner is gone", words(kind, object));
        let options = DeleteOptions {
            uid: Some(object.uid().0),
            propagation: Some(policy),
            ..DeleteOptions::default()
        };
        out.call(Call::new(kind.resource().delete(object.key(), &options)).tolerate(&[404, 409]));
    }

    /// An owner being deleted in the foreground: its blocking dependents first, then itself.
    fn wait_for_dependents(&self, kind: Kind, object: &Object, world: &World, out: &mut Outcome) {
        let uid = object.uid().0;
        let blocks = |dependent: &Object| {
            dependent
                .meta()
                .owner_references
                .iter()
                .any(|owner| owner.uid == uid && owner.block_owner_deletion)
        };
        let blocking: Vec<(Kind, &Object)> = dependents(&uid, world).filter(|(_, o)| blocks(o)).collect();
        if blocking.is_empty() {
            out.note("garbage collector: {0} {1}: all its dependents are gone", words(kind, object));
            return out.call(remove_finalizer(kind, object, FOREGROUND));
        }
        let alive = blocking.iter().filter(|(_, dependent)| !dependent.is_terminating());
        out.also.extend(alive.map(|(kind, dependent)| Item::of(*kind, dependent)));
    }

    /// An owner whose dependents are to be left alone: they forget it, then it goes.
    fn orphan_dependents(&self, kind: Kind, object: &Object, world: &World, out: &mut Outcome) {
        let uid = object.uid().0;
        out.note("garbage collector: {0} {1}: orphan its dependents", words(kind, object));
        out.batch(
            dependents(&uid, world)
                .map(|(kind, dependent)| remove_owners(kind, dependent, &[&uid]))
                .collect(),
        );
        out.call(remove_finalizer(kind, object, ORPHAN));
    }
}

fn words(kind: Kind, object: &Object) -> [String; 2] {
    [kind.resource().kind.to_lowercase(), object.key().to_string()]
}

fn has_finalizer(object: &Object, finalizer: &str) -> bool {
    let finalizers = object.value().items_at(&["metadata", "finalizers"]);
    finalizers.iter().any(|f| f.as_str().is_some_and(|f| f == finalizer))
}

/// Where an owner is: in the dependent's namespace, or in none.
fn owner_key(kind: Kind, owner: &OwnerReference, dependent: &Object) -> ObjectKey {
    let namespace = if kind.resource().namespaced { dependent.namespace().clone() } else { Str::new() };
    ObjectKey { namespace, name: owner.name.clone() }
}

fn known_owner<'a>(
    kind: Kind,
    owner: &OwnerReference,
    dependent: &Object,
    world: &'a World,
) -> Option<&'a Object> {
    world.get(kind, &owner_key(kind, owner, dependent)).filter(|object| object.uid().0 == owner.uid)
}

/// All objects that name this owner.
fn dependents<'a>(uid: &Str, world: &'a World) -> impl Iterator<Item = (Kind, &'a Object)> + use<'a> {
    let uid = uid.clone();
    let of = move |kind: &Kind| {
        let kind = *kind;
        world.store(kind).by(IndexBy::Owner, &uid).map(move |object| (kind, object))
    };
    Kind::ALL.iter().flat_map(of)
}

fn remove_owners(kind: Kind, object: &Object, uids: &[&Str]) -> Call {
    let references = uids.iter().map(|uid| object! { "$patch": "delete", "uid": *uid });
    let references: Vec<Value> = references.collect();
    let body = object! { "metadata": { "uid": object.uid().0, "ownerReferences": references } };
    Call::new(kind.resource().patch(object.key(), PatchType::Strategic, body)).tolerate(&[404, 409, 422])
}

fn remove_finalizer(kind: Kind, object: &Object, finalizer: &str) -> Call {
    let finalizers = object.value().items_at(&["metadata", "finalizers"]);
    let keep = |f: &&Value| f.as_str().is_none_or(|f| f != finalizer);
    let rest: Vec<Value> = finalizers.iter().filter(keep).cloned().collect();
    let version = object.value().at(&["metadata", "resourceVersion"]).cloned().unwrap_or_default();
    let body = object! { "metadata": { "resourceVersion": version, "finalizers": rest } };
    // 409: it has changed meanwhile, and comes back on the watch.
    Call::new(kind.resource().patch(object.key(), PatchType::Merge, body)).tolerate(&[404])
}

impl Controller for GarbageCollector {
    fn on_delta(
        &mut self,
        kind: Kind,
        delta: &Delta,
        world: &World,
        _now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        let references = |object: &Object| object.value().at(&["metadata", "ownerReferences"]).cloned();
        match (&delta.old, &delta.new) {
            (Some(old), None) => {
                let uid = old.uid().0;
                for (kind, dependent) in dependents(&uid, world) {
                    queue.add(Item::of(kind, dependent));
                }
                self.note_absent(uid);
                // An owner may be waiting in the foreground for this one to go.
                for owner in &old.meta().owner_references {
                    let Some(kind) = Kind::of(&owner.api_version, &owner.kind) else { continue };
                    let waiting = known_owner(kind, owner, old, world).filter(|owner| owner.is_terminating());
                    if let Some(owner) = waiting.filter(|owner| has_finalizer(owner, FOREGROUND)) {
                        queue.add(Item::of(kind, owner));
                    }
                }
            }
            (old, Some(new)) => {
                if old.as_ref().is_some_and(|old| old.uid() != new.uid()) {
                    // The name has a new incarnation; the old one's dependents lost their owner unseen.
                    let uid = old.as_ref().map(|old| old.uid().0).unwrap_or_default();
                    for (kind, dependent) in dependents(&uid, world) {
                        queue.add(Item::of(kind, dependent));
                    }
                    self.note_absent(uid);
                }
                let asked =
                    new.is_terminating() && (has_finalizer(new, FOREGROUND) || has_finalizer(new, ORPHAN));
                let changed = old.as_ref().is_none_or(|old| references(old) != references(new));
                let lost = || {
                    let owners = &new.meta().owner_references;
                    owners.iter().any(|owner| !matches!(self.standing(owner, new, world), Standing::Solid))
                };
                if asked || (changed && references(new).is_some() && lost()) {
                    queue.add(Item::of(kind, new));
                }
            }
            (None, None) => {}
        }
    }

    fn reconcile(&mut self, item: &Item, world: &World, _now: SimTime) -> Outcome {
        let mut out = Outcome::nothing();
        let Some(kind) = item.kind() else { return out };
        let Some(object) = world.get(kind, &item.key) else { return out };
        match object.is_terminating() {
            true if has_finalizer(object, ORPHAN) => self.orphan_dependents(kind, object, world, &mut out),
            true if has_finalizer(object, FOREGROUND) => {
                self.wait_for_dependents(kind, object, world, &mut out)
            }
            true => {}
            false => self.attempt(kind, object, world, &mut out),
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
        let (Purpose::Probe(uid), Ok(response)) = (purpose, answer) else { return };
        let found = response.value().and_then(|value| value.str_at(&["metadata", "uid"]));
        if response.status == 404 || found.is_some_and(|found| found != uid) {
            self.note_absent(uid.clone());
            queue.add(item.clone());
        }
    }
}
