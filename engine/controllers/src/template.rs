//! Pod templates: comparing them, and naming ReplicaSets after them.

use api::Value;
use sim::Digest;

/// The label by which the pods of one revision are told from those of another.
pub const HASH_LABEL: &str = "pod-template-hash";

/// The value of the `pod-template-hash` label: 32 bits of the template's digest (and of how often that collided),
/// written as Kubernetes writes its hash, in an alphabet that cannot form bad words (apimachinery's
/// `SafeEncodeString`). The hash function itself is the lab's own: Kubernetes hashes a dump of Go structs.
pub fn pod_template_hash(template: &Value, collisions: Option<i32>) -> String {
    const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let hash = Digest::of(&(template.digest().0, collisions)).0 as u32;
    hash.to_string().bytes().map(|digit| char::from(ALPHABET[usize::from(digit) % 27])).collect()
}

/// True when both templates say the same but for the hash label: Kubernetes' `EqualIgnoreHash`.
pub fn equal_ignore_hash(a: &Value, b: &Value) -> bool {
    if a.same(b) {
        return true;
    }
    let strip = |template: &Value| {
        let mut template = template.clone();
        template.remove(&["metadata", "labels", HASH_LABEL]);
        template
    };
    semantic_equal(&strip(a), &strip(b))
}

/// Equality in which a missing field, null, and an empty object or list are one: Go's structs know no difference.
pub fn semantic_equal(a: &Value, b: &Value) -> bool {
    if a.same(b) || (hollow(a) && hollow(b)) {
        return true;
    }
    match (a, b) {
        (Value::Map(a), Value::Map(b)) => {
            let within = |a: &api::Map, b: &api::Map| {
                a.iter().all(|(key, value)| match b.get(key) {
                    Some(other) => semantic_equal(value, other),
                    None => hollow(value),
                })
            };
            within(a, b) && b.iter().all(|(key, value)| a.contains(key) || hollow(value))
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.as_slice().iter().zip(b.as_slice()).all(|(a, b)| semantic_equal(a, b))
        }
        _ => a == b,
    }
}

fn hollow(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.iter().all(|(_, value)| hollow(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::object;

    #[test]
    fn the_hash_is_short_safe_and_repeatable() {
        let template = object! { "spec": { "containers": [{ "name": "a" }] } };
        let hash = pod_template_hash(&template, None);
        assert_eq!(hash, pod_template_hash(&template.clone(), None));
        assert_ne!(hash, pod_template_hash(&template, Some(1)));
        assert!(hash.len() <= 10 && hash.bytes().all(|b| b"456789bcdf".contains(&b)), "{hash}");
    }

    #[test]
    fn the_hash_label_and_empty_fields_make_no_difference() {
        let a = object! { "metadata": { "labels": { "app": "web" } }, "spec": { "x": 1 } };
        let b = object! {
            "metadata": { "labels": { "app": "web", "pod-template-hash": "5" }, "creationTimestamp": null },
            "spec": { "x": 1, "securityContext": {} },
        };
        assert!(equal_ignore_hash(&a, &b));
        let mut c = b.clone();
        c.set(&["spec", "x"], 2);
        assert!(!equal_ignore_hash(&a, &c));
    }
}
