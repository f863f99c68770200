//! What a member is started with.

use std::time::Duration;

use raft::NodeId;
use sim::{Digest, Str};

/// A member of the initial cluster.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Peer {
    /// Its ID in Raft; not zero.
    pub id: NodeId,
    /// Its number among the lab's actors: `Actor::Etcd(index)`.
    pub index: u32,
    /// Its name: `etcd-0`.
    pub name: Str,
}

impl Peer {
    /// The member `etcd-<index>`. Its ID is a digest of the name, as etcd's is of its URLs.
    pub fn numbered(index: u32) -> Peer {
        let name = super::address::name(index);
        Peer { id: NodeId(Digest::of_bytes(name.as_bytes()).0.max(1)), index, name }
    }
}

/// How a member with an empty disk begins (`--initial-cluster-state`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum InitialState {
    /// With the other members of `peers`, as a new cluster.
    #[default]
    New,
    /// As a member that was added to a running cluster: it asks the others who it is.
    Existing,
}

/// etcd's command line. [`MemberConfig::new`] gives its defaults.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MemberConfig {
    /// Which of `peers` it is.
    pub index: u32,
    /// The initial cluster; the same for all members, itself among them.
    pub peers: Vec<Peer>,
    /// How it begins when its disk is empty.
    pub initial_state: InitialState,
    /// Whether the others know that this member has already run, so that a start with an empty disk as part of a
    /// new cluster is refused.
    pub already_bootstrapped: bool,
    /// The lab's seed; the member derives its own random streams.
    pub seed: u64,
    /// A tick (`--heartbeat-interval`).
    pub tick: Duration,
    /// Ticks between heartbeats.
    pub heartbeat_ticks: u32,
    /// Ticks without a leader until an election, at least (`--election-timeout`).
    pub election_ticks: u32,
    /// Whether a candidate first asks whether it could win (`--pre-vote`).
    pub pre_vote: bool,
    /// Whether a leader without a quorum steps down, and a member that has one refuses votes.
    pub check_quorum: bool,
    /// Shortens the first election timeout after a start (`--initial-election-tick-advance`).
    pub initial_election_tick_advance: bool,
    /// The shortest fsync.
    pub fsync_min: Duration,
    /// Longer than the longest fsync.
    pub fsync_max: Duration,
    /// Entries from one snapshot to the next (`--snapshot-count`).
    pub snapshot_count: u64,
    /// Entries that stay behind a snapshot, for slow followers (`--experimental-snapshot-catchup-entries`).
    pub catch_up_entries: u64,
    /// Payload bytes of one of Raft's appends at the most; an entry that is longer goes alone. etcd has this fixed.
    pub max_message_bytes: u64,
    /// The largest request, in bytes (`--max-request-bytes`).
    pub max_request_bytes: u64,
    /// The largest database, in bytes (`--quota-backend-bytes`).
    pub quota_bytes: u64,
    /// How often watches that want it are told the revision (`--watch-progress-notify-interval`).
    pub progress_interval: Duration,
    /// Ends watches when there has been no leader for three election timeouts, and refuses new ones while there is
    /// none, as etcd does for clients that ask for it; Kubernetes' API server does.
    pub watches_need_leader: bool,
}

impl MemberConfig {
    /// The member `index` of a cluster of `members`, with etcd's defaults and a disk that takes 1 to 3 ms
    /// for an fsync.
    pub fn new(seed: u64, index: u32, members: u32) -> MemberConfig {
        MemberConfig {
            index,
            peers: (0..members).map(Peer::numbered).collect(),
            initial_state: InitialState::New,
            already_bootstrapped: false,
            seed,
            tick: Duration::from_millis(100),
            heartbeat_ticks: 1,
            election_ticks: 10,
            pre_vote: true,
            check_quorum: true,
            initial_election_tick_advance: true,
            fsync_min: Duration::from_millis(1),
            fsync_max: Duration::from_millis(3),
            snapshot_count: 10_000,
            catch_up_entries: 5_000,
            max_message_bytes: 512 * 1024,
            max_request_bytes: 1536 * 1024,
            quota_bytes: 2 << 30,
            progress_interval: Duration::from_secs(600),
            watches_need_leader: true,
        }
    }

    /// This member's own line of `peers`; members that are not in it count as `etcd-<index>`.
    pub fn own(&self) -> Peer {
        self.peers
            .iter()
            .find(|peer| peer.index == self.index)
            .cloned()
            .unwrap_or_else(|| Peer::numbered(self.index))
    }

    /// The shortest time without a leader until an election.
    pub fn election_timeout(&self) -> Duration {
        self.tick * self.election_ticks
    }

    /// How long a request may take: 5 s for queues and the disk, and two elections.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(5) + 2 * self.election_timeout()
    }

    /// The shortest lease: one and a half election timeouts, in whole seconds.
    pub fn min_lease_seconds(&self) -> i64 {
        let millis = self.election_timeout().as_millis() * 3 / 2;
        i64::try_from(millis.div_ceil(1000)).unwrap_or(i64::MAX)
    }

    /// The cluster's ID: a digest of the initial members.
    pub fn cluster_id(&self) -> u64 {
        Digest::of(&self.peers).0
    }
}
