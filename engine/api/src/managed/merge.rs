//! Laying an applied configuration over what is there, and taking fields out.

use std::collections::{BTreeMap, BTreeSet};

use sim::Str;

use super::element;
use super::field_set::{FieldSet, child, is_member};
use super::shape::Shape;
use crate::{List, Map, Value, json};

/// The object with the configuration laid over it: what the configuration says counts, lists merge item by item.
pub(super) fn merge(shape: Shape, live: &Value, config: &Value) -> Value {
    // Null says nothing about what is inside.
    let holds = !live.is_null() && !live.is_empty();
    match (shape, live, config) {
        (Shape::Fields(_) | Shape::Map(_) | Shape::Set(_) | Shape::Keyed(..), _, Value::Null) if holds => {
            live.clone()
        }
        (Shape::Fields(definition), Value::Map(live), Value::Map(config)) => {
            maps(live, config, |name| definition.field(name).map_or(Shape::Deduced, Shape::of_field))
        }
        (Shape::Map(item), Value::Map(live), Value::Map(config)) => {
            maps(live, config, |_| Shape::of_type(item))
        }
        (Shape::Deduced, Value::Map(live), Value::Map(config)) => maps(live, config, |_| Shape::Deduced),
        (Shape::Set(_) | Shape::Keyed(..), Value::List(live), Value::List(config)) => {
            lists(shape, live, config)
        }
        _ => config.clone(),
    }
}

fn maps(live: &Map, config: &Map, shape: impl Fn(&str) -> Shape) -> Value {
    let mut merged = live.clone();
    for (name, value) in config.iter() {
        let new = match live.get(name) {
            Some(old) => merge(shape(name), old, value),
            None => value.clone(),
        };
        if live.get(name) != Some(&new) {
            merged.insert(json::field_name(name), new);
        }
    }
    Value::Map(merged)
}

/// The name of a list's item in sets of fields.
fn name_of(shape: Shape, value: &Value) -> Option<Str> {
    match shape {
        Shape::Set(_) => Some(element::item(value)),
        Shape::Keyed(item, keys) => element::keyed(item, keys, value).ok(),
        _ => None,
    }
}

fn item_shape(shape: Shape) -> Shape {
    match shape {
        Shape::Keyed(item, _) => Shape::of_type(item),
        Shape::Set(item) => Shape::Whole(item),
        other => other,
    }
}

/// Items of both are in the configuration's order; items that only the object has stay where they were among them.
fn lists(shape: Shape, live: &List, config: &List) -> Value {
    let names = |list: &List| -> Vec<Option<Str>> {
        list.as_slice().iter().map(|item| name_of(shape, item)).collect()
    };
    let (old, new) = (live.as_slice(), config.as_slice());
    let (old_names, new_names) = (names(live), names(config));
    let old_at: BTreeMap<&Str, usize> =
        old_names.iter().enumerate().filter_map(|(i, name)| Some((name.as_ref()?, i))).collect();
    let wanted: BTreeSet<&Str> = new_names.iter().flatten().collect();
    let mut merged: Vec<Value> = Vec::with_capacity(old.len() + new.len());
    let mut done: BTreeSet<&Str> = BTreeSet::new();
    let mut shared = new_names.iter().flatten().filter(|name| old_at.contains_key(name));
    let mut next = shared.next();
    let (mut o, mut n) = (0, 0);
    while o < old.len() || n < new.len() {
        let old_name = old_names.get(o).and_then(Option::as_ref);
        let kept = old_name.filter(|name| wanted.contains(name));
        if let (Some(name), true) = (kept, n < new.len())
            && new_names[n].as_ref() != Some(name)
            && next.is_some_and(|next| next != name)
        {
            // It comes when the configuration has it.
            o += 1;
            continue;
        }
        if o < old.len() && kept.is_none() {
            merged.push(old[o].clone());
            o += 1;
            continue;
        }
        if kept.is_some_and(|name| done.contains(name)) {
            o += 1;
            continue;
        }
        let Some(value) = new.get(n) else {
            // All that is wanted has its place.
            o += 1;
            continue;
        };
        let name = new_names[n].as_ref();
        let before = name.and_then(|name| old_at.get(name)).map(|i| &old[*i]);
        merged.push(before.map_or_else(|| value.clone(), |before| merge(item_shape(shape), before, value)));
        done.extend(name);
        n += 1;
        if kept.is_some() && kept == name {
            o += 1;
        }
        if next.is_some() && next == name {
            next = shared.next();
        }
    }
    if merged.as_slice() == old { Value::List(live.clone()) } else { Value::from(merged) }
}

/// The object without the members of a set and all that is below them. An object or list that loses all it has becomes
/// null.
pub(super) fn remove(shape: Shape, value: &Value, set: &FieldSet) -> Value {
    set.root().map_or_else(|| value.clone(), |root| without(shape, value, root))
}

fn without(shape: Shape, value: &Value, set: &Value) -> Value {
    match (shape, value) {
        (Shape::Fields(_) | Shape::Map(_) | Shape::Deduced, Value::Map(map)) => {
            let mut kept = map.clone();
            for (name, value) in map.iter() {
                let (key, below) = match shape {
                    Shape::Fields(definition) => match definition.field(name) {
                        Some(field) => (field.managed.clone(), Shape::of_field(field)),
                        None => (element::field(name), Shape::Deduced),
                    },
                    Shape::Map(item) => (element::field(name), Shape::of_type(item)),
                    _ => (element::field(name), Shape::Deduced),
                };
                match child(set, &key) {
                    Some(node) if is_member(node) => drop(kept.remove(name)),
                    Some(node) => {
                        let rest = without(below, value, node);
                        if !rest.same(value) {
                            kept.insert(name.clone(), rest);
                        }
                    }
                    None => {}
                }
            }
            if kept.is_empty() { Value::Null } else { Value::Map(kept) }
        }
        (Shape::Set(_) | Shape::Keyed(..), Value::List(list)) => {
            let kept = list.as_slice().iter().filter_map(|item| {
                let node = name_of(shape, item).and_then(|name| child(set, &name));
                match node {
                    Some(node) if is_member(node) => None,
                    Some(node) => Some(without(item_shape(shape), item, node)),
                    None => Some(item.clone()),
                }
            });
            let kept: Vec<Value> = kept.collect();
            match kept.as_slice() {
                [] => Value::Null,
                same if same == list.as_slice() => value.clone(),
                _ => Value::from(kept),
            }
        }
        _ => value.clone(),
    }
}
