//! The plain values of the store view: what one etcd member has in its database, its log and its memory.

use sim::{Actor, SimTime, Str};

/// A member's store at a glance.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct StoreView {
    /// The member's index.
    pub member: u32,
    /// False while its process is down: then this is what its disk holds.
    pub up: bool,
    /// The current revision.
    pub revision: u64,
    /// History before this revision is gone.
    pub compact_revision: u64,
    /// Keys that exist.
    pub keys: u64,
    /// Versions and tombstones in the index.
    pub index_entries: u64,
    /// Keys of the index, deleted ones that are not compacted away yet too: each has at least one generation.
    pub generations: u64,
    /// Keys whose last generation ended in a tombstone that compaction has not taken yet.
    pub tombstones: u64,
    /// Bytes of the database file.
    pub db_bytes: u64,
    /// Bytes of it that hold something.
    pub db_in_use: u64,
    /// The largest size it may have.
    pub quota: u64,
    /// Alarms: `NOSPACE`, `CORRUPT`, with the member that raised them.
    pub alarms: Vec<Str>,
    /// Leases by ID, at most [`StoreView::LEASES_MAX`].
    pub leases: Vec<LeaseView>,
    /// How many leases there are.
    pub lease_count: u64,
    /// Snapshot files: name, last index, term, bytes of the state in it.
    pub snapshots: Vec<SnapshotView>,
    /// Watchers: synced, unsynced.
    pub watchers: (u64, u64),
}

impl StoreView {
    /// How many leases are listed at the most.
    pub const LEASES_MAX: usize = 100;
}

/// A lease.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LeaseView {
    /// Its ID; etcdctl prints it in hexadecimal.
    pub id: i64,
    /// Its time to live, in seconds, as granted.
    pub ttl: i64,
    /// How many keys go with it.
    pub keys: u64,
    /// The first of them.
    pub some_keys: Vec<Str>,
}

/// A snapshot file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SnapshotView {
    /// The file's name.
    pub name: String,
    /// The last entry in it.
    pub index: u64,
    /// Its term.
    pub term: u64,
    /// Bytes of the database that goes with it.
    pub bytes: u64,
    /// Whether an fsync has covered it.
    pub durable: bool,
}

/// A node of the tree that `/` makes of the keys.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct StoreNode {
    /// Its last part: `pods`.
    pub name: String,
    /// The whole of it: `/registry/pods/` for an inner node, `/registry/pods/default/web` for a key.
    pub path: String,
    /// How many keys are below it (a leaf: 1).
    pub keys: u64,
    /// True when `keys` is a lower bound: there are more than are counted at once.
    pub more: bool,
    /// Bytes of their current values and keys.
    pub bytes: u64,
    /// Whether it is a key.
    pub leaf: bool,
}

/// A key as it is now.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct StoreKey {
    /// The key.
    pub key: Str,
    /// The value: YAML of an object, else text, else hexadecimal.
    pub value_yaml: String,
    /// Bytes of the value.
    pub bytes: u64,
    /// The revision that created it.
    pub create_revision: u64,
    /// The revision that changed it last.
    pub mod_revision: u64,
    /// Changes since its creation, itself counted.
    pub version: u64,
    /// The lease it goes with; 0: none.
    pub lease: i64,
}

/// One version of a key.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct KeyVersion {
    /// Main and sub revision.
    pub revision: (u64, u64),
    /// Changes since the key's creation; 0 for a tombstone.
    pub version: u64,
    /// True for a tombstone.
    pub deleted: bool,
    /// The value: YAML of an object, else text, else hexadecimal.
    pub value_yaml: String,
    /// What changed from the version before: `'-'` or `'+'`, path and value.
    pub lines: Vec<(char, String)>,
}

/// How far a watcher is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WatcherState {
    /// It has seen everything.
    #[default]
    Synced,
    /// It still has to see some of the past.
    Unsynced,
    /// It waits for a revision that is still to come.
    Future,
    /// Its client takes nothing at the moment: events wait for it.
    Victim,
}

/// A watcher.
#[derive(Clone, PartialEq, Debug)]
pub struct WatcherView {
    /// Whose.
    pub client: Actor,
    /// The client's name, for people.
    pub name: String,
    /// The client's number for it.
    pub call: u64,
    /// What it watches: a key, or `from` … `to`.
    pub range: String,
    /// The next revision it waits for.
    pub next_revision: u64,
    /// How far it is.
    pub state: WatcherState,
    /// Events that it was sent.
    pub events: u64,
    /// Revisions that it has not seen.
    pub behind: u64,
    /// Whether it wants the value before each change.
    pub prev_kv: bool,
    /// Whether it wants to hear of the revision when nothing changes.
    pub progress_notify: bool,
}

/// A part of a member's write-ahead log.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct WalView {
    /// The files: name and bytes written.
    pub segments: Vec<(String, u64)>,
    /// The records from the one that was asked for.
    pub records: Vec<WalRecordView>,
    /// How many records were ever written.
    pub total_records: u64,
    /// The number of the first that is still there.
    pub first_record: u64,
    /// Records before this one are durable.
    pub durable_records: u64,
    /// When the running fsync is done.
    pub fsync_done: Option<SimTime>,
}

impl WalView {
    /// How many records are given out at once.
    pub const RECORDS_MAX: u64 = 500;
}

/// A record of the write-ahead log.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct WalRecordView {
    /// Its number, counted from the log's beginning.
    pub number: u64,
    /// The file.
    pub segment: String,
    /// Where it begins in the file.
    pub offset: u64,
    /// Bytes of its frame: length field, record, padding.
    pub bytes: u64,
    /// Bytes of padding at its end.
    pub padding: u64,
    /// `metadata`, `entry`, `state`, `crc`, `snapshot`.
    pub kind: Str,
    /// What it says.
    pub text: String,
    /// The checksum stored in it, chained over all before it.
    pub crc: u32,
    /// Whether an fsync has covered it.
    pub durable: bool,
    /// How it is damaged, in etcd's words.
    pub damaged: Option<String>,
}
