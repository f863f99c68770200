//! The one value type: a JSON-like immutable shared tree.
//!
//! A clone is a pointer. Revisions of an object share what did not change, so a difference is found by pointer
//! equality ([`Value::same`]) and a subtree's digest is computed once ([`Value::digest`]).

mod de;
mod macros;
mod map;
mod node;
mod ser;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

pub use de::from_value;
pub use map::{List, Map};
use sim::{Digest, Str};

/// A JSON value. Numbers are integers wherever they can be.
#[derive(Clone, Default)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number. Kubernetes' own API has next to none.
    Float(f64),
    /// A string.
    Str(Str),
    /// An array.
    List(List),
    /// An object, sorted by key.
    Map(Map),
}

impl Value {
    /// An empty object.
    pub fn map() -> Value {
        Value::Map(Map::default())
    }

    /// An empty array.
    pub fn list() -> Value {
        Value::List(List::default())
    }

    /// The field `key` of an object; `None` for anything else.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.get(key)
    }

    /// The value at a path of field names.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The string at a path of field names.
    pub fn str_at(&self, path: &[&str]) -> Option<&Str> {
        self.at(path)?.as_str()
    }

    /// The whole number at a path of field names.
    pub fn int_at(&self, path: &[&str]) -> Option<i64> {
        self.at(path)?.as_int()
    }

    /// The items at a path of field names; empty when there is no array.
    pub fn items_at(&self, path: &[&str]) -> &[Value] {
        self.at(path).map_or(&[], Value::items)
    }

    /// This value's items; empty when it is no array.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::List(list) => list.as_slice(),
            _ => &[],
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&Str> {
        match self {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The array, if it is one.
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// True for `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// True for `null`, `""`, `[]` and `{}`: what Kubernetes' `omitempty` leaves out (but for 0 and false).
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Str(s) => s.is_empty(),
            Value::List(list) => list.is_empty(),
            Value::Map(map) => map.is_empty(),
            _ => false,
        }
    }

    /// Sets the value at a path of field names; objects on the way are made where they are missing (and replace
    /// what is no object). Shared parts are copied once, the rest stays shared.
    pub fn set(&mut self, path: &[&str], value: impl Into<Value>) {
        *self.entry(path) = value.into();
    }

    /// The place at a path of field names, made (as null, in objects) where it is missing.
    pub fn entry(&mut self, path: &[&str]) -> &mut Value {
        path.iter().fold(self, |value, key| value.make_map().entry(key))
    }

    /// Removes the value at a path of field names and returns it.
    pub fn remove(&mut self, path: &[&str]) -> Option<Value> {
        let (last, way) = path.split_last()?;
        // Look first: a removal of nothing must not copy shared parts.
        self.at(path)?;
        let parent = self.entry(way);
        parent.make_map().remove(last)
    }

    /// This value as an object that can be changed; anything else becomes an empty object first.
    pub fn make_map(&mut self) -> &mut Map {
        if !matches!(self, Value::Map(_)) {
            *self = Value::map();
        }
        match self {
            Value::Map(map) => map,
            _ => unreachable!("made a map above"),
        }
    }

    /// This value as an array that can be changed; anything else becomes an empty array first.
    pub fn make_list(&mut self) -> &mut List {
        if !matches!(self, Value::List(_)) {
            *self = Value::list();
        }
        match self {
            Value::List(list) => list,
            _ => unreachable!("made a list above"),
        }
    }

    /// True when both are the same shared node, or equal scalars: cheap, never walks a tree.
    pub fn same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::List(a), Value::List(b)) => a.same(b),
            (Value::Map(a), Value::Map(b)) => a.same(b),
            (Value::List(_) | Value::Map(_), _) | (_, Value::List(_) | Value::Map(_)) => false,
            _ => self == other,
        }
    }

    /// A digest of the value; equal values have equal digests. Cached in each shared node.
    pub fn digest(&self) -> Digest {
        match self {
            Value::Null => Digest::of(&0u8),
            Value::Bool(b) => Digest::of(&(1u8, b)),
            Value::Int(i) => Digest::of(&(2u8, i)),
            Value::Float(f) => Digest::of(&(3u8, f.to_bits())),
            Value::Str(s) => Digest::of(&(4u8, s.as_str())),
            Value::List(list) => list.digest(),
            Value::Map(map) => map.digest(),
        }
    }

    /// The JSON type's name, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Int(_) => "integer",
            Value::Float(_) => "number",
            Value::Str(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest().hash(state);
    }
}

impl fmt::Debug for Value {
    /// As JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Int(i) => write!(f, "{i}"),
            Value::Float(x) => write!(f, "{x}"),
            Value::Str(s) => write!(f, "{:?}", s.as_str()),
            Value::List(list) => f.debug_list().entries(list.as_slice()).finish(),
            Value::Map(map) => f.debug_map().entries(map.iter()).finish(),
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Value::Bool(b)
    }
}
impl From<i64> for Value {
    fn from(i: i64) -> Self {
        Value::Int(i)
    }
}
impl From<i32> for Value {
    fn from(i: i32) -> Self {
        Value::Int(i.into())
    }
}
impl From<u32> for Value {
    fn from(i: u32) -> Self {
        Value::Int(i.into())
    }
}
impl From<f64> for Value {
    fn from(x: f64) -> Self {
        Value::Float(x)
    }
}
impl From<&Value> for Value {
    fn from(value: &Value) -> Self {
        value.clone()
    }
}
impl From<&BTreeMap<Str, Str>> for Value {
    fn from(map: &BTreeMap<Str, Str>) -> Self {
        Value::Map(map.iter().map(|(k, v)| (k.clone(), v)).collect())
    }
}
impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Value::Str(s.into())
    }
}
impl From<String> for Value {
    fn from(s: String) -> Self {
        Value::Str(s.into())
    }
}
impl From<Str> for Value {
    fn from(s: Str) -> Self {
        Value::Str(s)
    }
}
impl From<&Str> for Value {
    fn from(s: &Str) -> Self {
        Value::Str(s.clone())
    }
}
impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Value::Map(map)
    }
}
impl From<List> for Value {
    fn from(list: List) -> Self {
        Value::List(list)
    }
}
impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Value::List(items.into_iter().collect())
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Value, object};

    #[test]
    fn set_get_remove() {
        let mut v = object! { "metadata": { "name": "web" }, "spec": { "replicas": 3 } };
        let before = v.clone();
        v.set(&["status", "replicas"], 2);
        assert_eq!(v.int_at(&["status", "replicas"]), Some(2));
        assert_eq!(before.at(&["status"]), None);
        assert!(v.get("spec").unwrap().same(before.get("spec").unwrap()));
        assert_eq!(v.remove(&["status", "replicas"]), Some(Value::Int(2)));
        assert_eq!(v.remove(&["nothing", "here"]), None);
        assert_eq!(v.str_at(&["metadata", "name"]).unwrap(), "web");
    }

    #[test]
    fn digests_follow_content_not_history() {
        let a = object! { "x": [1, 2, { "y": "z" }], "n": null };
        let mut b = object! { "n": null };
        assert_ne!(a.digest(), b.digest());
        b.set(&["x"], object!([1, 2, { "y": "z" }]));
        assert_eq!(a.digest(), b.digest());
        assert_eq!(a, b);
        b.set(&["x"], 1);
        assert_ne!(a.digest(), b.digest());
    }
}
