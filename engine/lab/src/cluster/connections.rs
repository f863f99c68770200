//! Connections between processes: what they carry, what is held on them, and how they break.
//!
//! A stream (HTTP, gRPC) over a cut link stalls: what is sent waits, as in TCP's buffers, and goes on when the link
//! heals in time. After [`GIVE_UP`] both ends take the connection for broken, as Go's HTTP/2 health check does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sim::{Actor, Delivery, EventNumber, Str};

use super::Cluster;
use crate::event::{Call, Envelope, Event, Message};
use crate::view::MessageId;

/// Go's HTTP/2 transport in Kubernetes' clients: 30 s without a frame, then a ping, then 15 s without its answer.
pub const GIVE_UP: Duration = Duration::from_secs(45);
/// The time in which a refusal comes back.
const REFUSAL: Duration = Duration::from_micros(500);
/// A kubelet and its container runtime meet over a socket of the machine.
const UNIX_SOCKET: Duration = Duration::from_micros(50);

/// All open calls, and the messages that wait on a link.
#[derive(Clone, Default, Debug)]
pub struct Connections {
    open: BTreeSet<Call>,
    /// Messages held by the user's hand.
    pub(super) held: BTreeMap<MessageId, Waiting>,
    /// Names of messages that are not at the place in the queue that they were named after, by their present place.
    pub(super) moved: BTreeMap<MessageId, MessageId>,
    /// Streams' messages behind a cut, in order.
    parked: BTreeMap<(Actor, Actor), Vec<Waiting>>,
    /// Pairs whose [`Event::ConnectionTimeout`] is in the queue.
    failing: BTreeSet<(Actor, Actor)>,
}

/// A message that waits.
#[derive(Clone, Hash, Debug)]
pub struct Waiting {
    /// The message.
    pub envelope: Envelope,
    /// What caused it.
    pub cause: EventNumber,
}

impl Connections {
    /// Calls that have no answer yet, watches included.
    pub fn open(&self) -> impl Iterator<Item = &Call> {
        self.open.iter()
    }

    /// Messages held by the user's hand.
    pub fn held(&self) -> impl Iterator<Item = (MessageId, &Waiting)> {
        self.held.iter().map(|(id, waiting)| (*id, waiting))
    }

    /// Messages that wait behind a cut.
    pub fn parked(&self) -> impl Iterator<Item = &Waiting> {
        self.parked.values().flatten()
    }

    /// The name of the message at a place in the queue: the place that it had first.
    pub fn name(&self, place: MessageId) -> MessageId {
        self.moved.get(&place).copied().unwrap_or(place)
    }

    /// Where in the queue the message of a name is, if it is there.
    pub fn place(&self, name: MessageId) -> MessageId {
        self.moved.iter().find(|(_, n)| **n == name).map_or(name, |(place, _)| *place)
    }

    /// The event at a place was taken.
    pub(super) fn arrived(&mut self, place: MessageId) {
        if !self.moved.is_empty() {
            self.moved.remove(&place);
        }
    }

    fn is_held(&self, from: Actor, to: Actor) -> bool {
        self.held.values().any(|w| (w.envelope.from, w.envelope.to) == (from, to))
    }
}

impl std::hash::Hash for Connections {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (&self.open, &self.held, &self.parked, &self.failing).hash(state);
        if !self.moved.is_empty() {
            self.moved.hash(state);
        }
    }
}

/// The two ends in one order, whoever is named first.
fn pair(a: Actor, b: Actor) -> (Actor, Actor) {
    if a <= b { (a, b) } else { (b, a) }
}

impl Cluster {
    /// Puts a message on its link.
    pub(super) fn transmit(&mut self, envelope: Envelope) {
        let cause = self.taken;
        if let Some(call) = envelope.opens() {
            self.connections.open.insert(call);
        }
        if let Some(call) = envelope.ends() {
            self.connections.open.remove(&call);
        }
        let (from, to) = (envelope.from, envelope.to);
        if is_local(from, to) {
            return self.cause(self.now + UNIX_SOCKET, Event::Deliver(envelope));
        }
        let stream = envelope.message.medium() == sim::Medium::Stream;
        // On a stream nothing overtakes what is held.
        if stream && !self.connections.held.is_empty() && self.connections.is_held(from, to) {
            return self.hold(envelope, cause);
        }
        if stream && self.connections.parked.contains_key(&(from, to)) {
            return self.park(envelope, cause);
        }
        match self.links.send(self.now, from, to, envelope.message.medium()) {
            Delivery::At(at, again) => {
                if let Some(again) = again {
                    self.cause(again, Event::Deliver(envelope.clone()));
                }
                self.cause(at, Event::Deliver(envelope));
            }
            Delivery::Held => self.hold(envelope, cause),
            Delivery::Lost if stream => self.park(envelope, cause),
            Delivery::Lost => {}
        }
    }

    fn park(&mut self, envelope: Envelope, cause: EventNumber) {
        let ends = (envelope.from, envelope.to);
        let waiting = self.connections.parked.entry(ends).or_default();
        let first = waiting.is_empty();
        waiting.push(Waiting { envelope, cause });
        self.expect_timeout(ends.0, ends.1);
        // An etcd member's watchers feel it when a client's connection takes nothing.
        if let (Actor::Etcd(index), true) = (ends.0, first) {
            self.with_member(index, etcd::Input::ClientStalled { from: ends.1 });
        }
    }

    /// Starts the clock after which both ends give up, unless it runs.
    pub(super) fn expect_timeout(&mut self, a: Actor, b: Actor) {
        let (a, b) = pair(a, b);
        if self.connections.failing.insert((a, b)) {
            self.cause(self.now + GIVE_UP, Event::ConnectionTimeout(a, b));
        }
    }

    /// Both ends give the connection up.
    pub(super) fn connection_timed_out(&mut self, a: Actor, b: Actor) {
        self.connections.failing.remove(&pair(a, b));
        for ends in [(a, b), (b, a)] {
            self.connections.parked.remove(&ends);
        }
        self.break_calls(
            |call| pair(call.client, call.server) == pair(a, b),
            Str::from("http2: client connection lost"),
        );
    }

    /// Ends all calls that `which` says: clients learn of the failure, servers of the disconnection.
    pub(super) fn break_calls(&mut self, which: impl Fn(&Call) -> bool, reason: Str) {
        let broken: Vec<Call> = self.connections.open.iter().copied().filter(|call| which(call)).collect();
        let mut gone = BTreeSet::new();
        for call in broken {
            self.connections.open.remove(&call);
            if gone.insert((call.server, call.client)) && self.is_up(call.server) {
                let event = Event::Disconnected { server: call.server, client: call.client };
                self.cause(self.now + REFUSAL, event);
            }
            if self.is_up(call.client) {
                self.cause(self.now + REFUSAL, Event::Failed { call, reason: reason.clone() });
            }
        }
    }

    /// Nobody listens at the receiver's address.
    pub(super) fn refuse(&mut self, envelope: &Envelope) {
        let Some(call) = envelope.opens() else { return };
        if self.connections.open.remove(&call) {
            let reason = refusal(envelope.to);
            self.cause(self.now + REFUSAL, Event::Failed { call, reason });
        }
    }

    /// The link is whole again: what waited behind the cut goes on, in order.
    pub(super) fn unpark(&mut self, from: Actor, to: Actor) {
        let Some(waiting) = self.connections.parked.remove(&(from, to)) else { return };
        for Waiting { envelope, cause } in waiting {
            let at = match self.links.send(self.now, from, to, envelope.message.medium()) {
                Delivery::At(at, _) => at,
                Delivery::Held | Delivery::Lost => self.now,
            };
            self.push(at, Event::Deliver(envelope), cause);
        }
        if let Actor::Etcd(index) = from {
            self.with_member(index, etcd::Input::ClientFlows { from: to });
        }
    }

    /// Neither direction is cut any more: the connection lives on.
    pub(super) fn forget_timeout(&mut self, a: Actor, b: Actor) {
        if self.connections.failing.remove(&pair(a, b)) {
            let (a, b) = pair(a, b);
            self.queue.extract(|q| matches!(q.event, Event::ConnectionTimeout(x, y) if (x, y) == (a, b)));
        }
    }

    /// Takes what waits or is under way to a process that is no more.
    pub(super) fn purge(&mut self, actor: Actor) {
        self.queue.extract(|q| match &q.event {
            Event::Start(a) | Event::Timer(a, _) => *a == actor,
            Event::Deliver(e) => e.to == actor,
            Event::Failed { call, .. } => call.client == actor,
            Event::Disconnected { server, .. } => *server == actor,
            _ => false,
        });
        self.connections.held.retain(|_, w| w.envelope.to != actor);
        self.connections.parked.retain(|(_, to), _| *to != actor);
        let queue = &self.queue;
        self.connections.moved.retain(|place, _| queue.get(place.at, place.sequence).is_some());
    }
}

/// True for two processes of one machine.
fn is_local(from: Actor, to: Actor) -> bool {
    from.node().is_some() && from.node() == to.node()
}

fn refusal(server: Actor) -> Str {
    let address = match server {
        Actor::ApiServer => "172.18.0.2:6443".to_owned(),
        Actor::Etcd(index) => format!("172.18.0.{}:2379", 3 + index),
        Actor::Kubelet(number) => format!("{}:10250", super::machines::address(number)),
        other => other.to_string(),
    };
    Str::from(format!("dial tcp {address}: connect: connection refused"))
}

/// True for messages that only a running receiver can take.
pub(super) fn is_request(message: &Message) -> bool {
    matches!(message, Message::Request(..) | Message::EtcdRequest(..))
}
