//! Kinds without a layout of their own: all fields, with their names spelled out.

use api::Value;

use super::text::{head, marks};
use super::{Subject, events};
use crate::print::jsonpath::text_of;

/// Fields of `metadata` that stand at the top, or that nobody reads.
const SKIPPED: [&str; 5] = ["managedFields", "name", "namespace", "labels", "annotations"];

/// The description of anything.
pub fn describe(subject: &Subject<'_>) -> String {
    let mut value = subject.value().clone();
    let mut out = String::new();
    head(&value, &mut out);
    marks(&value, &mut out);
    for field in SKIPPED {
        value.remove(&["metadata", field]);
    }
    fields(&value, 0, &mut out);
    events::write(subject.events, subject.now, &mut out);
    out
}

fn fields(value: &Value, level: usize, out: &mut String) {
    let indent = "  ".repeat(level);
    for (name, value) in value.as_map().into_iter().flat_map(api::Map::iter) {
        let label = label(name);
        match value {
            Value::Map(_) => {
                out.push_str(&format!("{indent}{label}:\n"));
                fields(value, level + 1, out);
            }
            Value::List(items) => {
                out.push_str(&format!("{indent}{label}:\n"));
                for item in items.as_slice() {
                    match item {
                        Value::Map(_) => fields(item, level + 1, out),
                        other => out.push_str(&format!("{indent}  {}\n", text_of(other))),
                    }
                }
            }
            other => out.push_str(&format!("{indent}{label}:\t{}\n", text_of(other))),
        }
    }
}

/// `resourceVersion` is `Resource Version`, `podIP` is `Pod IP`.
fn label(name: &str) -> String {
    const CAPITALS: [&str; 7] = ["API", "CIDR", "DNS", "IP", "UID", "URL", "TLS"];
    let mut words: Vec<String> = Vec::new();
    let mut before = '_';
    for c in name.chars() {
        let starts = c.is_uppercase() && !before.is_uppercase();
        if starts || words.is_empty() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
        before = c;
    }
    let spelled: Vec<String> = words
        .into_iter()
        .map(|word| {
            let upper = word.to_uppercase();
            if CAPITALS.contains(&upper.as_str()) {
                return upper;
            }
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
        })
        .collect();
    spelled.join(" ")
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn labels() {
        for (name, text) in [
            ("resourceVersion", "Resource Version"),
            ("apiVersion", "API Version"),
            ("uid", "UID"),
            ("podIP", "Pod IP"),
        ] {
            assert_eq!(label(name), text);
        }
    }
}
