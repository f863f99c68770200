//! Secrets, limits, namespaces, nodes.

use super::tools::{default, default_text, each};
use crate::{Value, object};

/// `stringData` becomes base64 in `data`; the type is `Opaque`.
pub(super) fn secret(object: &mut Value) {
    default_text(object, &["type"], "Opaque");
    let Some(plain) = object.remove(&["stringData"]) else { return };
    let Some(plain) = plain.as_map() else { return };
    for (name, value) in plain.iter() {
        if let Some(text) = value.as_str() {
            object.set(&["data", name], base64(text.as_bytes()));
        }
    }
}

/// Standard base64 with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * i) & 63) as usize];
            out.push(if i > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

/// For containers, the maximum is the default limit, and the default limit or else the minimum the default request.
pub(super) fn limit_range(object: &mut Value) {
    each(object, &["spec", "limits"], |item| {
        if item.str_at(&["type"]).is_none_or(|kind| kind != "Container") {
            return;
        }
        for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
            let Some(amounts) = item.get(from).and_then(Value::as_map).cloned() else { continue };
            for (name, amount) in amounts.iter() {
                default(item, &[to, name], amount);
            }
        }
    });
}

pub(super) fn namespace(object: &mut Value) {
    let name = object.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
    // A namespace with `generateName` gets the label once it has its name.
    if !name.is_empty() {
        default_text(object, &["metadata", "labels", "kubernetes.io/metadata.name"], name);
    }
    default(object, &["spec"], object!({}));
    default_text(object, &["status", "phase"], "Active");
}

/// What a node has is for pods, unless it says otherwise.
pub(super) fn node(object: &mut Value) {
    if let Some(capacity) = object.at(&["status", "capacity"]).filter(|c| !c.is_empty()).cloned() {
        default(object, &["status", "allocatable"], capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets() {
        let mut s = object!({"stringData": {"a": "hi", "b": "", "c": "héllo"}, "data": {"a": "eA=="}});
        secret(&mut s);
        assert_eq!(s, object!({"type": "Opaque", "data": {"a": "aGk=", "b": "", "c": "aMOpbGxv"}}));
    }

    #[test]
    fn limits() {
        let mut l = object!({"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}}]}});
        limit_range(&mut l);
        assert_eq!(
            l.items_at(&["spec", "limits"])[0],
            object!({
                "type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}, "default": {"cpu": "2"},
                "defaultRequest": {"cpu": "2", "memory": "1Mi"},
            })
        );
    }
}
