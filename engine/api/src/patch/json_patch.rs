//! RFC 6902.

use std::fmt;

use crate::Value;

/// As many operations as the API server takes.
const OPERATIONS_MAX: usize = 10_000;

/// As many nodes as the copies of one patch may make: a patch of a few lines must not fill the memory.
const COPIED_NODES_MAX: usize = 500_000;

/// Why a JSON patch is not applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JsonPatchError {
    /// It is no JSON patch.
    Malformed(String),
    /// It has too many operations.
    TooMany(String),
    /// An operation does not work on this object.
    Failed(String),
}

impl fmt::Display for JsonPatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (JsonPatchError::Malformed(why) | JsonPatchError::TooMany(why) | JsonPatchError::Failed(why)) =
            self;
        f.write_str(why)
    }
}

/// Applies a JSON patch. The first operation that fails fails all.
pub fn json(target: &Value, patch: &Value) -> Result<Value, JsonPatchError> {
    let unreadable = |value: &Value, what: &str| {
        let found = match value {
            Value::Map(_) => "object",
            Value::List(_) => "array",
            Value::Str(_) => "string",
            Value::Bool(_) => "bool",
            _ => "number",
        };
        JsonPatchError::Malformed(format!(
            "json: cannot unmarshal {found} into Go value of type jsonpatch.{what}"
        ))
    };
    let operations = patch.as_list().ok_or_else(|| unreadable(patch, "Patch"))?;
    if let Some(other) = operations.as_slice().iter().find(|operation| operation.as_map().is_none()) {
        return Err(unreadable(other, "Operation"));
    }
    if operations.len() > OPERATIONS_MAX {
        let count = operations.len();
        return Err(JsonPatchError::TooMany(format!(
            "The allowed maximum operations in a JSON patch is {OPERATIONS_MAX}, got {count}"
        )));
    }
    let mut result = target.clone();
    let mut copied = 0;
    for operation in operations.as_slice() {
        apply(&mut result, operation, &mut copied).map_err(JsonPatchError::Failed)?;
    }
    Ok(result)
}

/// How many values a tree has.
fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Map(map) => map.iter().map(|(_, value)| nodes(value)).sum(),
        Value::List(list) => list.as_slice().iter().map(nodes).sum::<usize>(),
        _ => 0,
    }
}

fn apply(target: &mut Value, operation: &Value, copied_nodes: &mut usize) -> Result<(), String> {
    let text = |name: &str| {
        let found = operation.str_at(&[name]);
        found.map(|s| s.as_str()).ok_or_else(|| format!("operation {operation:?} has no {name:?}"))
    };
    let value =
        || operation.get("value").cloned().ok_or_else(|| format!("operation {operation:?} has no \"value\""));
    let path = text("path")?;
    let steps = pointer(path)?;
    match text("op")? {
        "add" => add(target, path, &steps, value()?),
        "remove" => remove(target, path, &steps).map(drop),
        "replace" => {
            let value = value()?;
            *find_mut(target, &steps).ok_or_else(|| missing("replace", path))? = value;
            Ok(())
        }
        "move" => {
            let from = text("from")?;
            let moved = remove(target, from, &pointer(from)?)?;
            add(target, path, &steps, moved)
        }
        "copy" => {
            let from = text("from")?;
            let copied = find(target, &pointer(from)?).cloned().ok_or_else(|| missing("copy", from))?;
            *copied_nodes += nodes(&copied);
            if *copied_nodes > COPIED_NODES_MAX {
                return Err(format!("copy operations copy more than {COPIED_NODES_MAX} values"));
            }
            add(target, path, &steps, copied)
        }
        "test" => {
            let expected = operation.get("value").cloned().unwrap_or_default();
            // A missing field equals null.
            let found = find(target, &steps).cloned().unwrap_or_default();
            if found == expected { Ok(()) } else { Err(format!("testing value {path} failed: test failed")) }
        }
        other => Err(format!("Unexpected kind: {other}")),
    }
}

fn missing(operation: &str, path: &str) -> String {
    format!("{operation} operation does not apply: doc is missing path: {path}: missing value")
}

/// The steps of an RFC 6901 pointer.
fn pointer(path: &str) -> Result<Vec<String>, String> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let rest =
        path.strip_prefix('/').ok_or_else(|| format!("JSON pointer {path:?} must begin with a slash"))?;
    Ok(rest.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
}

fn index(step: &str) -> Option<usize> {
    (step == "0" || !step.starts_with('0')).then(|| step.parse().ok()).flatten()
}

fn find<'a>(target: &'a Value, steps: &[String]) -> Option<&'a Value> {
    steps.iter().try_fold(target, |value, step| match value {
        Value::Map(map) => map.get(step),
        Value::List(list) => list.as_slice().get(index(step)?),
        _ => None,
    })
}

fn find_mut<'a>(target: &'a mut Value, steps: &[String]) -> Option<&'a mut Value> {
    // Look first, so that a failing operation copies nothing.
    find(target, steps)?;
    steps.iter().try_fold(target, |value, step| match value {
        Value::Map(map) => map.get_mut(step),
        Value::List(list) => list.as_mut().get_mut(index(step)?),
        _ => None,
    })
}

fn add(target: &mut Value, path: &str, steps: &[String], value: Value) -> Result<(), String> {
    let Some((last, way)) = steps.split_last() else {
        *target = value;
        return Ok(());
    };
    match find_mut(target, way).ok_or_else(|| missing("add", path))? {
        Value::Map(map) => map.insert(crate::json::field_name(last), value),
        Value::List(list) => {
            let at = if last == "-" { Some(list.len()) } else { index(last) };
            let at = at.filter(|at| *at <= list.len());
            let at = at.ok_or_else(|| {
                format!("add operation does not apply: doc is missing path: {path}: invalid index referenced")
            })?;
            list.as_mut().insert(at, value);
        }
        _ => return Err(missing("add", path)),
    }
    Ok(())
}

fn remove(target: &mut Value, path: &str, steps: &[String]) -> Result<Value, String> {
    let gone = || missing("remove", path);
    find(target, steps).ok_or_else(gone)?;
    let (last, way) = steps.split_last().ok_or_else(gone)?;
    match find_mut(target, way).ok_or_else(gone)? {
        Value::Map(map) => map.remove(last).ok_or_else(gone),
        Value::List(list) => index(last).map(|at| list.as_mut().remove(at)).ok_or_else(gone),
        _ => Err(gone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn operations() {
        let target = object!({"a": {"b/c": [1, 2]}, "d": "x"});
        let patch = object!([
            {"op": "test", "path": "/d", "value": "x"},
            {"op": "add", "path": "/a/b~1c/1", "value": 9},
            {"op": "add", "path": "/a/b~1c/-", "value": 3},
            {"op": "replace", "path": "/d", "value": "y"},
            {"op": "copy", "from": "/d", "path": "/e"},
            {"op": "move", "from": "/a/b~1c/0", "path": "/f"},
            {"op": "remove", "path": "/d"},
        ]);
        assert_eq!(json(&target, &patch), Ok(object!({"a": {"b/c": [9, 2, 3]}, "e": "y", "f": 1})));
    }

    #[test]
    fn failures() {
        let target = object!({"a": [1]});
        let table = [
            (
                object!([{"op": "remove", "path": "/x"}]),
                "remove operation does not apply: doc is missing path: /x: missing value",
            ),
            (object!([{"op": "test", "path": "/a/0", "value": 2}]), "testing value /a/0 failed: test failed"),
            (
                object!([{"op": "add", "path": "/a/5", "value": 2}]),
                "add operation does not apply: doc is missing path: /a/5: invalid index referenced",
            ),
            (object!([{"op": "jump", "path": ""}]), "Unexpected kind: jump"),
        ];
        for (patch, message) in table {
            assert_eq!(json(&target, &patch), Err(JsonPatchError::Failed(message.to_owned())));
        }
    }
}
