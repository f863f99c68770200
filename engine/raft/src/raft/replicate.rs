//! The leader's log grows and spreads.

use sim::Blob;

use super::Raft;
use crate::entry::payloads_size;
use crate::trace::TraceEvent;
use crate::tracker::ProgressState;
use crate::{
    Entries, Entry, EntryId, EntryKind, LogIndex, Message, MessageKind, NodeId, Storage, StorageError,
};

/// The run of entries that was sent last, and from where: most followers need the same.
#[derive(Default)]
struct Run(Option<(LogIndex, Entries)>);

impl<S: Storage> Raft<S> {
    /// Appends to its own log as the leader of this term. False when that would be too much uncommitted.
    pub(super) fn append_entries(&mut self, data: impl IntoIterator<Item = (EntryKind, Blob)>) -> bool {
        let mut index = self.log.last_index();
        let term = self.term;
        let entries: Vec<Entry> = data
            .into_iter()
            .map(|(kind, data)| {
                index = index.next();
                Entry { term, index, kind, data }
            })
            .collect();
        let size = payloads_size(&entries);
        // One proposal of any size is taken when nothing else waits, and an empty entry always: a new leader
        // and the way out of a joint configuration depend on it.
        if self.uncommitted_size > 0
            && size > 0
            && self.uncommitted_size.saturating_add(size) > self.config.max_uncommitted_entries_size
        {
            self.trace(TraceEvent::ProposalTooLarge);
            return false;
        }
        self.uncommitted_size = self.uncommitted_size.saturating_add(size);
        let last = self.log.append(&entries);
        // The leader acknowledges as any follower: when the entries are stable.
        self.send(Message { kind: MessageKind::AppResp, to: self.id, index: last, ..Message::default() });
        true
    }

    /// Commits what a quorum has stored. True when there is something new.
    pub(super) fn maybe_commit(&mut self) -> bool {
        self.log.maybe_commit(EntryId { term: self.term, index: self.tracker.committed() })
    }

    /// Sends everybody what is missing, and at least the commit index.
    pub(super) fn broadcast_append(&mut self) {
        let mut run = Run::default();
        let (me, members) = (self.id, self.members.clone());
        for to in members.iter().copied().filter(|to| *to != me) {
            self.maybe_send_append(to, true, &mut run);
        }
    }

    /// Sends entries only where there are any to send.
    pub(super) fn probe_all(&mut self) {
        let mut run = Run::default();
        let (me, members) = (self.id, self.members.clone());
        for to in members.iter().copied().filter(|to| *to != me) {
            self.maybe_send_append(to, false, &mut run);
        }
    }

    /// Sends an append, empty if need be.
    pub(super) fn send_append(&mut self, to: NodeId) {
        self.maybe_send_append(to, true, &mut Run::default());
    }

    /// Sends appends as long as there are entries and room for them.
    pub(super) fn send_all_appends(&mut self, to: NodeId) {
        while self.maybe_send_append(to, false, &mut Run::default()) {}
    }

    /// Sends an append (or a snapshot, when the entries are compacted), unless `to` has to wait or there is
    /// nothing to send. True when something was sent.
    fn maybe_send_append(&mut self, to: NodeId, even_if_empty: bool, run: &mut Run) -> bool {
        let Some(progress) = self.tracker.progress.get(&to) else { return false };
        if progress.is_paused() {
            return false;
        }
        let (next, prev) = (progress.next, progress.next.prev());
        let Ok(prev_term) = self.log.term(prev) else { return self.maybe_send_snapshot(to) };
        // When no more may be under way, an empty append still finds out whether all of it was lost.
        let may_send_entries = progress.state != ProgressState::Replicate || !progress.inflights.full();
        let entries = if may_send_entries { self.run_from(next, run) } else { Ok(Entries::NONE) };
        if !even_if_empty && entries.as_ref().is_ok_and(|entries| entries.is_empty()) {
            return false;
        }
        let Ok(entries) = entries else { return self.maybe_send_snapshot(to) };
        let commit = self.log.committed;
        if let Some(progress) = self.tracker.progress.get_mut(&to) {
            progress.sent_entries(entries.len() as u64, payloads_size(&entries));
            progress.sent_commit(commit);
        }
        self.send(Message {
            kind: MessageKind::App,
            to,
            index: prev,
            log_term: prev_term,
            entries,
            commit,
            ..Message::default()
        });
        true
    }

    fn run_from(&self, next: LogIndex, run: &mut Run) -> Result<Entries, StorageError> {
        match &run.0 {
            Some((from, entries)) if *from == next => Ok(entries.clone()),
            _ => {
                let entries = self.log.entries_from(next, self.config.max_size_per_msg)?;
                run.0 = Some((next, entries.clone()));
                Ok(entries)
            }
        }
    }

    fn maybe_send_snapshot(&mut self, to: NodeId) -> bool {
        let Some(progress) = self.tracker.progress.get_mut(&to) else { return false };
        if !progress.recent_active {
            self.trace(TraceEvent::SnapshotToInactivePeer { peer: to });
            return false;
        }
        let snapshot = match self.log.snapshot() {
            Ok(snapshot) if !snapshot.is_empty() => snapshot,
            // An empty snapshot is one that the application hasn't made yet.
            _ => {
                self.trace(TraceEvent::SnapshotUnavailable { peer: to });
                return false;
            }
        };
        let sent = TraceEvent::SnapshotSent {
            first_index: self.log.first_index(),
            commit: self.log.committed,
            snapshot: snapshot.id(),
            peer: to,
            progress: progress.view(),
        };
        progress.become_snapshot(snapshot.index);
        let paused = TraceEvent::ReplicationPaused { peer: to, progress: progress.view() };
        self.trace(sent);
        self.trace(paused);
        self.send(Message { kind: MessageKind::Snap, to, snapshot: Some(snapshot), ..Message::default() });
        true
    }

    /// Heartbeats to everybody, with the newest read request that waits.
    pub(super) fn broadcast_heartbeat(&mut self) {
        self.broadcast_heartbeat_with(self.read_only.last_context());
    }

    pub(super) fn broadcast_heartbeat_with(&mut self, context: Option<Blob>) {
        let committed = self.log.committed;
        let (me, members) = (self.id, self.members.clone());
        for to in members.iter().copied().filter(|to| *to != me) {
            let Some(progress) = self.tracker.progress.get_mut(&to) else { continue };
            // The follower may lack (or have something else in place of) what comes after `matched`.
            let commit = progress.matched.min(committed);
            progress.sent_commit(commit);
            self.send(Message {
                kind: MessageKind::Heartbeat,
                to,
                commit,
                context: context.clone(),
                ..Message::default()
            });
        }
    }
}
