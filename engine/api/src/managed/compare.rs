//! What differs between two states of an object, as sets of fields.

use std::collections::BTreeMap;

use sim::Str;

use super::element;
use super::field_set::{FieldSet, node};
use super::shape::{EMPTY, Shape, implied};
use crate::schema::{Definition, Type};
use crate::{Map, Value};

/// What differs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Difference {
    /// What the new state has that the old one lacks, or has otherwise.
    pub changed: FieldSet,
    /// What only the old state has.
    pub removed: FieldSet,
}

impl Difference {
    /// All that differs.
    pub fn all(&self) -> FieldSet {
        self.changed.union(&self.removed)
    }
}

/// Compares two states of a kind's object. What is shared is not looked at.
pub(super) fn compare(shape: Shape, old: &Value, new: &Value) -> Difference {
    let Nodes { changed, removed } = walk(shape, Some(old), Some(new));
    Difference { changed: FieldSet::from_node(changed), removed: FieldSet::from_node(removed) }
}

#[derive(Default)]
struct Nodes {
    changed: Option<Value>,
    removed: Option<Value>,
}

/// The children of two nodes in the making.
#[derive(Default)]
struct Children {
    changed: Vec<(Str, Value)>,
    removed: Vec<(Str, Value)>,
    any: bool,
}

impl Children {
    /// Takes what differs in a child; its name is only made when something does.
    fn add(&mut self, name: impl FnOnce() -> Str, nodes: Nodes) {
        self.any = true;
        match (nodes.changed, nodes.removed) {
            (None, None) => {}
            (Some(changed), None) => self.changed.push((name(), changed)),
            (None, Some(removed)) => self.removed.push((name(), removed)),
            (Some(changed), Some(removed)) => {
                let name = name();
                self.changed.push((name.clone(), changed));
                self.removed.push((name, removed));
            }
        }
    }

    fn finish(self, old: Option<&Value>, new: Option<&Value>) -> Nodes {
        if !self.any {
            return leaf(old, new);
        }
        Nodes { changed: node(old.is_none(), self.changed), removed: node(new.is_none(), self.removed) }
    }
}

fn leaf(old: Option<&Value>, new: Option<&Value>) -> Nodes {
    let here = || Some(EMPTY.clone());
    match (old, new) {
        (Some(old), Some(new)) if old == new => Nodes::default(),
        (_, Some(_)) => Nodes { changed: here(), removed: None },
        (Some(_), None) => Nodes { changed: None, removed: here() },
        (None, None) => Nodes::default(),
    }
}

fn walk(shape: Shape, old: Option<&Value>, new: Option<&Value>) -> Nodes {
    if let (Some(old), Some(new)) = (old, new)
        && old.same(new)
    {
        return Nodes::default();
    }
    // Null stands for an empty container.
    let is = |value: Option<&Value>, kind: fn(&Value) -> bool| value.is_none_or(|v| v.is_null() || kind(v));
    let maps = || is(old, |v| v.as_map().is_some()) && is(new, |v| v.as_map().is_some());
    let lists = || is(old, |v| v.as_list().is_some()) && is(new, |v| v.as_list().is_some());
    match shape {
        Shape::Fields(definition) if maps() => fields(definition, old, new),
        Shape::Map(item) if maps() => map(Shape::of_type(item), old, new),
        Shape::Deduced if maps() => map(Shape::Deduced, old, new),
        Shape::Set(item) if lists() => list(Shape::Whole(item), old, new, |item| Ok(element::item(item))),
        Shape::Keyed(item, keys) if lists() => keyed(item, keys, old, new),
        _ => leaf(old, new),
    }
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&Str, &Value)> {
    value.and_then(Value::as_map).into_iter().flat_map(Map::iter)
}

/// A struct: known fields only, and those that nobody wrote but that are there.
fn fields(definition: &'static Definition, old: Option<&Value>, new: Option<&Value>) -> Nodes {
    fn seek<'a>(
        fields: &mut std::iter::Peekable<impl Iterator<Item = (&'a Str, &'a Value)>>,
        name: &str,
    ) -> Option<&'a Value> {
        while fields.next_if(|(known, _)| known.as_str() < name).is_some() {}
        fields.next_if(|(known, _)| known.as_str() == name).map(|(_, value)| value)
    }
    let (mut old_fields, mut new_fields) = (entries(old).peekable(), entries(new).peekable());
    let mut children = Children::default();
    for field in &definition.fields {
        let was = seek(&mut old_fields, field.name).or_else(|| old.and_then(|_| implied(field)));
        let is = seek(&mut new_fields, field.name).or_else(|| new.and_then(|_| implied(field)));
        if was.is_some() || is.is_some() {
            children.add(|| field.managed.clone(), walk(Shape::of_field(field), was, is));
        }
    }
    children.finish(old, new)
}

/// A map of free keys.
fn map(item: Shape, old: Option<&Value>, new: Option<&Value>) -> Nodes {
    let mut children = Children::default();
    let (mut a, mut b) = (entries(old).peekable(), entries(new).peekable());
    loop {
        let order = match (a.peek(), b.peek()) {
            (Some((x, _)), Some((y, _))) => x.as_str().cmp(y.as_str()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => break,
        };
        let was = if order.is_le() { a.next() } else { None };
        let is = if order.is_ge() { b.next() } else { None };
        let Some((name, _)) = was.or(is) else { break };
        children.add(|| element::field(name), walk(item, was.map(|(_, v)| v), is.map(|(_, v)| v)));
    }
    children.finish(old, new)
}

fn keyed(
    item: &'static Type,
    keys: &'static [&'static str],
    old: Option<&Value>,
    new: Option<&Value>,
) -> Nodes {
    list(Shape::of_type(item), old, new, |value| element::keyed(item, keys, value))
}

/// A list whose items are told apart by an element.
fn list(
    shape: Shape,
    old: Option<&Value>,
    new: Option<&Value>,
    name: impl Fn(&Value) -> Result<Str, String>,
) -> Nodes {
    let (old_items, new_items) = (old.map_or(&[][..], Value::items), new.map_or(&[][..], Value::items));
    // By far the most lists only change in some items: those that are shared need no names.
    let alike = old_items.len() == new_items.len();
    let shared = |i: usize| alike && old_items[i].same(&new_items[i]);
    let mut items: BTreeMap<Str, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
    for (i, value) in old_items.iter().enumerate().filter(|(i, _)| !shared(*i)) {
        match name(value) {
            Ok(name) => items.entry(name).or_default().0.push(value),
            Err(_) => items.entry(Str::from(format!("i:{i}"))).or_default().0.push(value),
        }
    }
    for (i, value) in new_items.iter().enumerate().filter(|(i, _)| !shared(*i)) {
        match name(value) {
            Ok(name) => items.entry(name).or_default().1.push(value),
            Err(_) => items.entry(Str::from(format!("i:{i}"))).or_default().1.push(value),
        }
    }
    let mut children =
        Children { any: !old_items.is_empty() || !new_items.is_empty(), ..Children::default() };
    for (name, (was, is)) in items {
        let nodes = match (was.as_slice(), is.as_slice()) {
            ([], [value]) => walk(shape, None, Some(value)),
            ([value], []) => walk(shape, Some(value), None),
            ([was], [is]) => walk(shape, Some(was), Some(is)),
            // The same key more than once: one value.
            (was, is) if was == is => continue,
            ([], _) => leaf(None, Some(&EMPTY)),
            (_, []) => leaf(Some(&EMPTY), None),
            _ => leaf(None, Some(&EMPTY)),
        };
        children.add(|| name, nodes);
    }
    children.finish(old, new)
}
