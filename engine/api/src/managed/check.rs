//! Whether an applied configuration fits the schema, in the words of the API server.

use std::collections::BTreeSet;

use super::element;
use super::shape::Shape;
use crate::schema::Type;
use crate::{Map, Value, json};

/// As many problems are told at most.
const PROBLEMS_MAX: usize = 100;

/// What is wrong with a configuration; empty when it fits.
pub(super) fn check(shape: Shape, value: &Value) -> Vec<String> {
    let mut checker = Checker { path: String::new(), problems: Vec::new() };
    checker.value(shape, value);
    checker.problems
}

/// Several problems as one message.
pub(super) fn message(problems: &[String]) -> String {
    match problems {
        [one] => one.clone(),
        many => format!("errors:\n  {}", many.join("\n  ")),
    }
}

struct Checker {
    path: String,
    problems: Vec<String>,
}

impl Checker {
    fn problem(&mut self, what: &str) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(format!("{}: {what}", self.path));
        }
    }

    fn below(&mut self, element: &str, check: impl FnOnce(&mut Checker)) {
        let length = self.path.len();
        self.path.push_str(&element::show(element));
        check(self);
        self.path.truncate(length);
    }

    fn value(&mut self, shape: Shape, value: &Value) {
        if value.is_null() {
            return;
        }
        match shape {
            Shape::Deduced => {}
            Shape::Fields(definition) | Shape::WholeFields(definition) => {
                let Some(map) = value.as_map() else { return self.problem(&expected("map", value)) };
                for (name, value) in map.iter() {
                    self.below(&format!("f:{name}"), |checker| match definition.field(name) {
                        Some(field) => checker.value(Shape::of_field(field), value),
                        None => checker.problem("field not declared in schema"),
                    });
                }
            }
            Shape::Map(item) => self.map(item, value),
            Shape::Whole(whole) => self.whole(whole, value),
            Shape::Set(item) => self.list(value, |value| Ok(element::item(value)), Shape::of_type(item)),
            Shape::Keyed(item, keys) => {
                self.list(value, |value| element::keyed(item, keys, value), Shape::of_type(item));
            }
        }
    }

    fn map(&mut self, item: &'static Type, value: &Value) {
        let Some(map) = value.as_map() else { return self.problem(&expected("map", value)) };
        for (name, value) in map.iter() {
            self.below(&format!("f:{name}"), |checker| checker.value(Shape::of_type(item), value));
        }
    }

    fn list(&mut self, value: &Value, name: impl Fn(&Value) -> Result<sim::Str, String>, item: Shape) {
        let Some(list) = value.as_list() else { return self.problem(&expected("list", value)) };
        let mut seen = BTreeSet::new();
        for (i, value) in list.as_slice().iter().enumerate() {
            match name(value) {
                Ok(name) => {
                    self.below(&name, |checker| checker.value(item, value));
                    let shown = element::show(&name);
                    if !seen.insert(name) {
                        self.problem(&format!("duplicate entries for key {shown}"));
                    }
                }
                // What has no name can't be spoken of, nor what comes after it.
                Err(why) => return self.problem(&format!("element {i}: {why}")),
            }
        }
    }

    fn whole(&mut self, expected_type: &'static Type, value: &Value) {
        match (expected_type, value) {
            (Type::List(item), _) => {
                let Some(list) = value.as_list() else { return self.problem(&expected("list", value)) };
                for (i, value) in list.as_slice().iter().enumerate() {
                    self.below(&format!("i:{i}"), |checker| checker.value(Shape::of_type(item), value));
                }
            }
            (Type::Map(item), _) => self.map(item, value),
            (Type::Object(_), _) => self.value(Shape::of_type(expected_type), value),
            (Type::Any, _)
            | (Type::String | Type::Bytes, Value::Str(_))
            | (Type::Boolean, Value::Bool(_))
            | (Type::Int32 | Type::Int64 | Type::Number, Value::Int(_) | Value::Float(_))
            | (
                Type::Quantity | Type::IntOrString | Type::Time | Type::MicroTime,
                Value::Str(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_),
            ) => {}
            (Type::String | Type::Bytes, _) => {
                let shown = go(value, true);
                self.problem(&format!("expected string, got &value.valueUnstructured{{Value:{shown}}}"));
            }
            (Type::Boolean, _) => self.problem(&expected("boolean", value)),
            (Type::Int32 | Type::Int64 | Type::Number, _) => {
                let found = match value {
                    Value::Str(_) => "string",
                    Value::Bool(_) => "bool",
                    Value::List(_) => "[]interface {}",
                    _ => "map[string]interface {}",
                };
                self.problem(&format!("expected numeric (int or float), got {found}"));
            }
            _ => self.problem(&expected("any scalar", value)),
        }
    }
}

fn expected(what: &str, value: &Value) -> String {
    format!("expected {what}, got &{{{}}}", go(value, false))
}

/// A value as Go prints it: `map[spec:map[replicas:3]]`.
pub fn go_text(value: &Value) -> String {
    go(value, false)
}

/// A value as Go prints it: `%v`, or with types `%#v`.
fn go(value: &Value, typed: bool) -> String {
    let fields = |map: &Map, between: &str| {
        let fields = map.iter().map(|(name, value)| {
            let name = if typed { format!("{name:?}") } else { name.to_string() };
            format!("{name}:{}", go(value, typed))
        });
        fields.collect::<Vec<_>>().join(between)
    };
    match value {
        Value::Null if typed => "interface {}(nil)".to_owned(),
        Value::Null => "<nil>".to_owned(),
        Value::Str(s) if !typed => s.to_string(),
        Value::List(list) => {
            let items: Vec<String> = list.as_slice().iter().map(|item| go(item, typed)).collect();
            if typed {
                format!("[]interface {{}}{{{}}}", items.join(", "))
            } else {
                format!("[{}]", items.join(" "))
            }
        }
        Value::Map(map) if typed => format!("map[string]interface {{}}{{{}}}", fields(map, ", ")),
        Value::Map(map) => format!("map[{}]", fields(map, " ")),
        scalar => json::write(scalar),
    }
}
