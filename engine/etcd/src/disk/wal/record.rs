//! The records of the log, and the bytes of each.

use raft::wire::{self, Encode, Field, Fields, Out};
use raft::{ConfState, Entry, EntryId, EntryKind, HardState, LogIndex, NodeId, Term};
use sim::Digest;

use super::frame;

/// One record.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum WalRecord {
    /// Whose log this is; begins every segment.
    Metadata {
        /// The member's ID.
        node: NodeId,
        /// The cluster's.
        cluster: u64,
    },
    /// An entry. It replaces all that were written with the same or a higher index.
    Entry(Entry),
    /// Term, vote and commit index.
    State(HardState),
    /// The checksum so far, where a segment begins.
    Crc,
    /// A snapshot file was written.
    Snapshot {
        /// Its last entry.
        id: EntryId,
        /// Its configuration.
        conf_state: ConfState,
    },
}

/// The types' numbers in the file.
pub(super) mod number {
    pub(crate) const METADATA: u64 = 1;
    pub(crate) const ENTRY: u64 = 2;
    pub(crate) const STATE: u64 = 3;
    pub(crate) const CRC: u64 = 4;
    pub(crate) const SNAPSHOT: u64 = 5;
}

impl WalRecord {
    /// etcd's name of the record type.
    pub const fn kind(&self) -> &'static str {
        match self {
            WalRecord::Metadata { .. } => "metadata",
            WalRecord::Entry(_) => "entry",
            WalRecord::State(_) => "state",
            WalRecord::Crc => "crc",
            WalRecord::Snapshot { .. } => "snapshot",
        }
    }

    /// The type's number in the file.
    pub const fn number(&self) -> u64 {
        match self {
            WalRecord::Metadata { .. } => number::METADATA,
            WalRecord::Entry(_) => number::ENTRY,
            WalRecord::State(_) => number::STATE,
            WalRecord::Crc => number::CRC,
            WalRecord::Snapshot { .. } => number::SNAPSHOT,
        }
    }

    /// Bytes in the file: a length field of 8, the record (type, checksum, data), padded to 8.
    pub fn bytes(&self) -> u64 {
        frame::length(self.data_length())
    }

    /// How many of these are padding.
    pub fn padding(&self) -> u64 {
        frame::padding(self.data_length())
    }

    /// How long the data is; `None` for a record without.
    fn data_length(&self) -> Option<u64> {
        match self {
            WalRecord::Crc => None,
            WalRecord::Entry(entry) => Some(entry.encoded_size()),
            other => Some(wire::length(&Data(other))),
        }
    }

    /// The data: protobuf messages, as etcd writes them; `None` for a record without.
    pub fn data(&self) -> Option<Vec<u8>> {
        match self {
            WalRecord::Crc => None,
            other => Some(wire::encode(&Data(other))),
        }
    }

    /// Reads a record's type and data; `None` for a type that there is not.
    ///
    /// # Errors
    /// When the data is no message of that type.
    pub(super) fn decode(number: u64, data: &[u8]) -> Option<Result<WalRecord, ()>> {
        let record = match number {
            number::METADATA => metadata(data),
            number::ENTRY => entry(data).map(WalRecord::Entry),
            number::STATE => state(data).map(WalRecord::State),
            number::CRC => Some(WalRecord::Crc),
            number::SNAPSHOT => snapshot(data),
            _ => return None,
        };
        Some(record.ok_or(()))
    }

    /// The digest of all records up to and with this one.
    pub(super) fn chain(&self, before: Digest) -> Digest {
        match self {
            // The usual case, without a walk through a streaming hasher.
            WalRecord::Entry(entry) => {
                let mut bytes = [0; 40];
                let parts = [before.0, entry.term.0, entry.index.0, entry.kind as u64, entry.data.digest().0];
                for (place, part) in bytes.chunks_exact_mut(8).zip(parts) {
                    place.copy_from_slice(&part.to_le_bytes());
                }
                Digest::of_bytes(&bytes)
            }
            other => Digest::of(&(before, other)),
        }
    }
}

/// A record's data as a message. Fields of numbers are written even when zero, as etcd's are.
struct Data<'a>(&'a WalRecord);

impl Encode for Data<'_> {
    fn fields<O: Out>(&self, out: &mut O) {
        match self.0 {
            WalRecord::Metadata { node, cluster } => {
                out.varint(1, node.0);
                out.varint(2, *cluster);
            }
            WalRecord::Entry(entry) => {
                out.varint(1, entry.kind as u64);
                out.varint(2, entry.term.0);
                out.varint(3, entry.index.0);
                out.nonempty_blob(4, &entry.data);
            }
            WalRecord::State(state) => {
                out.varint(1, state.term.0);
                out.varint(2, state.vote.0);
                out.varint(3, state.commit.0);
            }
            WalRecord::Crc => {}
            WalRecord::Snapshot { id, conf_state } => {
                out.varint(1, id.index.0);
                out.varint(2, id.term.0);
                // The mark of a new log has none.
                if id.index != LogIndex::ZERO {
                    out.message(3, &Configuration(conf_state));
                }
            }
        }
    }
}

/// raftpb's `ConfState`.
pub(in crate::disk) struct Configuration<'a>(pub &'a ConfState);

impl Encode for Configuration<'_> {
    fn fields<O: Out>(&self, out: &mut O) {
        let ConfState { voters, learners, voters_outgoing, learners_next, auto_leave } = self.0;
        for (field, ids) in (1..).zip([voters, learners, voters_outgoing, learners_next]) {
            for id in ids {
                out.varint(field, id.0);
            }
        }
        out.varint(5, (*auto_leave).into());
    }
}

/// The numbers of a message's fields 1 to 3 (0 where one is missing), and number and bytes of the last field
/// that has some.
type Parts<'a> = ([u64; 3], Option<(u32, &'a [u8])>);

fn read(data: &[u8]) -> Option<Parts<'_>> {
    let (mut numbers, mut bytes) = ([0; 3], None);
    for field in Fields(data) {
        match field? {
            (number @ 1..=3, Field::Varint(n)) => *numbers.get_mut(number as usize - 1)? = n,
            (number, Field::Bytes(content)) => bytes = Some((number, content)),
            _ => {}
        }
    }
    Some((numbers, bytes))
}

fn metadata(data: &[u8]) -> Option<WalRecord> {
    let ([node, cluster, _], _) = read(data)?;
    Some(WalRecord::Metadata { node: NodeId(node), cluster })
}

fn entry(data: &[u8]) -> Option<Entry> {
    let ([kind, term, index], payload) = read(data)?;
    let kind = match kind {
        0 => EntryKind::Normal,
        1 => EntryKind::ConfChange,
        2 => EntryKind::ConfChangeV2,
        _ => return None,
    };
    let data = match payload {
        Some((4, bytes)) => bytes.to_vec().into(),
        _ => sim::Blob::empty(),
    };
    Some(Entry { kind, term: Term(term), index: LogIndex(index), data })
}

fn state(data: &[u8]) -> Option<HardState> {
    let ([term, vote, commit], _) = read(data)?;
    Some(HardState { term: Term(term), vote: NodeId(vote), commit: LogIndex(commit) })
}

fn snapshot(data: &[u8]) -> Option<WalRecord> {
    let ([index, term, _], configuration) = read(data)?;
    let mut conf_state = ConfState::default();
    if let Some((3, bytes)) = configuration {
        for field in Fields(bytes) {
            match field? {
                (1, Field::Varint(id)) => conf_state.voters.push(NodeId(id)),
                (2, Field::Varint(id)) => conf_state.learners.push(NodeId(id)),
                (3, Field::Varint(id)) => conf_state.voters_outgoing.push(NodeId(id)),
                (4, Field::Varint(id)) => conf_state.learners_next.push(NodeId(id)),
                (5, Field::Varint(leave)) => conf_state.auto_leave = leave != 0,
                _ => {}
            }
        }
    }
    Some(WalRecord::Snapshot { id: EntryId::new(Term(term), LogIndex(index)), conf_state })
}
