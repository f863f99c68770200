//! Snapshots of a member's database as a user saves them, and the way back: `etcdctl snapshot save`,
//! `etcdutl snapshot status` and `etcdutl snapshot restore`.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use sim::{Digest, Str};

use crate::disk::Disk;
use crate::rpc::Revision;
use crate::state::State;

/// A database file as `snapshot save` gets it. A clone is a pointer.
#[derive(Clone, Debug)]
pub struct SnapshotBlob {
    state: Arc<State>,
}

/// What `snapshot status` says of a file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SnapshotStatus {
    /// The checksum of everything in it.
    pub hash: u32,
    /// The revision of its last change.
    pub revision: Revision,
    /// Entries of all buckets: every version of every key, leases, members, and what etcd notes for itself.
    pub total_key: u64,
    /// Its size in bytes.
    pub total_size: u64,
    /// The version of its layout.
    pub version: Str,
}

impl PartialEq for SnapshotBlob {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.state, &other.state) || self.digest() == other.digest()
    }
}

impl Eq for SnapshotBlob {}

impl Hash for SnapshotBlob {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest().hash(state);
    }
}

impl SnapshotBlob {
    /// The database of a member as it is now.
    pub fn new(state: State) -> SnapshotBlob {
        SnapshotBlob { state: Arc::new(state) }
    }

    /// What is in it.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.state.store.bytes()
    }

    /// A digest of all of it.
    pub fn digest(&self) -> Digest {
        self.state.digest()
    }

    /// What `etcdutl snapshot status` says.
    pub fn status(&self) -> SnapshotStatus {
        let store = &self.state.store;
        SnapshotStatus {
            hash: self.state.checksum(),
            revision: store.revision(),
            total_key: store.record_count() + self.state.members.len() as u64,
            total_size: self.size(),
            version: crate::rpc::STORAGE_VERSION,
        }
    }
}

/// What `etcdutl snapshot restore` is told.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RestoreConfig {
    /// The member's name (`--name`).
    pub name: Str,
    /// All members of the new cluster, name and peer URL (`--initial-cluster`).
    pub initial_cluster: Vec<(Str, Str)>,
    /// Tells clusters with the same URLs apart (`--initial-cluster-token`).
    pub initial_cluster_token: Str,
    /// The URLs that the member itself says it has (`--initial-advertise-peer-urls`).
    pub initial_advertise_peer_urls: Vec<Str>,
    /// How much to raise the latest revision by (`--bump-revision`); 0: not at all.
    pub bump_revision: u64,
    /// Count all that was before the bump as compacted (`--mark-compacted`).
    pub mark_compacted: bool,
}

/// Why a snapshot can't be restored, in the tool's words.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RestoreError(pub Str);

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RestoreError {}

/// Makes the data directory of a member of a new cluster that begins with what the snapshot holds. The members
/// and the cluster get new IDs; the keys, their revisions and the leases stay.
///
/// # Errors
/// When the configuration does not fit together.
pub fn restore(_blob: &SnapshotBlob, _config: &RestoreConfig) -> Result<Disk, RestoreError> {
    Err(RestoreError(Str::from("etcdutl snapshot restore is not there yet")))
}
