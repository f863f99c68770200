//! Linearisable reads that wait for a quorum to confirm the leader.

use std::collections::{BTreeSet, VecDeque};

use sim::Blob;

use crate::{Entries, LogIndex, NodeId, ReadOnlyOption};

/// The answer to a read request: when everything up to `index` is applied, a read is linearisable.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ReadState {
    /// The index to wait for.
    pub index: LogIndex,
    /// The request's name, as the application gave it.
    pub context: Blob,
}

/// A request that waits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PendingRead {
    /// Who asked; nobody when it was the leader's own application.
    pub from: NodeId,
    /// The commit index when the request arrived.
    pub index: LogIndex,
    /// Who has confirmed the leader since.
    pub acks: BTreeSet<NodeId>,
    /// The request, with its name as the only entry's data.
    pub(crate) entries: Entries,
}

impl PendingRead {
    fn context(&self) -> Option<&Blob> {
        self.entries.first().map(|entry| &entry.data)
    }
}

/// The requests that wait, oldest first. Who confirms the leader for one confirms it for all before it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ReadOnly {
    /// How reads are made safe.
    pub option: ReadOnlyOption,
    queue: VecDeque<PendingRead>,
}

impl ReadOnly {
    pub(crate) const fn new(option: ReadOnlyOption) -> ReadOnly {
        ReadOnly { option, queue: VecDeque::new() }
    }

    /// What waits, oldest first.
    pub fn pending(&self) -> impl Iterator<Item = &PendingRead> {
        self.queue.iter()
    }

    /// Queues a request; one of the same name that waits already is enough.
    pub(crate) fn add(&mut self, index: LogIndex, from: NodeId, entries: Entries) {
        let context = entries.first().map(|entry| &entry.data);
        if !self.queue.iter().any(|read| read.context() == context) {
            self.queue.push_back(PendingRead { from, index, acks: BTreeSet::new(), entries });
        }
    }

    /// `id` confirms the leader for the request named `context`. Gives all who have.
    pub(crate) fn acknowledge(&mut self, id: NodeId, context: &Blob) -> Option<&BTreeSet<NodeId>> {
        let read = self.queue.iter_mut().find(|read| read.context() == Some(context))?;
        read.acks.insert(id);
        Some(&read.acks)
    }

    /// The request named `context` is confirmed: takes it and all before it.
    pub(crate) fn advance(&mut self, context: &Blob) -> Vec<PendingRead> {
        match self.queue.iter().position(|read| read.context() == Some(context)) {
            Some(place) => self.queue.drain(..=place).collect(),
            None => Vec::new(),
        }
    }

    /// The name of the newest request, which heartbeats carry.
    pub(crate) fn last_context(&self) -> Option<Blob> {
        self.queue.back().and_then(PendingRead::context).cloned()
    }
}
