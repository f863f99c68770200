//! One change of one key.

use sim::Digest;

use crate::rpc::{KeyValue, Revision};

/// The place of a change: the transaction's revision and the change's number in it, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RecordId {
    /// The transaction's revision.
    pub main: u64,
    /// Which of its changes.
    pub sub: u32,
}

/// One change of one key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Record {
    /// The key as it is after the change. A tombstone has key and mod revision only.
    pub kv: KeyValue,
    /// Which change of its transaction, from 0.
    pub sub: u32,
    /// True for a tombstone: the key does not exist from here on.
    pub delete: bool,
    /// Where the change before this one stands, in this or an earlier generation; `None` for the first.
    /// Compaction may have removed it.
    pub previous: Option<RecordId>,
}

impl Record {
    /// Where it stands.
    pub const fn id(&self) -> RecordId {
        RecordId { main: self.kv.mod_revision.0, sub: self.sub }
    }

    /// The transaction's revision.
    pub const fn revision(&self) -> Revision {
        self.kv.mod_revision
    }

    /// Bytes in the database: key, value, and what bbolt and the encoding add.
    pub fn bytes(&self) -> u64 {
        self.kv.key.len() as u64 + self.kv.value.size() + 50
    }

    /// The chained digest after this record, of the digest before it.
    pub(super) fn chain(&self, before: Digest) -> Digest {
        let mut bytes = [0; 64];
        let parts = [
            before.0,
            self.kv.mod_revision.0,
            u64::from(self.sub) << 1 | u64::from(self.delete),
            self.kv.create_revision.0,
            self.kv.version,
            self.kv.lease.0 as u64,
            Digest::of_bytes(self.kv.key.as_bytes()).0,
            self.kv.value.digest().0,
        ];
        for (place, part) in bytes.chunks_exact_mut(8).zip(parts) {
            place.copy_from_slice(&part.to_le_bytes());
        }
        Digest::of_bytes(&bytes)
    }
}
