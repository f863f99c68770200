//! Sets of fields, as `fieldsV1` writes them: a tree whose nodes are fields and list items.
//!
//! A node that is `{}` is in the set. A node with children is in the set when it has a child `.`, too. The trees are
//! [`Value`]s: what two sets share stays shared, and a set is stored as it is.

use sim::{Str, literal};

use super::element::{self, SELF};
use super::shape::{EMPTY, Shape};
use crate::{Map, Value};

/// How deep a set may be that comes from outside.
const DEPTH_MAX: u32 = 100;

/// A set of fields.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct FieldSet(Option<Value>);

impl FieldSet {
    /// The set in a tree that this module made; `None` is the empty set.
    pub(super) fn from_node(node: Option<Value>) -> FieldSet {
        FieldSet(node)
    }

    /// Reads a `fieldsV1`; `None` when it is none.
    pub fn parse(tree: &Value) -> Option<FieldSet> {
        fn sound(node: &Value, depth: u32) -> bool {
            let Some(map) = node.as_map() else { return false };
            depth < DEPTH_MAX
                && map.iter().all(|(name, child)| {
                    element::is_sound(name)
                        && (name != SELF || child.as_map().is_some_and(Map::is_empty))
                        && sound(child, depth + 1)
                })
        }
        sound(tree, 0).then(|| FieldSet((!tree.is_empty()).then(|| tree.clone())))
    }

    /// The `fieldsV1`.
    pub fn tree(&self) -> Value {
        self.0.clone().unwrap_or_else(|| EMPTY.clone())
    }

    pub(super) fn root(&self) -> Option<&Value> {
        self.0.as_ref()
    }

    /// With each part put through `share`, the innermost first.
    pub(super) fn shared(&self, share: &mut dyn FnMut(Value) -> Value) -> FieldSet {
        fn walk(node: &Value, share: &mut dyn FnMut(Value) -> Value) -> Value {
            let Some(map) = node.as_map().filter(|map| !map.is_empty()) else { return node.clone() };
            let mut same = map.clone();
            for (name, child) in map.iter() {
                let shared = walk(child, share);
                if !shared.same(child) {
                    same.insert(name.clone(), shared);
                }
            }
            share(Value::Map(same))
        }
        FieldSet(self.0.as_ref().map(|root| walk(root, share)))
    }

    /// True without members.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// True when both are the same shared tree.
    pub(super) fn same(&self, other: &FieldSet) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => a.same(b),
            (None, None) => true,
            _ => false,
        }
    }

    /// The members of either.
    #[must_use]
    pub fn union(&self, other: &FieldSet) -> FieldSet {
        FieldSet(match (&self.0, &other.0) {
            (Some(a), Some(b)) => Some(union(a, b)),
            (a, None) => a.clone(),
            (None, b) => b.clone(),
        })
    }

    /// The members of both.
    #[must_use]
    pub fn intersection(&self, other: &FieldSet) -> FieldSet {
        FieldSet(self.0.as_ref().zip(other.0.as_ref()).and_then(|(a, b)| intersection(a, b)))
    }

    /// The members of this set that are not members of the other.
    #[must_use]
    pub fn difference(&self, other: &FieldSet) -> FieldSet {
        self.without(other, false)
    }

    /// The members of this set that are neither members of the other nor below one.
    #[must_use]
    pub fn recursive_difference(&self, other: &FieldSet) -> FieldSet {
        self.without(other, true)
    }

    fn without(&self, other: &FieldSet, deep: bool) -> FieldSet {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => FieldSet(difference(a, b, deep)),
            _ => self.clone(),
        }
    }

    /// With the structs' fields that have members below them as members themselves.
    pub(super) fn with_named_fields(&self, shape: Shape) -> FieldSet {
        FieldSet(self.0.as_ref().map(|root| named(root, shape, false)))
    }

    /// The members as messages show them (`.spec.containers[name="web"].image`), at each level those that end there
    /// before those that go on.
    pub fn paths(&self) -> Vec<String> {
        fn walk(node: &Value, path: &str, out: &mut Vec<String>) {
            let children =
                || children(node).map(|(name, child)| (format!("{path}{}", element::show(name)), child));
            for (path, child) in children() {
                if is_member(child) {
                    out.push(path);
                }
            }
            for (path, child) in children() {
                walk(child, &path, out);
            }
        }
        let mut out = Vec::new();
        if let Some(root) = &self.0 {
            walk(root, "", &mut out);
        }
        out
    }

    /// The set of these paths, each a list of elements (`f:spec`, `f:replicas`).
    pub fn of_paths(paths: &[&[&str]]) -> FieldSet {
        let mut set = FieldSet::default();
        for path in paths {
            let leaf = Some(EMPTY.clone());
            let node = path.iter().rev().fold(leaf, |node, name| {
                node.map(|node| Value::Map([(Str::from(*name), node)].into_iter().collect::<Map>()))
            });
            set = set.union(&FieldSet(node));
        }
        set
    }
}

/// A node's children, without `.`.
pub(super) fn children(node: &Value) -> impl Iterator<Item = (&Str, &Value)> {
    node.as_map().into_iter().flat_map(Map::iter).filter(|(name, _)| name.as_str() != SELF)
}

/// A node's child.
pub(super) fn child<'a>(node: &'a Value, name: &str) -> Option<&'a Value> {
    node.get(name)
}

/// True when the node itself is in the set.
pub(super) fn is_member(node: &Value) -> bool {
    node.as_map().is_none_or(|map| map.is_empty() || map.contains(SELF))
}

/// A node with these children, sorted by name; `None` when nothing is left of it.
pub(super) fn node(member: bool, mut children: Vec<(Str, Value)>) -> Option<Value> {
    if children.is_empty() {
        return member.then(|| EMPTY.clone());
    }
    if member {
        children.insert(0, (literal!("."), EMPTY.clone()));
    }
    Some(Value::Map(children.into_iter().collect()))
}

/// Two nodes' children side by side, in the order of their names.
fn side_by_side<'a>(
    a: &'a Value,
    b: &'a Value,
) -> impl Iterator<Item = (&'a Str, Option<&'a Value>, Option<&'a Value>)> {
    let (mut a, mut b) = (children(a).peekable(), children(b).peekable());
    std::iter::from_fn(move || {
        let order = match (a.peek(), b.peek()) {
            (Some((x, _)), Some((y, _))) => x.as_str().cmp(y.as_str()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => return None,
        };
        let left = if order.is_le() { a.next() } else { None };
        let right = if order.is_ge() { b.next() } else { None };
        let name = left.or(right)?.0;
        Some((name, left.map(|(_, node)| node), right.map(|(_, node)| node)))
    })
}

fn union(a: &Value, b: &Value) -> Value {
    if a.same(b) {
        return a.clone();
    }
    let member = is_member(a) || is_member(b);
    let mut as_a = member == is_member(a);
    let mut both = Vec::new();
    for (name, left, right) in side_by_side(a, b) {
        let joined = match (left, right) {
            (Some(left), Some(right)) => union(left, right),
            (Some(only), None) | (None, Some(only)) => only.clone(),
            (None, None) => continue,
        };
        as_a &= left.is_some_and(|left| left.same(&joined));
        both.push((name.clone(), joined));
    }
    if as_a { a.clone() } else { node(member, both).unwrap_or_else(|| EMPTY.clone()) }
}

fn intersection(a: &Value, b: &Value) -> Option<Value> {
    if a.same(b) {
        return Some(a.clone());
    }
    let common = side_by_side(a, b)
        .filter_map(|(name, left, right)| Some((name.clone(), intersection(left?, right?)?)))
        .collect();
    node(is_member(a) && is_member(b), common)
}

fn difference(a: &Value, b: &Value, deep: bool) -> Option<Value> {
    let member = is_member(a) && !is_member(b);
    let mut as_a = member == is_member(a);
    let mut left_over = Vec::new();
    for (name, left, right) in side_by_side(a, b) {
        let rest = match (left, right) {
            (Some(_), Some(right)) if deep && is_member(right) => None,
            (Some(left), Some(right)) => difference(left, right, deep),
            (Some(left), None) => Some(left.clone()),
            (None, _) => continue,
        };
        as_a &= left.zip(rest.as_ref()).is_some_and(|(left, rest)| left.same(rest));
        left_over.extend(rest.map(|rest| (name.clone(), rest)));
    }
    if as_a { Some(a.clone()) } else { node(member, left_over) }
}

fn named(this: &Value, shape: Shape, member: bool) -> Value {
    let member = member || is_member(this);
    let below = children(this).map(|(name, child)| {
        let (shape, declared) = below(shape, name);
        (name.clone(), named(child, shape, declared))
    });
    node(member, below.collect()).unwrap_or_else(|| EMPTY.clone())
}

/// The shape of a child, and whether it is a struct's field.
fn below(shape: Shape, name: &str) -> (Shape, bool) {
    match shape {
        Shape::Fields(definition) => {
            let field = name.strip_prefix("f:").and_then(|name| definition.field(name));
            field.map_or((Shape::Deduced, false), |field| (Shape::of_field(field), true))
        }
        Shape::Map(item) | Shape::Keyed(item, _) => (Shape::of_type(item), false),
        _ => (Shape::Deduced, false),
    }
}
