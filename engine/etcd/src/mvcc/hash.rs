//! The checksum of the history, as etcd's HashKV makes it: CRC-32C over the revisions and records in the database's key bucket.

use super::{Record, Store};
use crate::disk::crc32c;
use crate::rpc::{Error, Revision};

/// A checksum, and what it is of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Hashed {
    /// The checksum.
    pub hash: u32,
    /// History before it is not in it.
    pub compact_revision: Revision,
    /// It goes up to here.
    pub revision: Revision,
}

impl Store {
    /// The checksum of everything up to `revision` (0: now). Looks at everything.
    ///
    /// # Errors
    /// [`Error::FutureRevision`], [`Error::Compacted`].
    pub fn checksum(&self, revision: Revision) -> Result<Hashed, Error> {
        self.check_revision(revision)?;
        let revision = if revision.0 == 0 { self.revision() } else { revision };
        let mut crc = Crc::default();
        self.hash_into(&mut crc, revision);
        Ok(Hashed { hash: crc.finish(), compact_revision: self.compact_revision(), revision })
    }

    /// Adds the key bucket up to `revision`.
    pub(crate) fn hash_into(&self, crc: &mut Crc, revision: Revision) {
        crc.add(b"key");
        for (id, record) in &self.log {
            if id.main > revision.0 {
                break;
            }
            crc.add(&key_of(record));
            crc.add(&encode(record));
        }
    }
}

/// The database's key: main revision, `_`, sub revision, and `t` for a tombstone.
fn key_of(record: &Record) -> Vec<u8> {
    let id = record.id();
    let mut key = Vec::with_capacity(18);
    key.extend(id.main.to_be_bytes());
    key.push(b'_');
    key.extend(u64::from(id.sub).to_be_bytes());
    if record.delete {
        key.push(b't');
    }
    key
}

/// The database's value: a `mvccpb.KeyValue`; a tombstone has the key only.
fn encode(record: &Record) -> Vec<u8> {
    let kv = &record.kv;
    let mut out = Vec::new();
    bytes(&mut out, 1, kv.key.as_bytes());
    if !record.delete {
        for (field, value) in [(2, kv.create_revision.0), (3, kv.mod_revision.0), (4, kv.version)] {
            number(&mut out, field, value);
        }
        bytes(&mut out, 5, &kv.value.bytes());
        number(&mut out, 6, kv.lease.0 as u64);
    }
    out
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    if value != 0 {
        varint(out, field << 3);
        varint(out, value);
    }
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    if !value.is_empty() {
        varint(out, field << 3 | 2);
        varint(out, value.len() as u64);
        out.extend(value);
    }
}

/// A CRC-32C that grows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Crc(u32);

impl Crc {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0 = crc32c(self.0, bytes);
    }

    pub(crate) const fn finish(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::{KeyRange, LeaseId};

    #[test]
    fn hashes_are_of_revisions() {
        let mut store = Store::default();
        for value in ["1", "2", "3"] {
            store.write().put("a".into(), value.into(), LeaseId(0));
        }
        let at = |store: &Store, revision| store.checksum(Revision(revision)).map(|hashed| hashed.hash);
        let third = at(&store, 3);
        assert_ne!(third, at(&store, 4));
        store.write().delete(&KeyRange::key("a"));
        assert_eq!(at(&store, 3), third, "later changes are not in it");
        assert_eq!(store.checksum(Revision(0)).map(|hashed| hashed.revision), Ok(Revision(5)));
        assert_eq!(at(&store, 6), Err(Error::FutureRevision));
        assert_eq!(store.compact(Revision(4)), Ok(()));
        assert_eq!(at(&store, 3), Err(Error::Compacted));
        assert_eq!(store.checksum(Revision(0)).map(|hashed| hashed.compact_revision), Ok(Revision(4)));
    }
}
