//! Links between processes, and what can go wrong on them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{Actor, SimTime, Stream};

/// What kind of traffic a message is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Medium {
    /// A message that may be lost, doubled or overtaken (Raft's messages between members: etcd's peer
    /// transport drops what it can't send).
    Datagram,
    /// A message on a TCP connection: order is kept, loss shows as delay, and a cut link as a broken connection.
    Stream,
}

/// How one direction of one link behaves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LinkRule {
    /// The shortest time from end to end, in nanoseconds.
    pub latency_ns: u64,
    /// Up to this much is added at random, in nanoseconds.
    pub jitter_ns: u64,
    /// Messages lost, in parts per million.
    pub loss_ppm: u32,
    /// Messages doubled, in parts per million.
    pub duplicate_ppm: u32,
    /// Nothing passes.
    pub cut: bool,
    /// Messages stop here until somebody lets them go.
    pub hold: bool,
}

impl Default for LinkRule {
    fn default() -> Self {
        LinkRule {
            latency_ns: 500_000,
            jitter_ns: 200_000,
            loss_ppm: 0,
            duplicate_ppm: 0,
            cut: false,
            hold: false,
        }
    }
}

/// What a link does with one message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// It arrives at this moment, and (doubled datagrams) again at the second.
    At(SimTime, Option<SimTime>),
    /// It waits on the link for the user's hand.
    Held,
    /// It is lost (datagram) or its connection is broken (stream).
    Lost,
}

/// TCP's smallest retransmission timeout on Linux: what one lost segment costs a stream.
const RETRANSMISSION: Duration = Duration::from_millis(200);

/// All links of a lab. Only links that differ from the default take memory.
#[derive(Clone, Hash, Debug)]
pub struct Links {
    default: LinkRule,
    rules: BTreeMap<(Actor, Actor), LinkRule>,
    last_arrival: BTreeMap<(Actor, Actor), SimTime>,
    random: Stream,
}

impl Links {
    /// Links that all behave as `default`.
    pub fn new(seed: u64, default: LinkRule) -> Links {
        Links {
            default,
            rules: BTreeMap::new(),
            last_arrival: BTreeMap::new(),
            random: Stream::derive(seed, "links"),
        }
    }

    /// The rule of one direction.
    pub fn rule(&self, from: Actor, to: Actor) -> LinkRule {
        self.rules.get(&(from, to)).copied().unwrap_or(self.default)
    }

    /// Changes one direction.
    pub fn set(&mut self, from: Actor, to: Actor, rule: LinkRule) {
        if rule == self.default {
            self.rules.remove(&(from, to));
        } else {
            self.rules.insert((from, to), rule);
        }
    }

    /// The directions that are not as usual.
    pub fn exceptions(&self) -> impl Iterator<Item = (Actor, Actor, LinkRule)> {
        self.rules.iter().map(|((from, to), rule)| (*from, *to, *rule))
    }

    /// Decides what becomes of a message sent now.
    pub fn send(&mut self, now: SimTime, from: Actor, to: Actor, medium: Medium) -> Delivery {
        let rule = self.rule(from, to);
        if rule.cut {
            return Delivery::Lost;
        }
        if rule.hold {
            return Delivery::Held;
        }
        let mut arrival = now + self.travel(rule);
        match medium {
            Medium::Datagram => {
                if self.random.chance_ppm(rule.loss_ppm) {
                    return Delivery::Lost;
                }
                let again = self.random.chance_ppm(rule.duplicate_ppm).then(|| now + self.travel(rule));
                Delivery::At(arrival, again)
            }
            Medium::Stream => {
                let mut timeout = RETRANSMISSION;
                // A link that loses everything is a cut one; 8 doublings are 51 s.
                for _ in 0..8 {
                    if !self.random.chance_ppm(rule.loss_ppm) {
                        break;
                    }
                    arrival = arrival + timeout;
                    timeout *= 2;
                }
                let last = self.last_arrival.entry((from, to)).or_default();
                arrival = arrival.max(*last);
                *last = arrival;
                Delivery::At(arrival, None)
            }
        }
    }

    /// Nothing that is sent on this stream from now on arrives before `at`.
    pub fn delay_stream(&mut self, from: Actor, to: Actor, at: SimTime) {
        let last = self.last_arrival.entry((from, to)).or_default();
        *last = at.max(*last);
    }

    fn travel(&mut self, rule: LinkRule) -> Duration {
        let jitter = if rule.jitter_ns == 0 { 0 } else { self.random.range(0..rule.jitter_ns) };
        Duration::from_nanos(rule.latency_ns + jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Actor = Actor::Etcd(0);
    const B: Actor = Actor::Etcd(1);

    fn links(rule: LinkRule) -> Links {
        let mut links = Links::new(1, LinkRule::default());
        links.set(A, B, rule);
        links
    }

    #[test]
    fn streams_keep_order_whatever_the_jitter() {
        let mut links = links(LinkRule { jitter_ns: 50_000_000, loss_ppm: 300_000, ..LinkRule::default() });
        let mut last = SimTime::ZERO;
        for i in 0..1000 {
            match links.send(SimTime::from_millis(i), A, B, Medium::Stream) {
                Delivery::At(at, None) => {
                    assert!(at >= last);
                    last = at;
                }
                other => panic!("a stream delivers, got {other:?}"),
            }
        }
    }

    #[test]
    fn cut_hold_loss_and_duplication() {
        let rule = LinkRule::default();
        let one_way = |rule| links(rule).send(SimTime::ZERO, A, B, Medium::Datagram);
        assert_eq!(one_way(LinkRule { cut: true, ..rule }), Delivery::Lost);
        assert_eq!(one_way(LinkRule { hold: true, ..rule }), Delivery::Held);
        assert_eq!(one_way(LinkRule { loss_ppm: 1_000_000, ..rule }), Delivery::Lost);
        assert!(matches!(one_way(LinkRule { duplicate_ppm: 1_000_000, ..rule }), Delivery::At(_, Some(_))));
        // The other direction is untouched.
        let mut cut = links(LinkRule { cut: true, ..rule });
        assert!(matches!(cut.send(SimTime::ZERO, B, A, Medium::Datagram), Delivery::At(_, None)));
    }
}
