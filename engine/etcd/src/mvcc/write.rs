//! Writing: a transaction's changes share one revision.

use std::sync::Arc;

use sim::Blob;

use super::{Record, RecordId, Store};
use crate::rpc::{Key, KeyRange, KeyValue, LeaseId, Revision};

/// A transaction that is being written. Its revision is used up by the first change; one that changes nothing
/// leaves the store's revision as it was.
#[derive(Debug)]
pub struct Write<'a> {
    store: &'a mut Store,
    main: u64,
    subs: u32,
}

impl Store {
    /// Begins a transaction.
    pub fn write(&mut self) -> Write<'_> {
        let main = self.revision + 1;
        Write { store: self, main, subs: 0 }
    }
}

impl Write<'_> {
    /// The store as the transaction has made it so far.
    pub fn store(&self) -> &Store {
        self.store
    }

    /// Sets a key. Returns what it was before, if it existed.
    pub fn put(&mut self, key: Key, value: Blob, lease: LeaseId) -> Option<Arc<Record>> {
        let (revision, sub) = (Revision(self.main), self.subs);
        let put = |key: Key, latest: Option<&Arc<Record>>| {
            let alive = latest.filter(|record| !record.delete);
            let (create_revision, version) =
                alive.map_or((revision, 1), |record| (record.kv.create_revision, record.kv.version + 1));
            let kv = KeyValue { key, value, create_revision, mod_revision: revision, version, lease };
            Arc::new(Record { kv, sub, delete: false, previous: latest.map(|record| record.id()) })
        };
        // One way down the tree for a key that is there, and its text is shared by all versions.
        let (record, latest) = match self.store.keys.get_mut(&*key) {
            Some(slot) => {
                let record = put(slot.kv.key.clone(), Some(slot));
                let latest = std::mem::replace(slot, record.clone());
                (record, Some(latest))
            }
            None => {
                let record = put(key, None);
                self.store.keys.insert(record.kv.key.clone(), record.clone());
                (record, None)
            }
        };
        self.log(record);
        let alive = latest.filter(|record| !record.delete);
        self.store.live += u64::from(alive.is_none());
        alive
    }

    /// Deletes the keys of a range. Returns what they were, in key order.
    pub fn delete(&mut self, range: &KeyRange) -> Vec<Arc<Record>> {
        let victims: Vec<Arc<Record>> = self.store.iter(range).cloned().collect();
        for victim in &victims {
            let kv = KeyValue {
                key: victim.kv.key.clone(),
                value: Blob::empty(),
                create_revision: Revision(0),
                mod_revision: Revision(self.main),
                version: 0,
                lease: LeaseId(0),
            };
            let record = Arc::new(Record { kv, sub: self.subs, delete: true, previous: Some(victim.id()) });
            self.store.keys.insert(record.kv.key.clone(), record.clone());
            self.log(record);
        }
        self.store.live -= victims.len() as u64;
        victims
    }

    fn log(&mut self, record: Arc<Record>) {
        let store = &mut *self.store;
        store.revision = self.main;
        store.digest = record.chain(store.digest);
        store.data_bytes += record.bytes();
        store.grow_file();
        store.log.insert(RecordId { main: self.main, sub: self.subs }, record);
        self.subs += 1;
    }
}
