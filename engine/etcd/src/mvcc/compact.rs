//! Throwing away history.

use sim::Digest;

use super::{RecordId, Store};
use crate::rpc::{Error, Revision};

impl Store {
    /// Forgets every version that was replaced at or before `revision`, and every key that was deleted before
    /// it; reads at `revision` itself stay possible. Costs what was written since the last compaction.
    ///
    /// A tombstone *at* the revision stays, so that a watch from there still sees the delete (etcd 3.6).
    ///
    /// # Errors
    /// [`Error::Compacted`] when that was done already, [`Error::FutureRevision`].
    pub fn compact(&mut self, revision: Revision) -> Result<(), Error> {
        if revision.0 <= self.compacted {
            return Err(Error::Compacted);
        }
        if revision.0 > self.revision {
            return Err(Error::FutureRevision);
        }
        // Each record after the last compaction makes its predecessor history. Tombstones at the last
        // compaction's own revision were spared then and are due now.
        let last = self.compacted;
        let from = RecordId { main: last, sub: 0 };
        let to = RecordId { main: revision.0, sub: u32::MAX };
        let mut gone = Vec::new();
        for (id, record) in self.log.range(from..=to) {
            if id.main > last {
                gone.extend(record.previous);
            }
            if record.delete && id.main < revision.0 {
                gone.push(*id);
            }
        }
        for id in gone {
            self.forget(id);
        }
        self.compacted = revision.0;
        self.digest = Digest::of(&(self.digest, "compact", revision.0));
        Ok(())
    }

    /// Uses up revisions without a change, so that clients of a restored cluster never see numbers again that they have seen for
    /// other changes (`etcdutl snapshot restore --bump-revision`).
    pub fn bump(&mut self, by: u64) {
        self.revision += by;
        self.digest = Digest::of(&(self.digest, "bump", by));
    }

    fn forget(&mut self, id: RecordId) {
        // A tombstone that was replaced is named twice: by itself and by its successor.
        let Some(record) = self.log.remove(&id) else { return };
        self.data_bytes -= record.bytes();
        if record.delete && self.keys.get(&record.kv.key).is_some_and(|latest| latest.id() == id) {
            self.keys.remove(&record.kv.key);
        }
    }
}
