//! What differs between two versions of an object.

use crate::Value;
use crate::types::push_field;

/// The paths at which two trees differ, the deepest that say it all: `spec.replicas`,
/// `spec.template.spec.containers[0].image`. Shared parts are skipped without a look.
pub fn changed_paths(old: &Value, new: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    walk(old, new, &mut String::new(), &mut paths);
    paths
}

fn walk(old: &Value, new: &Value, path: &mut String, paths: &mut Vec<String>) {
    if old.same(new) {
        return;
    }
    let length = path.len();
    match (old, new) {
        (Value::Map(before), Value::Map(after)) => {
            let mut names: Vec<_> = before.iter().chain(after.iter()).map(|(name, _)| name).collect();
            names.sort();
            names.dedup();
            for name in names {
                push_field(path, name);
                match (before.get(name), after.get(name)) {
                    (Some(a), Some(b)) => walk(a, b, path, paths),
                    _ => paths.push(path.clone()),
                }
                path.truncate(length);
            }
        }
        (Value::List(before), Value::List(after)) if before.len() == after.len() => {
            for (i, (a, b)) in before.as_slice().iter().zip(after.as_slice()).enumerate() {
                path.push_str(&format!("[{i}]"));
                walk(a, b, path, paths);
                path.truncate(length);
            }
        }
        _ if old == new => {}
        _ => paths.push(path.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn paths() {
        let old = object!({"a": 1, "b": {"c": [1, {"d": 2}]}, "e": [1], "f": {}});
        let new = object!({"a": 1, "b": {"c": [1, {"d": 3}]}, "e": [1, 2], "g": {}});
        assert_eq!(changed_paths(&old, &new), ["b.c[1].d", "e", "f", "g"]);
        assert_eq!(changed_paths(&old, &old.clone()), [""; 0]);
    }
}
