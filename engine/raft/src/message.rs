//! What members say to each other, to themselves, and to their own storage.

use std::fmt;
use std::sync::Arc;

use sim::Blob;

use crate::{Entries, HardState, LogIndex, NodeId, Snapshot, Term};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// What a message is about. `Display` gives etcd's name (`MsgApp`).
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
        )]
        pub enum MessageKind {
            $($(#[$doc])* $name,)*
        }

        impl MessageKind {
            /// All kinds, in etcd's order.
            pub const ALL: &[MessageKind] = &[$(MessageKind::$name,)*];

            /// etcd's name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(MessageKind::$name => $text,)*
                }
            }
        }
    };
}

kinds! {
    /// To oneself: start an election.
    #[default]
    Hup => "MsgHup",
    /// To oneself: send heartbeats.
    Beat => "MsgBeat",
    /// Propose entries.
    Prop => "MsgProp",
    /// Append entries (or, without any, probe and tell the commit index).
    App => "MsgApp",
    /// The answer to App and Snap: stored up to an index, or rejected with a hint.
    AppResp => "MsgAppResp",
    /// Ask for a vote.
    Vote => "MsgVote",
    /// The answer to Vote.
    VoteResp => "MsgVoteResp",
    /// A snapshot in place of entries that are no longer in the leader's log.
    Snap => "MsgSnap",
    /// I am still the leader.
    Heartbeat => "MsgHeartbeat",
    /// The answer to Heartbeat.
    HeartbeatResp => "MsgHeartbeatResp",
    /// From the application: the peer can't be reached.
    Unreachable => "MsgUnreachable",
    /// From the application: what became of a snapshot that was sent.
    SnapStatus => "MsgSnapStatus",
    /// To oneself: have I heard from a quorum lately?
    CheckQuorum => "MsgCheckQuorum",
    /// Make `from` the leader.
    TransferLeader => "MsgTransferLeader",
    /// To the new leader of a transfer: start an election at once.
    TimeoutNow => "MsgTimeoutNow",
    /// Which index must be applied before a linearisable read?
    ReadIndex => "MsgReadIndex",
    /// The answer to ReadIndex.
    ReadIndexResp => "MsgReadIndexResp",
    /// Would you vote for me?
    PreVote => "MsgPreVote",
    /// The answer to PreVote.
    PreVoteResp => "MsgPreVoteResp",
    /// To one's own append thread: make this durable, then send the responses.
    StorageAppend => "MsgStorageAppend",
    /// From one's own append thread: it is durable.
    StorageAppendResp => "MsgStorageAppendResp",
    /// To one's own apply thread: apply this, then send the responses.
    StorageApply => "MsgStorageApply",
    /// From one's own apply thread: it is applied.
    StorageApplyResp => "MsgStorageApplyResp",
    /// To a follower: forget who leads, so that it may vote for another.
    ForgetLeader => "MsgForgetLeader",
}

impl MessageKind {
    /// Reads what [`name`](Self::name) gives.
    pub fn parse(name: &str) -> Option<MessageKind> {
        MessageKind::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Kinds that never come over the network.
    pub const fn is_local(self) -> bool {
        use MessageKind::*;
        matches!(
            self,
            Hup | Beat
                | Unreachable
                | SnapStatus
                | CheckQuorum
                | StorageAppend
                | StorageAppendResp
                | StorageApply
                | StorageApplyResp
        )
    }

    /// Kinds that answer something, and so make sense from known members only.
    pub const fn is_response(self) -> bool {
        use MessageKind::*;
        matches!(
            self,
            AppResp
                | VoteResp
                | HeartbeatResp
                | Unreachable
                | ReadIndexResp
                | PreVoteResp
                | StorageAppendResp
                | StorageApplyResp
        )
    }

    /// The answer to a request for a vote.
    pub(crate) const fn vote_response(self) -> MessageKind {
        match self {
            MessageKind::PreVote => MessageKind::PreVoteResp,
            _ => MessageKind::VoteResp,
        }
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A message. Which fields mean something depends on `kind`; the others are zero or empty. A clone shares
/// entries, snapshot and context.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Message {
    /// What it is about.
    pub kind: MessageKind,
    /// For reject answers: "no".
    pub reject: bool,
    /// The receiver.
    pub to: NodeId,
    /// The sender.
    pub from: NodeId,
    /// The sender's term; zero for local messages.
    pub term: Term,
    /// The term of the entry at `index` (App: the entry before `entries`; Vote: the candidate's last).
    pub log_term: Term,
    /// The place in the log that the message is about.
    pub index: LogIndex,
    /// Entries to append, propose, apply; a read request's context.
    pub entries: Entries,
    /// The sender's commit index.
    pub commit: LogIndex,
    /// StorageAppend: whom the member voted for.
    pub vote: NodeId,
    /// A rejecting AppResp's guess at where the logs agree.
    pub reject_hint: LogIndex,
    /// Snap, StorageAppend, StorageAppendResp: the snapshot.
    #[serde(with = "crate::serial::maybe_snapshot")]
    pub snapshot: Option<Arc<Snapshot>>,
    /// Heartbeats carry a read request's name; a vote request says when it is a leader transfer.
    #[serde(with = "crate::serial::maybe_blob")]
    pub context: Option<Blob>,
    /// StorageAppend, StorageApply: what to send, in this order, when the work is done. The append thread's
    /// own answer is the last.
    pub responses: Vec<Message>,
}

impl Message {
    /// StorageAppend: the hard state to make durable, if there is a new one.
    pub fn hard_state(&self) -> Option<HardState> {
        let state = HardState { term: self.term, vote: self.vote, commit: self.commit };
        (!state.is_empty()).then_some(state)
    }
}
