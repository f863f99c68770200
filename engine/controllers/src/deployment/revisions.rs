//! Revisions: finding and making the ReplicaSet of the current template, numbering it, forgetting old ones.

use api::{Object, Value, object};
use client::DeleteOptions;
use client::resource::REPLICA_SETS;
use sim::Str;

use super::conditions::{self, FOUND_SET, NEW_SET};
use super::sync::{Set, Sync};
use crate::objects::{controller_reference, find_condition, is_ending};
use crate::outcome::{Call, EventDraft};
use crate::template::{HASH_LABEL, pod_template_hash};
use crate::world::Kind;

/// Annotations that the controller writes.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
pub const HISTORY: &str = "deployment.kubernetes.io/revision-history";
pub const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
pub const MAX: &str = "deployment.kubernetes.io/max-replicas";

/// Annotations of a Deployment that its ReplicaSets do not inherit.
const NOT_COPIED: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    DESIRED,
    MAX,
    "deprecated.deployment.rollback.to",
];

/// The revision that a ReplicaSet or Deployment is annotated with.
fn revision(object: &Object) -> i64 {
    object.annotation(REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The revision that the new ReplicaSet has, or gets.
fn next_revision(sync: &Sync<'_>) -> i64 {
    sync.old.iter().map(|set| revision(set.object)).max().unwrap_or(0) + 1
}

/// Keeps the annotations of the new ReplicaSet, and the Deployment's revision, up to date; a rollback to an old
/// template gives its ReplicaSet a new revision.
pub fn keep(sync: &mut Sync<'_>) {
    let Some(new) = sync.new.clone() else { return };
    let mut value = new.object.value().clone();
    let next = next_revision(sync);
    let mut changed = copy_annotations(sync.object, &mut value);
    let old = revision(new.object);
    if old < next {
        changed = true;
        value.set(&["metadata", "annotations", REVISION], next.to_string());
        if let Some(text) = new.object.annotation(REVISION) {
            let history = match new.object.annotation(HISTORY) {
                Some(history) if !history.is_empty() => format!("{history},{text}"),
                _ => text.to_string(),
            };
            value.set(&["metadata", "annotations", HISTORY], history);
        }
    }
    let min_ready = i64::from(sync.typed.spec.min_ready_seconds);
    if i64::from(new.typed.spec.min_ready_seconds) != min_ready {
        changed = true;
        value.set(&["spec", "minReadySeconds"], min_ready);
    }
    if changed {
        sync.out.call(Call::new(REPLICA_SETS.update(value)));
        sync.renumbered = true;
    }
    let current = old.max(next);
    set_revision(sync, current);
    if sync.has_deadline() && find_condition(conditions::conditions(&sync.value), "Progressing").is_none() {
        let message = format!("Found new replica set \"{}\"", new.name());
        conditions::set(&mut sync.value, "Progressing", "True", FOUND_SET, &message, sync.now);
    }
}

fn set_revision(sync: &mut Sync<'_>, number: i64) {
    let text = number.to_string();
    if sync.value.str_at(&["metadata", "annotations", REVISION]).is_none_or(|known| *known != text) {
        sync.value.set(&["metadata", "annotations", REVISION], text);
    }
}

/// Copies a Deployment's annotations to its ReplicaSet; true when one was missing or different.
fn copy_annotations(deployment: &Object, set: &mut Value) -> bool {
    let Some(annotations) = deployment.value().at(&["metadata", "annotations"]).and_then(Value::as_map)
    else {
        return false;
    };
    let mut changed = false;
    for (name, value) in annotations.iter().filter(|(name, _)| !NOT_COPIED.contains(&name.as_str())) {
        if set.at(&["metadata", "annotations", name]) != Some(value) {
            set.set(&["metadata", "annotations", name], value.clone());
            changed = true;
        }
    }
    changed
}

/// Creates the ReplicaSet of the current template, as large as it may be at once.
pub fn create(sync: &mut Sync<'_>) {
    if is_ending(sync.object.namespace(), sync.world) {
        return;
    }
    let template = sync.object.value().at(&["spec", "template"]).cloned().unwrap_or_default();
    let collisions = sync.typed.status.collision_count;
    let hash = pod_template_hash(&template, collisions);
    let name = format!("{}-{hash}", sync.object.name());
    let namespace = sync.object.namespace().clone();
    if collides(sync, &name) {
        sync.value.set(&["status", "collisionCount"], collisions.unwrap_or(0) + 1);
        sync.out.note("deployment {0}: the name {1} is taken", [sync.object.key().to_string(), name]);
        sync.send_status();
        return;
    }
    let size = sync.numbers.new_size(sync.total(), 0);
    let set = build(sync, &name, &hash, template, size);
    let mut call = Call::new(REPLICA_SETS.create(&namespace, set));
    let failed = format!("Failed to create new replica set \"{name}\": {{}}");
    call = call.on_failure(EventDraft::warning(sync.object, "ReplicaSetCreateError", failed));
    if size > 0 {
        let message = format!("Scaled up replica set {name} from 0 to {size}");
        call = call.on_success(EventDraft::normal(sync.object, "ScalingReplicaSet", message));
    }
    sync.out.call(call);
    let note = [sync.object.key().to_string(), name.clone(), size.to_string()];
    sync.out.note("deployment {0}: create {1} and scale it up from 0 to {2}", note);
    let number = next_revision(sync);
    set_revision(sync, number);
    if sync.has_deadline() {
        let message = format!("Created new replica set \"{name}\"");
        conditions::set(&mut sync.value, "Progressing", "True", NEW_SET, &message, sync.now);
    }
    sync.send_status();
}

/// True when the name belongs to a ReplicaSet that is not the one wanted: another owner's, or a hash collision.
fn collides(sync: &Sync<'_>, name: &str) -> bool {
    let key = api::ObjectKey { namespace: sync.object.namespace().clone(), name: name.into() };
    sync.world.get(Kind::ReplicaSets, &key).is_some()
}

fn build(sync: &Sync<'_>, name: &str, hash: &str, mut template: Value, size: i64) -> Value {
    template.set(&["metadata", "labels", HASH_LABEL], hash);
    let labels = template.at(&["metadata", "labels"]).cloned().unwrap_or_default();
    let mut selector = sync.object.value().at(&["spec", "selector"]).cloned().unwrap_or_default();
    selector.set(&["matchLabels", HASH_LABEL], hash);
    let mut set = object! {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": name,
            "namespace": sync.object.namespace(),
            "labels": labels,
            "annotations": {},
            "ownerReferences": [(controller_reference(sync.object))],
        },
        "spec": { "replicas": size, "selector": selector, "template": template },
    };
    if sync.typed.spec.min_ready_seconds != 0 {
        set.set(&["spec", "minReadySeconds"], sync.typed.spec.min_ready_seconds);
    }
    copy_annotations(sync.object, &mut set);
    set.set(&["metadata", "annotations", REVISION], next_revision(sync).to_string());
    set.set(&["metadata", "annotations", DESIRED], sync.numbers.replicas.to_string());
    set.set(&["metadata", "annotations", MAX], sync.numbers.max_total().to_string());
    set
}

impl Sync<'_> {
    /// Deletes the oldest empty revisions beyond `revisionHistoryLimit`.
    pub fn clean_up(&mut self) {
        let Some(limit) = self.typed.spec.revision_history_limit else { return };
        let mut cleanable: Vec<&Set<'_>> =
            self.old.iter().filter(|set| !set.object.is_terminating()).collect();
        let surplus = cleanable.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
        cleanable.sort_by_key(|set| revision(set.object));
        let unused = |set: &&&Set<'_>| {
            set.typed.status.replicas == 0
                && set.replicas == 0
                && set.typed.metadata.generation <= set.typed.status.observed_generation
        };
        let doomed: Vec<(Str, Call)> = cleanable
            .iter()
            .take(surplus)
            .filter(unused)
            .map(|set| {
                let request = REPLICA_SETS.delete(set.object.key(), &DeleteOptions::default());
                (set.object.name().clone(), Call::new(request).tolerate(&[404]))
            })
            .collect();
        for (name, call) in doomed {
            let note = [self.object.key().to_string(), name.to_string()];
            self.out.note("deployment {0}: delete the old revision {1}", note);
            self.out.call(call);
        }
    }
}
