//! What can be seen of a member from outside: for the page, for invariants, for tests.

use raft::tracker::{Progress, ProgressState};
use raft::{ConfState, Entries, EntryId, HardState, LogIndex, MemoryStorage, NodeId, RawNode, Role, Term};
use sim::{Digest, Str};

use super::{Call, Member, MemberConfig};
use crate::disk::Disk;
use crate::lease::Leases;
use crate::mvcc::Store;
use crate::state::State;
use crate::watch::Watchers;

/// What a leader knows of a follower.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FollowerView {
    /// Who.
    pub id: NodeId,
    /// Its name.
    pub name: Str,
    /// Its log is known to agree up to here.
    pub matched: LogIndex,
    /// The next entry to send.
    pub next: LogIndex,
    /// How the leader sends to it.
    pub state: ProgressState,
    /// Appends under way.
    pub inflight: u64,
    /// Whether sending waits for an answer.
    pub paused: bool,
    /// Whether it was heard from since the last check.
    pub active: bool,
}

impl Member {
    /// Its ID in Raft.
    pub const fn id(&self) -> NodeId {
        self.id
    }

    /// Its number among the actors.
    pub const fn index(&self) -> u32 {
        self.config.index
    }

    /// Its name.
    pub fn name(&self) -> Str {
        self.config.own().name
    }

    /// What it was started with.
    pub const fn config(&self) -> &MemberConfig {
        &self.config
    }

    /// Why the process can't go on; `None` while it runs.
    pub fn failed(&self) -> Option<&Str> {
        self.failed.as_ref()
    }

    /// Why the process has ended in good order (removed, refused at its start); `None` while it runs.
    pub fn stopped(&self) -> Option<&Str> {
        self.stopped.as_ref()
    }

    /// The cluster's ID.
    pub const fn cluster_id(&self) -> u64 {
        self.cluster
    }

    /// Whether it has no vote.
    pub fn is_learner(&self) -> bool {
        self.state.members.is_learner(self.id)
    }

    /// A member's number among the actors, as far as its place is known.
    pub fn index_of(&self, id: NodeId) -> Option<u32> {
        self.routes.index(id)
    }

    /// What a member is called: its name, or where it has none its ID.
    pub fn name_of_member(&self, id: NodeId) -> Str {
        self.name_of(id)
    }

    /// Whether it has caught up since its start and serves.
    pub const fn is_ready(&self) -> bool {
        self.ready
    }

    /// Raft's state machine.
    pub const fn raft(&self) -> &RawNode<MemoryStorage> {
        &self.node
    }

    /// What it is at the moment.
    pub fn role(&self) -> Role {
        self.node.raft().role()
    }

    /// Its term.
    pub fn term(&self) -> Term {
        self.node.raft().term()
    }

    /// Whom it voted for in its term; nobody is 0.
    pub fn vote(&self) -> NodeId {
        self.node.raft().vote()
    }

    /// Who leads, as far as it knows; nobody is 0.
    pub fn leader(&self) -> NodeId {
        self.lead()
    }

    /// The leader's number among the actors, as far as it knows.
    pub fn leader_index(&self) -> Option<u32> {
        self.routes.index(self.lead())
    }

    /// Known to be committed up to here.
    pub fn commit_index(&self) -> LogIndex {
        self.node.raft().committed()
    }

    /// Applied up to here.
    pub const fn applied(&self) -> EntryId {
        self.applied
    }

    /// The log's last entry, durable or not.
    pub fn last_entry(&self) -> EntryId {
        self.node.raft().last_id()
    }

    /// The log's first entry that was not compacted away.
    pub fn first_index(&self) -> LogIndex {
        self.node.raft().first_index()
    }

    /// The first entry that is not known to be durable here.
    pub fn first_unstable(&self) -> LogIndex {
        self.node.raft().first_unstable()
    }

    /// Entries from `lo` up to but without `hi`; none when they are not all there.
    pub fn entries(&self, lo: LogIndex, hi: LogIndex) -> Entries {
        self.node.raft().entries(lo, hi)
    }

    /// What a restart would find as term, vote and commit index.
    pub fn stored_hard_state(&self) -> HardState {
        self.node.storage().hard_state()
    }

    /// Ticks since it heard of a leader (on a leader: since it checked for a quorum).
    pub fn election_elapsed(&self) -> u32 {
        self.node.raft().election_elapsed()
    }

    /// Ticks without a leader after which it stands for election, as drawn for this term.
    pub fn election_timeout(&self) -> u32 {
        self.node.raft().randomized_election_timeout()
    }

    /// On a leader: what it knows of the others, by ID.
    pub fn followers(&self) -> Vec<FollowerView> {
        if self.role() != Role::Leader {
            return Vec::new();
        }
        let view = |(id, progress): (&NodeId, &Progress)| FollowerView {
            id: *id,
            name: self.name_of(*id),
            matched: progress.matched,
            next: progress.next,
            state: progress.state,
            inflight: progress.inflights.count().into(),
            paused: progress.is_paused(),
            active: progress.recent_active,
        };
        let progress = &self.node.raft().tracker().progress;
        progress.iter().filter(|(id, _)| **id != self.id).map(view).collect()
    }

    /// The configuration as of what is applied.
    pub const fn conf_state(&self) -> &ConfState {
        &self.conf_state
    }

    /// The replicated state.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The keys.
    pub const fn store(&self) -> &Store {
        &self.state.store
    }

    /// The leases.
    pub const fn leases(&self) -> &Leases {
        &self.state.leases
    }

    /// The digest of the replicated state, and the entry that it is as of.
    pub fn state_digest(&self) -> (LogIndex, Digest) {
        (self.state.applied.index, self.state.digest())
    }

    /// The watchers.
    pub const fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    /// The disk.
    pub const fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Whether an fsync is running.
    pub const fn is_fsyncing(&self) -> bool {
        self.fsync_running != 0
    }

    /// Batches handed to the disk that are not durable yet.
    pub fn pending_appends(&self) -> u64 {
        self.appends.len() as u64
    }

    /// Committed entries that wait to be applied.
    pub fn pending_applies(&self) -> u64 {
        self.applies.iter().map(|message| message.entries.len() as u64).sum()
    }

    /// Calls that are not answered yet, reads among them.
    pub fn pending_calls(&self) -> u64 {
        self.pending()
    }

    /// Calls that wait for their entry to be applied, oldest first.
    pub fn waiting_calls(&self) -> impl Iterator<Item = &Call> {
        self.waiting.values()
    }
}
