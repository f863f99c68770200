//! The types that are one value in JSON, and how they stand on the wire.

use api::Value;
use api::schema::Type;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Fields, Wire, text};

/// Reads a value that is no object of the schema.
pub(super) fn read(value_type: &Type, wire: Wire<'_>) -> Result<Value, String> {
    match (value_type, wire) {
        (Type::String, Wire::Bytes(bytes)) => Ok(Value::from(text(bytes)?)),
        (Type::Bytes, Wire::Bytes(bytes)) => Ok(Value::from(STANDARD.encode(bytes))),
        (Type::Int32 | Type::Int64, Wire::Varint(number)) => Ok(integer(number)),
        (Type::Boolean, Wire::Varint(number)) => Ok(Value::Bool(number != 0)),
        (Type::Number, Wire::Fixed64(bits)) => Ok(Value::Float(f64::from_bits(bits))),
        (Type::Number, Wire::Fixed32(bits)) => Ok(Value::Float(f32::from_bits(bits).into())),
        (Type::Time | Type::MicroTime, Wire::Bytes(bytes)) => time(value_type, bytes),
        (Type::Quantity, Wire::Bytes(bytes)) => quantity(bytes),
        (Type::IntOrString, Wire::Bytes(bytes)) => int_or_string(bytes),
        (Type::Any, Wire::Bytes(bytes)) => embedded(bytes),
        _ => Err("the wire type is not the field's".into()),
    }
}

/// Negative numbers stand as ten bytes, in two's complement.
pub(super) fn integer(number: u64) -> Value {
    Value::Int(number.cast_signed())
}

/// Whether a value is what Go has where nothing was set.
pub(super) fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) => true,
        Value::Float(number) => *number == 0.0,
        Value::Str(text) => text.is_empty(),
        _ => false,
    }
}

/// Seconds and nanoseconds since 1970; no field at all for "no time".
fn time(value_type: &Type, bytes: &[u8]) -> Result<Value, String> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let (mut seconds, mut nanos) = (0i64, 0i64);
    for field in Fields(bytes) {
        match field? {
            (1, Wire::Varint(number)) => seconds = number.cast_signed(),
            (2, Wire::Varint(number)) => nanos = number.cast_signed(),
            _ => {}
        }
    }
    let at = time::OffsetDateTime::from_unix_timestamp(seconds)
        .map_err(|_| format!("{seconds} seconds since 1970 is no time"))?;
    let (date, clock) = (at.date(), at.time());
    let mut written = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second()
    );
    if *value_type == Type::MicroTime {
        written.push_str(&format!(".{:06}", nanos.clamp(0, 999_999_999) / 1_000));
    }
    written.push('Z');
    Ok(Value::from(written))
}

/// A message with the number's text.
fn quantity(bytes: &[u8]) -> Result<Value, String> {
    let mut found = "0";
    for field in Fields(bytes) {
        if let (1, Wire::Bytes(bytes)) = field? {
            found = text(bytes)?;
        }
    }
    Ok(Value::from(found))
}

fn int_or_string(bytes: &[u8]) -> Result<Value, String> {
    let (mut is_text, mut number, mut written) = (false, 0, "");
    for field in Fields(bytes) {
        match field? {
            (1, Wire::Varint(kind)) => is_text = kind != 0,
            (2, Wire::Varint(value)) => number = value,
            (3, Wire::Bytes(bytes)) => written = text(bytes)?,
            _ => {}
        }
    }
    Ok(if is_text { Value::from(written) } else { integer(number) })
}

/// Free-form values (`RawExtension`, `FieldsV1`) are JSON in a message.
fn embedded(bytes: &[u8]) -> Result<Value, String> {
    let mut raw = &[][..];
    for field in Fields(bytes) {
        match field? {
            (1, Wire::Bytes(bytes)) => raw = bytes,
            _ => return Err("the lab reads this as JSON only; send the body as JSON".into()),
        }
    }
    if raw.is_empty() {
        return Ok(Value::Null);
    }
    api::json::parse(raw).map_err(|e| e.to_string())
}
