//! Linearisable reads.

use super::Raft;
use crate::quorum::VoteResult;
use crate::read_only::ReadState;
use crate::trace::TraceEvent;
use crate::{Entries, LogIndex, Message, MessageKind, NodeId, ReadOnlyOption, Storage};

impl<S: Storage> Raft<S> {
    /// A leader is asked which index a read has to see.
    pub(super) fn handle_read_index(&mut self, m: Message) {
        if self.tracker.is_singleton() {
            self.answer_read(m.from, m.entries, self.log.committed);
        } else if !self.committed_in_this_term() {
            // Until then it doesn't know how far earlier leaders have committed.
            self.trace(TraceEvent::ReadIndexPostponed { from: m.from });
            self.pending_reads.push(m);
        } else {
            self.start_read(m);
        }
    }

    /// The first commit of the term answers what had to wait for it.
    pub(super) fn release_pending_reads(&mut self) {
        if self.pending_reads.is_empty() || !self.committed_in_this_term() {
            return;
        }
        for m in std::mem::take(&mut self.pending_reads) {
            self.start_read(m);
        }
    }

    fn committed_in_this_term(&self) -> bool {
        self.log.term(self.log.committed) == Ok(self.term)
    }

    fn start_read(&mut self, m: Message) {
        let Some(context) = m.entries.first().map(|entry| entry.data.clone()) else { return };
        match self.read_only.option {
            ReadOnlyOption::Safe => {
                self.read_only.add(self.log.committed, m.from, m.entries);
                self.read_only.acknowledge(self.id, &context);
                self.broadcast_heartbeat_with(Some(context));
            }
            ReadOnlyOption::LeaseBased => self.answer_read(m.from, m.entries, self.log.committed),
        }
    }

    /// A heartbeat's answer confirms the leader for the read request that the heartbeat carried.
    pub(super) fn confirm_reads(&mut self, m: &Message) {
        let Some(context) = m.context.as_ref().filter(|context| !context.is_empty()) else { return };
        if self.read_only.option != ReadOnlyOption::Safe {
            return;
        }
        let Some(acks) = self.read_only.acknowledge(m.from, context) else { return };
        let confirmed = self.tracker.config.voters.vote_result(|id| acks.contains(&id).then_some(true));
        if confirmed != VoteResult::Won {
            return;
        }
        for read in self.read_only.advance(context) {
            self.answer_read(read.from, read.entries, read.index);
        }
    }

    fn answer_read(&mut self, from: NodeId, entries: Entries, index: LogIndex) {
        self.trace(TraceEvent::ReadIndexConfirmed { index, from });
        if !from.is_none() && from != self.id {
            self.send(Message {
                kind: MessageKind::ReadIndexResp,
                to: from,
                index,
                entries,
                ..Message::default()
            });
        } else if let Some(request) = entries.first() {
            self.read_states.push(ReadState { index, context: request.data.clone() });
        }
    }
}
