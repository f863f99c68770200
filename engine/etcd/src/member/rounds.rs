//! Raft's ready rounds, and the disk under them.
//!
//! Proposals that come while the leader's disk is busy wait for the running fsync and then go into the log
//! together, as they do in etcd, whose loop writes one batch at a time. Everything else is taken up at once.

use std::sync::Arc;
use std::time::Duration;

use raft::{
    Entries, EntryId, LOCAL_APPEND_THREAD, LOCAL_APPLY_THREAD, LogIndex, MessageKind, NodeId, RaftError,
    Snapshot,
};
use sim::{Blob, SimTime, Str, Token};

use super::{Context, Member, Message, timer};
use crate::proposal::{Proposal, RequestNumber};
use crate::state::Image;

/// After this long a snapshot that was sent is taken for arrived or lost; probing tells which.
const SNAPSHOT_WAIT: Duration = Duration::from_secs(1);

/// How many forwarded proposals are remembered, to know a doubled message.
const REMEMBER_FORWARDED: usize = 256;

/// Something the disk has been given.
#[derive(Clone, Debug, Hash)]
pub(super) struct Append {
    /// What Raft asked for; `None` for a snapshot that the member made itself.
    message: Option<raft::Message>,
    /// The fsync after which it counts as done.
    fsync: u64,
}

impl Member {
    /// A message from another member.
    pub(super) fn receive(&mut self, message: &raft::Message) {
        if message.kind == MessageKind::Prop {
            self.receive_proposals(message);
        } else {
            self.step(message.clone());
        }
    }

    /// Proposals that a follower sent on. On the leader they go the way of its own; a member that no longer
    /// leads sends them on again.
    fn receive_proposals(&mut self, message: &raft::Message) {
        let new: Vec<raft::Entry> =
            message.entries.iter().filter(|entry| self.is_first(&entry.data)).cloned().collect();
        let plain = new.iter().all(|entry| entry.kind == raft::EntryKind::Normal);
        if self.is_leader() && plain {
            self.proposals.extend(new.into_iter().map(|entry| (None, entry.data)));
        } else if !new.is_empty() {
            self.step(raft::Message { entries: Entries::from(new), ..message.clone() });
        }
    }

    /// Whether a proposal comes for the first time. Between real members TCP sees to that; here a doubled message
    /// would write twice.
    fn is_first(&mut self, data: &Blob) -> bool {
        let Some(number) = data.downcast::<Proposal>().map(Proposal::number) else { return true };
        self.is_new(number)
    }

    /// Whether a request's number was not seen before.
    pub(super) fn is_new(&mut self, number: RequestNumber) -> bool {
        if self.forwarded.contains(&number) {
            return false;
        }
        if self.forwarded.len() >= REMEMBER_FORWARDED {
            self.forwarded.pop_front();
        }
        self.forwarded.push_back(number);
        true
    }

    /// Goes on until there is nothing more to do without waiting for somebody.
    pub(super) fn drive(&mut self, context: &mut Context<'_>) {
        loop {
            self.flush_proposals();
            self.start_read(context.now);
            if self.failed.is_some() || !self.node.has_ready() {
                break;
            }
            self.round(context);
        }
        for event in self.node.take_trace() {
            if let Some(note) = event.note(self.id, |id| self.name_of(id)) {
                context.note(note.template, note.args);
            }
        }
        if let Some(why) = self.failed.take() {
            self.fail(why, context);
        }
    }

    pub(super) fn step(&mut self, message: raft::Message) {
        // Every other error is the network's doing: a message too many.
        if let Err(RaftError::Fatal(fatal)) = self.node.step(message) {
            self.failed = Some(Str::from(fatal.to_string()));
        }
    }

    fn flush_proposals(&mut self) {
        if self.proposals.is_empty() {
            return;
        }
        let lead = self.lead();
        if lead.is_none() || (lead == self.id && self.fsync_running != 0) {
            return;
        }
        // Calls that timed out while they waited are not proposed any more.
        let proposals = std::mem::take(&mut self.proposals);
        let live =
            proposals.into_iter().filter(|(number, _)| number.is_none_or(|n| self.waiting.contains_key(&n)));
        let entries: Vec<raft::Entry> =
            live.map(|(_, data)| raft::Entry { data, ..raft::Entry::default() }).collect();
        if entries.is_empty() {
            return;
        }
        // Refused (a transfer of leadership is under way, too much is uncommitted): those who wait time out.
        self.step(raft::Message {
            kind: MessageKind::Prop,
            from: self.id,
            entries: Entries::from(entries),
            ..raft::Message::default()
        });
    }

    fn round(&mut self, context: &mut Context<'_>) {
        let ready = self.node.ready();
        if let Some(soft) = &ready.soft_state {
            self.leadership(soft.lead, context);
        }
        for read in &ready.read_states {
            self.read_confirmed(&read.context, read.index);
        }
        for message in ready.messages {
            match message.to {
                LOCAL_APPEND_THREAD => self.append(message, ready.must_sync, context),
                LOCAL_APPLY_THREAD => self.committed(message, context),
                _ => self.send(message, context),
            }
        }
        // A read may have been confirmed for what is applied already.
        self.serve_reads(context);
    }

    fn leadership(&mut self, lead: NodeId, context: &mut Context<'_>) {
        let before = std::mem::replace(&mut self.led_by, lead);
        if !lead.is_none() {
            self.leaderless_ticks = 0;
            self.leader_elected_at = context.now;
            if lead != before {
                self.refuse_round(context);
            }
            self.publish(context.now);
        }
        if lead != self.id {
            self.lessor.demote();
        }
    }

    fn append(&mut self, message: raft::Message, must_sync: bool, context: &mut Context<'_>) {
        if let Some(snapshot) = &message.snapshot {
            self.disk.write_snapshot(snapshot.clone());
        }
        self.disk.write(&message.entries, message.hard_state());
        let sync = must_sync || message.snapshot.is_some();
        if !sync && self.appends.is_empty() {
            // A new commit index needs no fsync.
            self.appended(message, context);
            return;
        }
        let fsync =
            if sync { self.want_fsync(context) } else { self.appends.back().map_or(0, |last| last.fsync) };
        self.appends.push_back(Append { message: Some(message), fsync });
    }

    /// Starts an fsync, or waits for the running one to end, which does not cover what was just written.
    /// Returns the number of the fsync that does.
    fn want_fsync(&mut self, context: &mut Context<'_>) -> u64 {
        if self.fsync_running != 0 {
            return self.fsync_running + 1;
        }
        self.fsyncs += 1;
        self.fsync_running = self.fsyncs;
        self.disk.begin_fsync();
        let latency = self.random.duration(self.config.fsync_min..self.config.fsync_max);
        context.timer(latency, Token::new(timer::FSYNC, self.fsync_running));
        self.fsync_running
    }

    /// Makes the disk faster or slower, from the next fsync on: each takes from `min` up to but without `max`.
    pub fn set_fsync_latency(&mut self, min: Duration, max: Duration) {
        self.config.fsync_min = min;
        self.config.fsync_max = max.max(min + Duration::from_nanos(1));
    }

    /// An fsync is done.
    pub(super) fn fsynced(&mut self, number: u64, context: &mut Context<'_>) {
        if number != self.fsync_running {
            return;
        }
        self.disk.finish_fsync();
        self.fsync_running = 0;
        let mut last = LogIndex::ZERO;
        let mut first = LogIndex::ZERO;
        while self.appends.front().is_some_and(|append| append.fsync <= number) {
            let Some(append) = self.appends.pop_front() else { break };
            let Some(message) = append.message else { continue };
            if let (Some(a), Some(b)) = (message.entries.first(), message.entries.last()) {
                first = if first == LogIndex::ZERO { a.index } else { first.min(a.index) };
                last = b.index;
            }
            self.appended(message, context);
        }
        if last != LogIndex::ZERO {
            let text = |index: LogIndex| Str::from(index.to_string());
            context.note(
                "{0} has entries {1} to {2} safe on its disk.",
                [self.name_of(self.id), text(first), text(last)],
            );
        }
        if !self.appends.is_empty() {
            self.want_fsync(context);
        }
    }

    /// What Raft gave to the disk counts now.
    fn appended(&mut self, message: raft::Message, context: &mut Context<'_>) {
        if let Some(snapshot) = &message.snapshot {
            self.restore(snapshot, context);
        }
        let storage = self.node.storage_mut();
        if let Some(snapshot) = &message.snapshot {
            // An older one than there is changes nothing.
            let _ = storage.apply_snapshot(snapshot.clone());
        }
        if let Some(hard_state) = message.hard_state() {
            storage.set_hard_state(hard_state);
        }
        if let Err(error) = storage.append(&message.entries) {
            self.failed = Some(Str::from(error.to_string()));
            return;
        }
        self.respond(message.responses, context);
    }

    /// Delivers what the append or apply thread has to say.
    pub(super) fn respond(&mut self, responses: Vec<raft::Message>, context: &mut Context<'_>) {
        for response in responses {
            if response.to == self.id {
                self.step(response);
            } else {
                self.send(response, context);
            }
        }
    }

    fn send(&mut self, mut message: raft::Message, context: &mut Context<'_>) {
        let Some(to) = self.actor_of(message.to) else { return };
        if message.kind == MessageKind::Snap {
            self.snapshots_sent.insert(message.to, context.now + SNAPSHOT_WAIT);
            // etcd sends its present state, which is newer than the snapshot that Raft knows of.
            let newer = message.snapshot.as_ref().is_none_or(|snapshot| snapshot.index < self.applied.index);
            if newer && self.applied == self.state.applied {
                message.snapshot = Some(Arc::new(self.image()));
            }
        }
        context.send(to, Message::Peer(Arc::new(message)));
    }

    /// The present state as a Raft snapshot.
    fn image(&self) -> Snapshot {
        let EntryId { term, index } = self.applied;
        let data = Blob::Shared(Arc::new(Image(self.state.clone())));
        Snapshot { index, term, conf_state: self.conf_state.clone(), data }
    }

    /// Takes a snapshot when enough was applied since the last one.
    pub(super) fn snapshot_if_due(&mut self, context: &mut Context<'_>) {
        if self.applied.index - self.snapshot_index <= self.config.snapshot_count
            || self.applied != self.state.applied
        {
            return;
        }
        let image = self.image();
        let index = image.index;
        let storage = self.node.storage_mut();
        let Ok(snapshot) = storage.create_snapshot(index, Some(image.conf_state), image.data) else { return };
        // Followers that lag a little are caught up from the log.
        let keep_from = LogIndex(index.0.saturating_sub(self.config.catch_up_entries));
        let _ = storage.compact(keep_from);
        self.snapshot_index = index;
        self.disk.write_snapshot(snapshot);
        let fsync = self.want_fsync(context);
        self.appends.push_back(Append { message: None, fsync });
        context.note(
            "{0} saves a snapshot up to entry {1} and forgets its log up to entry {2}.",
            [self.name_of(self.id), Str::from(index.to_string()), Str::from(keep_from.to_string())],
        );
    }

    /// A snapshot from the leader is on the disk: start over from it.
    fn restore(&mut self, snapshot: &Snapshot, context: &mut Context<'_>) {
        let Some(image) = snapshot.data.downcast::<Image>() else { return };
        if snapshot.index <= self.applied.index {
            return;
        }
        self.applied = snapshot.id();
        self.conf_state = snapshot.conf_state.clone();
        self.snapshot_index = snapshot.index;
        if snapshot.index <= self.state.applied.index {
            return;
        }
        let before = self.state.store.revision();
        self.state = image.0.clone();
        self.replayed = self.state.members.clone();
        self.find_routes();
        self.commit_database();
        self.watchers.restart(before);
        self.schedule_catch_up(context);
        self.serve_reads(context);
    }

    /// Tells Raft that snapshots it waits for have had their time.
    pub(super) fn report_snapshots(&mut self, now: SimTime) {
        let due: Vec<NodeId> =
            self.snapshots_sent.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
        for id in due {
            self.snapshots_sent.remove(&id);
            self.node.report_snapshot(id, true);
        }
    }
}
