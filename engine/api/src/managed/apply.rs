//! Server-side apply.

use std::fmt;

use sim::{Str, literal};

use super::check::{self, check};
use super::compare::compare;
use super::entries::{Managed, Manager, Operation};
use super::extract::fields_of;
use super::field_set::FieldSet;
use super::merge::{merge, remove};
use super::shape::{EMPTY, Shape};
use super::update::{put, tracked};
use super::{Writer, unmanaged};
use crate::patch::LAST_APPLIED;
use crate::{Value, json};

/// The manager of what an object had before somebody applied to it for the first time.
const BEFORE: Str = literal!("before-first-apply");
/// The manager that kubectl is: it takes over what its client-side apply wrote.
const KUBECTL: &str = "kubectl";

/// An object after an apply, with its managers in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied(pub Value);

/// A field that somebody else manages with another value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// Who.
    pub manager: Manager,
    /// Which: `.spec.replicas`.
    pub field: String,
}

/// Why an apply is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ApplyError {
    /// The configuration does not fit the schema; the message is the API server's.
    Untyped(String),
    /// Others manage some of the fields.
    Conflicts(Vec<Conflict>),
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApplyError::Untyped(message) => f.write_str(message),
            ApplyError::Conflicts(conflicts) => match conflicts.as_slice() {
                [one] => {
                    write!(
                        f,
                        "Apply failed with 1 conflict: conflict with {}: {}",
                        one.manager.show(),
                        one.field
                    )
                }
                many => {
                    write!(f, "Apply failed with {} conflicts: ", many.len())?;
                    let mut manager = None;
                    for (i, conflict) in many.iter().enumerate() {
                        if manager != Some(&conflict.manager) {
                            let newline = if i == 0 { "" } else { "\n" };
                            write!(f, "{newline}conflicts with {}:", conflict.manager.show())?;
                            manager = Some(&conflict.manager);
                        }
                        write!(f, "\n- {}", conflict.field)?;
                    }
                    Ok(())
                }
            },
        }
    }
}

impl Conflict {
    /// The message of its cause: `conflict with "kubectl" using apps/v1`.
    pub fn message(&self) -> String {
        format!("conflict with {}", self.manager.show())
    }
}

/// Applies a configuration to an object (`None`: there is none yet). Fields that the manager applied before and no
/// longer does go, unless others manage them. `ignored` are fields that this path never writes: they have no managers.
///
/// # Errors
///
/// When the configuration does not fit the schema, and, unless `force` is set, when it says something else about fields
/// of others.
pub fn apply(
    live: Option<&Value>,
    config: &Value,
    writer: &Writer,
    ignored: &FieldSet,
    force: bool,
) -> Result<Applied, ApplyError> {
    let shape = Shape::of_kind(writer.definition);
    let problems = check(shape, config);
    if !problems.is_empty() {
        let text = |name: &str| config.str_at(&["metadata", name]).cloned().unwrap_or_default();
        let top = |name: &str| config.str_at(&[name]).cloned().unwrap_or_default();
        let api_version = top("apiVersion");
        let version =
            if api_version.contains('/') { api_version.to_string() } else { format!("/{api_version}") };
        return Err(ApplyError::Untyped(format!(
            "failed to create typed patch object ({}/{}; {version}, Kind={}): {}",
            text("namespace"),
            text("name"),
            top("kind"),
            check::message(&problems)
        )));
    }
    let object = live.cloned().unwrap_or_else(|| {
        let header = ["apiVersion", "kind"].map(|name| (name, config.get(name).cloned().unwrap_or_default()));
        Value::Map(header.into_iter().collect())
    });
    let mut managed = Managed::of(&object);
    if managed.entries.is_empty() && live.is_some() {
        let manager = Manager { name: BEFORE, operation: Operation::Update, ..writer.manager.clone() };
        let had = compare(shape, &EMPTY, &object).changed.difference(unmanaged());
        let before = Writer { manager, ..writer.clone() };
        managed = tracked(managed, &FieldSet::default(), &had, &before, &mut |part| part);
    }
    let mut bare = object.clone();
    put(&mut bare, None);

    let apply = Apply { shape, live: &bare, config, managed: &managed, writer, ignored };
    let done = match apply.run(force) {
        Err(conflicts) if writer.manager.name == KUBECTL => {
            // What client-side apply wrote last, and nobody changed since, is kubectl's own.
            let own = apply.last_applied();
            let others: Vec<Conflict> = conflicts.into_iter().filter(|c| !own.contains(&c.field)).collect();
            if !others.is_empty() {
                return Err(ApplyError::Conflicts(others));
            }
            apply.run(true)
        }
        done => done,
    };
    let (mut new, managed) = done.map_err(ApplyError::Conflicts)?;
    if writer.manager.name == KUBECTL && new.at(&["metadata", "annotations", LAST_APPLIED]).is_some() {
        new.set(&["metadata", "annotations", LAST_APPLIED], last_applied_of(config));
    }
    put(&mut new, managed.write(&mut |part| part));
    Ok(Applied(new))
}

/// The annotation that client-side apply would have written.
fn last_applied_of(config: &Value) -> String {
    let mut config = config.clone();
    put(&mut config, None);
    config.remove(&["metadata", "annotations", LAST_APPLIED]);
    format!("{}\n", json::write(&config))
}

struct Apply<'a> {
    shape: Shape,
    /// Without managers.
    live: &'a Value,
    config: &'a Value,
    managed: &'a Managed,
    writer: &'a Writer,
    ignored: &'a FieldSet,
}

impl Apply<'_> {
    fn run(&self, force: bool) -> Result<(Value, Managed), Vec<Conflict>> {
        let me = &self.writer.manager;
        let mut managed = self.managed.clone();
        let last = managed.find(me).map(|entry| entry.fields.clone());
        let last_time = managed.find(me).and_then(|entry| entry.time.clone());
        let claims = fields_of(self.shape, self.config).recursive_difference(self.ignored);
        managed.set(me, claims.clone(), last_time.clone());
        let merged = merge(self.shape, self.live, self.config);
        let new = match &last {
            Some(last) => self.prune(&merged, &managed.all(), last),
            None => merged,
        };
        let difference = compare(self.shape, self.live, &new);
        let changed = difference.changed.recursive_difference(self.ignored);
        if !force {
            let conflicts = conflicts(&managed, &changed, me);
            if !conflicts.is_empty() {
                return Err(conflicts);
            }
        }
        managed.take(&difference.all().recursive_difference(self.ignored), Some(me));
        let time = if new == *self.live { last_time } else { Some(self.writer.stamp()) };
        managed.set(me, claims.difference(unmanaged()), time);
        Ok((new, managed))
    }

    /// Takes out what this manager applied last time and no longer does, unless somebody else manages it.
    fn prune(&self, merged: &Value, managed: &FieldSet, last: &FieldSet) -> Value {
        let named = |set: &FieldSet| set.with_named_fields(self.shape);
        let fields = |value: &Value| named(&fields_of(self.shape, value));
        let (all, last, managed) = (fields(merged), named(last), named(managed));
        let pruned = remove(self.shape, merged, &last);
        // With a field goes all that is below it: what others manage there comes back,
        let unowned = all.difference(&fields(&pruned).union(&managed));
        let pruned = remove(self.shape, merged, &unowned);
        // and so does what nobody manages and this manager never applied.
        let gone = all.difference(&fields(&pruned)).intersection(&last);
        remove(self.shape, merged, &gone)
    }

    /// The fields of kubectl's annotation that still are as it says.
    fn last_applied(&self) -> Vec<String> {
        let annotation = self.live.str_at(&["metadata", "annotations", LAST_APPLIED]);
        let Some(applied) = annotation.and_then(|text| json::parse(text.as_bytes()).ok()) else {
            return Vec::new();
        };
        if !check(self.shape, &applied).is_empty() {
            return Vec::new();
        }
        let differs = compare(self.shape, self.live, &applied).all();
        fields_of(self.shape, &applied).difference(&differs).paths()
    }
}

fn conflicts(managed: &Managed, changed: &FieldSet, me: &Manager) -> Vec<Conflict> {
    let mut others: Vec<_> = managed.entries.iter().filter(|entry| !entry.manager.is(me)).collect();
    others.sort_by_key(|entry| {
        (entry.manager.name.clone(), entry.manager.operation, entry.manager.subresource.clone())
    });
    let of = |entry: &&super::entries::Entry| {
        let manager = entry.manager.clone();
        let fields = entry.fields.intersection(changed).paths();
        fields.into_iter().map(move |field| Conflict { manager: manager.clone(), field })
    };
    others.iter().flat_map(of).collect()
}
