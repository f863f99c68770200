//! Texts that several kinds print.

use sim::{SimTime, Str};

use super::Cell;
use crate::types::{Container, Labels};
use crate::{Object, Value, duration, types};

/// What stands for nothing.
pub(super) const NONE: &str = "<none>";

/// The text, or `<none>`.
pub(super) fn or_none(text: &str) -> Cell {
    Cell::from(if text.is_empty() { NONE } else { text })
}

/// The string at a path; empty when there is none.
pub(super) fn at<'a>(object: &'a Object, path: &[&str]) -> &'a str {
    object.value().str_at(path).map_or("", |s| s.as_str())
}

/// The number at a path; zero when there is none.
pub(super) fn number_at(object: &Object, path: &[&str]) -> Cell {
    Cell::from(object.value().int_at(path).unwrap_or(0))
}

/// The age of an object.
pub(super) fn age(object: &Object, now: SimTime) -> Cell {
    let created = object.value().str_at(&["metadata", "creationTimestamp"]);
    Cell::from(duration::age_of(created.map(|s| s.as_str()), now))
}

/// The time of an object's creation, as it stands there.
pub(super) fn created_at(object: &Object) -> Cell {
    Cell::from(at(object, &["metadata", "creationTimestamp"]))
}

/// `a=b,c=d`, or `<none>`.
pub(super) fn labels(labels: &Labels) -> Cell {
    let parts: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    or_none(&parts.join(","))
}

/// A label selector of an object as text; `<none>` for the empty one.
pub(super) fn selector(value: Option<&Value>) -> Cell {
    let selector = value.and_then(|v| types::decode::<types::LabelSelector>(v).ok()).unwrap_or_default();
    or_none(&selector.to_selector().to_string())
}

/// The names and images of containers, joined by commas.
pub(super) fn containers(containers: &[Container]) -> [Cell; 2] {
    let join = |part: fn(&Container) -> &Str| {
        let parts: Vec<&str> = containers.iter().map(|c| part(c).as_str()).collect();
        Cell::from(parts.join(","))
    };
    [join(|c| &c.name), join(|c| &c.image)]
}

/// As [`containers`], of the containers at a path.
pub(super) fn containers_at(object: &Object, path: &[&str]) -> [Cell; 2] {
    let items = object.value().items_at(path);
    let join = |field: &str| {
        let parts: Vec<&str> = items.iter().map(|c| c.str_at(&[field]).map_or("", |s| s.as_str())).collect();
        Cell::from(parts.join(","))
    };
    [join("name"), join("image")]
}

/// At most three of a list, and how many more there are.
pub(super) fn first_three(items: &[String], nothing: &str) -> Cell {
    match items.len() {
        0 => Cell::from(nothing),
        1..=3 => Cell::from(items.join(",")),
        more => Cell::from(format!("{} + {} more...", items[..3].join(","), more - 3)),
    }
}
