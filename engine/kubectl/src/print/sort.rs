//! `--sort-by`.

use std::cmp::Ordering;

use api::Value;

use super::jsonpath::{Path, compare};

/// Sorts `items` by the value at `path` in each item's object; items without one come first.
pub fn sort_by<T>(items: &mut [T], path: &Path, object: impl Fn(&T) -> Option<&Value>) {
    items.sort_by(|a, b| {
        let value = |item| {
            object(item)
                .and_then(|o| path.find(o, true).ok())
                .and_then(|found| found.first().map(|v| (*v).clone()))
        };
        match (value(a), value(b)) {
            (Some(a), Some(b)) => compare(&a, &b).unwrap_or(Ordering::Equal),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    });
}
