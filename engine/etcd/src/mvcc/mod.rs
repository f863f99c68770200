//! Many versions of every key: the store under etcd's KV service.
//!
//! A *revision* numbers a transaction that changed something; a change within it has a *sub revision* too.
//! Every change is a [`Record`], kept twice behind one `Arc`: in `log`, by revision, and in `keys` while it is
//! the key's latest. A record names its predecessor's revision, so that a key's history is a walk
//! through the log, a watch from an old revision is a range of the log, and compaction touches only what was
//! written since the last one. Both maps are persistent: a clone of a store is two pointers.

mod compact;
mod hash;
mod pages;
mod range;
mod record;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use hash::Crc;
pub use hash::Hashed;
pub use range::Found;
pub use record::{Record, RecordId};
pub use write::Write;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use imbl::OrdMap;
use sim::Digest;

use crate::rpc::{Error, Key, KeyRange, Revision};

/// All versions of all keys. Its [`Hash`] is a digest chained over every change that was ever made, so that
/// two stores with the same hash have lived through the same history, and hashing costs nothing.
#[derive(Clone, Debug)]
pub struct Store {
    /// The last revision that was used; a new store is at 1.
    revision: u64,
    /// History before this revision is gone; 0: none is.
    compacted: u64,
    /// The latest record of each key, tombstones too until they are compacted away.
    keys: OrdMap<Key, Arc<Record>>,
    /// Every record that was not compacted away.
    log: OrdMap<RecordId, Arc<Record>>,
    /// How many keys exist now.
    live: u64,
    /// Bytes of the records in `log`.
    data_bytes: u64,
    /// Pages that the file has grown to: freed ones are used again but not given back. Each member's own.
    file_pages: u64,
    digest: Digest,
}

impl Default for Store {
    fn default() -> Self {
        Store {
            revision: 1,
            compacted: 0,
            keys: OrdMap::new(),
            log: OrdMap::new(),
            live: 0,
            data_bytes: 0,
            file_pages: pages::of_new_file(),
            digest: Digest::default(),
        }
    }
}

impl Hash for Store {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.revision, self.compacted, self.digest).hash(state);
    }
}

impl Store {
    /// The current revision.
    pub const fn revision(&self) -> Revision {
        Revision(self.revision)
    }

    /// Reads before this revision fail; 0 when nothing was compacted.
    pub const fn compact_revision(&self) -> Revision {
        Revision(self.compacted)
    }

    /// How many keys exist.
    pub const fn key_count(&self) -> u64 {
        self.live
    }

    /// How many keys the index has: existing ones, and deleted ones that are not compacted away yet.
    pub fn index_count(&self) -> u64 {
        self.keys.len() as u64
    }

    /// How many records (versions and tombstones) are kept.
    pub fn record_count(&self) -> u64 {
        self.log.len() as u64
    }

    /// The digest of the store's whole history.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The record of a key as it is now; `None` when the key does not exist.
    pub fn get(&self, key: &str) -> Option<&Arc<Record>> {
        self.keys.get(key).filter(|record| !record.delete)
    }

    /// The latest record of every existing key of a range, in key order.
    pub fn iter<'a>(
        &'a self,
        range: &KeyRange,
    ) -> impl DoubleEndedIterator<Item = &'a Arc<Record>> + use<'a> {
        self.latest(range).filter(|record| !record.delete)
    }

    /// The records of all revisions from `revision` on (inclusive), in order.
    ///
    /// Whoever starts before [`Store::compact_revision`] misses some.
    pub fn changes_from(&self, revision: Revision) -> impl Iterator<Item = &Arc<Record>> {
        self.log.range(RecordId { main: revision.0, sub: 0 }..).map(|(_, record)| record)
    }

    /// A key's records, newest first, back to where compaction cut them off; earlier generations and
    /// tombstones too.
    pub fn history(&self, key: &str) -> impl Iterator<Item = &Arc<Record>> {
        std::iter::successors(self.keys.get(key), |record| self.previous(record))
    }

    /// The record that this one replaced, if it is still there.
    pub fn previous(&self, record: &Record) -> Option<&Arc<Record>> {
        self.log.get(&record.previous?)
    }

    /// Whether one can read at `revision` (0: now).
    ///
    /// # Errors
    /// [`Error::FutureRevision`], [`Error::Compacted`].
    pub fn check_revision(&self, revision: Revision) -> Result<(), Error> {
        if revision.0 > self.revision {
            Err(Error::FutureRevision)
        } else if revision.0 != 0 && revision.0 < self.compacted {
            Err(Error::Compacted)
        } else {
            Ok(())
        }
    }

    /// Whether the maps agree with each other and with the counters; for tests and the page's invariants.
    /// Looks at everything.
    ///
    /// # Errors
    /// Says what does not fit.
    pub fn check(&self) -> Result<(), String> {
        let mut live = 0;
        for (key, record) in &self.keys {
            live += u64::from(!record.delete);
            if *key != record.kv.key || !self.log.get(&record.id()).is_some_and(|r| Arc::ptr_eq(r, record)) {
                return Err(format!("the latest record of {key} is not in the log"));
            }
        }
        if live != self.live {
            return Err(format!("{live} keys exist, {} were counted", self.live));
        }
        let mut bytes = 0;
        for (id, record) in &self.log {
            bytes += record.bytes();
            if *id != record.id() || id.main > self.revision {
                return Err(format!("the record of {} stands at {id:?}", record.kv.key));
            }
            if record.previous.is_some_and(|previous| previous >= *id) {
                return Err(format!(
                    "the record of {} at {id:?} comes before its predecessor",
                    record.kv.key
                ));
            }
        }
        if bytes != self.data_bytes {
            return Err(format!("the records take {bytes} bytes, {} were counted", self.data_bytes));
        }
        Ok(())
    }
}
