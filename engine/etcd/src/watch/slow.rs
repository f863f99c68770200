//! Clients whose connections take nothing any more, and the watchers that suffer from it.

use std::sync::Arc;

use imbl::OrdMap;
use sim::Actor;

use super::WatcherId;
use crate::rpc::Event;

/// Answers that fit between a member's store and a client's connection (etcd's `chanBufLen`).
pub(super) const CHANNEL: u64 = 128;

/// Empty while all is well.
#[derive(Clone, Debug, Hash, Default)]
pub(super) struct Slow {
    /// The clients, and how much waits for each.
    stalled: OrdMap<Actor, u64>,
    /// What each victim was to be sent.
    victims: OrdMap<WatcherId, Arc<[Event]>>,
}

impl Slow {
    pub(super) fn stall(&mut self, client: Actor) {
        self.stalled.entry(client).or_insert(0);
    }

    pub(super) fn flow(&mut self, client: Actor) {
        self.stalled.remove(&client);
    }

    pub(super) fn client_gone(&mut self, client: Actor) {
        self.stalled.remove(&client);
    }

    /// Whether a client's channel has room for one more answer, which is taken.
    pub(super) fn takes(&mut self, client: Actor) -> bool {
        let Some(waiting) = self.stalled.get_mut(&client) else { return true };
        let room = *waiting < CHANNEL;
        *waiting += u64::from(room);
        room
    }

    pub(super) fn is_full(&self, client: Actor) -> bool {
        self.stalled.get(&client).is_some_and(|waiting| *waiting >= CHANNEL)
    }

    pub(super) fn add(&mut self, victim: WatcherId, events: Arc<[Event]>) {
        self.victims.insert(victim, events);
    }

    pub(super) fn take(&mut self, victim: WatcherId) -> Option<Arc<[Event]>> {
        self.victims.remove(&victim)
    }

    pub(super) fn forget(&mut self, victim: WatcherId) {
        self.victims.remove(&victim);
    }

    /// The clients stay slow when all watches end.
    pub(super) fn without_victims(&self) -> Slow {
        Slow { stalled: self.stalled.clone(), ..Slow::default() }
    }

    pub(super) fn victims(&self) -> impl Iterator<Item = WatcherId> {
        self.victims.keys().copied()
    }
}
