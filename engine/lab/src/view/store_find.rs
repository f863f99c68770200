//! Looking closer at a member's store: keys by a part of their name, what changed lately, the bytes of a record.

use etcd::rpc::{KeyRange, Revision};
use sim::Str;

use crate::Lab;

/// Keys that a search looks at, at the most: as many as a lab of 150,000 pods has, some times over.
const SEARCHED_MAX: usize = 1_000_000;

impl Lab {
    /// Keys of a member that contain `part`, in key order, with the bytes of their values; at most `limit`.
    pub fn store_search(&self, member: u32, part: &str, limit: usize) -> Vec<(Str, u64)> {
        let Some(member) = self.cluster().member(member) else { return Vec::new() };
        let records = member.store().iter(&KeyRange::all());
        let found = records.take(SEARCHED_MAX).filter(|record| record.kv.key.contains(part));
        found.take(limit).map(|record| (record.kv.key.clone(), record.kv.value.size())).collect()
    }

    /// Keys of a member that changed after a revision, with the revision of the change, oldest first; at most `limit` changes.
    pub fn store_changes(&self, member: u32, after: u64, limit: usize) -> Vec<(Str, u64)> {
        let Some(member) = self.cluster().member(member) else { return Vec::new() };
        let records = member.store().changes_from(Revision(after + 1));
        records.take(limit).map(|record| (record.kv.key.clone(), record.revision().0)).collect()
    }

    /// The bytes of a record of a member's write-ahead log, as they are in the file.
    pub fn wal_frame(&self, member: u32, record: u64) -> Option<Vec<u8>> {
        self.cluster().member_disk(member)?.wal().frame(record)
    }
}
