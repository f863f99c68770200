//! What an informer knows: the objects of one resource, by key and by named indexes.

use std::hash::{Hash, Hasher};

use api::{Object, ObjectKey, Value};
use imbl::{OrdMap, OrdSet};
use sim::Str;

/// A change of one object. `old` without `new` is a deletion, `new` without `old` an addition; both may be the same
/// version after a relist.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Delta {
    /// What was known before.
    pub old: Option<Object>,
    /// What is known now.
    pub new: Option<Object>,
}

impl Delta {
    /// The object after the change, or the last known version of a deleted one.
    pub fn object(&self) -> &Object {
        match (&self.new, &self.old) {
            (Some(object), _) | (None, Some(object)) => object,
            (None, None) => unreachable!("a delta has at least one side"),
        }
    }

    /// The object's key.
    pub fn key(&self) -> &ObjectKey {
        self.object().key()
    }

    /// True when the object is gone.
    pub fn is_deletion(&self) -> bool {
        self.new.is_none()
    }
}

/// By what an index finds objects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum IndexBy {
    /// The uid of the controlling owner; objects without one stand under the empty string.
    Controller,
    /// The uid of each owner.
    Owner,
    /// `spec.nodeName`; unassigned pods stand under the empty string.
    Node,
    /// The value of a label; objects without it are not in the index.
    Label(&'static str),
}

impl IndexBy {
    /// The value under which an object stands, for indexes with one value an object.
    fn values(self, object: &Object) -> Values<'_> {
        match self {
            IndexBy::Controller => {
                Values::One(object.controller().and_then(|owner| owner.get("uid")).and_then(Value::as_str))
            }
            IndexBy::Node => Values::One(object.value().str_at(&["spec", "nodeName"])),
            IndexBy::Label(label) => match object.label(label) {
                Some(value) => Values::One(Some(value)),
                None => Values::Many(&[]),
            },
            IndexBy::Owner => Values::Many(object.value().items_at(&["metadata", "ownerReferences"])),
        }
    }
}

/// Without allocation: most objects stand in an index once.
enum Values<'a> {
    /// One value; `None` stands for the empty string.
    One(Option<&'a Str>),
    /// The `uid` of each of these.
    Many(&'a [Value]),
}

impl Values<'_> {
    fn each(&self, mut visit: impl FnMut(Str)) {
        match self {
            Values::One(value) => visit(value.map_or_else(Str::new, |s| (*s).clone())),
            Values::Many(owners) => {
                for uid in owners.iter().filter_map(|owner| owner.get("uid")).filter_map(Value::as_str) {
                    visit(uid.clone());
                }
            }
        }
    }

    fn same(&self, other: &Values<'_>) -> bool {
        match (self, other) {
            (Values::One(a), Values::One(b)) => a == b,
            (Values::Many(a), Values::Many(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.get("uid") == b.get("uid"))
            }
            _ => false,
        }
    }
}

#[derive(Clone, Debug)]
struct Index {
    by: IndexBy,
    entries: OrdSet<(Str, ObjectKey)>,
}

/// The objects of one resource. A clone is a pointer.
#[derive(Clone, Debug, Default)]
pub struct Store {
    objects: OrdMap<ObjectKey, Object>,
    /// Derived from the objects; takes no part in the hash.
    indexes: Vec<Index>,
}

impl Hash for Store {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.objects.hash(state);
    }
}

impl Store {
    /// An empty store with these indexes.
    pub fn new(indexes: &[IndexBy]) -> Store {
        let indexes = indexes.iter().map(|by| Index { by: *by, entries: OrdSet::new() }).collect();
        Store { objects: OrdMap::new(), indexes }
    }

    /// The object of a key.
    pub fn get(&self, key: &ObjectKey) -> Option<&Object> {
        self.objects.get(key)
    }

    /// The number of objects.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// True without objects.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// All objects, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// The map itself; a clone of it is a pointer.
    pub fn objects(&self) -> &OrdMap<ObjectKey, Object> {
        &self.objects
    }

    /// The objects of a namespace, by name.
    pub fn in_namespace<'a>(&'a self, namespace: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        let first = ObjectKey::new(namespace, "");
        let end = first.namespace.clone();
        self.objects.range(first..).take_while(move |(key, _)| key.namespace == end).map(|(_, object)| object)
    }

    /// The objects that stand under `value` in an index, by key; nothing when the store has no such index.
    pub fn by<'a>(&'a self, by: IndexBy, value: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.by_in(by, value, "")
    }

    /// Like [`Store::by`], from the first object of `namespace` on: the caller stops at the namespace's end.
    fn by_in<'a>(
        &'a self,
        by: IndexBy,
        value: &str,
        namespace: &str,
    ) -> impl Iterator<Item = &'a Object> + use<'a> {
        let value = Str::from(value);
        let first = (value.clone(), ObjectKey::new(namespace, ""));
        let index = self.indexes.iter().find(|index| index.by == by);
        index
            .into_iter()
            .flat_map(move |index| index.entries.range(first.clone()..))
            .take_while(move |(v, _)| *v == value)
            .filter_map(|(_, key)| self.objects.get(key))
    }

    /// The objects of a namespace that stand under `value` in an index.
    pub fn by_in_namespace<'a>(
        &'a self,
        by: IndexBy,
        value: &str,
        namespace: &str,
    ) -> impl Iterator<Item = &'a Object> + use<'a> {
        let end = Str::from(namespace);
        self.by_in(by, value, namespace).take_while(move |object| *object.namespace() == end)
    }

    /// The distinct values of an index, in order. Costs one look-up a value, not one an object.
    pub fn index_values(&self, by: IndexBy) -> Vec<Str> {
        let mut values: Vec<Str> = Vec::new();
        let Some(index) = self.indexes.iter().find(|index| index.by == by) else { return values };
        let mut from = (Str::new(), ObjectKey::default());
        while let Some((value, _)) = index.entries.range(from.clone()..).next() {
            // The next string in order after `value` is `value` with a NUL behind it.
            from = (format!("{value}\0").into(), ObjectKey::default());
            values.push(value.clone());
        }
        values
    }

    /// Puts an object in; returns the change, or `None` when it is the version already known.
    pub fn put(&mut self, object: Object) -> Option<Delta> {
        let old = self.objects.insert(object.key().clone(), object.clone());
        if old.as_ref().is_some_and(|old| old.same(&object)) {
            return None;
        }
        for index in &mut self.indexes {
            index.change(old.as_ref(), Some(&object));
        }
        Some(Delta { old, new: Some(object) })
    }

    /// Takes an object out; returns the change with the last known version, if it was there.
    pub fn remove(&mut self, key: &ObjectKey) -> Option<Delta> {
        let old = self.objects.remove(key)?;
        for index in &mut self.indexes {
            index.change(Some(&old), None);
        }
        Some(Delta { old: Some(old), new: None })
    }

    /// Replaces everything by what a list said; returns the changes, deletions first.
    pub fn replace(&mut self, objects: Vec<Object>) -> Vec<Delta> {
        let keep: OrdSet<ObjectKey> = objects.iter().map(|object| object.key().clone()).collect();
        let gone: Vec<ObjectKey> = self.objects.keys().filter(|key| !keep.contains(*key)).cloned().collect();
        let mut deltas: Vec<Delta> = gone.iter().filter_map(|key| self.remove(key)).collect();
        for object in objects {
            let known = self.objects.get(object.key());
            if known.is_some_and(|known| known.revision() == object.revision() && known.uid() == object.uid())
            {
                continue;
            }
            deltas.extend(self.put(object));
        }
        deltas
    }
}

impl Index {
    fn change(&mut self, old: Option<&Object>, new: Option<&Object>) {
        let old_values = old.map(|object| self.by.values(object));
        let new_values = new.map(|object| self.by.values(object));
        if let (Some(a), Some(b)) = (&old_values, &new_values)
            && a.same(b)
        {
            return;
        }
        if let (Some(values), Some(object)) = (old_values, old) {
            values.each(|value| {
                self.entries.remove(&(value, object.key().clone()));
            });
        }
        if let (Some(values), Some(object)) = (new_values, new) {
            values.each(|value| {
                self.entries.insert((value, object.key().clone()));
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::object;

    fn pod(namespace: &str, name: &str, node: &str, owner: &str, version: &str) -> Object {
        let mut value = object! {
            "metadata": { "namespace": namespace, "name": name, "uid": name, "resourceVersion": version },
        };
        if !node.is_empty() {
            value.set(&["spec", "nodeName"], node);
        }
        if !owner.is_empty() {
            value.set(&["metadata", "ownerReferences"], object!([{ "uid": owner, "controller": true }]));
        }
        Object::new(value)
    }

    fn names<'a>(objects: impl Iterator<Item = &'a Object>) -> Vec<&'a str> {
        objects.map(|o| o.name().as_str()).collect()
    }

    #[test]
    fn indexes_follow_changes() {
        let mut store = Store::new(&[IndexBy::Controller, IndexBy::Node, IndexBy::Owner]);
        store.put(pod("a", "p1", "", "rs", "1"));
        store.put(pod("a", "p2", "n1", "rs", "2"));
        store.put(pod("b", "p3", "n1", "", "3"));
        assert_eq!(names(store.by(IndexBy::Controller, "rs")), ["p1", "p2"]);
        assert_eq!(names(store.by(IndexBy::Owner, "rs")), ["p1", "p2"]);
        assert_eq!(names(store.by_in_namespace(IndexBy::Controller, "", "b")), ["p3"]);
        assert_eq!(names(store.by_in_namespace(IndexBy::Controller, "", "a")), [""; 0]);
        assert_eq!(names(store.by(IndexBy::Node, "n1")), ["p2", "p3"]);
        store.put(pod("a", "p1", "n1", "rs", "4"));
        assert_eq!(names(store.by(IndexBy::Node, "n1")), ["p1", "p2", "p3"]);
        store.remove(&ObjectKey::new("a", "p2"));
        assert_eq!(names(store.by(IndexBy::Controller, "rs")), ["p1"]);
        assert_eq!(store.index_values(IndexBy::Node), ["n1"]);
        assert_eq!(store.index_values(IndexBy::Controller), ["", "rs"]);
        assert_eq!(names(store.in_namespace("a")), ["p1"]);
    }

    #[test]
    fn replace_gives_the_difference() {
        let mut store = Store::new(&[IndexBy::Node]);
        store.put(pod("a", "gone", "n", "", "1"));
        store.put(pod("a", "same", "n", "", "2"));
        store.put(pod("a", "old", "n", "", "3"));
        let deltas = store.replace(vec![
            pod("a", "same", "n", "", "2"),
            pod("a", "old", "m", "", "9"),
            pod("a", "new", "", "", "8"),
        ]);
        let seen: Vec<_> =
            deltas.iter().map(|d| (d.key().name.as_str(), d.old.is_some(), d.new.is_some())).collect();
        assert_eq!(seen, [("gone", true, false), ("old", true, true), ("new", false, true)]);
        assert_eq!(names(store.by(IndexBy::Node, "m")), ["old"]);
    }
}
