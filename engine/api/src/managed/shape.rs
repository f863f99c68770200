//! How a value merges: as one, by field, by key. Read from the schema.

use std::sync::LazyLock;

use crate::Value;
use crate::schema::{Definition, Field, Topology, Type};

/// How a value merges.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// One value; the type says what may stand in it.
    Whole(&'static Type),
    /// An object whose fields have owners of their own.
    Fields(&'static Definition),
    /// An object that is one value.
    WholeFields(&'static Definition),
    /// A map of free keys, each with owners of its own.
    Map(&'static Type),
    /// A list of distinct scalars, each with owners of its own.
    Set(&'static Type),
    /// A list of objects told apart by these fields, each with owners of its own.
    Keyed(&'static Type, &'static [&'static str]),
    /// No schema: objects merge by field, all else is one value.
    Deduced,
}

impl Shape {
    /// A kind's objects.
    pub fn of_kind(definition: Option<&'static Definition>) -> Shape {
        definition.map_or(Shape::Deduced, Shape::of_definition)
    }

    fn of_definition(definition: &'static Definition) -> Shape {
        if definition.atomic { Shape::WholeFields(definition) } else { Shape::Fields(definition) }
    }

    /// Values of a type that no field says more about.
    pub fn of_type(value: &'static Type) -> Shape {
        match value {
            Type::Object(_) => value.definition().map_or(Shape::Deduced, Shape::of_definition),
            Type::Map(item) => Shape::Map(item),
            Type::Any => Shape::Deduced,
            _ => Shape::Whole(value),
        }
    }

    /// A field's values.
    pub fn of_field(field: &'static Field) -> Shape {
        match (&field.topology, &field.value) {
            (Topology::Set, Type::List(item)) => Shape::Set(item),
            (Topology::Keys(keys), Type::List(item)) => Shape::Keyed(item, keys),
            (Topology::Atomic, value) => Shape::Whole(value),
            (_, value) => Shape::of_type(value),
        }
    }
}

pub(super) static EMPTY: LazyLock<Value> = LazyLock::new(Value::map);
static NULL: Value = Value::Null;
static FALSE: Value = Value::Bool(false);
static ZERO: Value = Value::Int(0);
static EMPTY_TEXT: LazyLock<Value> = LazyLock::new(|| Value::from(""));

/// What stands in a field that nobody wrote, when the object it belongs to is there: Go's zero value, unless Go leaves
/// it out.
pub(super) fn implied(field: &'static Field) -> Option<&'static Value> {
    if field.there {
        return Some(&EMPTY);
    }
    if !field.required {
        return None;
    }
    Some(match &field.value {
        Type::String => &EMPTY_TEXT,
        Type::Int32 | Type::Int64 | Type::IntOrString => &ZERO,
        Type::Boolean => &FALSE,
        _ => &NULL,
    })
}
