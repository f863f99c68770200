//! Watches: who wants to know of which keys, and how far each has got.
//!
//! A watcher that has seen everything is *synced*: it belongs to a group of all watchers that want the same,
//! and each change finds its groups through an index. Events are made once for a group and shared. A watcher
//! that starts in the past is *unsynced* and is led through the log of revisions, a piece at a time, until it
//! has caught up. One that starts in the future waits until that revision comes.
//!
//! A client whose connection takes nothing any more ([`Watchers::stall`]) still gets what fits in its channel. A watcher for
//! which there is no room becomes a *victim*: it keeps what it was to be sent, is told of nothing new, and when the connection
//! flows again gets that first and then catches up like an unsynced one.
//!
//! Watches are a member's own; they end with its process.

mod index;
mod slow;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use sim::Actor;

use self::index::Index;
use self::slow::Slow;
use crate::mvcc::{Record, Store};
use crate::rpc::{CallId, Event, Revision, WatchCreate};

/// How many events one step of catching up sends at most (etcd sends 1000 revisions at a time).
const CATCH_UP_EVENTS: usize = 1000;

/// A watcher's number in its member.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct WatcherId(pub u64);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct GroupId(u32);

/// Where a watcher stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Standing {
    /// It has seen everything.
    Synced,
    /// It still has to see what happened from its next revision on.
    Unsynced,
    /// It waits for its first revision.
    Future,
    /// What it was to be sent found its client's channel full.
    Victim,
}

impl Standing {
    /// etcd's word; watchers of the future are synced to etcd.
    pub const fn name(self) -> &'static str {
        match self {
            Standing::Synced | Standing::Future => "synced",
            Standing::Unsynced => "unsynced",
            Standing::Victim => "victim",
        }
    }
}

/// A watcher as one sees it from outside.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct WatcherView {
    /// Whose it is.
    pub client: Actor,
    /// The call that created it.
    pub call: CallId,
    /// What it wants.
    pub wants: Arc<WatchCreate>,
    /// The first revision that it has not seen.
    pub next: Revision,
    /// Where it stands.
    pub standing: Standing,
    /// How many events it was sent.
    pub events: u64,
}

/// A watcher.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Watcher {
    /// Whose it is.
    pub client: Actor,
    /// The call that created it; names it to the client.
    pub call: CallId,
    /// What it wants.
    pub wants: Arc<WatchCreate>,
    /// Unsynced and future watchers: the first revision not seen yet.
    pub next: Revision,
    /// Where it stands.
    pub standing: Standing,
    /// Whether it was sent something since the last round of progress notifications.
    active: bool,
    /// Events that it was sent while it was not in a group.
    sent: u64,
    /// What its group had been sent when it joined.
    joined_at: u64,
}

/// What makes watchers want the same.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Group {
    wants: Arc<WatchCreate>,
    members: OrdSet<WatcherId>,
    /// Events that were sent to each of them.
    sent: u64,
}

/// Something to send to a watcher's client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// Events.
    Events {
        /// To whom.
        client: Actor,
        /// On which watch.
        call: CallId,
        /// What.
        events: Arc<[Event]>,
        /// Whether the client wants large answers in pieces.
        fragment: bool,
    },
    /// The watch is over: what it wanted to see next is gone.
    Compacted {
        /// To whom.
        client: Actor,
        /// On which watch.
        call: CallId,
        /// History before this is gone.
        revision: Revision,
    },
}

/// All watchers of a member.
#[derive(Clone, Debug, Hash, Default)]
pub struct Watchers {
    last_watcher: u64,
    last_group: u32,
    watchers: OrdMap<WatcherId, Watcher>,
    by_call: OrdMap<(Actor, CallId), WatcherId>,
    groups: OrdMap<GroupId, Group>,
    index: Index,
    unsynced: OrdSet<WatcherId>,
    future: OrdSet<(Revision, WatcherId)>,
    progress: OrdSet<WatcherId>,
    slow: Slow,
}

impl Watchers {
    /// How many watchers there are.
    pub fn len(&self) -> u64 {
        self.watchers.len() as u64
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.watchers.is_empty()
    }

    /// How many have still to catch up.
    pub fn unsynced(&self) -> u64 {
        self.unsynced.len() as u64
    }

    /// All watchers, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Watcher> {
        self.watchers.values()
    }

    /// A client's watcher.
    pub fn get(&self, client: Actor, call: CallId) -> Option<&Watcher> {
        self.watchers.get(self.by_call.get(&(client, call))?)
    }

    /// Whether some watcher wants progress notifications.
    pub fn any_progress(&self) -> bool {
        !self.progress.is_empty()
    }

    /// Starts a watch on a store that is at `current`. A client's second watch of the same call replaces the
    /// first.
    pub fn create(
        &mut self,
        client: Actor,
        call: CallId,
        wants: &WatchCreate,
        current: Revision,
    ) -> Standing {
        self.cancel(client, call);
        self.last_watcher += 1;
        let id = WatcherId(self.last_watcher);
        let start = wants.start_revision;
        let standing = if start.0 == 0 || start.0 == current.0 + 1 {
            Standing::Synced
        } else if start > current {
            Standing::Future
        } else {
            Standing::Unsynced
        };
        let wants = Arc::new(wants.clone());
        if wants.progress_notify {
            self.progress.insert(id);
        }
        let watcher =
            Watcher { client, call, wants, next: start, standing, active: false, sent: 0, joined_at: 0 };
        self.watchers.insert(id, watcher);
        self.by_call.insert((client, call), id);
        match standing {
            Standing::Synced => self.join(id),
            Standing::Unsynced => {
                self.unsynced.insert(id);
            }
            Standing::Future => {
                self.future.insert((start, id));
            }
            // No watcher begins like that.
            Standing::Victim => {}
        }
        standing
    }

    /// Ends a watch. False when there is none.
    pub fn cancel(&mut self, client: Actor, call: CallId) -> bool {
        let Some(id) = self.by_call.remove(&(client, call)) else { return false };
        let Some(watcher) = self.watchers.remove(&id) else { return false };
        self.progress.remove(&id);
        match watcher.standing {
            Standing::Synced => self.leave(id, &watcher.wants),
            Standing::Unsynced => {
                self.unsynced.remove(&id);
            }
            Standing::Future => {
                self.future.remove(&(watcher.next, id));
            }
            Standing::Victim => self.slow.forget(id),
        }
        true
    }

    /// Ends all watches of a client.
    pub fn client_gone(&mut self, client: Actor) {
        let calls: Vec<CallId> = self
            .by_call
            .range((client, CallId(0))..=(client, CallId(u64::MAX)))
            .map(|((_, call), _)| *call)
            .collect();
        for call in calls {
            self.cancel(client, call);
        }
        self.slow.client_gone(client);
    }

    /// Whether a client's watchers have all seen everything.
    pub fn all_synced(&self, client: Actor) -> bool {
        let others = |id: &WatcherId| self.watchers.get(id).is_none_or(|watcher| watcher.client != client);
        self.unsynced.iter().all(others) && self.slow.victims().all(|id| others(&id))
    }

    /// Tells of all changes after `before`. Call it before a compaction can remove them.
    pub fn notify(&mut self, store: &Store, before: Revision, out: &mut Vec<Delivery>) {
        if self.watchers.is_empty() || store.revision() == before {
            return;
        }
        let mut batches: BTreeMap<GroupId, Vec<Event>> = BTreeMap::new();
        for record in store.changes_from(Revision(before.0 + 1)) {
            for id in self.index.lookup(&record.kv.key) {
                let Some(group) = self.groups.get(&id) else { continue };
                if let Some(event) = event(store, record, &group.wants) {
                    batches.entry(id).or_default().push(event);
                }
            }
        }
        for (id, events) in batches {
            let events: Arc<[Event]> = events.into();
            let Some(group) = self.groups.get_mut(&id) else { continue };
            group.sent += events.len() as u64;
            let members = group.members.clone();
            for member in &members {
                if !self.deliver(*member, events.clone(), out) {
                    let next = Revision(store.revision().0 + 1);
                    self.becomes_victim(*member, events.clone(), next);
                }
            }
        }
        self.wake_future(store, out);
    }

    /// Leads unsynced watchers on. Afterwards [`Watchers::unsynced`] says whether some have to go on.
    pub fn catch_up(&mut self, store: &Store, out: &mut Vec<Delivery>) {
        let unsynced: Vec<WatcherId> = self.unsynced.iter().copied().collect();
        for id in unsynced {
            self.lead(id, store, out);
        }
    }

    /// The watches that get a progress notification in this round: those that want them, have seen
    /// everything, and were not sent anything since the last round.
    pub fn progress_round(&mut self) -> Vec<(Actor, CallId)> {
        let ids: Vec<WatcherId> = self.progress.iter().copied().collect();
        let mut idle = Vec::new();
        for id in ids {
            let Some(watcher) = self.watchers.get_mut(&id) else { continue };
            if !watcher.active && watcher.standing == Standing::Synced {
                idle.push((watcher.client, watcher.call));
            }
            watcher.active = false;
        }
        idle
    }

    /// Ends all watches (the member lost its leader). Returns whose they were.
    pub fn clear(&mut self) -> Vec<(Actor, CallId)> {
        let calls = self.watchers.values().map(|watcher| (watcher.client, watcher.call)).collect();
        let slow = self.slow.without_victims();
        *self = Watchers {
            last_watcher: self.last_watcher,
            last_group: self.last_group,
            slow,
            ..Watchers::default()
        };
        calls
    }

    /// The store was replaced by one from a snapshot; watchers had seen everything up to `before`. They catch up
    /// through the new store's log.
    pub fn restart(&mut self, before: Revision) {
        let sent: BTreeMap<WatcherId, u64> =
            self.watchers.iter().map(|(id, watcher)| (*id, self.sent_in_group(watcher))).collect();
        self.groups = OrdMap::new();
        self.index = Index::default();
        let synced: Vec<WatcherId> =
            self.watchers.iter().filter(|(_, w)| w.standing == Standing::Synced).map(|(id, _)| *id).collect();
        for id in synced {
            if let Some(watcher) = self.watchers.get_mut(&id) {
                watcher.standing = Standing::Unsynced;
                watcher.sent += sent.get(&id).copied().unwrap_or(0);
                watcher.next = Revision(before.0 + 1);
                self.unsynced.insert(id);
            }
        }
        // Those that wait for a revision that the new store already has.
        for (revision, id) in std::mem::take(&mut self.future) {
            if let Some(watcher) = self.watchers.get_mut(&id) {
                watcher.standing = Standing::Unsynced;
                watcher.next = revision;
                self.unsynced.insert(id);
            }
        }
    }

    fn wake_future(&mut self, store: &Store, out: &mut Vec<Delivery>) {
        while let Some((revision, id)) = self.future.get_min().copied() {
            if revision > store.revision() {
                break;
            }
            self.future.remove(&(revision, id));
            self.unsynced.insert(id);
            if let Some(watcher) = self.watchers.get_mut(&id) {
                watcher.standing = Standing::Unsynced;
            }
            self.lead(id, store, out);
        }
    }

    fn lead(&mut self, id: WatcherId, store: &Store, out: &mut Vec<Delivery>) {
        let Some(watcher) = self.watchers.get_mut(&id) else { return };
        let (client, call) = (watcher.client, watcher.call);
        if watcher.next.0 > store.revision().0 + 1 {
            watcher.standing = Standing::Future;
            self.unsynced.remove(&id);
            self.future.insert((watcher.next, id));
            return;
        }
        if watcher.next < store.compact_revision() {
            // It has to wait for room in its channel like everything else.
            if self.slow.is_full(client) {
                return;
            }
            out.push(Delivery::Compacted { client, call, revision: store.compact_revision() });
            self.cancel(client, call);
            return;
        }
        let mut events = Vec::new();
        let mut next = Revision(store.revision().0 + 1);
        for record in store.changes_from(watcher.next) {
            // A revision is never torn apart.
            if events.len() >= CATCH_UP_EVENTS && record.sub == 0 {
                next = record.revision();
                break;
            }
            if watcher.wants.range.contains(&record.kv.key) {
                events.extend(event(store, record, &watcher.wants));
            }
        }
        watcher.next = next;
        let count = events.len() as u64;
        watcher.sent += count;
        let events: Arc<[Event]> = events.into();
        if count > 0 && !self.deliver(id, events.clone(), out) {
            self.becomes_victim(id, events, next);
        } else if next > store.revision() {
            self.becomes_synced(id);
        }
    }

    fn becomes_synced(&mut self, id: WatcherId) {
        self.unsynced.remove(&id);
        if let Some(watcher) = self.watchers.get_mut(&id) {
            watcher.standing = Standing::Synced;
            self.join(id);
        }
    }

    /// There was no room for these events: it keeps them, and misses what comes from `next` on.
    fn becomes_victim(&mut self, id: WatcherId, events: Arc<[Event]>, next: Revision) {
        let Some(watcher) = self.watchers.get(&id) else { return };
        let (standing, wants) = (watcher.standing, watcher.wants.clone());
        let in_group = self.sent_in_group(watcher);
        match standing {
            Standing::Synced => self.leave(id, &wants),
            _ => {
                self.unsynced.remove(&id);
            }
        }
        if let Some(watcher) = self.watchers.get_mut(&id) {
            watcher.sent += in_group;
            (watcher.standing, watcher.next) = (Standing::Victim, next);
        }
        self.slow.add(id, events);
    }

    /// The client's connection takes nothing any more: what is sent to it piles up.
    pub fn stall(&mut self, client: Actor) {
        self.slow.stall(client);
    }

    /// It does again: victims get what they were to be sent, and catch up if they missed something.
    pub fn flow(&mut self, client: Actor, store: &Store, out: &mut Vec<Delivery>) {
        self.slow.flow(client);
        let victims: Vec<WatcherId> = self.slow.victims().collect();
        for id in victims {
            let Some(watcher) = self.watchers.get(&id).filter(|watcher| watcher.client == client) else {
                continue;
            };
            let next = watcher.next;
            let Some(events) = self.slow.take(id) else { continue };
            self.deliver(id, events, out);
            if next > store.revision() {
                self.becomes_synced(id);
            } else if let Some(watcher) = self.watchers.get_mut(&id) {
                watcher.standing = Standing::Unsynced;
                self.unsynced.insert(id);
            }
        }
    }

    /// All watchers as they stand at the revision `current`, oldest first.
    pub fn views(&self, current: Revision) -> impl Iterator<Item = WatcherView> {
        self.watchers.values().map(move |watcher| WatcherView {
            client: watcher.client,
            call: watcher.call,
            wants: watcher.wants.clone(),
            next: match watcher.standing {
                Standing::Synced => Revision(current.0 + 1),
                _ => watcher.next,
            },
            standing: watcher.standing,
            events: watcher.sent + self.sent_in_group(watcher),
        })
    }

    /// Events that a watcher was sent as a member of its group.
    fn sent_in_group(&self, watcher: &Watcher) -> u64 {
        if watcher.standing != Standing::Synced {
            return 0;
        }
        let group = self.group_of(&watcher.wants).and_then(|id| self.groups.get(&id));
        group.map_or(0, |group| group.sent - watcher.joined_at)
    }

    /// Sends events, unless there is no room for them.
    fn deliver(&mut self, id: WatcherId, events: Arc<[Event]>, out: &mut Vec<Delivery>) -> bool {
        // Only those who want progress notifications need to remember that they were sent something.
        let watcher = if self.progress.contains(&id) {
            self.watchers.get_mut(&id).map(|watcher| {
                watcher.active = true;
                &*watcher
            })
        } else {
            self.watchers.get(&id)
        };
        let Some(watcher) = watcher else { return true };
        if !self.slow.takes(watcher.client) {
            return false;
        }
        let (client, call, fragment) = (watcher.client, watcher.call, watcher.wants.fragment);
        out.push(Delivery::Events { client, call, events, fragment });
        true
    }

    fn join(&mut self, id: WatcherId) {
        let Some(wants) = self.watchers.get(&id).map(|watcher| watcher.wants.clone()) else { return };
        if let Some(group) = self.group_of(&wants) {
            if let Some(group) = self.groups.get_mut(&group) {
                group.members.insert(id);
                if let Some(watcher) = self.watchers.get_mut(&id) {
                    watcher.joined_at = group.sent;
                }
            }
            return;
        }
        if let Some(watcher) = self.watchers.get_mut(&id) {
            watcher.joined_at = 0;
        }
        self.last_group += 1;
        let group = GroupId(self.last_group);
        self.index.add(&wants.range, group);
        self.groups.insert(group, Group { wants, members: OrdSet::unit(id), sent: 0 });
    }

    fn leave(&mut self, id: WatcherId, wants: &WatchCreate) {
        let Some(group_id) = self.group_of(wants) else { return };
        let Some(group) = self.groups.get_mut(&group_id) else { return };
        group.members.remove(&id);
        if group.members.is_empty() {
            self.groups.remove(&group_id);
            self.index.remove(&wants.range, group_id);
        }
    }

    /// The group of those who want the same: among the groups that look at the range's first key.
    fn group_of(&self, wants: &WatchCreate) -> Option<GroupId> {
        self.index.lookup(&wants.range.start).find(|id| {
            self.groups.get(id).is_some_and(|group| {
                let WatchCreate { range, prev_kv, no_put, no_delete, .. } = &*group.wants;
                *range == wants.range
                    && (*prev_kv, *no_put, *no_delete) == (wants.prev_kv, wants.no_put, wants.no_delete)
            })
        })
    }
}

/// A change as a watcher sees it; `None` when the watcher filters it out.
fn event(store: &Store, record: &Record, wants: &WatchCreate) -> Option<Event> {
    let filtered = if record.delete { wants.no_delete } else { wants.no_put };
    if filtered {
        return None;
    }
    let prev_kv = if wants.prev_kv {
        store.previous(record).filter(|previous| !previous.delete).map(|previous| previous.kv.clone())
    } else {
        None
    };
    Some(Event { delete: record.delete, kv: record.kv.clone(), prev_kv })
}
