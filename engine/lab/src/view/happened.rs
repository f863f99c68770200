//! What just happened, why, and what it changed.

use api::{Object, Value};
use sim::EventNumber;

use super::types::{Change, Happened, Invariant, Lane};
use crate::Lab;
use crate::narrate::{handler, sentence};
use crate::trace::{KeyChange, Record};

/// Lines of a difference at the most.
const LINES_MAX: usize = 40;

impl Lab {
    /// One event of the past; the last 50,000 are kept.
    pub fn happened(&self, number: EventNumber) -> Option<Happened> {
        self.cluster().trace().get(number).map(|record| happened(record))
    }

    /// The event and those that caused it, oldest first.
    pub fn causes(&self, number: EventNumber) -> Vec<Happened> {
        self.cluster().trace().causes(number).into_iter().map(|record| happened(record)).collect()
    }

    /// The latest events, newest first.
    pub fn latest(&self, count: usize) -> Vec<Happened> {
        self.cluster().trace().newest_first().take(count).map(|record| happened(record)).collect()
    }

    /// The checks that are made after every event.
    pub fn invariants(&self) -> Vec<Invariant> {
        self.cluster().invariants()
    }
}

fn happened(record: &Record) -> Happened {
    let note = sentence(record);
    let mut notes = vec![note.clone()];
    notes.extend(record.notes.iter().filter(|n| **n != note).cloned());
    Happened {
        number: record.number,
        at: record.at,
        lane: Lane::of(&record.event),
        actor: handler(&record.event),
        sentence: note.to_string(),
        notes,
        cause: (record.cause.0 > 0).then_some(record.cause),
        raft: record.event.is_raft(),
        changed: record.changes.iter().map(change).collect(),
    }
}

fn change(change: &KeyChange) -> Change {
    let mut lines = Vec::new();
    let (before, after) =
        (change.before.as_ref().map(Object::value), change.after.as_ref().map(Object::value));
    differences("", before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null), &mut lines);
    Change { what: change.what().to_owned(), lines, after: after.cloned().unwrap_or(Value::Null) }
}

/// Paths that differ; whole subtrees that are shared are passed over by pointer.
pub(super) fn differences(path: &str, before: &Value, after: &Value, lines: &mut Vec<(char, String)>) {
    if before.same(after) || lines.len() >= LINES_MAX {
        return;
    }
    match (before, after) {
        (Value::Map(a), Value::Map(b)) => {
            let mut names: Vec<&str> = a.iter().chain(b.iter()).map(|(k, _)| k.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                let side = |map: &api::Map| map.get(name).cloned().unwrap_or(Value::Null);
                differences(&inner, &side(a), &side(b), lines);
            }
        }
        (Value::List(a), Value::List(b)) => {
            for i in 0..a.len().max(b.len()) {
                let side = |list: &api::List| list.as_slice().get(i).cloned().unwrap_or(Value::Null);
                differences(&format!("{path}[{i}]"), &side(a), &side(b), lines);
            }
        }
        (Value::Null, Value::Map(b)) => {
            for (name, value) in b.iter() {
                let inner = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
                differences(&inner, &Value::Null, value, lines);
            }
        }
        (a, b) if a == b => {}
        (a, b) => {
            if !a.is_null() {
                lines.push(('-', format!("{path}: {}", short(a))));
            }
            if !b.is_null() {
                lines.push(('+', format!("{path}: {}", short(b))));
            }
        }
    }
}

fn short(value: &Value) -> String {
    const LENGTH_MAX: usize = 120;
    let text = match value {
        Value::Str(text) => text.to_string(),
        other => api::json::write(other),
    };
    match text.char_indices().nth(LENGTH_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use api::object;

    use super::*;

    #[test]
    fn differences_name_paths() {
        let before = object! { "spec": { "replicas": 1, "containers": [{ "image": "a" }] }, "old": true };
        let after = object! { "spec": { "replicas": 2, "containers": [{ "image": "b" }] }, "new": "x" };
        let mut lines = Vec::new();
        differences("", &before, &after, &mut lines);
        let text: Vec<String> = lines.iter().map(|(sign, line)| format!("{sign} {line}")).collect();
        assert_eq!(
            text,
            [
                "+ new: x",
                "- old: true",
                "- spec.containers[0].image: a",
                "+ spec.containers[0].image: b",
                "- spec.replicas: 1",
                "+ spec.replicas: 2",
            ]
        );
    }
}
