//! Kubernetes' protobuf, read into trees: kubectl since 1.32 and other typed Go clients write their bodies so.
//!
//! The field numbers are a table (`data/protobuf.txt`); the types are the API schema's. Only the edge knows protobuf:
//! inside the lab, and in its journal, a body is JSON.
//!
//! Source: "Kubernetes Protobuf encoding" in the API concepts page of Kubernetes' documentation.

mod leaf;
mod table;

use api::Value;
use api::schema::{self, Definition, Type};
use prost::encoding::{WireType, decode_key, decode_varint};
use table::{Place, Table};

/// What every body begins with.
const MAGIC: [u8; 4] = *b"k8s\0";
/// Messages in messages, at the most.
const DEPTH_MAX: u32 = 64;

/// The content type.
pub const CONTENT_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// A field as it stands on the wire.
pub(super) enum Wire<'a> {
    /// Integers and booleans.
    Varint(u64),
    /// Floating point numbers.
    Fixed64(u64),
    /// The same, of four bytes.
    Fixed32(u32),
    /// Text, bytes, messages, packed numbers.
    Bytes(&'a [u8]),
}

/// Reads a body.
///
/// # Errors
/// What is wrong with it, for a 400 answer.
pub fn read(body: &[u8]) -> Result<Value, String> {
    let envelope = body
        .strip_prefix(&MAGIC)
        .ok_or("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")?;
    let (mut type_meta, mut raw) = (&[][..], &[][..]);
    for field in Fields(envelope) {
        match field? {
            (1, Wire::Bytes(bytes)) => type_meta = bytes,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let (mut api_version, mut kind) = ("", "");
    for field in Fields(type_meta) {
        match field? {
            (1, Wire::Bytes(bytes)) => api_version = text(bytes)?,
            (2, Wire::Bytes(bytes)) => kind = text(bytes)?,
            _ => {}
        }
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let definition = schema::definition(group, version, kind)
        .or_else(|| schema::named(&format!("meta.v1.{kind}")))
        .ok_or_else(|| format!("no kind {kind:?} is registered for version {api_version:?}"))?;
    let mut object = message(definition, raw, DEPTH_MAX)?;
    object.set(&["apiVersion"], api_version);
    object.set(&["kind"], kind);
    Ok(object)
}

/// A message of a definition as an object.
fn message(definition: &'static Definition, bytes: &[u8], depth: u32) -> Result<Value, String> {
    let table = Table::of(definition.name)
        .ok_or_else(|| format!("the lab does not read {} as protobuf; send JSON", definition.name))?;
    let mut object = Value::map();
    fill(&mut object, definition, table, bytes, depth)?;
    Ok(object)
}

fn fill(
    object: &mut Value,
    definition: &'static Definition,
    table: &'static Table,
    bytes: &[u8],
    depth: u32,
) -> Result<(), String> {
    let depth = depth.checked_sub(1).ok_or("the message is nested too deeply")?;
    for field in Fields(bytes) {
        let (tag, wire) = field?;
        // As everywhere in protobuf, fields of a newer version are passed over.
        match table.place(tag) {
            None => {}
            Some(Place::Inline(inner)) => match wire {
                Wire::Bytes(bytes) => fill(object, definition, inner, bytes, depth)?,
                _ => return Err(wrong_type(definition, tag)),
            },
            Some(Place::Field { name, pointer }) => {
                let Some(field) = definition.field(name) else { continue };
                let keeps_zero = *pointer || field.required;
                put(object, name, &field.value, wire, keeps_zero, depth)
                    .map_err(|e| format!("{}.{name}: {e}", definition.struct_name()))?;
            }
        }
    }
    Ok(())
}

/// Adds one occurrence of a field: repeated fields come one by one.
fn put(
    object: &mut Value,
    name: &str,
    value_type: &Type,
    wire: Wire<'_>,
    keeps_zero: bool,
    depth: u32,
) -> Result<(), String> {
    match value_type {
        Type::List(item) => {
            let list = object.make_map().entry(name).make_list();
            match wire {
                Wire::Bytes(packed) if matches!(**item, Type::Int32 | Type::Int64) => {
                    let mut rest = packed;
                    while !rest.is_empty() {
                        let number = decode_varint(&mut rest).map_err(|e| e.to_string())?;
                        list.push(leaf::integer(number));
                    }
                }
                wire => list.push(single(item, wire, depth)?),
            }
        }
        Type::Map(item) => {
            let Wire::Bytes(entry) = wire else { return Err("no map entry".into()) };
            let (mut key, mut value) = ("", None);
            for field in Fields(entry) {
                match field? {
                    (1, Wire::Bytes(bytes)) => key = text(bytes)?,
                    (2, wire) => value = Some(map_value(item, wire, depth)?),
                    _ => {}
                }
            }
            let value = value.unwrap_or_else(|| Value::from(""));
            object.make_map().entry(name).make_map().insert(key, value);
        }
        _ => {
            let value = single(value_type, wire, depth)?;
            if keeps_zero || !leaf::is_zero(&value) {
                object.make_map().insert(name, value);
            }
        }
    }
    Ok(())
}

/// Lists in maps are messages with one repeated field (`ExtraValue`).
fn map_value(item: &Type, wire: Wire<'_>, depth: u32) -> Result<Value, String> {
    let (Type::List(item), Wire::Bytes(bytes)) = (item, &wire) else { return single(item, wire, depth) };
    let mut list = Value::list();
    for field in Fields(bytes) {
        if let (1, wire) = field? {
            list.make_list().push(single(item, wire, depth)?);
        }
    }
    Ok(list)
}

fn single(value_type: &Type, wire: Wire<'_>, depth: u32) -> Result<Value, String> {
    match (value_type, wire) {
        (Type::Object(_), Wire::Bytes(bytes)) => {
            let definition = value_type.definition().ok_or("a type without a definition")?;
            message(definition, bytes, depth)
        }
        (value_type, wire) => leaf::read(value_type, wire),
    }
}

fn wrong_type(definition: &Definition, tag: u32) -> String {
    format!("{}: field {tag} has the wrong wire type", definition.struct_name())
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|e| format!("text that is no UTF-8: {e}"))
}

/// The fields of a message in the order in which they stand.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<(u32, Wire<'a>), String> {
        let (tag, wire_type) = decode_key(&mut self.0).map_err(|e| e.to_string())?;
        let wire = match wire_type {
            WireType::Varint => Wire::Varint(decode_varint(&mut self.0).map_err(|e| e.to_string())?),
            WireType::SixtyFourBit => Wire::Fixed64(u64::from_le_bytes(*self.array()?)),
            WireType::ThirtyTwoBit => Wire::Fixed32(u32::from_le_bytes(*self.array()?)),
            WireType::LengthDelimited => {
                let length = decode_varint(&mut self.0).map_err(|e| e.to_string())?;
                let (bytes, rest) = usize::try_from(length)
                    .ok()
                    .and_then(|length| self.0.split_at_checked(length))
                    .ok_or("unexpected EOF")?;
                self.0 = rest;
                Wire::Bytes(bytes)
            }
            WireType::StartGroup | WireType::EndGroup => return Err("groups are not used".into()),
        };
        Ok((tag, wire))
    }

    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], String> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or("unexpected EOF")?;
        self.0 = rest;
        Ok(bytes)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Wire<'a>), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            // What follows a broken field can't be found.
            self.0 = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests;
