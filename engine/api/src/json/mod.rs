//! JSON text to [`Value`] and back.

use std::fmt;
use std::sync::LazyLock;

use serde::Serialize;
use sim::Str;

use crate::Value;

/// The longest text that is read: the API server's own limit on a request body (3 MiB).
pub const INPUT_BYTES_MAX: usize = 3 * 1024 * 1024;

/// Why a text is no JSON. Reading is bounded: 128 levels and [`INPUT_BYTES_MAX`] bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JsonError {
    /// What is wrong.
    pub message: String,
    /// The line, from 1; 0 when the place is unknown.
    pub line: u32,
    /// The column, from 1; 0 when the place is unknown.
    pub column: u32,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.message);
        }
        write!(f, "{} at line {} column {}", self.message, self.line, self.column)
    }
}

impl std::error::Error for JsonError {}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        // serde_json puts the place behind its message; it has fields of its own here.
        let message = text.split(" at line ").next().unwrap_or_default().to_owned();
        JsonError { message, line: error.line() as u32, column: error.column() as u32 }
    }
}

/// Reads one JSON value. Of a field that comes twice the last one counts (see [`duplicates`]).
pub fn parse(text: impl AsRef<[u8]>) -> Result<Value, JsonError> {
    let text = text.as_ref();
    if text.len() > INPUT_BYTES_MAX {
        let message = format!("the text is too large: {} bytes, limit is {INPUT_BYTES_MAX}", text.len());
        return Err(JsonError { message, line: 0, column: 0 });
    }
    Ok(serde_json::from_slice(text)?)
}

mod duplicates;
pub use duplicates::duplicates;

/// Writes a value as Go's `json.Marshal` does: compact, fields sorted, `<`, `>` and `&` escaped.
pub fn write(value: &Value) -> String {
    let mut out = Vec::with_capacity(256);
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut out, GoFormatter(serde_json::ser::CompactFormatter));
    finish(value.serialize(&mut serializer), out)
}

/// How many bytes [`write`] makes of a value, without making them.
pub fn length(value: &Value) -> u64 {
    match value {
        Value::Null => 4,
        Value::Bool(true) => 4,
        Value::Bool(false) => 5,
        Value::Int(i) => u64::from(i.checked_abs().map_or(19, |n| n.max(1).ilog10() + 1)) + u64::from(*i < 0),
        // Few, and their digits are an art of their own.
        Value::Float(_) => write(value).len() as u64,
        Value::Str(text) => text_length(text),
        Value::List(list) => {
            let items = list.as_slice();
            2 + items.iter().map(length).sum::<u64>() + (items.len() as u64).saturating_sub(1)
        }
        Value::Map(map) => {
            let fields = map.iter().map(|(name, item)| text_length(name) + 1 + length(item) + 1).sum::<u64>();
            2 + fields.saturating_sub(1)
        }
    }
}

fn text_length(text: &str) -> u64 {
    let escape = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        b'<' | b'>' | b'&' | 0..0x20 => 5,
        _ => 0,
    };
    2 + text.len() as u64 + text.bytes().map(escape).sum::<u64>()
}

/// Writes a value indented by four spaces, as `kubectl get -o json` does.
pub fn pretty(value: &Value) -> String {
    let mut out = Vec::with_capacity(1024);
    let indent = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, indent);
    finish(value.serialize(&mut serializer), out)
}

fn finish(result: Result<(), serde_json::Error>, out: Vec<u8>) -> String {
    // Writing a tree of strings, numbers and maps with string keys into memory has no way to fail.
    debug_assert!(result.is_ok());
    String::from_utf8(out).unwrap_or_default()
}

/// Go escapes what could hurt in HTML.
struct GoFormatter(serde_json::ser::CompactFormatter);

impl serde_json::ser::Formatter for GoFormatter {
    fn write_string_fragment<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        let mut rest = fragment;
        while let Some(i) = rest.find(['<', '>', '&']) {
            writer.write_all(&rest.as_bytes()[..i])?;
            let escape: &[u8] = match rest.as_bytes()[i] {
                b'<' => b"\\u003c",
                b'>' => b"\\u003e",
                _ => b"\\u0026",
            };
            writer.write_all(escape)?;
            rest = &rest[i + 1..];
        }
        writer.write_all(rest.as_bytes())
    }
}

/// Field names that the schema knows, sorted: reading a tree shares them instead of allocating each anew.
static NAMES: LazyLock<Vec<Str>> = LazyLock::new(crate::schema::field_names);

/// The shared string for a field's name; names that the schema does not know are made anew.
pub fn field_name(name: &str) -> Str {
    match NAMES.binary_search_by(|known| known.as_str().cmp(name)) {
        Ok(i) => NAMES[i].clone(),
        Err(_) => Str::from(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn text_and_tree() {
        let v = parse(r#"{"b":[1,-2.5,true,null,"x<y"],"a":{"metadata":18446744073709551615}}"#).unwrap();
        assert_eq!(
            write(&v),
            r#"{"a":{"metadata":1.8446744073709552e+19},"b":[1,-2.5,true,null,"x\u003cy"]}"#
        );
        assert_eq!(pretty(&object!({"a": 1})), "{\n    \"a\": 1\n}");
    }

    #[test]
    fn the_length_is_that_of_the_text() {
        let texts = [
            "null",
            "[true,false,null]",
            "[0,-1,9,10,99,100,-100,9223372036854775807,-9223372036854775808,1.5,-2.5e300,1e2]",
            r#"{"a":{},"b":[],"c":{"d":"x"},"<&>":"a<b>&\"\\\n\r\t\b\f\u0001\u001f\u007f é 日本 😀"}"#,
        ];
        for text in texts {
            let value = parse(text).unwrap();
            assert_eq!(length(&value), write(&value).len() as u64, "{text}");
        }
    }

    #[test]
    fn bad_input_has_a_place() {
        let e = parse("{\n  \"a\": ,\n}").unwrap_err();
        assert_eq!((e.line, e.column), (2, 8));
        assert!(parse("[".repeat(100_000)).unwrap_err().message.contains("recursion"));
        assert!(parse(vec![b' '; INPUT_BYTES_MAX + 1]).unwrap_err().message.contains("too large"));
    }

    #[test]
    fn known_names_are_shared() {
        assert!(Str::ptr_eq(&field_name("metadata"), &field_name("metadata")));
        assert!(!Str::ptr_eq(&field_name("xyzzy"), &field_name("xyzzy")));
    }
}
