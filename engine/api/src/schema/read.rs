//! Reading the table's text.

use std::collections::BTreeMap;

use sim::Str;

use super::{Definition, DefinitionId, Field, PatchStrategy, Schema, Topology, Type};

/// A line is a definition (`core.v1.Pod /v1/Pod`, `rbac.v1.Subject atomic`); a line that begins with a space is a field
/// of the definition before it: name (`!`: required), type, and how it merges.
pub(super) fn read(text: &'static str) -> Schema {
    let names: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split(' ').next().unwrap_or(line))
        .collect();
    let mut definitions: Vec<Definition> = Vec::with_capacity(names.len());
    // One string for all fields of a name.
    let mut managed: BTreeMap<&'static str, Str> = BTreeMap::new();
    for line in text.lines() {
        match line.strip_prefix(' ') {
            Some(line) => {
                if let Some(definition) = definitions.last_mut() {
                    definition.fields.push(field(line, &names, &mut managed));
                }
            }
            None => {
                let mut words = line.split(' ');
                let name = words.next().unwrap_or_default();
                let kind = words.next().and_then(|gvk| {
                    let (group, rest) = gvk.split_once('/')?;
                    let (version, kind) = rest.split_once('/')?;
                    Some((group, version, kind))
                });
                let atomic = line.ends_with(" atomic");
                definitions.push(Definition { name, kind, atomic, fields: Vec::new() });
            }
        }
    }
    let mut kinds: Vec<_> = definitions
        .iter()
        .enumerate()
        .filter_map(|(i, d)| {
            d.kind.map(|(group, version, kind)| (group, version, kind, DefinitionId(i as u32)))
        })
        .collect();
    kinds.sort_by_key(|(group, version, kind, _)| (*group, *version, *kind));
    Schema { definitions, kinds }
}

fn field(line: &'static str, names: &[&str], managed: &mut BTreeMap<&'static str, Str>) -> Field {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let value = value_type(words.next().unwrap_or_default(), names);
    let required = name.ends_with('!');
    let name = name.trim_end_matches('!');
    let mut field = Field {
        name,
        value,
        required,
        topology: Topology::Plain,
        patch: PatchStrategy::default(),
        merge_key: None,
        there: false,
        default: None,
        managed: managed.entry(name).or_insert_with(|| Str::from(format!("f:{name}"))).clone(),
    };
    for word in words {
        match word.split_once('=') {
            None if word == "set" => field.topology = Topology::Set,
            None if word == "there" => field.there = true,
            None => field.topology = Topology::Atomic,
            Some(("keys", keys)) => field.topology = Topology::Keys(keys.split(',').collect()),
            Some(("key", key)) => field.merge_key = Some(key),
            Some(("default", value)) => field.default = Some(value),
            Some((_, strategies)) => {
                for strategy in strategies.split(',') {
                    match strategy {
                        "merge" => field.patch.merge = true,
                        "replace" => field.patch.replace = true,
                        _ => field.patch.retain_keys = true,
                    }
                }
            }
        }
    }
    field
}

fn value_type(text: &str, names: &[&str]) -> Type {
    let mut chars = text.chars();
    match chars.next() {
        Some('[') => Type::List(Box::new(value_type(chars.as_str(), names))),
        Some('{') => Type::Map(Box::new(value_type(chars.as_str(), names))),
        Some('@') => match names.binary_search(&chars.as_str()) {
            Ok(i) => Type::Object(DefinitionId(i as u32)),
            Err(_) => Type::Any,
        },
        Some('s') => Type::String,
        Some('i') => Type::Int32,
        Some('l') => Type::Int64,
        Some('b') => Type::Boolean,
        Some('f') => Type::Number,
        Some('y') => Type::Bytes,
        Some('t') => Type::Time,
        Some('u') => Type::MicroTime,
        Some('q') => Type::Quantity,
        Some('p') => Type::IntOrString,
        _ => Type::Any,
    }
}
