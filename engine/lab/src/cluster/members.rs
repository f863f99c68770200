//! The etcd members' places: which there are, what outlives their processes, how they are started.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use etcd::disk::Found;
use raft::NodeId;
use sim::{Actor, Note, Str};

use super::{Cluster, Slot};
use crate::view::{Marks, Recovery};

/// Members' numbers end here. They are never used twice but for a member that comes back on an empty disk.
pub const MEMBER_NUMBERS: u32 = etcd::member::address::MOST;

/// What a person has changed about a member. What is at its default is no part of the state hash.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Settings {
    /// A tick, where it is not the file's.
    pub tick: Option<Duration>,
    pub heartbeat_ticks: Option<u32>,
    pub election_ticks: Option<u32>,
    /// How long an fsync takes.
    pub fsync: Option<(Duration, Duration)>,
    /// Its disk was emptied after it had run.
    pub wiped: bool,
    /// A fault took or changed something that its disk had called durable: it may fail at its next start, and promises may break.
    pub harmed: bool,
    /// It came after the initial cluster.
    pub existing: bool,
}

/// A member's place, beside its process and its disk. All of it but the settings is derived.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub settings: Settings,
    /// What is on the disk of a member that is down.
    pub found: Option<Arc<Found>>,
    /// Why its process has ended by itself.
    pub ended: Option<Str>,
    /// Where it stood when it stopped.
    pub before: Option<Marks>,
    pub recovery: Option<Recovery>,
}

/// All places, and whose Raft ID is whose.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    places: Vec<Place>,
    indexes: BTreeMap<NodeId, u32>,
}

impl Places {
    pub(super) fn get(&self, index: u32) -> Option<&Place> {
        self.places.get(index as usize)
    }

    pub(super) fn get_mut(&mut self, index: u32) -> &mut Place {
        let length = self.places.len().max(index as usize + 1);
        self.places.resize(length, Place::default());
        &mut self.places[index as usize]
    }
}

impl std::hash::Hash for Places {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for (index, place) in (0u32..).zip(&self.places) {
            if place.settings != Settings::default() {
                (index, &place.settings).hash(state);
            }
        }
    }
}

impl Cluster {
    /// The numbers of the members that the lab has: the initial ones and those that joined, up or down.
    pub fn member_indexes(&self) -> impl Iterator<Item = u32> + use<'_> {
        (0..self.members.len() as u32).filter(|index| self.has_member(*index))
    }

    /// Whether there is or was a member of that number.
    pub fn has_member(&self, index: u32) -> bool {
        index < self.file.etcd_members || self.places.get(index).is_some_and(|place| place.settings.existing)
    }

    /// The number of the member with an ID in Raft, if it ever ran here.
    pub fn member_index(&self, id: NodeId) -> Option<u32> {
        self.places.indexes.get(&id).copied().or_else(|| {
            let running = self.members.iter().filter_map(Slot::get);
            running.filter_map(|member| member.index_of(id)).next()
        })
    }

    /// Why a member's process has ended by itself: removed, refused, or unable to go on.
    pub fn member_ended(&self, index: u32) -> Option<&Str> {
        self.places.get(index)?.ended.as_ref()
    }

    /// True when a fault has harmed what some member had called durable.
    pub(super) fn is_harmed(&self) -> bool {
        self.places.places.iter().any(|place| place.settings.harmed || place.settings.wiped)
    }

    /// A process that says it has ended is gone.
    pub(super) fn end_member(&mut self, index: u32) {
        let Some(member) = self.member(index) else { return };
        let Some(why) = member.stopped().or(member.failed()).cloned() else { return };
        self.stop_member(index, etcd::Member::crash);
        self.places.get_mut(index).ended = Some(why.clone());
        self.cut_off(Actor::Etcd(index));
        self.current.push(Note::new("{0} exits: {1}", [Str::from(Actor::Etcd(index).to_string()), why]));
    }

    /// What is on the disk of a member that is down.
    pub fn member_found(&self, index: u32) -> Option<&Found> {
        self.places.get(index)?.found.as_deref()
    }

    /// A member's disk, whether it is up or down.
    pub fn member_disk(&self, index: u32) -> Option<&etcd::Disk> {
        let running = self.member(index).map(etcd::Member::disk);
        running.or_else(|| self.disks.get(index as usize)?.as_ref())
    }

    /// What a member's last restart lost and kept.
    pub fn recovery(&self, index: u32) -> Option<&Recovery> {
        self.places.get(index)?.recovery.as_ref()
    }

    pub(super) fn first_members(&mut self) {
        let file = self.file.clone();
        for index in 0..file.etcd_members {
            let log = file.etcd.logs.get(index as usize);
            let term = file.etcd.terms.get(index as usize).copied();
            let disk = (log.is_some() || term.is_some()).then(|| {
                let log = log.map_or(&[][..], Vec::as_slice);
                let term = term.unwrap_or(1).max(log.last().copied().unwrap_or(1));
                etcd::member::written_disk(&self.member_config(index), log, term)
            });
            self.disks.push(disk);
            self.members.push(Slot::default());
            self.places.get_mut(index);
            self.boot(Actor::Etcd(index), Duration::ZERO);
        }
    }

    /// A place for a member that joins.
    pub(super) fn make_place(&mut self, index: u32) {
        while self.members.len() <= index as usize {
            self.disks.push(None);
            self.members.push(Slot::default());
        }
        let place = self.places.get_mut(index);
        place.settings.existing = true;
    }

    pub(super) fn member_config(&self, index: u32) -> etcd::MemberConfig {
        let file = &self.file;
        let mut config = file.etcd.member(file.seed, index, file.etcd_members);
        if let Some(Place { settings, .. }) = self.places.get(index) {
            config.tick = settings.tick.unwrap_or(config.tick);
            config.heartbeat_ticks = settings.heartbeat_ticks.unwrap_or(config.heartbeat_ticks);
            config.election_ticks = settings.election_ticks.unwrap_or(config.election_ticks);
            if let Some((min, max)) = settings.fsync {
                (config.fsync_min, config.fsync_max) = (min, max);
            }
            if settings.existing {
                config.initial_state = etcd::member::InitialState::Existing;
            }
            config.already_bootstrapped = settings.wiped;
        }
        config
    }

    /// Starts a member's process on its disk.
    pub(super) fn start_member(&mut self, index: u32) {
        let Some(place) = self.disks.get_mut(index as usize) else { return };
        let disk = place.take().unwrap_or_default();
        let member = etcd::Member::new(self.member_config(index), disk, self.now);
        Arc::make_mut(&mut self.watchdog).restarted(&member);
        self.places.indexes.insert(member.id(), index);
        let after = marks(&self.places.indexes, &member);
        let now = self.now;
        let place = self.places.get_mut(index);
        place.found = None;
        place.ended = None;
        if let Some(before) = place.before.take() {
            place.recovery = Some(Recovery { at: now, before, after });
        }
        self.members[index as usize] = Slot::running(member);
        self.with_member(index, etcd::Input::Start);
    }

    /// Stops a member's process; what `left` leaves of it is its disk.
    pub(super) fn stop_member(&mut self, index: u32, left: impl FnOnce(etcd::Member) -> etcd::Disk) {
        let Some(member) = self.members.get_mut(index as usize).and_then(Slot::take) else { return };
        let before = marks(&self.places.indexes, &member);
        self.disks[index as usize] = Some(left(member));
        self.places.get_mut(index).before = Some(before);
        self.look_at_disk(index);
        if self.member_disk(index).is_some_and(etcd::Disk::lies) {
            self.disk_lost(index);
        }
    }

    /// Reads the disk of a member that is down, for the views.
    pub(super) fn look_at_disk(&mut self, index: u32) {
        let disk = self.disks.get(index as usize).and_then(Option::as_ref);
        // What a start would find, which repairs what is torn; the disk itself stays as it is until then.
        let found = disk.and_then(|disk| disk.clone().open().or_else(|_| disk.read()).ok());
        self.places.get_mut(index).found = found.map(Arc::new);
    }
}

fn marks(indexes: &BTreeMap<NodeId, u32>, member: &etcd::Member) -> Marks {
    Marks {
        term: member.term().0,
        vote: indexes.get(&member.vote()).copied(),
        last_index: member.last_entry().index.0,
        commit: member.commit_index().0,
        applied: member.applied().index.0,
        revision: member.store().revision().0,
    }
}
