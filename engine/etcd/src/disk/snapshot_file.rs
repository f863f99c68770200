//! Snapshot files: `snappb.Snapshot`, a checksum and a Raft snapshot.
//!
//! As in etcd the file says up to where the database was when the log was cut, and the configuration then;
//! the keys themselves lie in the database.

use std::sync::Arc;

use raft::Snapshot;
use raft::wire::{self, Encode, Field, Fields, Out};

use super::wal::{Configuration, crc32c};

/// A snapshot file: `0000000000000002-0000000000002710.snap`.
#[derive(Clone, Debug, Hash)]
pub struct SnapshotFile {
    /// Raft's snapshot; its data is the [`State`](crate::state::State).
    pub snapshot: Arc<Snapshot>,
    /// Whether an fsync has covered it.
    pub durable: bool,
    /// Whether a start has found that it can't be read, and has renamed it.
    pub broken: bool,
    /// Flipped bits, counted from the beginning of the file.
    flipped: Vec<u64>,
}

impl SnapshotFile {
    pub(super) fn new(snapshot: Arc<Snapshot>) -> SnapshotFile {
        SnapshotFile { snapshot, durable: false, broken: false, flipped: Vec::new() }
    }

    /// The file's name: term and index in hexadecimal.
    pub fn name(&self) -> String {
        let suffix = if self.broken { ".broken" } else { "" };
        format!("{:016x}-{:016x}.snap{suffix}", self.snapshot.term.0, self.snapshot.index.0)
    }

    /// The file's bytes, flipped bits included.
    pub fn bytes(&self) -> Vec<u8> {
        let data = wire::encode(&RaftSnapshot(&self.snapshot));
        let mut bytes = Vec::new();
        bytes.varint(1, crc32c(0, &data).into());
        bytes.bytes(2, &data);
        for bit in &self.flipped {
            if let Some(byte) = bytes.get_mut((bit / 8) as usize) {
                *byte ^= 1 << (bit % 8);
            }
        }
        bytes
    }

    /// Reads the file as a start does.
    ///
    /// # Errors
    /// etcd's words for why it can't.
    pub fn check(&self) -> Result<(), &'static str> {
        // What nobody harmed is what was written.
        if self.broken || self.flipped.is_empty() {
            return Ok(());
        }
        let (mut crc, mut data) = (0, &[][..]);
        let bytes = self.bytes();
        for field in Fields(&bytes) {
            match field.ok_or("unexpected EOF")? {
                (1, Field::Varint(n)) => crc = n as u32,
                (2, Field::Bytes(bytes)) => data = bytes,
                _ => {}
            }
        }
        if crc == 0 || data.is_empty() {
            return Err("snap: empty snapshot");
        }
        if crc32c(0, data) == crc { Ok(()) } else { Err("snap: crc mismatch") }
    }

    /// Puts the file aside, and says what its name was.
    pub(super) fn rename(&mut self) -> String {
        let name = self.name();
        self.broken = true;
        name
    }

    pub(super) fn flip_bit(&mut self, bit: u64) -> bool {
        if bit / 8 >= self.bytes().len() as u64 {
            return false;
        }
        self.flipped.push(bit);
        true
    }
}

/// raftpb's `Snapshot`.
struct RaftSnapshot<'a>(&'a Snapshot);

impl Encode for RaftSnapshot<'_> {
    fn fields<O: Out>(&self, out: &mut O) {
        out.bytes(1, &self.0.data.bytes());
        out.message(2, &Metadata(self.0));
    }
}

struct Metadata<'a>(&'a Snapshot);

impl Encode for Metadata<'_> {
    fn fields<O: Out>(&self, out: &mut O) {
        out.message(1, &Configuration(&self.0.conf_state));
        out.varint(2, self.0.index.0);
        out.varint(3, self.0.term.0);
    }
}
