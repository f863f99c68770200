//! The names of fields and list items in sets of fields: `f:name`, `k:{"name":"web"}`, `v:"x"`, `i:0`.

use std::sync::LazyLock;

use sim::Str;

use crate::schema::Type;
use crate::{Map, Value, json};

/// The set's member that stands for the owner of the place itself.
pub(super) const SELF: &str = ".";

/// A field that the schema does not know by name: a map's key.
pub(super) fn field(name: &str) -> Str {
    match SHARED.binary_search_by(|known| known[2..].cmp(name)) {
        Ok(i) => SHARED[i].clone(),
        Err(_) => Str::from(format!("f:{name}")),
    }
}

/// The keys that maps have in many objects: one string for all.
static SHARED: LazyLock<Vec<Str>> =
    LazyLock::new(|| COMMON.iter().map(|name| Str::from(format!("f:{name}"))).collect());

const COMMON: [&str; 12] = [
    "app",
    "app.kubernetes.io/name",
    "controller-revision-hash",
    "cpu",
    "deployment.kubernetes.io/revision",
    "k8s-app",
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubernetes.io/hostname",
    "kubernetes.io/metadata.name",
    "memory",
    "pod-template-hash",
    "pods",
];

/// An item of a set.
pub(super) fn item(value: &Value) -> Str {
    Str::from(format!("v:{}", json::write(value)))
}

/// An item of a list whose items are told apart by `keys`.
///
/// # Errors
///
/// What is wrong with the item, in the words of the API server.
pub(super) fn keyed(item: &'static Type, keys: &[&'static str], value: &Value) -> Result<Str, String> {
    let Some(map) = value.as_map() else {
        let what = if value.is_null() { "a null element" } else { "non-map elements" };
        return Err(format!("associative list with keys may not have {what}"));
    };
    let definition = item.definition();
    let mut fields: Vec<(&'static str, Value)> = Vec::with_capacity(keys.len());
    for key in keys {
        match map.get(key) {
            Some(value) => fields.push((key, value.clone())),
            None => match definition.and_then(|d| d.field(key)).and_then(default_of) {
                Some(value) => fields.push((key, value)),
                None => {
                    return Err(format!(
                        "associative list with keys has an element that omits key field {key:?} (and doesn't have default value)"
                    ));
                }
            },
        }
    }
    Ok(Str::from(format!("k:{}", json::write(&Value::Map(fields.into_iter().collect::<Map>())))))
}

/// What a missing key stands for.
fn default_of(field: &'static crate::schema::Field) -> Option<Value> {
    if let Some(text) = field.default {
        return Some(Value::from(text));
    }
    match field.value {
        Type::String if field.required => Some(Value::from("")),
        Type::Int32 | Type::Int64 if field.required => Some(Value::Int(0)),
        _ => None,
    }
}

/// True for what may stand in a set: `.`, or a name with one of the four prefixes and something sound behind it.
pub(super) fn is_sound(element: &str) -> bool {
    match element.split_once(':') {
        _ if element == SELF => true,
        Some(("f", _)) => true,
        Some(("i", index)) => index.parse::<i64>().is_ok(),
        Some(("v", value)) => json::parse(value).is_ok(),
        Some(("k", keys)) => json::parse(keys).is_ok_and(|keys| keys.as_map().is_some()),
        _ => false,
    }
}

/// As messages show it: `.spec`, `[name="web"]`, `[="x"]`, `[0]`.
pub(super) fn show(element: &str) -> String {
    match element.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("v", value)) => format!("[={value}]"),
        Some(("i", index)) => format!("[{index}]"),
        Some(("k", keys)) => {
            let keys = json::parse(keys).unwrap_or_default();
            let fields = keys.as_map().into_iter().flat_map(Map::iter);
            let shown: Vec<String> =
                fields.map(|(name, value)| format!("{name}={}", json::write(value))).collect();
            format!("[{}]", shown.join(","))
        }
        _ => element.to_owned(),
    }
}
