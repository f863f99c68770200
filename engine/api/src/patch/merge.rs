//! RFC 7386.

use super::nothing;
use crate::{Map, Value};

/// Applies a merge patch: null removes, objects merge, all else replaces.
pub fn merge(target: &Value, patch: &Value) -> Value {
    let Some(patch) = patch.as_map() else { return patch.clone() };
    let mut result = target.as_map().cloned().unwrap_or_default();
    for (name, value) in patch.iter() {
        if value.is_null() {
            result.remove(name);
            continue;
        }
        let old = result.get(name);
        let new = merge(old.unwrap_or(&Value::Null), value);
        if old != Some(&new) {
            result.insert(name.clone(), new);
        }
    }
    Value::Map(result)
}

/// The merge patch that makes `modified` of `original`.
pub fn create_merge(original: &Value, modified: &Value) -> Value {
    Value::Map(difference(original, modified, true, true))
}

fn difference(original: &Value, modified: &Value, additions: bool, deletions: bool) -> Map {
    let mut patch = Map::default();
    let empty = Map::default();
    let (old, new) = (original.as_map().unwrap_or(&empty), modified.as_map().unwrap_or(&empty));
    for (name, value) in new.iter() {
        match old.get(name) {
            Some(before) if before == value => {}
            Some(before @ Value::Map(_)) if value.as_map().is_some() => {
                let nested = difference(before, value, additions, deletions);
                if !nested.is_empty() {
                    patch.insert(name.clone(), nested);
                }
            }
            _ if additions => patch.insert(name.clone(), value.clone()),
            _ => {}
        }
    }
    if deletions {
        for (name, _) in old.iter().filter(|(name, _)| !new.contains(name)) {
            patch.insert(name.clone(), Value::Null);
        }
    }
    patch
}

/// What `kubectl apply` sends for kinds without a schema: additions and changes against what is there, deletions
/// against what was applied last.
pub fn three_way_merge(original: &Value, modified: &Value, current: &Value) -> Value {
    let changes = Value::Map(difference(current, modified, true, false));
    let deletions = Value::Map(difference(original, modified, false, true));
    let mut patch = deletions;
    lay_over(&mut patch, &changes);
    if patch.is_empty() { nothing() } else { patch }
}

/// Like [`merge`], but nulls stay.
fn lay_over(target: &mut Value, changes: &Value) {
    let (Value::Map(target_map), Value::Map(changes)) = (&mut *target, changes) else {
        *target = changes.clone();
        return;
    };
    for (name, value) in changes.iter() {
        lay_over(target_map.entry(name), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn merging() {
        let table = [
            (object!({"a": "b"}), object!({"a": "c"}), object!({"a": "c"})),
            (object!({"a": "b", "b": 1}), object!({"a": null}), object!({"b": 1})),
            (object!({"a": {"b": "c"}}), object!({"a": {"b": "d", "c": null}}), object!({"a": {"b": "d"}})),
            (object!({"a": [1]}), object!({"a": [2]}), object!({"a": [2]})),
            (object!({}), object!({"a": {"b": {"c": null}}}), object!({"a": {"b": {}}})),
        ];
        for (target, patch, result) in table {
            assert_eq!(merge(&target, &patch), result);
        }
        let (a, b) = (object!({"x": 1, "y": {"z": 1, "w": 2}}), object!({"y": {"z": 3, "w": 2}}));
        let patch = create_merge(&a, &b);
        assert_eq!(patch, object!({"x": null, "y": {"z": 3}}));
        assert_eq!(merge(&a, &patch), b);
    }

    #[test]
    fn three_ways() {
        let original = object!({"spec": {"a": 1, "b": 2}});
        let modified = object!({"spec": {"a": 5}});
        let current = object!({"spec": {"a": 1, "b": 2, "c": "by another"}});
        assert_eq!(three_way_merge(&original, &modified, &current), object!({"spec": {"a": 5, "b": null}}));
    }
}
