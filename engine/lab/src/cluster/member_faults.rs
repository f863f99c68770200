//! What the user does to etcd members: their disks, their clocks, their elections, their number.

use std::time::Duration;

use sim::{Actor, Context, Note};

use super::Cluster;
use super::machines::RESTART;
use super::members::MEMBER_NUMBERS;
use crate::action::{Fault, Place};
use crate::file::MEMBERS_MAX;

impl Cluster {
    pub(super) fn apply_member_fault(&mut self, fault: &Fault) {
        match fault {
            Fault::Wipe(target) => self.on_member(target, Cluster::wipe),
            Fault::CrashTorn { target, sectors } => {
                self.on_member(target, |cluster, index| cluster.crash_torn(index, *sectors));
            }
            Fault::Corrupt { target, record } => {
                self.on_member(target, |cluster, index| cluster.corrupt(index, *record));
            }
            Fault::DiskLies { target, lies } => {
                self.on_member(target, |cluster, index| cluster.disk_lies(index, *lies));
            }
            Fault::DiskLatency { target, min_us, max_us } => {
                let (min, max) = (Duration::from_micros(*min_us), Duration::from_micros(*max_us));
                self.on_member(target, |cluster, index| cluster.disk_latency(index, min, max));
            }
            Fault::Tune { target, .. } if target.is_empty() || target == "all" => {
                let all: Vec<u32> = self.member_indexes().collect();
                all.into_iter().for_each(|index| self.tune(index, fault));
            }
            Fault::Tune { target, .. } => self.on_member(target, |cluster, index| cluster.tune(index, fault)),
            Fault::Campaign(targets) => {
                for target in targets {
                    self.on_member(target, Cluster::campaign);
                }
            }
            Fault::Join(target) => self.join(target),
            Fault::ProposeConfChange { target, changes } => {
                self.on_member(target, |cluster, index| cluster.propose_change(index, changes));
            }
            _ => {}
        }
    }

    fn say<const N: usize>(&mut self, template: &'static str, args: [String; N]) {
        self.current.push(Note::new(template, args));
    }

    fn on_member(&mut self, target: &str, act: impl FnOnce(&mut Cluster, u32)) {
        match self.place(target) {
            Some(Place::Process(Actor::Etcd(index))) => act(self, index),
            Some(_) => self.say("{0} is no etcd member", [target.to_owned()]),
            None => self.no_such(target),
        }
    }

    fn wipe(&mut self, index: u32) {
        let actor = Actor::Etcd(index);
        let was_up = self.is_up(actor);
        self.stop_member(index, etcd::Member::crash);
        if let Some(disk) = self.disks.get_mut(index as usize).and_then(Option::as_mut) {
            disk.wipe();
        }
        let place = self.places.get_mut(index);
        place.settings.wiped = true;
        place.found = None;
        place.ended = None;
        self.disk_lost(index);
        if was_up {
            self.cut_off(actor);
        }
        self.say(
            "the disk of {0} is empty: it has forgotten its vote, its log and who it is",
            [actor.to_string()],
        );
    }

    fn crash_torn(&mut self, index: u32, sectors: u64) {
        let actor = Actor::Etcd(index);
        if !self.is_up(actor) {
            return self.say("{0} is not running", [actor.to_string()]);
        }
        self.places.get_mut(index).settings.harmed = true;
        self.stop_member(index, |member| member.crash_torn(sectors));
        self.cut_off(actor);
        self.say(
            "{0} crashes while its disk writes back: {1} sectors of what no fsync covered made it",
            [actor.to_string(), sectors.to_string()],
        );
    }

    /// A bit in the middle of a record changes; nobody notices before the next start.
    fn corrupt(&mut self, index: u32, back: u64) {
        let actor = Actor::Etcd(index);
        let running = self.members.get_mut(index as usize).and_then(super::Slot::get_mut);
        let disk = match running.map(etcd::Member::disk_mut) {
            Some(disk) => Some(disk),
            None => self.disks.get_mut(index as usize).and_then(Option::as_mut),
        };
        let number = disk.as_ref().and_then(|disk| disk.wal().written_records().checked_sub(back + 1));
        let flipped = disk.zip(number).is_some_and(|(disk, number)| {
            let bytes = disk.wal().view(number, 1).first().map_or(0, |record| record.bytes - record.padding);
            disk.flip_bit(number, bytes * 4)
        });
        self.places.get_mut(index).settings.harmed |= flipped;
        match number.filter(|_| flipped) {
            Some(number) => self.say(
                "{0}: a bit of record {1} in the write-ahead log has changed; the next start will find it",
                [actor.to_string(), number.to_string()],
            ),
            None => self.say("{0}: there is no such record in the log", [actor.to_string()]),
        }
    }

    fn disk_lies(&mut self, index: u32, lies: bool) {
        let actor = Actor::Etcd(index);
        self.places.get_mut(index).settings.harmed |= lies;
        match self.members.get_mut(index as usize).and_then(super::Slot::get_mut) {
            Some(member) => member.disk_mut().set_lies(lies),
            None => match self.disks.get_mut(index as usize) {
                Some(place) => place.get_or_insert_default().set_lies(lies),
                None => return,
            },
        }
        let template = if lies {
            "the disk of {0} says \"durable\" and writes nothing from now on"
        } else {
            "the disk of {0} is honest again: the next fsync writes everything"
        };
        self.say(template, [actor.to_string()]);
    }

    fn disk_latency(&mut self, index: u32, min: Duration, max: Duration) {
        // The dice need room.
        let max = max.max(min + Duration::from_micros(1));
        self.places.get_mut(index).settings.fsync = Some((min, max));
        if let Some(member) = self.members.get_mut(index as usize).and_then(super::Slot::get_mut) {
            member.set_fsync_latency(min, max);
        }
        let micros = |span: Duration| span.as_micros().to_string();
        self.say(
            "an fsync of {0} takes {1} to {2} µs from now on",
            [Actor::Etcd(index).to_string(), micros(min), micros(max)],
        );
    }

    fn tune(&mut self, index: u32, fault: &Fault) {
        let Fault::Tune { tick_ms, heartbeat_ticks, election_ticks, .. } = *fault else { return };
        let tick = tick_ms.map(Duration::from_millis);
        let before = self.member_config(index);
        let settings = &mut self.places.get_mut(index).settings;
        let was = settings.clone();
        settings.tick = tick.or(settings.tick);
        settings.heartbeat_ticks = heartbeat_ticks.or(settings.heartbeat_ticks);
        settings.election_ticks = election_ticks.or(settings.election_ticks);
        let config = self.member_config(index);
        if config.tick.is_zero()
            || config.heartbeat_ticks == 0
            || config.election_ticks <= config.heartbeat_ticks
        {
            self.places.get_mut(index).settings = was;
            return self.say(
                "{0}: an election timeout of {1} ticks does not go with a heartbeat every {2}",
                [
                    Actor::Etcd(index).to_string(),
                    config.election_ticks.to_string(),
                    config.heartbeat_ticks.to_string(),
                ],
            );
        }
        if let Some(member) = self.members.get_mut(index as usize).and_then(super::Slot::get_mut)
            && config != before
        {
            // What does not go together was refused above.
            let _ = member.set_timing(
                Some(config.tick),
                Some(config.heartbeat_ticks),
                Some(config.election_ticks),
            );
        }
        self.say(
            "{0}: a tick is {1} ms, a heartbeat {2} ticks, an election timeout {3} ticks and more",
            [
                Actor::Etcd(index).to_string(),
                config.tick.as_millis().to_string(),
                config.heartbeat_ticks.to_string(),
                config.election_ticks.to_string(),
            ],
        );
    }

    fn campaign(&mut self, index: u32) {
        let actor = Actor::Etcd(index);
        if !self.is_up(actor) {
            return self.say("{0} is not running", [actor.to_string()]);
        }
        self.say("the election timer of {0} runs out", [actor.to_string()]);
        self.with_member(index, etcd::Input::Campaign);
    }

    fn join(&mut self, target: &str) {
        let Some(index) = target.strip_prefix("etcd-").and_then(|n| n.parse::<u32>().ok()) else {
            return self.say("{0} is no name for an etcd member; write etcd-3", [target.to_owned()]);
        };
        let actor = Actor::Etcd(index);
        if self.is_up(actor) {
            return self.say("{0} is running", [actor.to_string()]);
        }
        if index >= MEMBER_NUMBERS {
            return self.say(
                "{0}: members have numbers up to {1}",
                [target.to_owned(), (MEMBER_NUMBERS - 1).to_string()],
            );
        }
        let running = self.member_indexes().filter(|i| self.is_up(Actor::Etcd(*i))).count();
        if running >= MEMBERS_MAX as usize {
            return self.say("{0} members run already; etcd advises against more", [MEMBERS_MAX.to_string()]);
        }
        if self.member_disk(index).is_some_and(|disk| !disk.is_empty()) {
            return self.say(
                "{0} can't join: its disk holds a member's data; restart it, or wipe the disk first",
                [actor.to_string()],
            );
        }
        self.make_place(index);
        self.say("{0} is started with --initial-cluster-state=existing", [actor.to_string()]);
        self.boot(actor, RESTART);
    }

    fn propose_change(&mut self, index: u32, changes: &str) {
        let (now, actor) = (self.now, Actor::Etcd(index));
        let parsed = match raft::parse_changes(changes) {
            Ok(parsed) => parsed,
            Err(error) => return self.say("{0}: {1}", [changes.to_owned(), error]),
        };
        let Some(member) = self.members.get_mut(index as usize).and_then(super::Slot::get_mut) else {
            return self.say("{0} is not running", [actor.to_string()]);
        };
        let mut effects = Vec::new();
        let result = member.propose_conf_change(parsed, &mut Context::new(now, actor, &mut effects));
        match result {
            Ok(()) => self.say("{0} is proposed to {1}", [changes.to_owned(), actor.to_string()]),
            Err(error) => self.say("{0} refuses: {1}", [actor.to_string(), error.to_string()]),
        }
        self.watch_over(index);
        self.carry_out(actor, effects);
    }
}
