//! A whole group in memory, steppable by the smallest event: for tests, for measuring, for playing.
//!
//! Nothing moves by itself: whoever holds the group says which message arrives, whose write finishes, whose
//! time passes. Storage writes are asynchronous, so that a crash can fall before each of them.

use std::collections::VecDeque;
use std::sync::Arc;

use sim::{Blob, Digest, Stream};

use crate::invariants::{Checker, Violation};
use crate::{
    AnyConfChange, ConfState, Config, Entry, HardState, LOCAL_APPEND_THREAD, LOCAL_APPLY_THREAD, LogIndex,
    MemoryStorage, Message, NodeId, RaftError, RawNode, Role, Snapshot, Storage, Term,
};

/// One member, its unfinished work, and its application: a running digest of all that was applied.
#[derive(Clone, Debug, Hash)]
pub struct GroupMember {
    node: RawNode,
    /// The disk as it was at the beginning.
    blank: MemoryStorage,
    config: Config,
    down: bool,
    starts: u64,
    append_work: VecDeque<Message>,
    apply_work: VecDeque<Message>,
    applied: LogIndex,
    conf_state: ConfState,
    state: Digest,
}

impl GroupMember {
    /// The member.
    pub fn node(&self) -> &RawNode {
        &self.node
    }

    /// Whether it is crashed.
    pub fn is_down(&self) -> bool {
        self.down
    }

    /// What the application has applied, and the digest of it.
    pub fn application(&self) -> (LogIndex, Digest) {
        (self.applied, self.state)
    }

    /// Whether the append thread, the apply thread have work.
    pub fn has_work(&self) -> (bool, bool) {
        (!self.append_work.is_empty(), !self.apply_work.is_empty())
    }
}

/// Members 1 to n, the messages between them, and (if wanted) a checker over all.
#[derive(Clone, Debug, Hash)]
pub struct Group {
    seed: u64,
    members: Vec<GroupMember>,
    network: VecDeque<Message>,
    checker: Option<Checker>,
    events: u64,
}

/// The group can't go on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum GroupError {
    /// An invariant is broken.
    Violation(Violation),
    /// A member can't go on.
    Member(NodeId, RaftError),
}

impl Group {
    /// Members 1 to `count`, of which the first `voters` vote and the others are not in the configuration,
    /// all as `config` says but for the id. With `checked`, invariants are checked after each event.
    ///
    /// # Errors
    /// When `config` can't work.
    pub fn new(
        seed: u64,
        count: u64,
        voters: u64,
        config: &Config,
        checked: bool,
    ) -> Result<Group, RaftError> {
        let mut group = Group {
            seed,
            members: Vec::new(),
            network: VecDeque::new(),
            checker: checked.then(Checker::default),
            events: 0,
        };
        for id in 1..=count {
            let mut storage = MemoryStorage::new();
            let conf_state = ConfState::of_voters((1..=voters).map(NodeId));
            let in_group = id <= voters;
            let start = Snapshot {
                index: LogIndex(1),
                term: Term(1),
                conf_state: conf_state.clone(),
                data: Blob::empty(),
            };
            if in_group {
                storage.apply_snapshot(Arc::new(start))?;
                storage.set_hard_state(HardState { term: Term(1), vote: NodeId::NONE, commit: LogIndex(1) });
            }
            let applied = if in_group { LogIndex(1) } else { LogIndex::ZERO };
            let config = Config { id: NodeId(id), async_storage_writes: true, applied, ..config.clone() };
            let node = RawNode::new(config.clone(), storage.clone(), stream(seed, id, 0))?;
            group.members.push(GroupMember {
                node,
                blank: storage,
                config,
                down: false,
                starts: 1,
                append_work: VecDeque::new(),
                apply_work: VecDeque::new(),
                applied,
                conf_state: if in_group { conf_state } else { ConfState::default() },
                state: Digest(0),
            });
        }
        Ok(group)
    }

    /// The members, in the order of their ids.
    pub fn members(&self) -> &[GroupMember] {
        &self.members
    }

    /// The messages under way, oldest first.
    pub fn network(&self) -> &VecDeque<Message> {
        &self.network
    }

    /// The messages under way, for dropping, doubling and reordering.
    pub fn network_mut(&mut self) -> &mut VecDeque<Message> {
        &mut self.network
    }

    /// How many events have happened.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The running leader of the highest term, if any.
    pub fn leader(&self) -> Option<NodeId> {
        let running = self.members.iter().filter(|member| !member.down).map(|member| member.node.raft());
        running
            .filter(|raft| raft.role() == Role::Leader)
            .max_by_key(|raft| raft.term())
            .map(|raft| raft.id())
    }

    /// Calls a member that runs, then looks whether all is well.
    ///
    /// # Errors
    /// [`GroupError`]; refused messages and dropped proposals are none.
    pub fn call<T>(
        &mut self,
        id: NodeId,
        f: impl FnOnce(&mut RawNode) -> T,
    ) -> Result<Option<T>, GroupError> {
        let Some(member) =
            self.members.get_mut((id.0 as usize).wrapping_sub(1)).filter(|member| !member.down)
        else {
            return Ok(None);
        };
        let result = f(&mut member.node);
        self.events += 1;
        self.check(id)?;
        Ok(Some(result))
    }

    fn check(&mut self, id: NodeId) -> Result<(), GroupError> {
        let node = &self.members[id.0 as usize - 1].node;
        node.alive().map_err(|error| GroupError::Member(id, error))?;
        let Some(checker) = &mut self.checker else { return Ok(()) };
        let durable = |id: NodeId, index| {
            let member = self.members.get((id.0 as usize).wrapping_sub(1))?;
            member.node.storage().term(index).ok()
        };
        checker.observe(node, durable).map_err(GroupError::Violation)
    }

    /// A tick passes for a member.
    ///
    /// # Errors
    /// As [`Group::call`].
    pub fn tick(&mut self, id: NodeId) -> Result<(), GroupError> {
        self.call(id, RawNode::tick).map(drop)
    }

    /// The message at `place` of the network arrives.
    ///
    /// # Errors
    /// As [`Group::call`].
    pub fn deliver(&mut self, place: usize) -> Result<(), GroupError> {
        let m = if place == 0 { self.network.pop_front() } else { self.network.remove(place) };
        let Some(m) = m else { return Ok(()) };
        // What a member refuses is no concern of the group's.
        self.call(m.to, |node| node.step(m)).map(drop)
    }

    /// A member's Ready is handled. False when there was none.
    ///
    /// # Errors
    /// As [`Group::call`].
    pub fn ready(&mut self, id: NodeId) -> Result<bool, GroupError> {
        let Some(Some(ready)) = self.call(id, |node| node.has_ready().then(|| node.ready()))? else {
            return Ok(false);
        };
        let member = &mut self.members[id.0 as usize - 1];
        for m in ready.messages {
            match m.to {
                LOCAL_APPEND_THREAD => member.append_work.push_back(m),
                LOCAL_APPLY_THREAD => member.apply_work.push_back(m),
                _ => self.network.push_back(m),
            }
        }
        Ok(true)
    }

    /// A member's oldest unfinished write becomes durable. False when there was none.
    ///
    /// # Errors
    /// As [`Group::call`].
    pub fn append(&mut self, id: NodeId) -> Result<bool, GroupError> {
        let Some(member) = self.members.get_mut(id.0 as usize - 1).filter(|member| !member.down) else {
            return Ok(false);
        };
        let Some(work) = member.append_work.pop_front() else { return Ok(false) };
        let storage = member.node.storage_mut();
        if let Some(state) = work.hard_state() {
            storage.set_hard_state(state);
        }
        let failed = |error| GroupError::Member(id, RaftError::Storage(error));
        if let Some(snapshot) = &work.snapshot {
            storage.apply_snapshot(snapshot.clone()).map_err(failed)?;
            member.applied = snapshot.index;
            member.conf_state = snapshot.conf_state.clone();
            member.state = digest_of(&snapshot.data);
        }
        storage.append(&work.entries).map_err(failed)?;
        self.respond(id, work.responses)?;
        Ok(true)
    }

    /// A member's application applies its next batch. False when there was none.
    ///
    /// # Errors
    /// As [`Group::call`].
    pub fn apply(&mut self, id: NodeId) -> Result<bool, GroupError> {
        let Some(member) = self.members.get_mut(id.0 as usize - 1).filter(|member| !member.down) else {
            return Ok(false);
        };
        let Some(work) = member.apply_work.pop_front() else { return Ok(false) };
        for entry in &work.entries {
            member.apply(entry).map_err(|error| GroupError::Member(id, error))?;
        }
        self.respond(id, work.responses)?;
        Ok(true)
    }

    fn respond(&mut self, id: NodeId, responses: Vec<Message>) -> Result<(), GroupError> {
        for m in responses {
            if m.to == id {
                self.call(id, |node| node.step(m))?;
            } else {
                self.network.push_back(m);
            }
        }
        Ok(())
    }

    /// A member loses what isn't durable.
    pub fn crash(&mut self, id: NodeId) {
        let member = &mut self.members[id.0 as usize - 1];
        member.down = true;
        member.append_work.clear();
        member.apply_work.clear();
    }

    /// A crashed member's disk is put back to its beginning: its promises are broken.
    pub fn wipe(&mut self, id: NodeId) {
        let member = &mut self.members[id.0 as usize - 1];
        if member.down {
            *member.node.storage_mut() = member.blank.clone();
            if let Some(checker) = &mut self.checker {
                checker.wiped(id);
            }
        }
    }

    /// A crashed member starts from its storage. The application's state is that of its last snapshot.
    ///
    /// # Errors
    /// [`GroupError`], when what is stored contradicts itself.
    pub fn restart(&mut self, id: NodeId) -> Result<(), GroupError> {
        let member = &mut self.members[id.0 as usize - 1];
        if !member.down {
            return Ok(());
        }
        let mut storage = member.node.storage().clone();
        let snapshot = storage.current_snapshot().clone();
        let state = storage.hard_state();
        if state.commit < snapshot.index {
            // Hard state and snapshot are stored one after the other; the snapshot knows better.
            storage.set_hard_state(HardState { commit: snapshot.index, ..state });
        }
        let config = Config { applied: snapshot.index, ..member.config.clone() };
        let stream = stream(self.seed, id.0, member.starts);
        member.node = RawNode::new(config, storage, stream).map_err(|error| GroupError::Member(id, error))?;
        member.down = false;
        member.starts += 1;
        member.applied = snapshot.index;
        member.conf_state = snapshot.conf_state.clone();
        member.state = digest_of(&snapshot.data);
        if let Some(checker) = &mut self.checker {
            checker.restarted(id, state);
        }
        self.check(id)
    }

    /// A member takes a snapshot of what it has applied and forgets the log but for the last `keep` entries.
    pub fn compact(&mut self, id: NodeId, keep: u64) {
        let member = &mut self.members[id.0 as usize - 1];
        let (applied, conf_state) = (member.applied, member.conf_state.clone());
        let data = Blob::from(member.state.0.to_be_bytes().to_vec());
        let storage = member.node.storage_mut();
        if storage.create_snapshot(applied, Some(conf_state), data).is_ok() && applied.0 > keep {
            // Refused when it was done before.
            let _ = storage.compact(LogIndex(applied.0 - keep));
        }
    }

    /// Everything that can happen at once happens, in order, until nothing can, or `limit` events have
    /// happened. True when nothing is left.
    ///
    /// # Errors
    /// As [`Group::call`].
    pub fn run(&mut self, limit: u64) -> Result<bool, GroupError> {
        let end = self.events.saturating_add(limit);
        loop {
            let mut busy = false;
            for id in (1..=self.members.len() as u64).map(NodeId) {
                busy |= self.ready(id)?;
                busy |= self.append(id)?;
                busy |= self.apply(id)?;
            }
            for _ in 0..self.network.len() {
                self.deliver(0)?;
                busy = true;
            }
            if !busy {
                return Ok(true);
            }
            if self.events >= end {
                return Ok(false);
            }
        }
    }

    /// Stops (or starts again) collecting trace events, which cost time when nobody reads them.
    pub fn set_tracing(&mut self, enabled: bool) {
        for member in &mut self.members {
            member.node.set_tracing(enabled);
        }
    }
}

impl GroupMember {
    fn apply(&mut self, entry: &Entry) -> Result<(), RaftError> {
        // A snapshot may have overtaken the apply thread: it goes through the append thread.
        if entry.index <= self.applied {
            return Ok(());
        }
        let change = AnyConfChange::decode(entry.kind, &entry.data)
            .map_err(|_| RaftError::Fatal(crate::Fatal::Undecodable(entry.id())))?;
        match change {
            Some(change) => self.conf_state = self.node.apply_conf_change(change)?,
            None => self.state = Digest::of(&(self.state, entry.data.digest())),
        }
        self.applied = entry.index;
        Ok(())
    }
}

fn stream(seed: u64, id: u64, starts: u64) -> Stream {
    Stream::derive(seed, &format!("raft/{id}/{starts}"))
}

fn digest_of(data: &Blob) -> Digest {
    let bytes = data.bytes();
    Digest(bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
}
