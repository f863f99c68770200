//! What the user breaks and mends.

use std::sync::Arc;

use sim::{Actor, LinkRule, Note, Str};

use super::machines::{RESTART, processes_of};
use super::{Cluster, Slot};
use crate::action::{Ends, Fault, Place};
use crate::view::MessageId;

impl Cluster {
    /// What a name stands for, if the lab has it.
    pub fn place(&self, name: &str) -> Option<Place> {
        if let Some((number, _)) = self.machines().find(|(_, machine)| machine.spec.name == name) {
            return Some(Place::Machine(number));
        }
        let process = match name.split_once('/') {
            // Machines may have names of their own: the process is named by its machine's.
            Some((machine, process)) => {
                let (number, _) = self.machines().find(|(_, m)| m.spec.name == machine)?;
                Actor::parse(&format!("node-{number}/{process}"))?
            }
            None => Actor::parse(name)?,
        };
        self.actors().contains(&process).then_some(Place::Process(process))
    }

    fn processes(&self, name: &str) -> Vec<Actor> {
        if name == "all" {
            return self.actors();
        }
        match self.place(name) {
            Some(Place::Process(actor)) => vec![actor],
            Some(Place::Machine(number)) => processes_of(number).to_vec(),
            None => Vec::new(),
        }
    }

    pub(super) fn apply_fault(&mut self, fault: &Fault) {
        match fault {
            Fault::Crash(target) => match self.place(target) {
                Some(Place::Process(actor)) => self.crash(actor),
                Some(Place::Machine(number)) => self.switch_off(number),
                None => self.no_such(target),
            },
            Fault::Restart(target) => match self.place(target) {
                Some(Place::Process(actor)) => self.restart(actor),
                Some(Place::Machine(number)) => self.switch_on(number),
                None => self.no_such(target),
            },
            Fault::Cut(ends) => self.change_links(ends, |rule| LinkRule { cut: true, ..rule }),
            Fault::Heal(ends) => self.change_links(ends, |_| LinkRule::default()),
            Fault::HealAll => self.heal_all(),
            Fault::Link { ends, rule } => self.change_links(ends, |_| *rule),
            Fault::Partition(groups) => self.partition(groups),
            Fault::Hold(id) => self.fault_on(*id, "{0} is held", |cluster| cluster.hold_message(*id)),
            Fault::Deliver(id) => {
                self.fault_on(*id, "{0} is let go", |cluster| cluster.deliver_message(*id, cluster.now));
            }
            Fault::Drop(id) => {
                self.fault_on(*id, "{0} is thrown away", |cluster| cluster.take_message(*id).is_some());
            }
            Fault::Delay { message, by_ms } => {
                let by = std::time::Duration::from_millis(*by_ms);
                self.fault_on(*message, "{0} is delayed", |cluster| cluster.delay_message(*message, by));
            }
            Fault::Duplicate(id) => self.duplicate_message(*id),
            Fault::Reorder { first, second } => self.reorder_messages(*first, *second),
            other => self.apply_member_fault(other),
        }
    }

    pub(super) fn no_such(&mut self, name: &str) {
        self.current.push(Note::new("there is no {0} in this lab", [name]));
    }

    fn crash(&mut self, actor: Actor) {
        if !self.is_up(actor) || matches!(actor, Actor::User | Actor::Client) {
            return self.current.push(Note::new("{0} is not running", [actor.to_string()]));
        }
        self.current.push(Note::new("{0} crashes: what was not on disk is gone", [actor.to_string()]));
        match actor {
            Actor::Etcd(index) => self.stop_member(index, etcd::Member::crash),
            Actor::ApiServer => self.api_server.stop(),
            Actor::Scheduler => self.scheduler = Slot::default(),
            Actor::ControllerManager => self.controller_manager.stop(),
            Actor::Kubelet(n) => self.on_machine(n, |m| m.kubelet = Slot::default()),
            Actor::Runtime(n) => self.on_machine(n, |m| m.runtime_up = false),
            Actor::KubeProxy(n) => self.on_machine(n, |m| {
                m.rules = m.proxy.take().map(|proxy| proxy.table().clone()).unwrap_or_default();
            }),
            Actor::User | Actor::Client | Actor::CloudControllerManager => {}
        }
        self.cut_off(actor);
    }

    /// After a process is gone: its timers and its messages, then its peers' connections.
    pub(super) fn cut_off(&mut self, actor: Actor) {
        self.purge(actor);
        let reason = Str::from("read tcp: read: connection reset by peer");
        self.break_calls(|call| call.client == actor || call.server == actor, reason);
    }

    fn restart(&mut self, actor: Actor) {
        if self.is_up(actor) {
            return self.current.push(Note::new("{0} is running", [actor.to_string()]));
        }
        if actor.node().is_some_and(|n| !self.machine(n).is_some_and(|m| m.powered)) {
            return self.current.push(Note::new("{0} can't start: its machine is off", [actor.to_string()]));
        }
        self.current.push(Note::new("{0} is started again", [actor.to_string()]));
        self.boot(actor, RESTART);
    }

    fn switch_off(&mut self, number: u32) {
        let name = self.machine(number).map(|m| m.spec.name.clone()).unwrap_or_default();
        let now = self.now;
        self.on_machine(number, |machine| {
            machine.powered = false;
            machine.kubelet = Slot::default();
            machine.runtime_up = false;
            Arc::make_mut(&mut machine.runtime).power_off(now);
            machine.proxy = Slot::default();
            machine.rules = network::Table::default();
        });
        for actor in processes_of(number) {
            // Nobody closes the connections of a machine without power: its peers find out by silence.
            self.purge(actor);
            let peers: Vec<Actor> = self.peers(actor);
            for peer in peers {
                self.expect_timeout(actor, peer);
            }
        }
        self.current.push(Note::new("{0} loses power", [name]));
    }

    fn peers(&self, actor: Actor) -> Vec<Actor> {
        let other = |call: &crate::event::Call| match (call.client == actor, call.server == actor) {
            (true, _) => Some(call.server),
            (_, true) => Some(call.client),
            _ => None,
        };
        let mut peers: Vec<Actor> = self.connections.open().filter_map(other).collect();
        peers.sort();
        peers.dedup();
        peers
    }

    fn switch_on(&mut self, number: u32) {
        let now = self.now;
        let Some(machine) = self.machine_mut(number) else { return };
        let name = machine.spec.name.clone();
        if machine.powered {
            for actor in processes_of(number) {
                if !self.is_up(actor) {
                    self.restart(actor);
                }
            }
            return;
        }
        machine.powered = true;
        machine.booted = now;
        // A machine that comes back resets the connections of its former life.
        for actor in processes_of(number) {
            for peer in self.peers(actor) {
                self.forget_timeout(actor, peer);
            }
            self.cut_off(actor);
            self.boot(actor, RESTART);
        }
        self.current.push(Note::new("{0} is switched on", [name]));
    }

    fn on_machine(&mut self, number: u32, change: impl FnOnce(&mut super::Machine)) {
        if let Some(machine) = self.machine_mut(number) {
            change(machine);
        }
    }

    fn change_links(&mut self, ends: &Ends, change: impl Fn(LinkRule) -> LinkRule) {
        let (from, to) = (self.processes(&ends.from), self.processes(&ends.to));
        if from.is_empty() {
            return self.no_such(&ends.from);
        }
        if to.is_empty() {
            return self.no_such(&ends.to);
        }
        for a in &from {
            for b in to.iter().filter(|b| a != *b && (a.node().is_none() || a.node() != b.node())) {
                self.change_link(*a, *b, &change);
                if !ends.one_way {
                    self.change_link(*b, *a, &change);
                }
            }
        }
        self.current
            .push(Note::new("the link between {0} and {1} changes", [ends.from.as_str(), ends.to.as_str()]));
    }

    fn change_link(&mut self, from: Actor, to: Actor, change: impl Fn(LinkRule) -> LinkRule) {
        let before = self.links.rule(from, to);
        let after = change(before);
        self.links.set(from, to, after);
        let has_calls = || {
            self.connections
                .open()
                .any(|c| (c.client, c.server) == (from, to) || (c.client, c.server) == (to, from))
        };
        if after.cut && !before.cut && has_calls() {
            self.expect_timeout(from, to);
        }
        if !after.cut {
            self.unpark(from, to);
            if !self.links.rule(to, from).cut {
                self.forget_timeout(from, to);
            }
        }
        if before.hold && !after.hold {
            let held: Vec<MessageId> = self
                .connections
                .held()
                .filter(|(_, w)| (w.envelope.from, w.envelope.to) == (from, to))
                .map(|(id, _)| id)
                .collect();
            for id in held {
                self.deliver_message(id, self.now);
            }
        }
    }

    /// Links between groups are cut, those within a group are not.
    fn partition(&mut self, groups: &[Vec<String>]) {
        let mut sides: Vec<(Actor, usize)> = Vec::new();
        for (side, name) in groups.iter().enumerate().flat_map(|(i, names)| names.iter().map(move |n| (i, n)))
        {
            let found = self.processes(name);
            if found.is_empty() {
                return self.no_such(name);
            }
            for actor in found {
                // Who is named twice stands where he was named first.
                if sides.iter().all(|(other, _)| *other != actor) {
                    sides.push((actor, side));
                }
            }
        }
        for (a, one) in &sides {
            for (b, other) in
                sides.iter().filter(|(b, _)| a != b && (a.node().is_none() || a.node() != b.node()))
            {
                let cut = one != other;
                if self.links.rule(*a, *b).cut != cut {
                    self.change_link(*a, *b, |rule| LinkRule { cut, ..rule });
                }
            }
        }
        let groups: Vec<String> = groups.iter().map(|names| names.join(", ")).collect();
        self.current.push(Note::new("the network falls apart: {0}", [groups.join(" | ")]));
    }

    fn heal_all(&mut self) {
        let broken: Vec<(Actor, Actor)> = self.links.exceptions().map(|(from, to, _)| (from, to)).collect();
        for (from, to) in broken {
            self.change_link(from, to, |_| LinkRule::default());
        }
        self.current.push(Note::new("all links are whole", std::iter::empty::<Str>()));
    }
}
