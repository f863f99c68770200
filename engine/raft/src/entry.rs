//! Log entries, and shared runs of them.

use std::ops::Deref;
use std::sync::Arc;

use sim::Blob;

use crate::wire;
use crate::{EntryId, LogIndex, Term};

/// What an entry's data is.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
pub enum EntryKind {
    /// The application's; empty when a new leader opens its term.
    #[default]
    Normal,
    /// A [`ConfChange`](crate::ConfChange).
    ConfChange,
    /// A [`ConfChangeV2`](crate::ConfChangeV2).
    ConfChangeV2,
}

impl EntryKind {
    /// etcd's name: `EntryNormal`, ...
    pub const fn name(self) -> &'static str {
        match self {
            EntryKind::Normal => "EntryNormal",
            EntryKind::ConfChange => "EntryConfChange",
            EntryKind::ConfChangeV2 => "EntryConfChangeV2",
        }
    }
}

/// One entry of the log. A clone shares the data.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// The term of the leader that appended it.
    pub term: Term,
    /// Its place in the log.
    pub index: LogIndex,
    /// What the data is.
    pub kind: EntryKind,
    /// The data; an empty one counts as none.
    #[serde(with = "crate::serial::blob")]
    pub data: Blob,
}

impl Entry {
    /// Its identity.
    pub const fn id(&self) -> EntryId {
        EntryId { term: self.term, index: self.index }
    }

    /// Bytes of data; what `max_uncommitted_entries_size` and `max_inflight_bytes` count.
    pub fn payload_size(&self) -> u64 {
        self.data.size()
    }

    /// Bytes of the entry as etcd encodes it; what `max_size_per_msg` and `max_committed_size_per_ready`
    /// count.
    pub fn encoded_size(&self) -> u64 {
        let payload = self.payload_size();
        let data = if payload == 0 { 0 } else { 1 + wire::varint_len(payload) + payload };
        2 + 1 + wire::varint_len(self.term.0) + 1 + wire::varint_len(self.index.0) + data
    }
}

/// Bytes of data in all of `entries`.
pub(crate) fn payloads_size(entries: &[Entry]) -> u64 {
    entries.iter().map(Entry::payload_size).sum()
}

/// Bytes of all of `entries`, encoded.
pub(crate) fn encoded_size(entries: &[Entry]) -> u64 {
    entries.iter().map(Entry::encoded_size).sum()
}

/// How many of `entries` fit into `max_size` encoded bytes; the first always does.
pub fn count_within(entries: &[Entry], max_size: u64) -> usize {
    if max_size == crate::NO_LIMIT {
        return entries.len();
    }
    let mut size = 0u64;
    for (i, entry) in entries.iter().enumerate() {
        size = size.saturating_add(entry.encoded_size());
        if size > max_size && i > 0 {
            return i;
        }
    }
    entries.len()
}

/// A shared, immutable run of entries; a clone is a pointer, and none costs nothing. Reads as a slice.
#[derive(Clone, Default)]
pub struct Entries(Option<Arc<[Entry]>>);

impl Entries {
    /// No entries.
    pub const NONE: Entries = Entries(None);

    /// Shares copies of `entries`.
    pub fn copied(entries: &[Entry]) -> Entries {
        if entries.is_empty() { Entries(None) } else { Entries(Some(Arc::from(entries))) }
    }

    /// One entry.
    pub fn one(entry: Entry) -> Entries {
        Entries(Some(Arc::new([entry])))
    }

    /// The entries as a slice.
    pub fn as_slice(&self) -> &[Entry] {
        self.0.as_deref().unwrap_or(&[])
    }
}

impl Deref for Entries {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        self.as_slice()
    }
}

impl From<Vec<Entry>> for Entries {
    fn from(entries: Vec<Entry>) -> Self {
        if entries.is_empty() { Entries(None) } else { Entries(Some(entries.into())) }
    }
}

impl FromIterator<Entry> for Entries {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Entries::from(entries.into_iter().collect::<Vec<_>>())
    }
}

impl<'a> IntoIterator for &'a Entries {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_slice().iter()
    }
}

impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Entries {}

impl std::hash::Hash for Entries {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

impl std::fmt::Debug for Entries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_slice().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_encoding() {
        let entry =
            Entry { term: Term(1), index: LogIndex(300), kind: EntryKind::Normal, data: Blob::from("abc") };
        // kind 2, term 1+1, index 1+2, data 1+1+3
        assert_eq!((entry.payload_size(), entry.encoded_size()), (3, 12));
        assert_eq!(Entry::default().encoded_size(), 6);
        let three = [entry.clone(), entry.clone(), entry];
        assert_eq!([0, 12, 24, 35, 36].map(|max| count_within(&three, max)), [1, 1, 2, 2, 3]);
    }
}
