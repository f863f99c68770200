//! What becomes of a tree when the API server decodes it into its structs and encodes it again.

use super::{Definition, Type, definition_of};
use crate::quantity::Quantity;
use crate::{List, Map, Value};

/// Optional strings that are pointers in Go: for them, empty says something else than missing.
const POINTERS: [&str; 6] = [
    "holderIdentity",
    "ingressClassName",
    "storageClassName",
    "volumeAttributesClassName",
    "preferredHolder",
    "discovery.v1.EndpointPort.name",
];

/// Drops nulls, unknown fields and empty optional ones, and writes quantities canonically. What does not change stays
/// shared. Objects of unknown kinds are left alone.
pub fn normalize(object: &mut Value) {
    if let Some(definition) = definition_of(object) {
        normalize_as(definition, object);
    }
}

/// As [`normalize`], by a definition.
pub fn normalize_as(definition: &'static Definition, object: &mut Value) {
    if let Some(changed) = fields(definition, object) {
        *object = changed;
    }
}

/// The value as it should be; `None` when it is so already.
fn value(expected: &Type, given: &Value) -> Option<Value> {
    match (expected, given) {
        (Type::Quantity, Value::Str(s)) => {
            let canonical = Quantity::parse(s.trim()).ok()?.to_string();
            (canonical != s.as_str()).then(|| Value::from(canonical))
        }
        (Type::Quantity, Value::Int(_) | Value::Float(_)) => {
            let text = format!("{given:?}");
            Some(Value::from(Quantity::parse(&text).ok()?.to_string()))
        }
        (Type::Object(_), _) => fields(expected.definition()?, given),
        (Type::List(item), Value::List(list)) => {
            let changed: Vec<Option<Value>> = list.as_slice().iter().map(|v| value(item, v)).collect();
            if changed.iter().all(Option::is_none) {
                return None;
            }
            let items = changed.into_iter().zip(list.as_slice());
            Some(Value::List(items.map(|(new, old)| new.unwrap_or_else(|| old.clone())).collect::<List>()))
        }
        (Type::Map(item), Value::Map(map)) => {
            let mut changed: Option<Map> = None;
            for (key, old) in map.iter() {
                // A null in a map of strings is the empty string to Go.
                let new = if old.is_null() && **item == Type::String {
                    Some(Value::from(""))
                } else {
                    value(item, old)
                };
                if let Some(new) = new {
                    changed.get_or_insert_with(|| map.clone()).insert(key.clone(), new);
                }
            }
            changed.map(Value::Map)
        }
        _ => None,
    }
}

fn fields(definition: &'static Definition, given: &Value) -> Option<Value> {
    let map = given.as_map()?;
    let mut changed: Option<Map> = None;
    for (name, old) in map.iter() {
        let field = definition.field(name);
        let drop = field.is_none_or(|field| {
            let pointer = || {
                POINTERS.contains(&field.name)
                    || POINTERS.contains(&format!("{}.{name}", definition.name).as_str())
            };
            match (&field.value, old) {
                (_, Value::Null) => true,
                (Type::String, Value::Str(s)) => s.is_empty() && !field.required && !pointer(),
                (Type::List(_), Value::List(list)) => list.is_empty() && !field.required,
                (Type::Map(_), Value::Map(map)) => map.is_empty() && !field.required,
                _ => false,
            }
        });
        if drop {
            changed.get_or_insert_with(|| map.clone()).remove(name);
        } else if let Some(new) = field.and_then(|field| value(&field.value, old)) {
            changed.get_or_insert_with(|| map.clone()).insert(name.clone(), new);
        }
    }
    changed.map(Value::Map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn as_decoded_and_encoded() {
        let mut pod = object!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "creationTimestamp": null, "labels": {}},
            "spec": {
                "nope": 1,
                "nodeName": "",
                "securityContext": {},
                "containers": [{"name": "web", "args": [], "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}}}],
            },
        });
        normalize(&mut pod);
        assert_eq!(
            pod,
            object!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
                "spec": {
                    "securityContext": {},
                    "containers": [{"name": "web", "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}}}],
                },
            })
        );
        let before = pod.clone();
        normalize(&mut pod);
        assert!(pod.same(&before), "nothing to change keeps the tree");
    }
}
