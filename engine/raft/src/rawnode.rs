//! The ways in and out.

use std::sync::Arc;

use sim::{Blob, Stream};

use crate::change::{AnyConfChange, ConfChangeV2};
use crate::entry::encoded_size;
use crate::raft::{Raft, Role, SoftState};
use crate::read_only::ReadState;
use crate::status::{BasicStatus, Status};
use crate::trace::TraceEvent;
use crate::{
    ConfState, Config, Entries, Entry, EntryKind, HardState, LOCAL_APPEND_THREAD, LOCAL_APPLY_THREAD,
    MemoryStorage, Message, MessageKind, NodeId, RaftError, Snapshot, Storage,
};

/// What there is to do.
///
/// Without asynchronous storage writes: store `entries`, `hard_state` and `snapshot` (durably, when `must_sync`),
/// then send `messages`, then apply `snapshot` and `committed_entries`, then [`RawNode::advance`]. With them:
/// only deliver `messages`; those to [`LOCAL_APPEND_THREAD`] and [`LOCAL_APPLY_THREAD`] say what to store and
/// to apply, and which messages to deliver afterwards.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ready {
    /// Leader and role, when they changed.
    pub soft_state: Option<SoftState>,
    /// Term, vote and commit index, when they changed.
    pub hard_state: Option<HardState>,
    /// Answers to read requests.
    pub read_states: Vec<ReadState>,
    /// To store.
    pub entries: Entries,
    /// To store, and to apply before everything else.
    pub snapshot: Option<Arc<Snapshot>>,
    /// To apply.
    pub committed_entries: Entries,
    /// To send.
    pub messages: Vec<Message>,
    /// Whether the writes must be durable before the messages go out; otherwise only the commit index changed.
    pub must_sync: bool,
}

/// One member of a Raft group, with its storage. A value: a clone is a fork of its history.
#[derive(Clone, Hash, Debug)]
pub struct RawNode<S = MemoryStorage> {
    raft: Raft<S>,
    previous_soft_state: SoftState,
    previous_hard_state: HardState,
    /// Without asynchronous storage writes: what `advance` acknowledges.
    steps_on_advance: Vec<Message>,
}

impl<S: Storage> RawNode<S> {
    /// Starts a member from what is in `storage`. Election timeouts are drawn from `stream`.
    ///
    /// # Errors
    /// [`RaftError::Config`] when `config` can't work, [`RaftError::Fatal`] when `storage` contradicts itself.
    pub fn new(config: Config, storage: S, stream: Stream) -> Result<RawNode<S>, RaftError> {
        let raft = Raft::new(config, storage, stream)?;
        Ok(RawNode {
            previous_soft_state: raft.soft_state(),
            previous_hard_state: raft.hard_state(),
            raft,
            steps_on_advance: Vec::new(),
        })
    }

    /// Lets one tick pass.
    pub fn tick(&mut self) {
        self.raft.tick();
    }

    /// Changes the election timeout and the time between heartbeats, both in ticks and as [`Config`] wants them.
    pub fn set_ticks(&mut self, election: u32, heartbeat: u32) {
        self.raft.set_ticks(election, heartbeat);
    }

    /// Lets one tick pass without acting on it, for groups that are put to rest.
    pub fn tick_quiesced(&mut self) {
        self.raft.tick_quiesced();
    }

    /// Starts an election.
    ///
    /// # Errors
    /// [`RaftError::Fatal`] only.
    pub fn campaign(&mut self) -> Result<(), RaftError> {
        self.local(MessageKind::Hup, NodeId::NONE)
    }

    /// Proposes an entry. It may still be lost when the leader fails.
    ///
    /// # Errors
    /// [`RaftError::ProposalDropped`] when it certainly is lost: no leader, a transfer, too much uncommitted.
    pub fn propose(&mut self, data: Blob) -> Result<(), RaftError> {
        self.propose_entry(EntryKind::Normal, data)
    }

    /// Proposes a configuration change. When it is committed, the application calls
    /// [`RawNode::apply_conf_change`]; a leader may put an empty entry in its place.
    ///
    /// # Errors
    /// As [`RawNode::propose`].
    pub fn propose_conf_change(&mut self, change: impl Into<AnyConfChange>) -> Result<(), RaftError> {
        let (kind, data) = change.into().encode();
        self.propose_entry(kind, data)
    }

    fn propose_entry(&mut self, kind: EntryKind, data: Blob) -> Result<(), RaftError> {
        let entries = Entries::one(Entry { kind, data, ..Entry::default() });
        self.raft.step(Message { kind: MessageKind::Prop, from: self.raft.id, entries, ..Message::default() })
    }

    /// Acts by a committed change from now on. An application that refuses it zeroes its node ids and calls
    /// this all the same. Gives the configuration to store with the next snapshot.
    ///
    /// # Errors
    /// [`RaftError::Fatal`] when the change is impossible: all members fail at the same entry.
    pub fn apply_conf_change(&mut self, change: impl Into<AnyConfChange>) -> Result<ConfState, RaftError> {
        let change: ConfChangeV2 = change.into().into_v2();
        self.raft.apply_conf_change(&change)
    }

    /// Takes a message from the network, or a response of an append or apply thread.
    ///
    /// # Errors
    /// Refused messages, dropped proposals, [`RaftError::Fatal`] when the member can't go on.
    pub fn step(&mut self, m: Message) -> Result<(), RaftError> {
        let from_own_thread = m.from.is_local_thread();
        if m.kind.is_local() && !from_own_thread {
            return Err(RaftError::StepLocalMessage);
        }
        if m.kind.is_response() && !from_own_thread && !self.raft.tracker.progress.contains_key(&m.from) {
            return Err(RaftError::StepPeerNotFound);
        }
        self.raft.step(m)
    }

    /// Whether [`RawNode::ready`] would give anything.
    pub fn has_ready(&self) -> bool {
        let raft = &self.raft;
        if raft.log.fatal.is_some() {
            return false;
        }
        !raft.messages.is_empty()
            || !raft.messages_after_append.is_empty()
            || raft.soft_state() != self.previous_soft_state
            || raft.hard_state() != self.previous_hard_state
            || raft.log.unstable.next_snapshot().is_some()
            || !raft.log.next_unstable_entries().is_empty()
            || raft.log.has_next_committed_entries(self.apply_unstable())
            || !raft.read_states.is_empty()
    }

    /// Committed entries may be applied before they are stable here when both happen in the same Ready.
    fn apply_unstable(&self) -> bool {
        !self.raft.config.async_storage_writes
    }

    /// Takes what there is to do. Without asynchronous storage writes, [`RawNode::advance`] must follow before
    /// the next call.
    pub fn ready(&mut self) -> Ready {
        let apply_unstable = self.apply_unstable();
        let raft = &mut self.raft;
        if raft.log.fatal.is_some() {
            return Ready::default();
        }
        let (soft_state, hard_state) = (raft.soft_state(), raft.hard_state());
        let previous = std::mem::replace(&mut self.previous_hard_state, hard_state);
        let mut ready = Ready {
            soft_state: (soft_state != self.previous_soft_state).then_some(soft_state),
            hard_state: (hard_state != previous).then_some(hard_state),
            read_states: std::mem::take(&mut raft.read_states),
            entries: Entries::copied(raft.log.next_unstable_entries()),
            snapshot: raft.log.unstable.next_snapshot().cloned(),
            committed_entries: raft.log.next_committed_entries(apply_unstable),
            messages: std::mem::take(&mut raft.messages),
            must_sync: false,
        };
        ready.must_sync =
            !ready.entries.is_empty() || hard_state.vote != previous.vote || hard_state.term != previous.term;
        self.previous_soft_state = soft_state;
        let after_append = std::mem::take(&mut raft.messages_after_append);
        if raft.config.async_storage_writes {
            self.hand_to_threads(&mut ready, after_append);
        } else {
            self.hand_to_advance(&mut ready, after_append);
        }
        let log = &mut self.raft.log;
        log.unstable.accept_in_progress();
        if let Some(last) = ready.committed_entries.last() {
            log.accept_applying(last.index, encoded_size(&ready.committed_entries), apply_unstable);
        }
        ready
    }

    fn hand_to_threads(&self, ready: &mut Ready, after_append: Vec<Message>) {
        let from = self.raft.id;
        let writes = !ready.entries.is_empty() || ready.hard_state.is_some() || ready.snapshot.is_some();
        if writes || !after_append.is_empty() {
            // No change of the hard state is told by an empty one.
            let state = ready.hard_state.unwrap_or_default();
            let mut responses = after_append;
            // Last: the leader's own acknowledgement is handled faster while the entries are still here.
            responses.extend(self.append_response(ready));
            ready.messages.push(Message {
                kind: MessageKind::StorageAppend,
                to: LOCAL_APPEND_THREAD,
                from,
                term: state.term,
                vote: state.vote,
                commit: state.commit,
                entries: ready.entries.clone(),
                snapshot: ready.snapshot.clone(),
                responses,
                ..Message::default()
            });
        }
        if !ready.committed_entries.is_empty() {
            ready.messages.push(Message {
                kind: MessageKind::StorageApply,
                to: LOCAL_APPLY_THREAD,
                from,
                entries: ready.committed_entries.clone(),
                responses: vec![self.apply_response(ready)],
                ..Message::default()
            });
        }
    }

    fn hand_to_advance(&mut self, ready: &mut Ready, after_append: Vec<Message>) {
        for m in after_append {
            if m.to == self.raft.id { self.steps_on_advance.push(m) } else { ready.messages.push(m) }
        }
        self.steps_on_advance.extend(self.append_response(ready));
        if !ready.committed_entries.is_empty() {
            self.steps_on_advance.push(self.apply_response(ready));
        }
    }

    /// What the append thread will say when everything up to the end of the log, and the snapshot, is stable.
    ///
    /// It speaks of the whole log, not only of what this Ready writes, and is forgotten when the term has
    /// changed meanwhile: then other entries may have been written at the same indexes, and removed again,
    /// and acknowledging them would be wrong (an ABA problem). The first write in the new term acknowledges
    /// everything anew.
    fn append_response(&self, ready: &Ready) -> Option<Message> {
        let log = &self.raft.log;
        let unstable = log.has_next_or_in_progress_unstable_entries();
        if !unstable && ready.snapshot.is_none() {
            return None;
        }
        let last = if unstable { log.last_id() } else { crate::EntryId::default() };
        Some(Message {
            kind: MessageKind::StorageAppendResp,
            to: self.raft.id,
            from: LOCAL_APPEND_THREAD,
            term: self.raft.term,
            index: last.index,
            log_term: last.term,
            snapshot: ready.snapshot.clone(),
            ..Message::default()
        })
    }

    fn apply_response(&self, ready: &Ready) -> Message {
        Message {
            kind: MessageKind::StorageApplyResp,
            to: self.raft.id,
            from: LOCAL_APPLY_THREAD,
            entries: ready.committed_entries.clone(),
            ..Message::default()
        }
    }

    /// Without asynchronous storage writes: the last Ready is stored and applied.
    pub fn advance(&mut self) {
        for m in std::mem::take(&mut self.steps_on_advance) {
            // Acknowledgements of one's own work are never refused; a fatal one shows at the next call.
            let _ = self.raft.step(m);
        }
    }

    /// Asks for the index that a linearisable read has to see. The answer comes in a Ready with the same
    /// context; or not at all, when there is no leader or the request is lost: then ask again.
    pub fn read_index(&mut self, context: Blob) {
        let entries = Entries::one(Entry { data: context, ..Entry::default() });
        let _ = self.raft.step(Message { kind: MessageKind::ReadIndex, entries, ..Message::default() });
    }

    /// Asks the leader to hand over to `to`.
    pub fn transfer_leader(&mut self, to: NodeId) {
        let _ = self.local(MessageKind::TransferLeader, to);
    }

    /// The last message to `id` could not be sent.
    pub fn report_unreachable(&mut self, id: NodeId) {
        let _ = self.local(MessageKind::Unreachable, id);
    }

    /// The snapshot that was sent to `id` has arrived, or failed to.
    pub fn report_snapshot(&mut self, id: NodeId, ok: bool) {
        let status = Message { kind: MessageKind::SnapStatus, from: id, reject: !ok, ..Message::default() };
        let _ = self.raft.step(status);
    }

    /// Makes a follower forget its leader, so that it may vote for another at once.
    ///
    /// # Errors
    /// [`RaftError::Fatal`] only.
    pub fn forget_leader(&mut self) -> Result<(), RaftError> {
        self.local(MessageKind::ForgetLeader, NodeId::NONE)
    }

    fn local(&mut self, kind: MessageKind, from: NodeId) -> Result<(), RaftError> {
        self.raft.step(Message { kind, from, ..Message::default() })
    }

    /// The figures.
    pub fn basic_status(&self) -> BasicStatus {
        BasicStatus {
            id: self.raft.id,
            hard_state: self.raft.hard_state(),
            soft_state: self.raft.soft_state(),
            applied: self.raft.log.applied,
            lead_transferee: self.raft.lead_transferee,
        }
    }

    /// The figures, the configuration and, from a leader, what it knows of the others.
    pub fn status(&self) -> Status {
        let leads = self.raft.role == Role::Leader;
        Status {
            basic: self.basic_status(),
            config: self.raft.tracker.config.clone(),
            progress: if leads { self.raft.tracker.progress.clone() } else { Default::default() },
        }
    }

    /// An error once the member can't go on: then every call does nothing.
    ///
    /// # Errors
    /// [`RaftError::Fatal`] with the reason.
    pub fn alive(&self) -> Result<(), RaftError> {
        self.raft.alive()
    }

    /// The inside, for looking.
    pub fn raft(&self) -> &Raft<S> {
        &self.raft
    }

    /// Overrides the drawn election timeout until the next one is drawn.
    pub fn set_randomized_election_timeout(&mut self, ticks: u32) {
        self.raft.set_randomized_election_timeout(ticks);
    }

    /// The storage.
    pub fn storage(&self) -> &S {
        &self.raft.log.storage
    }

    /// The storage, for the application to write to as Ready (or the append thread's message) says.
    pub fn storage_mut(&mut self) -> &mut S {
        &mut self.raft.log.storage
    }

    /// Gives the storage back; what a crash leaves.
    pub fn into_storage(self) -> S {
        self.raft.log.storage
    }

    /// What happened since this was last called, in order.
    pub fn take_trace(&mut self) -> Vec<TraceEvent> {
        self.raft.log.trace.take()
    }

    /// The same, appended to `out` (which saves an allocation).
    pub fn drain_trace(&mut self, out: &mut Vec<TraceEvent>) {
        self.raft.log.trace.drain_into(out);
    }

    /// Whether events are collected at all; they are by default.
    pub fn set_tracing(&mut self, enabled: bool) {
        self.raft.log.trace.set_enabled(enabled);
    }
}
