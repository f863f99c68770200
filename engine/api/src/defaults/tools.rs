//! Filling in what is missing, without touching what is there.

use crate::Value;

/// Sets the value at a path when nothing (or null) is there.
pub(super) fn default(object: &mut Value, path: &[&str], value: impl Into<Value>) {
    if object.at(path).is_none_or(Value::is_null) {
        object.set(path, value);
    }
}

/// As [`default`], and also when the empty string is there.
pub(super) fn default_text(object: &mut Value, path: &[&str], value: impl Into<Value>) {
    if object.at(path).is_none_or(Value::is_empty) {
        object.set(path, value);
    }
}

/// Changes the value at a path, when there is one.
pub(super) fn within(object: &mut Value, path: &[&str], change: impl FnOnce(&mut Value)) {
    let Some(inner) = object.at(path).filter(|inner| !inner.is_null()) else { return };
    let mut changed = inner.clone();
    change(&mut changed);
    if !changed.same(inner) {
        object.set(path, changed);
    }
}

/// Changes each item of the list at a path.
pub(super) fn each(object: &mut Value, path: &[&str], mut change: impl FnMut(&mut Value)) {
    let items = object.items_at(path);
    let mut changed: Vec<Value> = items.to_vec();
    changed.iter_mut().for_each(&mut change);
    if changed.iter().zip(items).any(|(new, old)| !new.same(old)) {
        object.set(path, changed);
    }
}

/// The string at a path; empty when there is none.
pub(super) fn text<'a>(object: &'a Value, path: &[&str]) -> &'a str {
    object.str_at(path).map_or("", |s| s.as_str())
}

/// True when something other than null is there.
pub(super) fn has(object: &Value, path: &[&str]) -> bool {
    object.at(path).is_some_and(|value| !value.is_null())
}
