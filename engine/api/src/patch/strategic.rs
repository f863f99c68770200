//! Applying strategic merge patches (`k8s.io/apimachinery/pkg/util/strategicpatch`).

use super::order::{arrange, identity, position};
use crate::schema::{Definition, Field};
use crate::{List, Map, Value, json};

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
            "merge" => {}
            other => return Err(format!("Unknown patch type found: {other}")),
        },
        Some(other) => return Err(format!("invalid value for special key: {DIRECTIVE}: {other:?}")),
    }
    let mut result = original.clone();
    if let Some(retained) = patch.get(RETAIN_KEYS) {
        let Some(retained) = retained.as_list() else {
            return Err("invalid patch format of retainKeys".to_owned());
        };
        result.retain(|name, _| retained.as_slice().iter().any(|r| r.as_str() == Some(name)));
    }
    for (name, value) in patch.iter() {
        if let Some(list) = name.strip_prefix(DELETE_PRIMITIVES) {
            if let Some(old) = result.get(list).and_then(Value::as_list) {
                let kept: List =
                    old.as_slice().iter().filter(|item| !value.items().contains(item)).cloned().collect();
                result.insert(list, kept);
            }
            continue;
        }
        if name == DIRECTIVE || name == RETAIN_KEYS || name.starts_with(ELEMENT_ORDER) {
            continue;
        }
        if value.is_null() {
            result.remove(name);
            continue;
        }
        let field = definition.and_then(|d| d.field(name));
        let new = merge_value(field, result.get(name), value).map_err(|e| format!("{name}: {e}"));
        let new =
            new.map_err(|e| e.rsplit_once(": map:").map_or(e.clone(), |(_, rest)| format!("map:{rest}")))?;
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
    let Some(key) = key else {
        merged.extend(patch.iter().filter(|item| !original.contains(item)).cloned());
        return Ok(arrange(merged, patch, original, None));
    };
    let directive = |item: &Value| item.str_at(&[DIRECTIVE]).cloned();
    let is = |item: &Value, what: &str| directive(item).is_some_and(|d| d == what);
    let ordinary: Vec<Value> =
        patch.iter().filter(|item| directive(item).is_none_or(|d| d == "merge")).cloned().collect();
    if patch.iter().any(|item| is(item, "replace")) {
        // One such item makes the rest of the patch the new list.
        return Ok(ordinary.iter().map(clean).collect());
    }
    let lacks_key =
        |item: &Value| format!("map: {} does not contain declared merge key: {key}", go_map(item));
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

/// As Go prints a map.
fn go_map(value: &Value) -> String {
    let Some(map) = value.as_map() else { return json::write(value) };
    let fields = map.iter().map(|(name, value)| match value {
        Value::Str(s) => format!("{name}:{s}"),
        other => format!("{name}:{}", go_map(other)),
    });
    format!("map[{}]", fields.collect::<Vec<_>>().join(" "))
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
    fn nothing_changes_nothing() {
        let target = object!({"spec": {"containers": [{"name": "a"}]}});
        let definition = schema::named("core.v1.Pod").unwrap();
        let result =
            strategic(definition, &target, &object!({"spec": {"containers": [{"name": "a"}]}})).unwrap();
        assert!(result.get("spec").unwrap().same(target.get("spec").unwrap()));
    }
}
