//! Snapshots of a member's database as a user saves them, and the way back: `etcdctl snapshot save`,
//! `etcdutl snapshot status` and `etcdutl snapshot restore`.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use raft::{ConfChange, ConfState, Entry, EntryId, EntryKind, HardState, LogIndex, NodeId, Snapshot, Term};
use sim::{Blob, Digest, SimTime, Str};

use crate::disk::Disk;
use crate::member::{DEFAULT_TOKEN, address};
use crate::membership::{ChangeContext, Membership, new_id};
use crate::rpc::{MemberInfo, Revision};
use crate::state::{Image, State};

/// What etcd notes for itself: consistent index, term, configuration, versions of storage and cluster, revision of
/// the users.
const OWN_ENTRIES: u64 = 6;

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
            total_key: store.record_count()
                + self.state.leases.len()
                + (self.state.members.len() + self.state.members.removed().len()) as u64
                + self.state.alarms.len() as u64
                + OWN_ENTRIES
                // The last compaction, asked for and done.
                + if store.compact_revision().0 > 0 { 2 } else { 0 },
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

impl RestoreConfig {
    /// A member of a cluster of its own, at the place `etcd-<index>` has, with the tool's defaults.
    pub fn alone(index: u32) -> RestoreConfig {
        let (name, url) = (address::name(index), address::peer_url(index));
        RestoreConfig {
            name: name.clone(),
            initial_cluster: vec![(name, url.clone())],
            initial_cluster_token: DEFAULT_TOKEN.into(),
            initial_advertise_peer_urls: vec![url],
            bump_revision: 0,
            mark_compacted: false,
        }
    }

    /// Its own URLs among those of the cluster.
    fn own_urls(&self) -> Result<Vec<Str>, RestoreError> {
        let own = self.initial_cluster.iter().filter(|(name, _)| *name == self.name);
        let mut urls: Vec<Str> = own.map(|(_, url)| url.clone()).collect();
        if urls.is_empty() {
            let text =
                format!("couldn't find local name {:?} in the initial cluster configuration", self.name);
            return Err(RestoreError(text.into()));
        }
        let mut all: Vec<&Str> = self.initial_cluster.iter().map(|(_, url)| url).collect();
        all.sort_unstable();
        if all.windows(2).any(|pair| pair[0] == pair[1]) {
            let list: Vec<String> =
                self.initial_cluster.iter().map(|(name, url)| format!("{name}={url}")).collect();
            let text = format!("initial cluster {} has duplicate url", list.join(","));
            return Err(RestoreError(text.into()));
        }
        urls.sort_unstable();
        let mut advertised = self.initial_advertise_peer_urls.clone();
        advertised.sort_unstable();
        if urls != advertised {
            let missing: Vec<String> = urls.iter().map(|url| format!("{}={url}", self.name)).collect();
            let text = format!(
                "--initial-cluster has {} but missing from --initial-advertise-peer-urls={}",
                missing.join(","),
                advertised.join(",")
            );
            return Err(RestoreError(text.into()));
        }
        Ok(urls)
    }

    /// The members of the new cluster, by ID.
    fn members(&self) -> Vec<MemberInfo> {
        let mut names: Vec<&Str> = self.initial_cluster.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        let member = |name: &Str| {
            let own = self.initial_cluster.iter().filter(|(other, _)| other == name);
            let peer_urls: Vec<Str> = own.map(|(_, url)| url.clone()).collect();
            let id = new_id(&peer_urls, &self.initial_cluster_token, SimTime::ZERO).0;
            MemberInfo { id, name: name.clone(), peer_urls, ..MemberInfo::default() }
        };
        let mut members: Vec<MemberInfo> = names.into_iter().map(member).collect();
        members.sort_unstable_by_key(|member| member.id);
        members
    }
}

/// Makes the data directory of a member of a new cluster that begins with what the snapshot holds. The members
/// and the cluster get new IDs; the keys, their revisions and the leases stay.
///
/// # Errors
/// When the configuration does not fit together.
pub fn restore(blob: &SnapshotBlob, config: &RestoreConfig) -> Result<Disk, RestoreError> {
    config.own_urls()?;
    if config.bump_revision > 0 && !config.mark_compacted {
        return Err(RestoreError("--mark-compacted required if --bump-revision > 0".into()));
    }
    if config.bump_revision == 0 && config.mark_compacted {
        return Err(RestoreError("--mark-compacted required --bump-revision > 0".into()));
    }
    let members = config.members();
    let ids: Vec<u64> = members.iter().map(|member| member.id).collect();
    let own = members.iter().find(|member| member.name == config.name).map_or(0, |member| member.id);
    let last = EntryId { term: Term(1), index: LogIndex(members.len() as u64) };

    let mut state = blob.state().clone();
    state.applied = last;
    state.members = Membership::default();
    for member in &members {
        state.members.insert(member.clone());
    }
    if config.bump_revision > 0 {
        state.store.bump(config.bump_revision);
        let latest = state.store.revision();
        state.store.compact(latest).map_err(|error| RestoreError(error.to_string().into()))?;
    }

    let entries: Vec<Entry> = (1..)
        .zip(&members)
        .map(|(index, member)| {
            let context = Some(ChangeContext::of(member).encode());
            let change = ConfChange { node: NodeId(member.id), context, ..ConfChange::default() };
            let (index, kind, data) = (LogIndex(index), EntryKind::ConfChange, change.encode());
            Entry { term: last.term, index, kind, data }
        })
        .collect();
    let vote = NodeId(ids.first().copied().unwrap_or(0));
    let conf_state = ConfState { voters: ids.iter().map(|id| NodeId(*id)).collect(), ..ConfState::default() };
    let snapshot = Snapshot {
        index: last.index,
        term: last.term,
        conf_state,
        data: Blob::Shared(Arc::new(Image(state.clone()))),
    };
    let mut disk = Disk::default();
    disk.format(NodeId(own), Digest::of(&(&ids, "cluster")).0);
    disk.write(&entries, Some(HardState { term: last.term, vote, commit: last.index }));
    disk.write_snapshot(Arc::new(snapshot));
    disk.commit_database(state);
    disk.begin_fsync();
    disk.finish_fsync();
    Ok(disk)
}
