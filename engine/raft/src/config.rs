//! What a member is started with.

use crate::{LogIndex, NO_LIMIT, NodeId, RaftError};

/// How a linearisable read makes sure that the leader still leads.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
pub enum ReadOnlyOption {
    /// By a round of heartbeats to a quorum. Right whatever the clocks do.
    #[default]
    Safe,
    /// By the leader's lease. Relies on clocks that drift little; needs `check_quorum`.
    LeaseBased,
}

/// What a member is started with. Names, meanings and defaults are those of etcd's library.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// Who it is; not zero.
    pub id: NodeId,
    /// Ticks without a leader until an election, at least; the real number is drawn from
    /// `election_tick..2 * election_tick` anew for each term.
    pub election_tick: u32,
    /// Ticks between a leader's heartbeats.
    pub heartbeat_tick: u32,
    /// The last entry that the application has applied; only for a restart.
    pub applied: LogIndex,
    /// Storage goes through messages to the append and apply threads instead of `advance`.
    pub async_storage_writes: bool,
    /// Encoded bytes of entries in one append at most (one entry always goes).
    pub max_size_per_msg: u64,
    /// Encoded bytes of committed entries that are being applied at most; 0 means `max_size_per_msg`.
    pub max_committed_size_per_ready: u64,
    /// Payload bytes of the leader's uncommitted entries at most, before proposals are dropped; 0 means no limit.
    pub max_uncommitted_entries_size: u64,
    /// Appends under way to one follower at most.
    pub max_inflight_msgs: u32,
    /// Payload bytes under way to one follower at most; 0 means no limit.
    pub max_inflight_bytes: u64,
    /// A leader steps down when a quorum has been silent for an election timeout, and followers that have a
    /// leader refuse votes.
    pub check_quorum: bool,
    /// Ask whether an election could be won before disturbing anybody with a new term.
    pub pre_vote: bool,
    /// How linearisable reads are made safe.
    pub read_only_option: ReadOnlyOption,
    /// Followers drop proposals instead of sending them on to the leader.
    pub disable_proposal_forwarding: bool,
    /// The leader accepts configuration changes that it would refuse; the application checks them when
    /// they are applied.
    pub disable_conf_change_validation: bool,
    /// A leader that is removed or demoted steps down.
    pub step_down_on_removal: bool,
}

impl Config {
    /// The member `id` with etcd's server settings (10 ticks to an election, a heartbeat each tick, 1 MiB and
    /// 512 messages in flight, pre-vote and check-quorum on).
    pub fn new(id: NodeId) -> Config {
        Config {
            id,
            election_tick: 10,
            heartbeat_tick: 1,
            applied: LogIndex::ZERO,
            async_storage_writes: false,
            max_size_per_msg: 1024 * 1024,
            max_committed_size_per_ready: 0,
            max_uncommitted_entries_size: 0,
            max_inflight_msgs: 512,
            max_inflight_bytes: 0,
            check_quorum: true,
            pre_vote: true,
            read_only_option: ReadOnlyOption::Safe,
            disable_proposal_forwarding: false,
            disable_conf_change_validation: false,
            step_down_on_removal: false,
        }
    }

    /// Fills in the limits that default to others and refuses what can't work.
    ///
    /// # Errors
    /// [`RaftError::Config`] with etcd's words.
    pub(crate) fn validated(mut self) -> Result<Config, RaftError> {
        if self.max_uncommitted_entries_size == 0 {
            self.max_uncommitted_entries_size = NO_LIMIT;
        }
        if self.max_committed_size_per_ready == 0 {
            self.max_committed_size_per_ready = self.max_size_per_msg;
        }
        // Without room for one entry nothing would ever be applied.
        self.max_committed_size_per_ready = self.max_committed_size_per_ready.max(1);
        if self.max_inflight_bytes == 0 {
            self.max_inflight_bytes = NO_LIMIT;
        }
        let problem = if self.id.is_none() {
            "cannot use none as id"
        } else if self.id.is_local_thread() {
            "cannot use local target as id"
        } else if self.heartbeat_tick == 0 {
            "heartbeat tick must be greater than 0"
        } else if self.election_tick <= self.heartbeat_tick {
            "election tick must be greater than heartbeat tick"
        } else if self.max_inflight_msgs == 0 {
            "max inflight messages must be greater than 0"
        } else if self.max_inflight_bytes < self.max_size_per_msg {
            "max inflight bytes must be >= max message size"
        } else if self.read_only_option == ReadOnlyOption::LeaseBased && !self.check_quorum {
            "CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased"
        } else {
            return Ok(self);
        };
        Err(RaftError::Config(problem))
    }
}
