//! Objects and arrays.

use sim::{Digest, Str};

use super::Value;
use super::node::Node;

/// An object: fields sorted by name, shared, copied when changed while shared.
#[derive(Clone)]
pub struct Map(Node<Vec<(Str, Value)>>);

impl Default for Map {
    fn default() -> Self {
        Map(Node::new(Vec::new()))
    }
}

impl Map {
    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.get().binary_search_by(|(name, _)| name.as_str().cmp(key))
    }

    /// The field's value.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.find(key).ok().map(|i| &self.0.get()[i].1)
    }

    /// True when the field is there.
    pub fn contains(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    /// Sets a field.
    pub fn insert(&mut self, key: impl Into<Str>, value: impl Into<Value>) {
        let key = key.into();
        let found = self.find(&key);
        let fields = self.0.make_mut();
        match found {
            Ok(i) => fields[i].1 = value.into(),
            Err(i) => fields.insert(i, (key, value.into())),
        }
    }

    /// Removes a field.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let i = self.find(key).ok()?;
        Some(self.0.make_mut().remove(i).1)
    }

    /// The field's place, made as null when it is missing.
    pub fn entry(&mut self, key: &str) -> &mut Value {
        let found = self.find(key);
        let fields = self.0.make_mut();
        let i = found.unwrap_or_else(|i| {
            fields.insert(i, (Str::from(key), Value::Null));
            i
        });
        &mut fields[i].1
    }

    /// The field's place, if it is there.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let i = self.find(key).ok()?;
        Some(&mut self.0.make_mut()[i].1)
    }

    /// Keeps the fields that `keep` says.
    pub fn retain(&mut self, mut keep: impl FnMut(&Str, &Value) -> bool) {
        if self.0.get().iter().all(|(k, v)| keep(k, v)) {
            return;
        }
        self.0.make_mut().retain(|(k, v)| keep(k, v));
    }

    /// All fields by name.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Str, &Value)> + ExactSizeIterator {
        self.0.get().iter().map(|(k, v)| (k, v))
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.0.get().len()
    }

    /// True without fields.
    pub fn is_empty(&self) -> bool {
        self.0.get().is_empty()
    }

    /// True when both are the same shared node.
    pub fn same(&self, other: &Map) -> bool {
        self.0.same(&other.0)
    }

    pub(super) fn digest(&self) -> Digest {
        self.0.digest(|fields| {
            let parts: Vec<(&str, u64)> = fields.iter().map(|(k, v)| (k.as_str(), v.digest().0)).collect();
            Digest::of(&(6u8, parts))
        })
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.same(other) || self.0.get() == other.0.get()
    }
}

impl<K: Into<Str>, V: Into<Value>> FromIterator<(K, V)> for Map {
    /// Later fields win over earlier ones of the same name.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        let mut fields: Vec<(Str, Value)> = fields.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        if !fields.is_sorted_by(|a, b| a.0 < b.0) {
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            fields.reverse();
            fields.dedup_by(|a, b| a.0 == b.0);
            fields.reverse();
        }
        Map(Node::new(fields))
    }
}

/// An array: shared, copied when changed while shared.
#[derive(Clone)]
pub struct List(Node<Vec<Value>>);

impl Default for List {
    fn default() -> Self {
        List(Node::new(Vec::new()))
    }
}

impl List {
    /// The items.
    pub fn as_slice(&self) -> &[Value] {
        self.0.get()
    }

    /// The items, to change them.
    #[allow(clippy::should_implement_trait, reason = "`AsMut` would have to name its target at every use")]
    pub fn as_mut(&mut self) -> &mut Vec<Value> {
        self.0.make_mut()
    }

    /// Adds an item at the end.
    pub fn push(&mut self, value: impl Into<Value>) {
        self.0.make_mut().push(value.into());
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.0.get().len()
    }

    /// True without items.
    pub fn is_empty(&self) -> bool {
        self.0.get().is_empty()
    }

    /// True when both are the same shared node.
    pub fn same(&self, other: &List) -> bool {
        self.0.same(&other.0)
    }

    pub(super) fn digest(&self) -> Digest {
        self.0.digest(|items| {
            let parts: Vec<u64> = items.iter().map(|v| v.digest().0).collect();
            Digest::of(&(5u8, parts))
        })
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        self.same(other) || self.0.get() == other.0.get()
    }
}

impl<V: Into<Value>> FromIterator<V> for List {
    fn from_iter<I: IntoIterator<Item = V>>(items: I) -> Self {
        List(Node::new(items.into_iter().map(Into::into).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_of_equal_keys_wins() {
        let map: Map = [("b", 1), ("a", 2), ("b", 3)].into_iter().collect();
        assert_eq!(map.len(), 2);
        assert_eq!(map.get("b").and_then(Value::as_int), Some(3));
    }
}
