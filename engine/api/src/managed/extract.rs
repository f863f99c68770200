//! The fields that an object has: what an applied configuration lays claim to.

use sim::Str;

use super::element;
use super::field_set::{FieldSet, node};
use super::shape::{EMPTY, Shape};
use crate::Value;

/// The fields of a kind's object.
pub(super) fn fields_of(shape: Shape, value: &Value) -> FieldSet {
    FieldSet::from_node(walk(shape, value, false))
}

/// `member`: the place itself counts, too.
fn walk(shape: Shape, value: &Value, member: bool) -> Option<Value> {
    match shape {
        Shape::Whole(_) | Shape::WholeFields(_) => Some(EMPTY.clone()),
        Shape::Fields(definition) => {
            let fields = value.as_map().into_iter().flat_map(|map| map.iter());
            let below = fields.filter_map(|(name, value)| {
                let Some(field) = definition.field(name) else {
                    return Some((element::field(name), walk(Shape::Deduced, value, true)?));
                };
                Some((field.managed.clone(), walk(Shape::of_field(field), value, is_nothing(value))?))
            });
            node(member, below.collect())
        }
        Shape::Map(item) => map(Shape::of_type(item), value, member),
        Shape::Set(_) => list(value, member, |item| Some((element::item(item), EMPTY.clone()))),
        Shape::Keyed(item, keys) => list(value, member, |value| {
            Some((element::keyed(item, keys, value).ok()?, walk(Shape::of_type(item), value, true)?))
        }),
        Shape::Deduced => match value {
            Value::Map(_) => map(Shape::Deduced, value, member),
            _ => Some(EMPTY.clone()),
        },
    }
}

/// Null and `{}` are claims, too; an empty list is none.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_map().is_some_and(|map| map.is_empty())
}

fn map(item: Shape, value: &Value, member: bool) -> Option<Value> {
    let fields = value.as_map().into_iter().flat_map(|map| map.iter());
    let below = fields.filter_map(|(name, value)| Some((element::field(name), walk(item, value, true)?)));
    node(member, below.collect())
}

fn list(value: &Value, member: bool, item: impl FnMut(&Value) -> Option<(Str, Value)>) -> Option<Value> {
    let mut below: Vec<(Str, Value)> = value.items().iter().filter_map(item).collect();
    below.sort_by(|a, b| a.0.cmp(&b.0));
    below.dedup_by(|a, b| a.0 == b.0);
    node(member, below)
}
