//! Applying strategic merge patches (`k8s.io/apimachinery/pkg/util/strategicpatch`).

use super::order::{arrange, identity, position};
use crate::managed::go_text as go;
use crate::schema::{Definition, Field};
use crate::{List, Map, Value, json};

/// A `$retainKeys` that is no list, or does not name what the patch sets.
pub const BAD_RETAIN_KEYS: &str = "invalid patch format of retainKeys";
/// A `$setElementOrder` that is no list.
pub const BAD_ORDER: &str = "invalid patch format of setElementOrder list";
/// A list in a list that merges.
pub const NO_LISTS_OF_LISTS: &str = "lists of lists are not supported";

pub(super) const DIRECTIVE: &str = "$patch";
pub(super) const RETAIN_KEYS: &str = "$retainKeys";
pub(super) const ELEMENT_ORDER: &str = "$setElementOrder/";
pub(super) const DELETE_PRIMITIVES: &str = "$deleteFromPrimitiveList/";

/// Applies a strategic merge patch to an object (or part of one) of the definition's type.
pub fn strategic(definition: &'static Definition, target: &Value, patch: &Value) -> Result<Value, String> {
    merge_map(
        Some(definition),
        target.as_map().unwrap_or(&Map::default()),
        patch.as_map().unwrap_or(&Map::default()),
    )
    .map(Value::Map)
}

fn merge_map(definition: Option<&'static Definition>, original: &Map, patch: &Map) -> Result<Map, String> {
    match patch.get(DIRECTIVE) {
        None => {}
        Some(Value::Str(directive)) => match directive.as_str() {
            "replace" => {
                let mut replaced = patch.clone();
                replaced.remove(DIRECTIVE);
                return Ok(replaced);
            }
            "delete" => return Ok(Map::default()),
            _ => return Err(unknown_directive(patch)),
        },
        Some(_) => return Err(unknown_directive(patch)),
    }
    let mut result = original.clone();
    if let Some(retained) = patch.get(RETAIN_KEYS) {
        let Some(retained) = retained.as_list() else { return Err(BAD_RETAIN_KEYS.to_owned()) };
        let is_retained =
            |name: &str| retained.as_slice().iter().any(|r| r.as_str().is_some_and(|r| r == name));
        let stays = |name: &str, value: &Value| {
            let directive =
                name == RETAIN_KEYS || name.starts_with(DELETE_PRIMITIVES) || name.starts_with(ELEMENT_ORDER);
            directive || value.is_null() || is_retained(name)
        };
        if !patch.iter().all(|(name, value)| stays(name, value)) {
            return Err(BAD_RETAIN_KEYS.to_owned());
        }
        result.retain(|name, _| is_retained(name));
    }
    for (name, value) in patch.iter() {
        if let Some(list) = name.strip_prefix(DELETE_PRIMITIVES) {
            if value.as_list().is_none() {
                return Err("invalid patch format of primitive list".to_owned());
            }
            if let Some(old) = result.get(list).and_then(Value::as_list) {
                let kept: List =
                    old.as_slice().iter().filter(|item| !value.items().contains(item)).cloned().collect();
                result.insert(list, kept);
            }
            continue;
        }
        if name.starts_with(ELEMENT_ORDER) && value.as_list().is_none() {
            return Err(BAD_ORDER.to_owned());
        }
        if name == DIRECTIVE || name == RETAIN_KEYS || name.starts_with(ELEMENT_ORDER) {
            continue;
        }
        if value.is_null() {
            result.remove(name);
            continue;
        }
        let field = definition.and_then(|d| d.field(name));
        let new = merge_value(field, result.get(name), value)?;
        if result.get(name) != Some(&new) {
            result.insert(json::field_name(name), new);
        }
    }
    for (name, order) in patch.iter() {
        let Some(list) = name.strip_prefix(ELEMENT_ORDER) else { continue };
        let Some(merged) = result.get(list).and_then(Value::as_list) else { continue };
        let key = definition.and_then(|d| d.field(list)).and_then(|f| f.merge_key);
        let arranged = arrange(
            merged.as_slice().to_vec(),
            order.items(),
            original.get(list).map_or(&[], Value::items),
            key,
        );
        if arranged != merged.as_slice() {
            result.insert(json::field_name(list), Value::from(arranged));
        }
    }
    Ok(result)
}

fn merge_value(
    field: Option<&'static Field>,
    original: Option<&Value>,
    patch: &Value,
) -> Result<Value, String> {
    let definition = field.and_then(|f| f.value.definition());
    match (original, patch) {
        (Some(Value::Map(_)), Value::Map(_)) if field.is_some_and(|f| f.patch.replace) => Ok(clean(patch)),
        (Some(Value::Map(old)), Value::Map(new)) => merge_map(definition, old, new).map(Value::Map),
        (_, Value::Map(new)) => merge_map(definition, &Map::default(), new).map(Value::Map),
        (Some(Value::List(old)), Value::List(new)) if field.is_some_and(|f| f.patch.merge) => {
            let key = field.and_then(|f| f.merge_key);
            merge_list(definition, old.as_slice(), new.as_slice(), key).map(Value::from)
        }
        _ => Ok(clean(patch)),
    }
}

fn merge_list(
    definition: Option<&'static Definition>,
    original: &[Value],
    patch: &[Value],
    key: Option<&str>,
) -> Result<Vec<Value>, String> {
    let mut merged = original.to_vec();
    if merged.is_empty() && patch.is_empty() {
        return Ok(merged);
    }
    let kinds = || original.iter().chain(patch);
    if kinds().any(|item| item.as_list().is_some()) {
        return Err(NO_LISTS_OF_LISTS.to_owned());
    }
    let maps = kinds().filter(|item| item.as_map().is_some()).count();
    let same_kind = |item: &Value| kinds().next().is_some_and(|first| first.type_name() == item.type_name());
    if !kinds().all(same_kind) {
        let shown = |items: &[Value]| items.iter().map(go).collect::<Vec<_>>().join(" ");
        return Err(format!(
            "list element types are not identical: [[{}] [{}]]",
            shown(original),
            shown(patch)
        ));
    }
    // What is no object is told apart by itself, whatever the schema says.
    let Some(key) = key.filter(|_| maps > 0) else {
        if maps > 0 {
            let name = definition.map_or("", |definition| definition.struct_name());
            return Err(format!("cannot merge lists without merge key for {name}"));
        }
        merged.extend(patch.iter().filter(|item| !original.contains(item)).cloned());
        return Ok(arrange(merged, patch, original, None));
    };
    let is = |item: &Value, what: &str| item.str_at(&[DIRECTIVE]).is_some_and(|d| d == what);
    for item in patch.iter().filter(|item| item.get(DIRECTIVE).is_some()) {
        if is(item, "merge") {
            return Err("merging lists cannot yet be specified in the patch".to_owned());
        }
        if !is(item, "delete") && !is(item, "replace") {
            return Err(unknown_directive(item.as_map().unwrap_or(&Map::default())));
        }
    }
    let ordinary: Vec<Value> = patch.iter().filter(|item| item.get(DIRECTIVE).is_none()).cloned().collect();
    if patch.iter().any(|item| is(item, "replace")) {
        // One such item makes the rest of the patch the new list.
        return Ok(ordinary.iter().map(clean).collect());
    }
    let lacks_key = |item: &Value| format!("map: {} does not contain declared merge key: {key}", go(item));
    for item in patch.iter().filter(|item| is(item, "delete")) {
        let id = item.get(key).ok_or_else(|| lacks_key(item))?;
        merged.retain(|old| old.get(key) != Some(id));
    }
    for item in &ordinary {
        let id = identity(item, Some(key)).ok_or_else(|| lacks_key(item))?;
        match position(&merged, Some(id), Some(key)) {
            Some(at) => merged[at] = merge_value_of_item(definition, &merged[at], item)?,
            None => merged.push(merge_value_of_item(definition, &Value::map(), item)?),
        }
    }
    Ok(arrange(merged, &ordinary, original, Some(key)))
}

fn merge_value_of_item(
    definition: Option<&'static Definition>,
    old: &Value,
    new: &Value,
) -> Result<Value, String> {
    let empty = Map::default();
    merge_map(definition, old.as_map().unwrap_or(&empty), new.as_map().unwrap_or(&empty)).map(Value::Map)
}

/// The value without directives and nulls.
fn clean(value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            let kept = map.iter().filter(|(name, value)| !name.starts_with('$') && !value.is_null());
            Value::Map(kept.map(|(name, value)| (name.clone(), clean(value))).collect())
        }
        Value::List(list) => Value::List(list.as_slice().iter().map(clean).collect()),
        other => other.clone(),
    }
}

fn unknown_directive(patch: &Map) -> String {
    let directive = patch.get(DIRECTIVE).map_or_else(String::new, go);
    format!("unknown patch type: {directive} in map: {}", go(&Value::Map(patch.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{object, schema};

    fn pod(patch: Value) -> Result<Value, String> {
        let target = object!({
            "metadata": {"labels": {"a": "1"}, "finalizers": ["x", "y"]},
            "spec": {
                "containers": [{"name": "web", "image": "nginx", "ports": [{"containerPort": 80}]}, {"name": "log"}],
                "volumes": [{"name": "data", "emptyDir": {}}],
                "tolerations": [{"key": "k"}],
            },
        });
        strategic(schema::named("core.v1.Pod").unwrap(), &target, &patch)
    }

    #[test]
    fn lists_merge_by_key() {
        let result = pod(object!({
            "metadata": {"labels": {"a": null, "b": "2"}, "$deleteFromPrimitiveList/finalizers": ["x"], "finalizers": ["z"]},
            "spec": {
                "containers": [
                    {"name": "new", "image": "redis"},
                    {"name": "web", "image": "nginx:2", "ports": [{"containerPort": 81}]},
                    {"$patch": "delete", "name": "log"},
                ],
                "volumes": [{"name": "data", "emptyDir": null, "hostPath": {"path": "/x"}, "$retainKeys": ["name", "hostPath"]}],
                "tolerations": [{"key": "only"}],
            },
        }));
        assert_eq!(
            result.unwrap(),
            object!({
                "metadata": {"labels": {"b": "2"}, "finalizers": ["z", "y"]},
                "spec": {
                    "containers": [
                        {"name": "new", "image": "redis"},
                        {"name": "web", "image": "nginx:2", "ports": [{"containerPort": 81}, {"containerPort": 80}]},
                    ],
                    "volumes": [{"name": "data", "hostPath": {"path": "/x"}}],
                    "tolerations": [{"key": "only"}],
                },
            })
        );
    }

    #[test]
    fn directives() {
        let result =
            pod(object!({"spec": {"containers": [{"$patch": "replace"}, {"name": "one"}]}})).unwrap();
        assert_eq!(result.items_at(&["spec", "containers"]), [object!({"name": "one"})]);
        let result = pod(object!({"metadata": {"$patch": "replace", "name": "x"}})).unwrap();
        assert_eq!(result.get("metadata"), Some(&object!({"name": "x"})));
        let result = pod(
            object!({"spec": {"$setElementOrder/containers": [{"name": "log"}, {"name": "web"}], "containers": [{"name": "log", "image": "b"}]}}),
        );
        assert_eq!(result.unwrap().items_at(&["spec", "containers"])[0].str_at(&["name"]).unwrap(), "log");
        let error = pod(object!({"spec": {"containers": [{"image": "x"}]}})).unwrap_err();
        assert_eq!(error, "map: map[image:x] does not contain declared merge key: name");
    }

    #[test]
    fn bad_patches() {
        let table = [
            (
                object!({"spec": {"containers": [{"$patch": "merge", "name": "web"}]}}),
                "merging lists cannot yet be specified in the patch",
            ),
            (
                object!({"spec": {"containers": [{"$patch": "drop", "name": "web"}]}}),
                "unknown patch type: drop in map: map[$patch:drop name:web]",
            ),
            (object!({"spec": {"$patch": "drop"}}), "unknown patch type: drop in map: map[$patch:drop]"),
            (object!({"spec": {"containers": [["web"]]}}), NO_LISTS_OF_LISTS),
            (
                object!({"spec": {"containers": ["web"]}}),
                "list element types are not identical: [[map[image:nginx name:web ports:[map[containerPort:80]]] map[name:log]] [web]]",
            ),
            (
                object!({"spec": {"volumes": [{"name": "data", "hostPath": {"path": "/x"}, "$retainKeys": ["name"]}]}}),
                BAD_RETAIN_KEYS,
            ),
            (object!({"spec": {"$setElementOrder/containers": "web"}}), BAD_ORDER),
            (
                object!({"metadata": {"$deleteFromPrimitiveList/finalizers": "x"}}),
                "invalid patch format of primitive list",
            ),
        ];
        for (patch, message) in table {
            assert_eq!(pod(patch.clone()).unwrap_err(), message, "{patch:?}");
        }
    }

    #[test]
    fn nothing_changes_nothing() {
        let target = object!({"spec": {"containers": [{"name": "a"}]}});
        let definition = schema::named("core.v1.Pod").unwrap();
        let result =
            strategic(definition, &target, &object!({"spec": {"containers": [{"name": "a"}]}})).unwrap();
        assert!(result.get("spec").unwrap().same(target.get("spec").unwrap()));
    }
}
