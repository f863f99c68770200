//! What the parts of the ring share.

use std::rc::Rc;

use lab::view::MessageId;
use sim::{Actor, LinkRule, SimTime};

use crate::draw::Point;
use crate::draw::ring::{Lane, Ring};
use crate::infra::Session;
use crate::infra::i18n::{RaftTexts, Texts};
use crate::infra::raft_ui::Chosen;
use lab::view::{RaftMember, RaftMessage, RaftView};

/// Everything at one moment.
#[derive(Clone)]
pub struct Scene {
    pub session: Session,
    pub t: &'static Texts,
    pub r: &'static RaftTexts,
    pub view: Rc<RaftView>,
    pub ring: Rc<Ring>,
    /// Who stands at each place, by index.
    pub who: Rc<Vec<u32>>,
    pub now: SimTime,
    /// True while the person can read exact numbers: time stands still, or nearly.
    pub exact: bool,
}

/// Above this speed exact numbers would only flicker.
const EXACT_BELOW_SPEED: f64 = 0.05;

impl Scene {
    /// The scene of this moment.
    pub fn new(
        session: &Session,
        t: &'static Texts,
        r: &'static RaftTexts,
        ring: Rc<Ring>,
        who: Rc<Vec<u32>>,
    ) -> Scene {
        let state = session.state();
        let clock = state.clock();
        Scene {
            t,
            r,
            view: state.raft(),
            ring,
            who,
            now: state.lab().now(),
            exact: !clock.playing || clock.speed < EXACT_BELOW_SPEED,
            session: session.clone(),
        }
    }

    /// A member by index.
    pub fn member(&self, index: u32) -> Option<&RaftMember> {
        self.view.members.iter().find(|m| m.index == index)
    }

    /// Where a member stands.
    pub fn place(&self, index: u32) -> Option<Point> {
        self.ring.places.get(self.who.iter().position(|w| *w == index)?).copied()
    }

    /// The lane from one member to another.
    pub fn lane(&self, from: u32, to: u32) -> Option<Lane> {
        let seat = |index| self.who.iter().position(|w| *w == index);
        self.ring.lane(seat(from)?, seat(to)?)
    }

    /// Where a message is now.
    pub fn message_at(&self, message: &RaftMessage) -> Option<Point> {
        let lane = self.lane(message.from, message.to)?;
        if message.held {
            let (place, count) = self.queue_place(message);
            // Those without a place of their own are named in the list only.
            return lane.stand(place, count).or_else(|| lane.stand(lane.stands() - 1, count));
        }
        Some(lane.at(fraction(message, self.now), 0.0))
    }

    /// Which one of how many waits on its lane.
    pub fn queue_place(&self, message: &RaftMessage) -> (usize, usize) {
        let mut before = 0;
        let mut count = 0;
        let same = |m: &&RaftMessage| m.held && (m.from, m.to) == (message.from, message.to);
        for other in self.view.messages.iter().filter(same) {
            count += 1;
            before += usize::from(other.id < message.id);
        }
        (before, count)
    }

    /// Where the popover of something points to.
    pub fn anchor(&self, chosen: Chosen) -> Option<Point> {
        match chosen {
            Chosen::Member(index) => self.place(index),
            Chosen::Message(id) => self.message_at(self.message(id)?),
            Chosen::Link(a, b) => Some(self.place(a)?.towards(self.place(b)?, 0.5)),
        }
    }

    /// A message by its name.
    pub fn message(&self, id: MessageId) -> Option<&RaftMessage> {
        self.view.messages.iter().find(|m| m.id == id)
    }

    /// How one direction of a link behaves.
    pub fn rule(&self, from: u32, to: u32) -> LinkRule {
        self.session.state().lab().cluster().links().rule(Actor::Etcd(from), Actor::Etcd(to))
    }

    /// A member's name, known or not.
    pub fn name(&self, index: u32) -> String {
        name_of(&self.view, index)
    }
}

/// A member's name, known or not.
pub fn name_of(view: &RaftView, index: u32) -> String {
    view.members
        .iter()
        .find(|m| m.index == index)
        .map_or_else(|| format!("etcd-{index}"), |m| m.name.to_string())
}

/// How far a message is on its way.
pub fn fraction(message: &RaftMessage, now: SimTime) -> f64 {
    let whole = message.arrives.since(message.sent).as_nanos() as f64;
    if whole > 0.0 { (now.since(message.sent).as_nanos() as f64 / whole).clamp(0.0, 1.0) } else { 1.0 }
}

/// Who stands on the ring: every member that is known, by itself or by a configuration, in order.
pub fn who(view: &RaftView) -> Vec<u32> {
    let mut who: Vec<u32> = view.members.iter().map(|m| m.index).collect();
    for member in view.members.iter().filter(|m| m.up) {
        let config = &member.config;
        for list in [&config.voters, &config.outgoing, &config.learners, &config.learners_next] {
            who.extend(list.iter().copied());
        }
    }
    who.sort_unstable();
    who.dedup();
    who
}

/// The leader of the newest term, if one runs.
pub fn leader(view: &RaftView) -> Option<&RaftMember> {
    view.members.iter().filter(|m| m.up && m.role == lab::view::Role::Leader).max_by_key(|m| m.term)
}
