//! Why a disk can't be read, in etcd's words.

use std::fmt;

use raft::EntryId;

/// Why a disk can't be read.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum DiskError {
    /// The log has a hole: a crash or a fault took entries that later ones build on.
    Gap {
        /// The snapshot that the log was read from.
        start: EntryId,
        /// The first entry after the hole.
        next: EntryId,
        /// How many entries lie between.
        entries: u64,
    },
    /// A record's checksum is not that of its data.
    Crc {
        /// The stored one.
        expected: u32,
        /// That of the data.
        computed: u32,
        /// In which file.
        file: String,
        /// Where the record begins.
        position: u64,
    },
    /// The checksum that a segment begins with is not that of what was before it.
    CrcRecord,
    /// A length field promises more than the file has.
    TooLong {
        /// The record's length.
        record: u64,
        /// The padding's.
        padding: u64,
        /// The longest that there could be.
        limit: u64,
        /// In which file.
        file: String,
        /// The file's size.
        size: u64,
        /// Where the record begins.
        position: u64,
    },
    /// A record ends in zeros: it was being written when the power failed.
    UnexpectedEof {
        /// In which file.
        file: String,
        /// Where the record begins.
        position: u64,
    },
    /// Bytes that are no record.
    NoRecord {
        /// In which file.
        file: String,
        /// Where.
        position: u64,
    },
    /// A type of record that there is not.
    BlockType(u64),
    /// Two records say different things about whose log it is.
    MetadataConflict,
    /// The segment that the start needs is gone.
    FileNotFound,
    /// The log does not mention the snapshot.
    SnapshotNotFound,
    /// A record that reads well is not what was written: only [`Disk::verify`](super::Disk::verify) can tell.
    Differs {
        /// The record's number.
        record: u64,
    },
}

impl DiskError {
    /// Whether etcd takes it for a write that was cut off, and truncates the last file there.
    pub(super) const fn can_be_repaired(&self) -> bool {
        matches!(self, DiskError::UnexpectedEof { .. } | DiskError::TooLong { .. })
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DiskError::Gap { start, next, entries } => write!(
                f,
                "wal: slice bounds out of range, snapshot[Index: {}, Term: {}], current entry[Index: {}, Term: {}], len(ents): {entries}",
                start.index, start.term.0, next.index, next.term.0
            ),
            DiskError::Crc { expected, computed, file, position } => write!(
                f,
                "walpb: crc mismatch: expected: {expected:x} computed: {computed:x}: in file '{file}' at position: {position}"
            ),
            DiskError::CrcRecord => f.write_str("walpb: crc mismatch"),
            DiskError::TooLong { record, padding, limit, file, size, position } => write!(
                f,
                "unexpected EOF: [wal] max entry size limit exceeded when reading {file:?}, recBytes: {record}, fileSize({size}) - offset({position}) - padBytes({padding}) = entryLimit({limit})"
            ),
            DiskError::UnexpectedEof { file, position } => {
                write!(f, "unexpected EOF: in file '{file}' at position: {position}")
            }
            DiskError::NoRecord { file, position } => {
                write!(
                    f,
                    "proto: cannot parse invalid wire-format data: in file '{file}' at position: {position}"
                )
            }
            DiskError::BlockType(number) => write!(f, "unexpected block type {number}"),
            DiskError::MetadataConflict => f.write_str("wal: conflicting metadata found"),
            DiskError::FileNotFound => f.write_str("wal: file not found"),
            DiskError::SnapshotNotFound => f.write_str("wal: snapshot not found"),
            DiskError::Differs { record } => write!(f, "record {record} is not what was written"),
        }
    }
}

impl std::error::Error for DiskError {}
