//! ConfigMaps and Secrets.

use api::{Map, Value};

use super::text::{at, head, marks};
use super::{Subject, events};

fn entries<'v>(value: &'v Value, field: &str) -> impl Iterator<Item = (&'v api::Str, &'v str)> {
    let map = value.get(field).and_then(Value::as_map);
    map.into_iter().flat_map(Map::iter).map(|(key, value)| (key, value.as_str().map_or("", |s| s.as_str())))
}

/// How many bytes a text in base64 stands for.
fn decoded_length(text: &str) -> usize {
    let text = text.trim_end_matches('=');
    text.len() * 3 / 4
}

/// The description of a ConfigMap.
pub fn describe(subject: &Subject<'_>) -> String {
    let map = subject.value();
    let mut out = String::new();
    head(map, &mut out);
    marks(map, &mut out);
    out.push_str("\nData\n====\n");
    for (key, text) in entries(map, "data") {
        out.push_str(&format!("{key}:\n----\n{text}\n\n"));
    }
    out.push_str("\nBinaryData\n====\n");
    for (key, text) in entries(map, "binaryData") {
        out.push_str(&format!("{key}: {} bytes\n", decoded_length(text)));
    }
    out.push('\n');
    events::write(subject.events, subject.now, &mut out);
    out
}

/// The description of a Secret: lengths, no contents.
pub fn describe_secret(subject: &Subject<'_>) -> String {
    let secret = subject.value();
    let mut out = String::new();
    head(secret, &mut out);
    marks(secret, &mut out);
    out.push_str(&format!("\nType:\t{}\n\nData\n====\n", at(secret, &["type"])));
    for (key, text) in entries(secret, "data") {
        out.push_str(&format!("{key}:\t{} bytes\n", decoded_length(text)));
    }
    out
}
