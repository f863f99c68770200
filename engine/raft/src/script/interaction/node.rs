//! A member with its storage and its application, which appends all data to one text.

use std::collections::VecDeque;
use std::sync::Arc;

use sim::Blob;

use crate::{
    AnyConfChange, ConfState, Config, Entry, Fatal, HardState, LogIndex, MemoryStorage, Message, RaftError,
    RawNode, Snapshot, Storage, StorageError, Term,
};

pub(super) struct Node {
    pub(super) raw: RawNode<ScriptStorage>,
    pub(super) config: Config,
    /// Work of the append thread, in order.
    pub(super) append_work: VecDeque<Message>,
    /// Work of the apply thread, in order.
    pub(super) apply_work: VecDeque<Message>,
    /// Crashed: messages to it are lost.
    pub(super) is_down: bool,
    /// How often it was started.
    pub(super) starts: u64,
}

/// The log in memory, and the application's state as the newest snapshot.
#[derive(Clone, Debug, Hash)]
pub(super) struct ScriptStorage {
    pub(super) log: MemoryStorage,
    pub(super) application: Arc<Snapshot>,
}

impl Storage for ScriptStorage {
    fn initial_state(&self) -> (HardState, ConfState) {
        (self.log.hard_state(), self.application.conf_state.clone())
    }

    fn entries(
        &self,
        lo: LogIndex,
        hi: LogIndex,
        max_size: u64,
        out: &mut Vec<Entry>,
    ) -> Result<(), StorageError> {
        self.log.entries(lo, hi, max_size, out)
    }

    fn term(&self, index: LogIndex) -> Result<Term, StorageError> {
        self.log.term(index)
    }

    fn last_index(&self) -> LogIndex {
        self.log.last_index()
    }

    fn first_index(&self) -> LogIndex {
        self.log.first_index()
    }

    fn snapshot(&self) -> Result<Arc<Snapshot>, StorageError> {
        Ok(self.application.clone())
    }
}

impl Node {
    /// Stores what a Ready or the append thread's message says.
    pub(super) fn store(
        &mut self,
        hard_state: Option<HardState>,
        entries: &[Entry],
        snapshot: Option<&Arc<Snapshot>>,
    ) -> Result<(), RaftError> {
        let storage = self.raw.storage_mut();
        if let Some(state) = hard_state {
            storage.log.set_hard_state(state);
        }
        if let Some(snapshot) = snapshot {
            storage.log.apply_snapshot(snapshot.clone())?;
            storage.application = snapshot.clone();
        }
        storage.log.append(entries)?;
        Ok(())
    }

    /// Applies committed entries.
    pub(super) fn apply(&mut self, entries: &[Entry]) -> Result<(), RaftError> {
        for entry in entries {
            let before = self.raw.storage().application.clone();
            // A snapshot may have overtaken the apply thread: it goes through the append thread.
            if entry.index <= before.index {
                continue;
            }
            let change = AnyConfChange::decode(entry.kind, &entry.data)
                .map_err(|_| RaftError::Fatal(Fatal::Undecodable(entry.id())))?;
            let (data, conf_state) = match change {
                None => (Some(entry.data.clone()), before.conf_state.clone()),
                Some(change) => (change.context().cloned(), self.raw.apply_conf_change(change)?),
            };
            let mut text = before.data.bytes().to_vec();
            text.extend(data.iter().flat_map(|data| data.bytes().to_vec()));
            let (index, term) = (entry.index, entry.term);
            self.raw.storage_mut().application =
                Arc::new(Snapshot { index, term, conf_state, data: Blob::from(text) });
        }
        Ok(())
    }
}
