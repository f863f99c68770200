//! The plain values of the Raft view.

use std::time::Duration;

use sim::{SimTime, Str};

use super::types::{MessageId, ProgressView, Role};

/// The etcd members as a Raft group: who they are, what is under way between them, and what each will do next.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RaftView {
    /// The members by index, those that are down and those that were removed too.
    pub members: Vec<RaftMember>,
    /// Raft's messages under way and held, those that arrive first in front, at most [`RaftView::MESSAGES_MAX`] of them.
    pub messages: Vec<RaftMessage>,
    /// The members' own pending steps, in order.
    pub steps: Vec<RaftStep>,
    /// The message or step of these that happens next.
    pub next: Option<MessageId>,
    /// The first index that any member's log still has.
    pub first_index: u64,
    /// The last index that any member's log has.
    pub last_index: u64,
}

impl RaftView {
    /// How many messages are shown at the most; held ones come first.
    pub const MESSAGES_MAX: usize = 200;
    /// How many entries of one message are listed at the most.
    pub const ENTRIES_MAX: usize = 32;
    /// How many cells of a log are given out at once.
    pub const LOG_MAX: u64 = 1_000;
}

/// One member.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RaftMember {
    /// Its place: `Actor::Etcd(index)`.
    pub index: u32,
    /// Its ID in Raft; 0 when it never started.
    pub id: u64,
    /// `etcd-0`.
    pub name: Str,
    /// False while its process is down. Then everything below is what its disk holds.
    pub up: bool,
    /// Whether the configuration that it knows has it.
    pub joined: bool,
    /// Why its process can't go on.
    pub failed: Option<Str>,
    /// Its role.
    pub role: Role,
    /// Its term.
    pub term: u64,
    /// Whom it voted for in this term, by index.
    pub vote: Option<u32>,
    /// Whom it takes for the leader, by index.
    pub leader: Option<u32>,
    /// Its clock.
    pub timer: TimerView,
    /// The first index in its log.
    pub first_index: u64,
    /// The last index in its log.
    pub last_index: u64,
    /// The last index of its latest snapshot.
    pub snapshot_index: u64,
    /// Its commit index.
    pub commit: u64,
    /// The last index it applied.
    pub applied: u64,
    /// The store's revision on this member.
    pub revision: u64,
    /// What a crash now would leave.
    pub durable: DurableView,
    /// The configuration that it acts by.
    pub config: ConfigView,
    /// A candidate's or pre-candidate's answers so far, by index: whether the vote was granted.
    pub votes: Vec<(u32, bool)>,
    /// For the leader: what it knows of the others.
    pub progress: Vec<ProgressView>,
    /// Its disk.
    pub disk: DiskView,
    /// Committed entries that wait to be applied.
    pub applies_waiting: u64,
    /// When they are.
    pub apply_at: Option<SimTime>,
    /// Clients' calls without an answer.
    pub pending_calls: u64,
    /// Reads among them that wait for the leader's word.
    pub pending_reads: u64,
    /// A leader that hands over: to whom, by index.
    pub transferee: Option<u32>,
    /// What its last restart lost and kept.
    pub recovery: Option<Recovery>,
}

/// A member's clock. Between two ticks, the part of the next one that has passed is
/// `1 - (next_tick - now) / tick`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TimerView {
    /// Ticks since it heard of a leader (on a leader: since it looked for a quorum).
    pub elapsed_ticks: u32,
    /// Ticks without a leader after which it stands for election, as drawn.
    pub timeout_ticks: u32,
    /// On a leader: ticks since the last heartbeats.
    pub heartbeat_elapsed: u32,
    /// Ticks from one heartbeat to the next.
    pub heartbeat_ticks: u32,
    /// How long a tick is.
    pub tick: Duration,
    /// When the next one comes.
    pub next_tick: Option<SimTime>,
}

/// What is on a member's disk.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DurableView {
    /// The term.
    pub term: u64,
    /// The vote in it, by index.
    pub vote: Option<u32>,
    /// The commit index.
    pub commit: u64,
    /// The log's last index.
    pub last_index: u64,
}

/// A configuration, by index. Members whose index is not known are left out.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ConfigView {
    /// Who votes.
    pub voters: Vec<u32>,
    /// In a joint configuration: who voted before.
    pub outgoing: Vec<u32>,
    /// Who follows without a vote.
    pub learners: Vec<u32>,
    /// Who will when the joint configuration is left.
    pub learners_next: Vec<u32>,
    /// Whether the leader leaves the joint configuration by itself.
    pub auto_leave: bool,
}

/// A member's disk at work.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DiskView {
    /// When the running fsync is done.
    pub fsync_done: Option<SimTime>,
    /// Batches written that no finished fsync covers.
    pub appends_waiting: u64,
    /// How long an fsync takes, at least and at most, in microseconds.
    pub latency_us: (u64, u64),
    /// Whether it lies about fsync.
    pub lies: bool,
}

/// Where a member stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Marks {
    /// Its term.
    pub term: u64,
    /// Whom it voted for, by index.
    pub vote: Option<u32>,
    /// The last index in its log.
    pub last_index: u64,
    /// Its commit index.
    pub commit: u64,
    /// The last index it applied.
    pub applied: u64,
    /// Its store's revision.
    pub revision: u64,
}

/// A restart: what was in memory before, and what the disk gave back.
#[derive(Clone, PartialEq, Debug)]
pub struct Recovery {
    /// When it started again.
    pub at: SimTime,
    /// Just before it stopped.
    pub before: Marks,
    /// Just after it started.
    pub after: Marks,
}

/// One of Raft's messages.
#[derive(Clone, PartialEq, Debug)]
pub struct RaftMessage {
    /// Its name for holding, dropping, delivering, ...; it stays the same while the message is held, delayed or moved.
    pub id: MessageId,
    /// The sender, by index.
    pub from: u32,
    /// The receiver, by index.
    pub to: u32,
    /// `MsgApp`.
    pub kind: Str,
    /// Its term.
    pub term: u64,
    /// The index it is about (MsgApp: of the entry before the first).
    pub index: u64,
    /// The term of the entry at `index`.
    pub log_term: u64,
    /// The sender's commit index, as far as the receiver may know it.
    pub commit: u64,
    /// Index and term of its entries, the first [`RaftView::ENTRIES_MAX`].
    pub entries: Vec<(u64, u64)>,
    /// How many entries there are.
    pub entry_count: u64,
    /// Answers: "no".
    pub reject: bool,
    /// With a "no" to MsgApp: where to try next.
    pub reject_hint: u64,
    /// The last index of the snapshot in it.
    pub snapshot: Option<u64>,
    /// Whether it carries a read request's number, or "this is a transfer".
    pub context: bool,
    /// When it was sent.
    pub sent: SimTime,
    /// When it arrives; held ones: when it would have.
    pub arrives: SimTime,
    /// True when it waits for the user's hand.
    pub held: bool,
    /// The message as etcd's library prints it.
    pub text: String,
}

/// What a pending step of a member is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum StepKind {
    /// Its process starts.
    Start,
    /// Raft's clock ticks.
    Tick,
    /// An fsync is done.
    Fsync,
    /// Committed entries are applied.
    Apply,
    /// Something else of its own: watchers are led on, or told the revision.
    Other,
}

/// A pending step of a member: something that needs no message.
#[derive(Clone, PartialEq, Debug)]
pub struct RaftStep {
    /// Its name, for [`Lab::step_to_event`](crate::Lab::step_to_event).
    pub id: MessageId,
    /// Whose, by index.
    pub member: u32,
    /// What.
    pub kind: StepKind,
    /// When.
    pub at: SimTime,
    /// What it is for, in a sentence.
    pub text: String,
}

/// What kind of entry a cell of the log matrix is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EntryShape {
    /// Somebody's request.
    Normal,
    /// A leader's first entry, or a configuration change that was refused.
    Empty,
    /// A change of the configuration.
    ConfChange,
}

/// One entry of one member's log.
#[derive(Clone, PartialEq, Debug)]
pub struct LogCell {
    /// Its index.
    pub index: u64,
    /// Its term.
    pub term: u64,
    /// What kind it is.
    pub kind: EntryShape,
    /// Bytes of its data.
    pub bytes: u64,
    /// Whether a crash now would leave it.
    pub durable: bool,
    /// What it says, as etcd's library prints it, cut off where it is long.
    pub text: String,
}
