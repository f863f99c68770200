//! Working strategic merge patches out.

use super::nothing;
use super::order::position;
use super::strategic::{DELETE_PRIMITIVES, DIRECTIVE, ELEMENT_ORDER, RETAIN_KEYS};
use crate::schema::{Definition, Field};
use crate::{Map, Str, Value, json};

#[derive(Clone, Copy)]
struct Options {
    additions: bool,
    deletions: bool,
    order: bool,
}

/// The strategic merge patch that makes `modified` of `original`.
pub fn create_strategic(definition: &'static Definition, original: &Value, modified: &Value) -> Value {
    let options = Options { additions: true, deletions: true, order: true };
    Value::Map(maps(Some(definition), as_map(original), as_map(modified), options, false))
}

/// What `kubectl apply` sends: additions and changes against what is there (`current`), deletions against what was
/// applied last (`original`).
pub fn three_way_strategic(
    definition: &'static Definition,
    original: &Value,
    modified: &Value,
    current: &Value,
) -> Result<Value, String> {
    let additions = Options { additions: true, deletions: false, order: true };
    let deletions = Options { additions: false, deletions: true, order: true };
    let changes = maps(Some(definition), as_map(current), as_map(modified), additions, false);
    let mut patch = maps(Some(definition), as_map(original), as_map(modified), deletions, false);
    combine(Some(definition), &mut patch, &changes);
    Ok(if patch.is_empty() { nothing() } else { Value::Map(patch) })
}

fn as_map(value: &Value) -> &Map {
    static EMPTY: std::sync::LazyLock<Map> = std::sync::LazyLock::new(Map::default);
    value.as_map().unwrap_or(&EMPTY)
}

fn maps(
    definition: Option<&'static Definition>,
    old: &Map,
    new: &Map,
    options: Options,
    retain_keys: bool,
) -> Map {
    let mut patch = Map::default();
    for (name, value) in new.iter() {
        let field = definition.and_then(|d| d.field(name));
        match (old.get(name), value) {
            (Some(before), _) if before == value => {}
            (Some(Value::Map(before)), Value::Map(after)) if !field.is_some_and(|f| f.patch.replace) => {
                let nested_retain = field.is_some_and(|f| f.patch.retain_keys);
                let nested =
                    maps(field.and_then(|f| f.value.definition()), before, after, options, nested_retain);
                if !nested.is_empty() {
                    patch.insert(name.clone(), nested);
                }
            }
            (Some(Value::List(before)), Value::List(after)) if field.is_some_and(|f| f.patch.merge) => {
                lists(&mut patch, name, field, before.as_slice(), after.as_slice(), options);
            }
            _ if options.additions => patch.insert(name.clone(), value.clone()),
            _ => {}
        }
    }
    if options.deletions {
        for (name, _) in old.iter().filter(|(name, _)| !new.contains(name)) {
            patch.insert(name.clone(), Value::Null);
        }
    }
    if retain_keys && !patch.is_empty() {
        let names: Vec<Value> = new.iter().map(|(name, _)| Value::from(name)).collect();
        patch.insert(RETAIN_KEYS, names);
    }
    patch
}

fn lists(
    patch: &mut Map,
    name: &Str,
    field: Option<&'static Field>,
    old: &[Value],
    new: &[Value],
    options: Options,
) {
    let key = field.and_then(|f| f.merge_key);
    let mut changed: Vec<Value> = Vec::new();
    let mut removed: Vec<Value> = Vec::new();
    if let Some(key) = key {
        let retain_keys = field.is_some_and(|f| f.patch.retain_keys);
        for item in new {
            match position(old, item.get(key), Some(key)) {
                Some(at) => {
                    let definition = field.and_then(|f| f.value.definition());
                    let mut nested = maps(definition, as_map(&old[at]), as_map(item), options, retain_keys);
                    if !nested.is_empty() {
                        nested.insert(key, item.get(key).cloned());
                        changed.push(Value::Map(nested));
                    }
                }
                None if options.additions => changed.push(item.clone()),
                None => {}
            }
        }
        if options.deletions {
            for item in old.iter().filter(|item| position(new, item.get(key), Some(key)).is_none()) {
                changed.push(
                    [(DIRECTIVE, Value::from("delete")), (key, item.get(key).into())]
                        .into_iter()
                        .collect::<Map>()
                        .into(),
                );
            }
        }
    } else {
        if options.additions {
            changed.extend(new.iter().filter(|item| !old.contains(item)).cloned());
        }
        if options.deletions {
            removed.extend(old.iter().filter(|item| !new.contains(item)).cloned());
        }
    }
    let same_order = {
        let places = new.iter().filter_map(|item| position(old, super::order::identity(item, key), key));
        places.is_sorted()
    };
    let touched = !changed.is_empty() || !removed.is_empty();
    if options.order && (touched || (options.additions && !same_order)) {
        let order: Vec<Value> = match key {
            Some(key) => new
                .iter()
                .map(|item| Value::Map([(key, Value::from(item.get(key)))].into_iter().collect()))
                .collect(),
            None => new.to_vec(),
        };
        patch.insert(json::field_name(&format!("{ELEMENT_ORDER}{name}")), order);
    }
    if !changed.is_empty() {
        patch.insert(name.clone(), changed);
    }
    if !removed.is_empty() {
        patch.insert(json::field_name(&format!("{DELETE_PRIMITIVES}{name}")), removed);
    }
}

/// Lays one patch over another: both count.
fn combine(definition: Option<&'static Definition>, patch: &mut Map, changes: &Map) {
    for (name, value) in changes.iter() {
        let field = definition.and_then(|d| d.field(name));
        let inner = field.and_then(|f| f.value.definition());
        match (patch.get_mut(name), value) {
            (Some(Value::Map(before)), Value::Map(after)) => combine(inner, before, after),
            (Some(Value::List(before)), Value::List(after)) if field.is_some_and(|f| f.patch.merge) => {
                let key = field.and_then(|f| f.merge_key);
                // Items of the changes stand before the deletions.
                let mut items: Vec<Value> = Vec::new();
                let mut rest = before.as_slice().to_vec();
                for item in after.as_slice() {
                    let mut item = item.clone();
                    if let Some(at) = key.and_then(|key| position(&rest, item.get(key), Some(key))) {
                        let mut merged = rest.remove(at);
                        combine(inner, merged.make_map(), as_map(&item));
                        item = merged;
                    }
                    items.push(item);
                }
                items.extend(rest);
                *before = items.into_iter().collect();
            }
            _ => patch.insert(name.clone(), value.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;
    use crate::patch::strategic;
    use crate::schema;

    fn deployment(containers: Value, replicas: Value) -> Value {
        object!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicas": replicas, "template": {"spec": {"containers": containers}}},
        })
    }

    #[test]
    fn apply_again() {
        let definition = schema::definition("apps", "v1", "Deployment").unwrap();
        let original = deployment(
            object!([{"name": "web", "image": "nginx:1"}, {"name": "log", "image": "l"}]),
            object!(2),
        );
        let mut current = original.clone();
        current.set(&["spec", "progressDeadlineSeconds"], 600);
        current.set(&["spec", "replicas"], 5);
        let modified = deployment(object!([{"name": "web", "image": "nginx:2"}]), object!(2));
        let patch = three_way_strategic(definition, &original, &modified, &current).unwrap();
        assert_eq!(
            patch,
            object!({"spec": {"replicas": 2, "template": {"spec": {
                "$setElementOrder/containers": [{"name": "web"}],
                "containers": [{"name": "web", "image": "nginx:2"}, {"$patch": "delete", "name": "log"}],
            }}}})
        );
        let result = strategic(definition, &current, &patch).unwrap();
        assert_eq!(
            result.items_at(&["spec", "template", "spec", "containers"]),
            [object!({"name": "web", "image": "nginx:2"})]
        );
        assert_eq!(result.int_at(&["spec", "progressDeadlineSeconds"]), Some(600));
        let again = three_way_strategic(definition, &modified, &modified, &result).unwrap();
        assert_eq!(again, object!({}));
    }

    #[test]
    fn retained_keys_and_primitives() {
        let definition = schema::definition("apps", "v1", "Deployment").unwrap();
        let old = object!({"metadata": {"finalizers": ["a", "b"]}, "spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
        let new =
            object!({"metadata": {"finalizers": ["b", "c"]}, "spec": {"strategy": {"type": "Recreate"}}});
        let patch = create_strategic(definition, &old, &new);
        assert_eq!(
            patch,
            object!({
                "metadata": {
                    "finalizers": ["c"], "$deleteFromPrimitiveList/finalizers": ["a"], "$setElementOrder/finalizers": ["b", "c"],
                },
                "spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate", "rollingUpdate": null}},
            })
        );
        assert_eq!(strategic(definition, &old, &patch).unwrap(), new);
    }
}
