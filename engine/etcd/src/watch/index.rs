//! Which groups of watchers a key concerns: a lookup that costs what it finds.

use std::ops::Bound;

use imbl::{OrdMap, OrdSet};

use super::GroupId;
use crate::rpc::{Key, KeyRange};

/// Exact keys in a map; ranges cut the key space into segments, each of which knows the ranges that cover it.
#[derive(Clone, Debug, Hash, Default)]
pub(super) struct Index {
    exact: OrdMap<Key, OrdSet<GroupId>>,
    segments: OrdMap<Key, Segment>,
}

/// From its key up to the next segment's.
#[derive(Clone, Debug, Hash, Default)]
struct Segment {
    covering: OrdSet<GroupId>,
    /// How many ranges start or end here; without any the segment is one with that before it.
    edges: u32,
}

impl Index {
    pub(super) fn add(&mut self, range: &KeyRange, group: GroupId) {
        let Some(end) = edge(range) else {
            self.exact.entry(range.start.clone()).or_default().insert(group);
            return;
        };
        self.cut(&range.start);
        if let Some(end) = end {
            self.cut(end);
        }
        self.each_covered(range, |segment| {
            segment.covering.insert(group);
        });
    }

    pub(super) fn remove(&mut self, range: &KeyRange, group: GroupId) {
        let Some(end) = edge(range) else {
            if let Some(groups) = self.exact.get_mut(&range.start) {
                groups.remove(&group);
                if groups.is_empty() {
                    self.exact.remove(&range.start);
                }
            }
            return;
        };
        self.each_covered(range, |segment| {
            segment.covering.remove(&group);
        });
        self.mend(&range.start);
        if let Some(end) = end {
            self.mend(end);
        }
    }

    /// The groups that a change of `key` concerns: those of the key itself, then those of ranges.
    pub(super) fn lookup<'a>(&'a self, key: &str) -> impl Iterator<Item = GroupId> + use<'a> {
        let exact = self.exact.get(key);
        let ranges = self.segments.get_prev(key).map(|(_, segment)| &segment.covering);
        exact.into_iter().chain(ranges).flat_map(|groups| groups.iter().copied())
    }

    /// Makes a segment start at `key`.
    fn cut(&mut self, key: &Key) {
        if let Some(segment) = self.segments.get_mut(key) {
            segment.edges += 1;
            return;
        }
        let covering =
            self.segments.get_prev(key).map(|(_, before)| before.covering.clone()).unwrap_or_default();
        self.segments.insert(key.clone(), Segment { covering, edges: 1 });
    }

    /// Takes back one [`Index::cut`].
    fn mend(&mut self, key: &Key) {
        if let Some(segment) = self.segments.get_mut(key) {
            segment.edges -= 1;
            if segment.edges == 0 {
                self.segments.remove(key);
            }
        }
    }

    fn each_covered(&mut self, range: &KeyRange, mut change: impl FnMut(&mut Segment)) {
        let end = match edge(range) {
            Some(Some(end)) => Bound::Excluded(&**end),
            _ => Bound::Unbounded,
        };
        if range.is_empty() {
            return;
        }
        let covered: Vec<Key> = self
            .segments
            .range::<_, str>((Bound::Included(&*range.start), end))
            .map(|(key, _)| key.clone())
            .collect();
        for key in covered {
            if let Some(segment) = self.segments.get_mut(&key) {
                change(segment);
            }
        }
    }
}

/// `None` for a single key, `Some(None)` for a range that has no end.
fn edge(range: &KeyRange) -> Option<Option<&Key>> {
    range.end.as_ref().map(|end| (**end != *"\0").then_some(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_scan_finds_and_forgets_all() {
        let range = |start: &str, end: &str| KeyRange { start: start.into(), end: Some(end.into()) };
        let ranges = [
            KeyRange::key("a"),
            KeyRange::key("b/1"),
            KeyRange::prefix("b/"),
            KeyRange::prefix("b/1"),
            KeyRange::all(),
            KeyRange::from_key("b/2"),
            range("a", "b/1"),
            range("a", "b/1"),
            range("c", "d"),
        ];
        let keys = ["a", "a/x", "b", "b/", "b/1", "b/1/2", "b/2", "b0", "c", "cc", "d", "~"];
        // Each order of removal leaves an index that agrees with a scan over what is left.
        for rotation in 0..ranges.len() {
            let mut index = Index::default();
            for (i, range) in ranges.iter().enumerate() {
                index.add(range, GroupId(i as u32));
            }
            for removed in 0..=ranges.len() {
                let left: Vec<usize> =
                    (removed..ranges.len()).map(|i| (i + rotation) % ranges.len()).collect();
                for key in keys {
                    let mut found: Vec<u32> = index.lookup(key).map(|group| group.0).collect();
                    found.sort_unstable();
                    let mut scan: Vec<u32> =
                        left.iter().filter(|i| ranges[**i].contains(key)).map(|i| *i as u32).collect();
                    scan.sort_unstable();
                    assert_eq!(found, scan, "{key}, {removed} removed");
                }
                if removed < ranges.len() {
                    let i = (removed + rotation) % ranges.len();
                    index.remove(&ranges[i], GroupId(i as u32));
                }
            }
            assert!(index.exact.is_empty() && index.segments.is_empty());
        }
    }
}
