//! Managers of a write that is no apply: whoever changes a field manages it.

use sim::Str;

use super::FieldSet;
use super::Writer;
use super::compare::compare;
use super::entries::{Managed, is_reset};
use super::shape::{EMPTY, Shape};
use super::unmanaged;
use crate::Value;

const PATH: [&str; 2] = ["metadata", "managedFields"];

/// Works out `metadata.managedFields` of a new state. `old` is the state before; `None` for a new object. What the new
/// state says of its managers counts when it is sound, unless it came through a subresource.
///
/// An object whose managers were taken away (`managedFields: [{}]`) has none until somebody applies to it.
///
/// Pods of one template have the same sets: each new part of one goes through `share`, which may give back an equal part
/// that others have.
pub fn update(old: Option<&Value>, new: &mut Value, writer: &Writer, share: &mut dyn FnMut(Value) -> Value) {
    let before = old.and_then(|old| old.at(&PATH));
    let given = new.at(&PATH);
    let kept = match (given, before) {
        // Nearly always: the client sends back what it read.
        (Some(given), Some(before)) if given.same(before) => None,
        (None, _) => None,
        (Some(_), _) if !writer.manager.subresource.is_empty() => None,
        (Some(given), _) if is_reset(given.items()) => Some(Managed::default()),
        (Some(given), _) => Managed::read(given.items()).filter(|managed| !managed.entries.is_empty()),
    };
    let told = kept.is_some();
    let managed = kept.unwrap_or_else(|| old.map(Managed::of).unwrap_or_default());
    if managed.entries.is_empty() && old.is_some() {
        new.remove(&PATH);
        return;
    }
    let difference = compare(Shape::of_kind(writer.definition), old.unwrap_or(&EMPTY), new);
    let changed = difference.changed.difference(unmanaged());
    let removed = difference.removed.difference(unmanaged());
    if changed.is_empty() && removed.is_empty() && !told {
        return put(new, before.cloned());
    }
    put(new, tracked(managed, &removed, &changed, writer, share).write(share));
}

/// The managers after a change.
pub(super) fn tracked(
    mut managed: Managed,
    removed: &FieldSet,
    changed: &FieldSet,
    writer: &Writer,
    share: &mut dyn FnMut(Value) -> Value,
) -> Managed {
    managed.take(removed, None);
    managed.take(changed, Some(&writer.manager));
    if !changed.is_empty() {
        let own = managed.find(&writer.manager).map(|entry| entry.fields.clone()).unwrap_or_default();
        let all = own.union(changed);
        // Who writes the same fields again keeps the set.
        let all = if all.same(&own) { all } else { all.shared(share) };
        managed.set(&writer.manager, all, Some(writer.stamp()));
    }
    managed
}

/// Sets or removes the list; nothing is copied when it is there already.
pub(super) fn put(object: &mut Value, list: Option<Value>) {
    match list {
        Some(list) if object.at(&PATH).is_some_and(|there| there.same(&list)) => {}
        Some(list) => object.entry(&["metadata"]).make_map().insert(sim::literal!("managedFields"), list),
        None => drop(object.remove(&PATH)),
    }
}

/// True when two states of an object are equal but for the times of their managers: then nothing was written.
pub fn same_but_times(old: &Value, new: &Value) -> bool {
    let same = |a: Option<&Value>, b: Option<&Value>| match (a, b) {
        (Some(a), Some(b)) => a.same(b) || a == b,
        (a, b) => a.is_none() && b.is_none(),
    };
    let (Some(old_fields), Some(new_fields)) = (old.as_map(), new.as_map()) else { return old == new };
    let rest = |(name, _): &(&Str, &Value)| name.as_str() != "metadata";
    if !old_fields.iter().filter(rest).eq(new_fields.iter().filter(rest)) {
        return false;
    }
    let metadata = |value: &Value| value.get("metadata").and_then(Value::as_map).cloned().unwrap_or_default();
    let (old_metadata, new_metadata) = (metadata(old), metadata(new));
    let rest = |(name, _): &(&Str, &Value)| name.as_str() != "managedFields";
    if !old_metadata.iter().filter(rest).eq(new_metadata.iter().filter(rest)) {
        return false;
    }
    same(old.at(&PATH), new.at(&PATH)) || Managed::of(old).says(&Managed::of(new))
}
