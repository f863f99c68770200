//! etcd's log lines, made from the events.

use std::fmt::{self, Write};

use super::{ConfChangeRefusal, TraceEvent, VoteContext};
use crate::change::AnyConfChange;
use crate::{EntryId, NodeId, describe};

/// How much a log line matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// For whoever looks closely.
    Debug,
    /// What happens.
    Info,
    /// What should not happen often.
    Warn,
    /// What should not happen.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        })
    }
}

impl TraceEvent {
    /// How etcd's library logs this event, if it does: by the member `id`.
    pub fn log_line(&self, id: NodeId) -> Option<(Level, String)> {
        let level = self.level()?;
        let mut text = String::new();
        // Writing to a string can't fail.
        let _ = self.write(&mut text, id);
        Some((level, text))
    }

    /// The level of the log line; `None` when etcd logs nothing.
    pub fn level(&self) -> Option<Level> {
        use TraceEvent::*;
        Some(match self {
            Appended { .. }
            | CommitAdvanced { .. }
            | Applied { .. }
            | ConfChangeAppended { .. }
            | ReadIndexPostponed { .. }
            | ReadIndexConfirmed { .. } => return None,
            CampaignByLeader
            | NoProgress { .. }
            | ProposalDroppedInTransfer { .. }
            | AutoLeaveNotProposed { .. }
            | AppendRejected { .. }
            | AppendRejectedByPeer { .. }
            | ProgressDecreased { .. }
            | SnapshotToInactivePeer { .. }
            | SnapshotUnavailable { .. }
            | SnapshotSent { .. }
            | ReplicationPaused { .. }
            | SnapshotCaughtUp { .. }
            | SnapshotReported { .. }
            | PeerUnreachable { .. }
            | TransferToLearner
            | TransferToSelf
            | TimeoutNowIgnored { .. } => Level::Debug,
            Unpromotable
            | CampaignWithPendingChange { .. }
            | QuorumInactive
            | ProposalTooLarge
            | SnapshotAsLeader
            | SnapshotNotInConfig { .. } => Level::Warn,
            ForgetLeaderRefused | ReadIndexRespInvalid { .. } => Level::Error,
            _ => Level::Info,
        })
    }

    fn write(&self, f: &mut String, id: NodeId) -> fmt::Result {
        use TraceEvent::*;
        match self {
            Started { peers, term, commit, applied, last } => {
                let peers: Vec<String> = peers.iter().map(|peer| format!("{peer:x}")).collect();
                write!(
                    f,
                    "newRaft {id:x} [peers: [{}], term: {term}, commit: {commit}, applied: {applied}, lastindex: {}, lastterm: {}]",
                    peers.join(","),
                    last.index,
                    last.term
                )
            }
            ConfigSwitched { config } => write!(f, "{id:x} switched to configuration {config}"),
            BecameFollower { term, .. } => write!(f, "{id:x} became follower at term {term}"),
            BecameCandidate { term } => write!(f, "{id:x} became candidate at term {term}"),
            BecamePreCandidate { term } => write!(f, "{id:x} became pre-candidate at term {term}"),
            BecameLeader { term } => write!(f, "{id:x} became leader at term {term}"),

            CampaignByLeader => write!(f, "{id:x} ignoring MsgHup because already leader"),
            Unpromotable => write!(f, "{id:x} is unpromotable and can not campaign"),
            CampaignWithPendingChange { term } => write!(
                f,
                "{id:x} cannot campaign at term {term} since there are still pending configuration changes to apply"
            ),
            ElectionStarted { term, .. } => write!(f, "{id:x} is starting a new election at term {term}"),
            VoteRequested { kind, last, to, term } => {
                write!(f, "{id:x} {} sent {kind} request to {to:x} at term {term}", At(last))
            }
            VoteReceived { kind, from, granted, term } => {
                let rejection = if *granted { "" } else { " rejection" };
                write!(f, "{id:x} received {kind}{rejection} from {from:x} at term {term}")
            }
            VotesTallied { kind, granted, rejected } => {
                write!(f, "{id:x} has received {granted} {kind} votes and {rejected} vote rejections")
            }
            VoteCast(vote) => write_vote(f, id, vote, "cast", "for"),
            VoteRejected(vote) => write_vote(f, id, vote, "rejected", "from"),
            VoteIgnoredInLease { vote, remaining_ticks } => {
                write_vote(f, id, vote, "ignored", "from")?;
                write!(f, ": lease is not expired (remaining ticks: {remaining_ticks})")
            }

            HigherTerm { term, kind, from, message_term } => write!(
                f,
                "{id:x} [term: {term}] received a {kind} message with higher term from {from:x} [term: {message_term}]"
            ),
            LowerTerm { term, kind, from, message_term } => write!(
                f,
                "{id:x} [term: {term}] ignored a {kind} message with lower term from {from:x} [term: {message_term}]"
            ),
            StaleStorageAppend { term, message_term } => write!(
                f,
                "{id:x} [term: {term}] ignored entry appends from a MsgStorageAppendResp message with lower term [term: {message_term}]"
            ),
            QuorumInactive => write!(f, "{id:x} stepped down to follower since quorum is not active"),
            NoProgress { peer } => write!(f, "{id:x} no progress available for {peer:x}"),

            ProposalDroppedInTransfer { term, transferee } => write!(
                f,
                "{id:x} [term {term}] transfer leadership to {transferee:x} is in progress; dropping proposal"
            ),
            ProposalDroppedNoLeader { term } => {
                write!(f, "{id:x} no leader at term {term}; dropping proposal")
            }
            ProposalNotForwarded { lead, term } => {
                write!(f, "{id:x} not forwarding to leader {lead:x} at term {term}; dropping proposal")
            }
            ProposalTooLarge => write!(
                f,
                "{id:x} appending new entries to log would exceed uncommitted entry size limit; dropping proposal"
            ),
            ConfChangeIgnored { change, config, reason } => {
                write!(f, "{id:x} ignoring conf change {} at config {config}: ", bare(change))?;
                match reason {
                    ConfChangeRefusal::Unapplied { index, applied } => {
                        write!(f, "possible unapplied conf change at index {index} (applied to {applied})")
                    }
                    ConfChangeRefusal::LeaveJointFirst => {
                        f.write_str("must transition out of joint config first")
                    }
                    ConfChangeRefusal::NotJoint => {
                        f.write_str("not in joint state; refusing empty conf change")
                    }
                }
            }
            AutoLeaveProposed { config } => {
                write!(f, "initiating automatic transition out of joint configuration {config}")
            }
            AutoLeaveNotProposed { config, error } => {
                write!(f, "not initiating automatic transition out of joint configuration {config}: {error}")
            }

            AppendRejected { ours, prev, from } => {
                write!(f, "{id:x} {} rejected MsgApp {} from {from:x}", At(ours), At(prev))
            }
            AppendRejectedByPeer { kind, hint, from, index } => write!(
                f,
                "{id:x} received {kind}(rejected, hint: (index {}, term {})) from {from:x} for index {index}",
                hint.index, hint.term
            ),
            ProgressDecreased { peer, progress } => {
                write!(f, "{id:x} decreased progress of {peer:x} to [{progress}]")
            }
            ConflictFound { index, existing, conflicting } => write!(
                f,
                "found conflict at index {index} [existing term: {existing}, conflicting term: {conflicting}]"
            ),
            UnstableReplaced { from } => write!(f, "replace the unstable entries from index {from}"),
            UnstableTruncated { from } => write!(f, "truncate the unstable entries before index {from}"),
            UnstableMissing { index } => {
                write!(f, "entry at index {index} missing from unstable log; ignoring")
            }
            UnstableIsSnapshot { index } => {
                write!(f, "entry at index {index} matched unstable snapshot; ignoring")
            }
            UnstableMismatch { id, existing } => write!(
                f,
                "entry at (index,term)=({},{}) mismatched with entry at ({},{existing}) in unstable log; ignoring",
                id.index, id.term, id.index
            ),

            SnapshotToInactivePeer { peer } => {
                write!(f, "ignore sending snapshot to {peer:x} since it is not recently active")
            }
            SnapshotUnavailable { peer } => write!(
                f,
                "{id:x} failed to send snapshot to {peer:x} because snapshot is temporarily unavailable"
            ),
            SnapshotSent { first_index, commit, snapshot, peer, progress } => write!(
                f,
                "{id:x} [firstindex: {first_index}, commit: {commit}] sent snapshot{} to {peer:x} [{progress}]",
                Snap(snapshot)
            ),
            ReplicationPaused { peer, progress } => {
                write!(f, "{id:x} paused sending replication messages to {peer:x} [{progress}]")
            }
            SnapshotCaughtUp { peer, progress } => write!(
                f,
                "{id:x} recovered from needing snapshot, resumed sending replication messages to {peer:x} [{progress}]"
            ),
            SnapshotReported { peer, ok, progress } => {
                let outcome = if *ok { "succeeded" } else { "failed" };
                write!(
                    f,
                    "{id:x} snapshot {outcome}, resumed sending replication messages to {peer:x} [{progress}]"
                )
            }
            PeerUnreachable { peer, progress } => {
                write!(f, "{id:x} failed to send message to {peer:x} because it is unreachable [{progress}]")
            }
            SnapshotRestoreStarted { log, snapshot } => write!(
                f,
                "log [committed={}, applied={}, applying={}, unstable.offset={}, unstable.offsetInProgress={}, len(unstable.Entries)={}] starts to restore snapshot {}",
                log.committed,
                log.applied,
                log.applying,
                log.offset,
                log.offset_in_progress,
                log.unstable,
                Snap(snapshot)
            ),
            SnapshotRestored { commit, last, snapshot } => write!(
                f,
                "{id:x} [commit: {commit}, lastindex: {}, lastterm: {}] restored snapshot {}",
                last.index,
                last.term,
                Snap(snapshot)
            ),
            SnapshotFastForwarded { commit, last, snapshot } => write!(
                f,
                "{id:x} [commit: {commit}, lastindex: {}, lastterm: {}] fast-forwarded commit to snapshot {}",
                last.index,
                last.term,
                Snap(snapshot)
            ),
            SnapshotAccepted { commit, snapshot } => {
                write!(f, "{id:x} [commit: {commit}] restored snapshot {}", Snap(snapshot))
            }
            SnapshotIgnored { commit, snapshot } => {
                write!(f, "{id:x} [commit: {commit}] ignored snapshot {}", Snap(snapshot))
            }
            SnapshotAsLeader => {
                write!(f, "{id:x} attempted to restore snapshot as leader; should never happen")
            }
            SnapshotNotInConfig { conf_state } => write!(
                f,
                "{id:x} attempted to restore snapshot but it is not in the ConfState {}; should never happen",
                describe::conf_state_bare(conf_state)
            ),

            TransferToLearner => write!(f, "{id:x} is learner. Ignored transferring leadership"),
            TransferInProgress { term, transferee } => write!(
                f,
                "{id:x} [term {term}] transfer leadership to {transferee:x} is in progress, ignores request to same node {transferee:x}"
            ),
            TransferAborted { term, transferee } => {
                write!(f, "{id:x} [term {term}] abort previous transferring leadership to {transferee:x}")
            }
            TransferToSelf => {
                write!(f, "{id:x} is already leader. Ignored transferring leadership to self")
            }
            TransferStarted { term, transferee } => {
                write!(f, "{id:x} [term {term}] starts to transfer leadership to {transferee:x}")
            }
            TransferNoLeader { term } => {
                write!(f, "{id:x} no leader at term {term}; dropping leader transfer msg")
            }
            TimeoutNowSent { to, caught_up: false } => {
                write!(
                    f,
                    "{id:x} sends MsgTimeoutNow to {to:x} immediately as {to:x} already has up-to-date log"
                )
            }
            TimeoutNowSent { to, caught_up: true } => {
                write!(f, "{id:x} sent MsgTimeoutNow to {to:x} after received MsgAppResp")
            }
            TimeoutNowReceived { term, from } => write!(
                f,
                "{id:x} [term {term}] received MsgTimeoutNow from {from:x} and starts an election to get leadership."
            ),
            TimeoutNowIgnored { term, role, from } => {
                write!(f, "{id:x} [term {term} state {role}] ignored MsgTimeoutNow from {from:x}")
            }
            LeaderForgotten { lead, term } => {
                write!(f, "{id:x} forgetting leader {lead:x} at term {term}")
            }
            ForgetLeaderRefused => f.write_str("ignoring MsgForgetLeader due to ReadOnlyLeaseBased"),

            ReadIndexNoLeader { term } => {
                write!(f, "{id:x} no leader at term {term}; dropping index reading msg")
            }
            ReadIndexRespInvalid { from, entries } => {
                write!(f, "{id:x} invalid format of MsgReadIndexResp from {from:x}, entries count: {entries}")
            }

            Appended { .. }
            | CommitAdvanced { .. }
            | Applied { .. }
            | ConfChangeAppended { .. }
            | ReadIndexPostponed { .. }
            | ReadIndexConfirmed { .. } => Ok(()),
        }
    }
}

/// `[logterm: 1, index: 11]`
struct At<'a>(&'a EntryId);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[logterm: {}, index: {}]", self.0.term, self.0.index)
    }
}

/// `[index: 11, term: 1]`
struct Snap<'a>(&'a EntryId);

impl fmt::Display for Snap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[index: {}, term: {}]", self.0.index, self.0.term)
    }
}

fn write_vote(f: &mut String, id: NodeId, vote: &VoteContext, verb: &str, preposition: &str) -> fmt::Result {
    write!(
        f,
        "{id:x} [logterm: {}, index: {}, vote: {:x}] {verb} {} {preposition} {:x} {} at term {}",
        vote.last.term,
        vote.last.index,
        vote.vote,
        vote.kind,
        vote.candidate,
        At(&vote.candidate_last),
        vote.term
    )
}

/// A change as Go prints the bare struct: `{ConfChangeTransitionAuto [{ConfChangeAddNode 2}] []}`.
fn bare(change: &AnyConfChange) -> String {
    let context = |context: Option<&sim::Blob>| {
        let bytes = context.map(sim::Blob::bytes);
        let bytes: Vec<String> = bytes.iter().flat_map(|bytes| bytes.iter()).map(u8::to_string).collect();
        format!("[{}]", bytes.join(" "))
    };
    match change {
        AnyConfChange::V1(one) => {
            format!("{{{} {} {} {}}}", one.kind.name(), one.node, context(one.context.as_ref()), one.id)
        }
        AnyConfChange::V2(many) => {
            let steps: Vec<String> =
                many.changes.iter().map(|step| format!("{{{} {}}}", step.kind.name(), step.node)).collect();
            let context = context(many.context.as_ref());
            format!("{{{} [{}] {context}}}", many.transition.name(), steps.join(" "))
        }
    }
}
