//! The events.

use std::sync::Arc;

use crate::change::AnyConfChange;
use crate::tracker::{ProgressView, TrackerConfig};
use crate::{ConfState, EntryId, LogIndex, MessageKind, NodeId, RaftError, Role, Term};

/// Why an election starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ElectionReason {
    /// To ask first whether it could be won.
    PreElection,
    /// For real.
    Election,
    /// For real and at once, because the leader hands over.
    Transfer,
}

/// Who asks whom for a vote, and what both know.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct VoteContext {
    /// `Vote` or `PreVote`.
    pub kind: MessageKind,
    /// The asked member's last entry.
    pub last: EntryId,
    /// Whom the asked member has voted for in this term.
    pub vote: NodeId,
    /// The candidate.
    pub candidate: NodeId,
    /// The candidate's last entry.
    pub candidate_last: EntryId,
    /// The asked member's term.
    pub term: Term,
}

/// The figures of a log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LogView {
    /// Committed up to here.
    pub committed: LogIndex,
    /// Applied up to here.
    pub applied: LogIndex,
    /// Handed out to be applied up to here.
    pub applying: LogIndex,
    /// The first entry that is not known to be stable.
    pub offset: LogIndex,
    /// The first entry that has not been handed out to be made stable.
    pub offset_in_progress: LogIndex,
    /// How many entries are not known to be stable.
    pub unstable: u64,
}

/// Why a leader refuses a configuration change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ConfChangeRefusal {
    /// There may be one before it that isn't applied yet.
    Unapplied {
        /// Where.
        index: LogIndex,
        /// What is applied.
        applied: LogIndex,
    },
    /// The joint configuration must be left first.
    LeaveJointFirst,
    /// There is no joint configuration to leave.
    NotJoint,
}

/// Something that a member did, with what it knew. Who did it is known to whoever took the event.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "the fields say what they hold; a line each would bury the events")]
pub enum TraceEvent {
    /// Started from storage.
    Started {
        peers: Arc<[NodeId]>,
        term: Term,
        commit: LogIndex,
        applied: LogIndex,
        last: EntryId,
    },
    /// Acts by another configuration.
    ConfigSwitched {
        config: Arc<TrackerConfig>,
    },
    BecameFollower {
        term: Term,
        lead: NodeId,
    },
    BecameCandidate {
        term: Term,
    },
    BecamePreCandidate {
        term: Term,
    },
    BecameLeader {
        term: Term,
    },

    /// Told to campaign while leading.
    CampaignByLeader,
    /// Told to campaign without having a vote.
    Unpromotable,
    /// Told to campaign while a committed configuration change isn't applied.
    CampaignWithPendingChange {
        term: Term,
    },
    ElectionStarted {
        term: Term,
        reason: ElectionReason,
    },
    VoteRequested {
        kind: MessageKind,
        last: EntryId,
        to: NodeId,
        term: Term,
    },
    VoteReceived {
        kind: MessageKind,
        from: NodeId,
        granted: bool,
        term: Term,
    },
    VotesTallied {
        kind: MessageKind,
        granted: u32,
        rejected: u32,
    },
    VoteCast(VoteContext),
    VoteRejected(VoteContext),
    /// Refused to even look at a vote request, because there is a leader.
    VoteIgnoredInLease {
        vote: VoteContext,
        remaining_ticks: u32,
    },

    HigherTerm {
        term: Term,
        kind: MessageKind,
        from: NodeId,
        message_term: Term,
    },
    LowerTerm {
        term: Term,
        kind: MessageKind,
        from: NodeId,
        message_term: Term,
    },
    /// Entries were made stable in an earlier term: they may have been replaced since.
    StaleStorageAppend {
        term: Term,
        message_term: Term,
    },
    /// A leader that hasn't heard from a quorum gives up.
    QuorumInactive,
    /// An answer from somebody who is in no configuration.
    NoProgress {
        peer: NodeId,
    },

    ProposalDroppedInTransfer {
        term: Term,
        transferee: NodeId,
    },
    ProposalDroppedNoLeader {
        term: Term,
    },
    ProposalNotForwarded {
        lead: NodeId,
        term: Term,
    },
    ProposalTooLarge,
    ConfChangeIgnored {
        change: Box<AnyConfChange>,
        config: Arc<TrackerConfig>,
        reason: ConfChangeRefusal,
    },
    ConfChangeAppended {
        index: LogIndex,
    },
    AutoLeaveProposed {
        config: Arc<TrackerConfig>,
    },
    AutoLeaveNotProposed {
        config: Arc<TrackerConfig>,
        error: Box<RaftError>,
    },

    /// The log grew at its end.
    Appended {
        first: EntryId,
        last: LogIndex,
    },
    /// A leader's append doesn't fit.
    AppendRejected {
        ours: EntryId,
        prev: EntryId,
        from: NodeId,
    },
    /// The leader hears that.
    AppendRejectedByPeer {
        kind: MessageKind,
        hint: EntryId,
        from: NodeId,
        index: LogIndex,
    },
    ProgressDecreased {
        peer: NodeId,
        progress: ProgressView,
    },
    CommitAdvanced {
        from: LogIndex,
        to: LogIndex,
    },
    Applied {
        to: LogIndex,
    },
    ConflictFound {
        index: LogIndex,
        existing: Term,
        conflicting: Term,
    },
    UnstableReplaced {
        from: LogIndex,
    },
    UnstableTruncated {
        from: LogIndex,
    },
    UnstableMissing {
        index: LogIndex,
    },
    UnstableIsSnapshot {
        index: LogIndex,
    },
    UnstableMismatch {
        id: EntryId,
        existing: Term,
    },

    SnapshotToInactivePeer {
        peer: NodeId,
    },
    SnapshotUnavailable {
        peer: NodeId,
    },
    SnapshotSent {
        first_index: LogIndex,
        commit: LogIndex,
        snapshot: EntryId,
        peer: NodeId,
        progress: ProgressView,
    },
    ReplicationPaused {
        peer: NodeId,
        progress: ProgressView,
    },
    SnapshotCaughtUp {
        peer: NodeId,
        progress: ProgressView,
    },
    SnapshotReported {
        peer: NodeId,
        ok: bool,
        progress: ProgressView,
    },
    PeerUnreachable {
        peer: NodeId,
        progress: ProgressView,
    },
    SnapshotRestoreStarted {
        log: LogView,
        snapshot: EntryId,
    },
    SnapshotRestored {
        commit: LogIndex,
        last: EntryId,
        snapshot: EntryId,
    },
    SnapshotFastForwarded {
        commit: LogIndex,
        last: EntryId,
        snapshot: EntryId,
    },
    SnapshotAccepted {
        commit: LogIndex,
        snapshot: EntryId,
    },
    SnapshotIgnored {
        commit: LogIndex,
        snapshot: EntryId,
    },
    SnapshotAsLeader,
    SnapshotNotInConfig {
        conf_state: Arc<ConfState>,
    },

    TransferToLearner,
    TransferInProgress {
        term: Term,
        transferee: NodeId,
    },
    TransferAborted {
        term: Term,
        transferee: NodeId,
    },
    TransferToSelf,
    TransferStarted {
        term: Term,
        transferee: NodeId,
    },
    TransferNoLeader {
        term: Term,
    },
    /// `caught_up`: the new leader had to be caught up first.
    TimeoutNowSent {
        to: NodeId,
        caught_up: bool,
    },
    TimeoutNowReceived {
        term: Term,
        from: NodeId,
    },
    TimeoutNowIgnored {
        term: Term,
        role: Role,
        from: NodeId,
    },
    LeaderForgotten {
        lead: NodeId,
        term: Term,
    },
    ForgetLeaderRefused,

    ReadIndexNoLeader {
        term: Term,
    },
    ReadIndexPostponed {
        from: NodeId,
    },
    ReadIndexConfirmed {
        index: LogIndex,
        from: NodeId,
    },
    ReadIndexRespInvalid {
        from: NodeId,
        entries: u64,
    },
}
