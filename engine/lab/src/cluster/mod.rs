//! The cluster as a value: all processes, the queue, the links, and one step.

mod bootstrap;
mod changes;
mod connections;
mod dispatch;
mod faults;
mod fetch;
mod host;
mod in_hand;
mod invariants;
mod lookup;
mod machines;
mod member_faults;
mod members;
mod processes;
mod user;

use std::sync::Arc;

use etcd::invariants::Watchdog;
use imbl::OrdMap;
use sim::{
    Actor, Digest, Effect, EventNumber, EventQueue, LinkRule, Links, Note, SimTime, StateHasher, Stream,
};

pub use bootstrap::Bootstrap;
pub(crate) use changes::object;
pub use connections::Connections;
pub use host::{HostEvent, decode_query};
pub use machines::{Machine, address};
pub use members::MEMBER_NUMBERS;
pub use processes::Slot;
pub use user::{EDITOR, SETUP};

use crate::action::{Action, Entry};
use crate::event::{Envelope, Event, Message, Queued};
use crate::file::LabFile;
use crate::trace::{Record, Trace};
use crate::view::MessageId;

/// One cluster at one moment. A clone is a fork of history (law 1), and cheap: large things are shared.
#[derive(Clone, Debug)]
pub struct Cluster {
    file: Arc<LabFile>,
    now: SimTime,
    taken: EventNumber,
    queue: EventQueue<Queued>,
    links: Links,
    connections: Connections,
    random: Stream,
    members: Vec<Slot<etcd::Member>>,
    /// What survives a member's crash, while it is down.
    disks: Vec<Option<etcd::Disk>>,
    places: members::Places,
    api_server: Slot<apiserver::ApiServer>,
    scheduler: Slot<scheduler::Scheduler>,
    controller_manager: Slot<controllers::ControllerManager>,
    machines: OrdMap<u32, Arc<Machine>>,
    terminal: Arc<kubectl::Terminal>,
    bootstrap: Bootstrap,
    trace: Trace,
    /// The newest store revision that any member has applied.
    revision: u64,
    /// When the last object changed that is no heartbeat, lease or event.
    changed: SimTime,
    host: Vec<HostEvent>,
    current: Vec<Note>,
    watchdog: Arc<Watchdog>,
    /// The first promise that was broken; the lab stops there (law 5).
    broken: Option<invariants::BrokenPromise>,
}

impl Cluster {
    /// The cluster before its first event.
    pub fn new(file: Arc<LabFile>) -> Cluster {
        let seed = file.seed;
        let mut cluster = Cluster {
            now: SimTime::ZERO,
            taken: EventNumber(0),
            queue: EventQueue::default(),
            links: Links::new(seed, LinkRule::default()),
            connections: Connections::default(),
            random: Stream::derive(seed, "lab"),
            members: Vec::new(),
            disks: Vec::new(),
            places: members::Places::default(),
            api_server: Slot::default(),
            scheduler: Slot::default(),
            controller_manager: Slot::default(),
            machines: OrdMap::new(),
            terminal: Arc::new(kubectl::Terminal::default()),
            bootstrap: Bootstrap::default(),
            trace: Trace::default(),
            revision: 0,
            changed: SimTime::ZERO,
            host: Vec::new(),
            current: Vec::new(),
            watchdog: Arc::default(),
            broken: None,
            file,
        };
        cluster.power_on();
        for entry in cluster.file.clone().journal.iter().filter(|entry| entry.after.is_none()) {
            cluster.schedule(entry);
        }
        cluster
    }

    /// Takes exactly one event; false when there is none (which only a cluster without processes reaches).
    pub fn step(&mut self) -> bool {
        if self.is_stopped() {
            return false;
        }
        let Some((at, sequence, queued)) = self.queue.pop() else { return false };
        self.connections.arrived(MessageId { at, sequence });
        self.now = at;
        self.taken.0 += 1;
        self.current.clear();
        let Queued { event, cause } = queued;
        self.dispatch(&event);
        let changes = self.collect_changes(&event);
        let notes = std::mem::take(&mut self.current);
        self.trace.push(Record { number: self.taken, at, cause, event, notes, changes });
        true
    }

    /// Puts a user's action into the queue. The next step takes it unless other events are due before.
    pub fn act(&mut self, at: SimTime, action: Action) {
        let at = at.max(self.now);
        self.push(at, Event::Action(Arc::new(action)), EventNumber(0));
    }

    fn schedule(&mut self, entry: &Entry) {
        self.act(entry.at, entry.action.clone());
    }

    fn push(&mut self, at: SimTime, event: Event, cause: EventNumber) {
        self.queue.push(at, Queued { event, cause });
    }

    /// Puts an event into the queue that the current event causes.
    fn cause(&mut self, at: SimTime, event: Event) {
        self.push(at, event, self.taken);
    }

    /// Carries out what a process wants, in order.
    fn carry_out<M: Into<Message>>(&mut self, actor: Actor, effects: Vec<Effect<M>>) {
        for effect in effects {
            match effect {
                Effect::Send { to, message } => {
                    let message = message.into();
                    self.transmit(Envelope { from: actor, to, sent: self.now, message });
                }
                Effect::Timer { after, token } => {
                    self.cause(self.now + after, Event::Timer(actor, token));
                }
                Effect::Note(note) => self.current.push(note),
            }
        }
    }

    /// What the lab was made from.
    pub fn file(&self) -> &Arc<LabFile> {
        &self.file
    }

    /// The time of the last event.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// How many events have been taken.
    pub fn taken(&self) -> EventNumber {
        self.taken
    }

    /// When the next event happens.
    pub fn next_at(&self) -> Option<SimTime> {
        self.queue.next_time()
    }

    /// The pending events.
    pub fn queue(&self) -> &EventQueue<Queued> {
        &self.queue
    }

    /// The links.
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Connections, held and parked messages.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// What happened lately.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// An etcd member, while it is up.
    pub fn member(&self, index: u32) -> Option<&etcd::Member> {
        self.members.get(index as usize)?.get()
    }

    /// kube-apiserver, while it is up.
    pub fn api_server(&self) -> Option<&apiserver::ApiServer> {
        self.api_server.get()
    }

    /// kube-scheduler, while it is up.
    pub fn scheduler(&self) -> Option<&scheduler::Scheduler> {
        self.scheduler.get()
    }

    /// kube-controller-manager, while it is up.
    pub fn controller_manager(&self) -> Option<&controllers::ControllerManager> {
        self.controller_manager.get()
    }

    /// The machines by number.
    pub fn machines(&self) -> impl Iterator<Item = (u32, &Machine)> {
        self.machines.iter().map(|(number, machine)| (*number, &**machine))
    }

    /// A machine by number.
    pub fn machine(&self, number: u32) -> Option<&Machine> {
        self.machines.get(&number).map(|m| &**m)
    }

    /// The terminals.
    pub fn terminal(&self) -> &kubectl::Terminal {
        &self.terminal
    }

    /// How far the file's manifests are.
    pub fn bootstrap(&self) -> &Bootstrap {
        &self.bootstrap
    }

    /// The newest store revision that any member has applied.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// When an object last changed, heartbeats, leases and events left out.
    pub fn last_change(&self) -> SimTime {
        self.changed
    }

    /// Takes what came back to the outside client since the last call. No part of the state.
    pub fn take_host_events(&mut self) -> Vec<HostEvent> {
        std::mem::take(&mut self.host)
    }

    /// The state hash: equal for equal clusters on every machine. Costs a walk over everything that is not
    /// shared with an earlier walk's cached digests.
    pub fn state_hash(&self) -> Digest {
        use std::hash::{Hash, Hasher};
        let mut hasher = StateHasher::default();
        let h = &mut hasher;
        self.now.hash(h);
        self.taken.hash(h);
        self.queue.hash(h);
        self.links.hash(h);
        self.connections.hash(h);
        self.random.hash(h);
        self.members.hash(h);
        self.disks.hash(h);
        self.places.hash(h);
        self.api_server.hash(h);
        self.scheduler.hash(h);
        self.controller_manager.hash(h);
        for (number, machine) in &self.machines {
            number.hash(h);
            machine.hash(h);
        }
        self.terminal.hash(h);
        self.bootstrap.hash(h);
        Digest(hasher.finish())
    }
}
