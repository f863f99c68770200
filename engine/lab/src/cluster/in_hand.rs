//! Messages in the user's hand: held, let go, thrown away, delayed, doubled, moved.
//!
//! A message is named after the first place it has in the queue, and keeps that name wherever it is put. Streams keep
//! their order whatever is done to one of their messages; datagrams have none.

use std::time::Duration;

use sim::{Actor, EventNumber, Medium, Note, SimTime};

use super::Cluster;
use super::connections::Waiting;
use crate::event::{Envelope, Event, Queued};
use crate::narrate::{label, name};
use crate::view::MessageId;

/// The two ends of a stream, or nothing for a datagram.
fn stream(envelope: &Envelope) -> Option<(Actor, Actor)> {
    (envelope.message.medium() == Medium::Stream).then_some((envelope.from, envelope.to))
}

impl Cluster {
    /// A message that is under way or held, and what it says.
    pub fn message(&self, id: MessageId) -> Option<&Envelope> {
        if let Some(waiting) = self.connections.held.get(&id) {
            return Some(&waiting.envelope);
        }
        let place = self.connections.place(id);
        match &self.queue.get(place.at, place.sequence)?.event {
            Event::Deliver(envelope) => Some(envelope),
            _ => None,
        }
    }

    /// Does something to a message and says so.
    pub(super) fn fault_on(
        &mut self,
        id: MessageId,
        template: &'static str,
        act: impl FnOnce(&mut Cluster) -> bool,
    ) {
        let which = self.message(id).map(which);
        match which.filter(|_| act(self)) {
            Some(which) => self.current.push(Note::new(template, [which])),
            None => self.current.push(Note::new("the message has arrived already: nothing to do", [""; 0])),
        }
    }

    /// Puts a message that a link does not let go into the user's hand.
    pub(super) fn hold(&mut self, envelope: Envelope, cause: EventNumber) {
        let id = MessageId { at: self.now, sequence: self.queue.reserve() };
        self.connections.held.insert(id, Waiting { envelope, cause });
    }

    /// Takes a message out of the queue or out of the user's hand.
    pub(super) fn take_message(&mut self, id: MessageId) -> Option<Waiting> {
        if let Some(waiting) = self.connections.held.remove(&id) {
            return Some(waiting);
        }
        self.message(id)?;
        let place = self.connections.place(id);
        let queued = self.queue.remove(place.at, place.sequence)?;
        self.connections.moved.remove(&place);
        match queued.event {
            Event::Deliver(envelope) => Some(Waiting { envelope, cause: queued.cause }),
            _ => None,
        }
    }

    /// Puts a message into the queue under the name that it has.
    fn put(&mut self, at: SimTime, id: MessageId, waiting: Waiting) {
        let at = at.max(self.now);
        let queued = Queued { event: Event::Deliver(waiting.envelope), cause: waiting.cause };
        let place = MessageId { at, sequence: self.queue.push(at, queued) };
        self.connections.moved.insert(place, id);
    }

    /// The messages of a stream that are in the queue, as (name, place).
    fn queued_on(&self, ends: (Actor, Actor)) -> Vec<(MessageId, MessageId)> {
        let is_on = |event: &Event| matches!(event, Event::Deliver(e) if stream(e) == Some(ends));
        let places = self.queue.iter().filter(|(_, _, q)| is_on(&q.event));
        places
            .map(|(at, sequence, _)| MessageId { at, sequence })
            .map(|place| (self.connections.name(place), place))
            .collect()
    }

    /// Stops a message on its way. On a stream, those behind it stop, too.
    pub(super) fn hold_message(&mut self, id: MessageId) -> bool {
        if self.connections.held.contains_key(&id) {
            return true;
        }
        let Some(waiting) = self.take_message(id) else { return false };
        if let Some(ends) = stream(&waiting.envelope) {
            for (other, _) in self.queued_on(ends) {
                if other.sequence > id.sequence
                    && let Some(behind) = self.take_message(other)
                {
                    self.connections.held.insert(other, behind);
                }
            }
        }
        self.connections.held.insert(id, waiting);
        true
    }

    /// Lets a message arrive at `at`. On a stream, everything before it arrives first and nothing behind it earlier.
    pub(super) fn deliver_message(&mut self, id: MessageId, at: SimTime) -> bool {
        let Some(waiting) = self.take_message(id) else { return false };
        let Some(ends) = stream(&waiting.envelope) else {
            self.put(at, id, waiting);
            return true;
        };
        // Sequence numbers are in the order of sending.
        let mut moving: Vec<(MessageId, Waiting)> = vec![(id, waiting)];
        let held = self.connections.held.iter();
        let before =
            held.filter(|(other, w)| other.sequence < id.sequence && stream(&w.envelope) == Some(ends));
        let mut others: Vec<MessageId> = before.map(|(other, _)| *other).collect();
        for (other, place) in self.queued_on(ends) {
            let late = other.sequence < id.sequence && place.at > at;
            let early = other.sequence > id.sequence && place.at <= at;
            if late || early {
                others.push(other);
            }
        }
        for other in others {
            moving.extend(self.take_message(other).map(|waiting| (other, waiting)));
        }
        moving.sort_by_key(|(other, _)| other.sequence);
        for (other, waiting) in moving {
            self.put(at, other, waiting);
        }
        self.links.delay_stream(ends.0, ends.1, at);
        true
    }

    /// Makes a message later than it would be; one that is held goes on after that time.
    pub(super) fn delay_message(&mut self, id: MessageId, by: Duration) -> bool {
        let due =
            if self.connections.held.contains_key(&id) { self.now } else { self.connections.place(id).at };
        self.deliver_message(id, due.max(self.now) + by)
    }

    /// A second copy of a datagram, right behind the first; of a held one, in the user's hand.
    pub(super) fn duplicate_message(&mut self, id: MessageId) {
        let Some(envelope) = self.message(id).cloned() else {
            return self.current.push(Note::new("the message has arrived already: nothing to do", [""; 0]));
        };
        let which = which(&envelope);
        if stream(&envelope).is_some() {
            return self.current.push(Note::new("{0} is on a stream: TCP delivers it once", [which]));
        }
        if let Some(waiting) = self.connections.held.get(&id).cloned() {
            let copy = MessageId { at: id.at, sequence: self.queue.reserve() };
            self.connections.held.insert(copy, waiting);
        } else {
            let place = self.connections.place(id);
            let cause = self.queue.get(place.at, place.sequence).map_or(self.taken, |queued| queued.cause);
            self.push(place.at, Event::Deliver(envelope), cause);
        }
        self.current.push(Note::new("there are two of {0} now", [which]));
    }

    /// Two datagrams change places: the one arrives when the other would have, or is held in its stead.
    pub(super) fn reorder_messages(&mut self, first: MessageId, second: MessageId) {
        let (Some(a), Some(b)) = (self.message(first), self.message(second)) else {
            return self.current.push(Note::new("the message has arrived already: nothing to do", [""; 0]));
        };
        let texts = [which(a), which(b)];
        if stream(a).is_some() || stream(b).is_some() {
            return self.current.push(Note::new("{0} and {1}: a stream keeps its order", texts));
        }
        let held = |id| self.connections.held.contains_key(&id);
        let (a_held, b_held) = (held(first), held(second));
        let (a_place, b_place) = (self.connections.place(first), self.connections.place(second));
        if first != second
            && let (Some(a), Some(b)) = (self.take_message(first), self.take_message(second))
        {
            for (id, waiting, to_hand, place) in [(first, a, b_held, b_place), (second, b, a_held, a_place)] {
                if to_hand {
                    self.connections.held.insert(id, waiting);
                } else {
                    self.put(place.at, id, waiting);
                }
            }
        }
        self.current.push(Note::new("{0} and {1} change places", texts));
    }
}

/// `MsgApp 12 from etcd-0 to etcd-1`.
fn which(envelope: &Envelope) -> String {
    format!("{} from {} to {}", label(&envelope.message), name(envelope.from), name(envelope.to))
}
