//! One resource's cache.

use api::{Object, Revision};
use etcd::rpc::{Event, KeyValue};
use imbl::{OrdMap, Vector};
use sim::Str;

use super::Change;
use super::index::Index;
use crate::operation::OperationId;
use crate::storage;

/// How many changes are kept for watches that begin in the past. (Kubernetes lets it grow from 100 to 102,400 so that
/// it spans 75 s.)
const HISTORY_MAX: usize = 4096;

/// How many old states are kept for lists that are being read page by page.
const SNAPSHOTS_MAX: usize = 8;

/// How far a cache is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) enum Phase {
    /// Nobody needed it yet.
    #[default]
    Idle,
    /// The list is on its way.
    Listing,
    /// It follows etcd.
    Watching,
    /// It has a state, but its watch broke and begins again.
    Resuming,
}

/// All objects of a resource, and what happened to them lately.
#[derive(Clone, Debug, Hash, Default)]
pub(crate) struct Cache {
    /// How far it is.
    pub phase: Phase,
    /// It is at least as new as this; zero before the first list.
    pub revision: Revision,
    /// The objects by their etcd key.
    pub objects: OrdMap<Str, Object>,
    /// The latest changes, oldest first.
    history: Vector<Change>,
    /// All changes after this revision are in `history`.
    horizon: Revision,
    /// States that pages of a list may still be read from.
    snapshots: Vector<(Revision, OrdMap<Str, Object>)>,
    /// The watchers, by what they want to see.
    pub watchers: Index,
    /// Requests that wait until the cache is this new.
    waiting: Vec<(Revision, OperationId)>,
}

impl Cache {
    /// True when lists and watches can be served.
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Watching | Phase::Resuming)
    }

    /// True when it is ready and at least as new as `revision`.
    pub fn has(&self, revision: Revision) -> bool {
        self.is_ready() && self.revision >= revision
    }

    /// Begins anew with a list.
    pub fn replace(&mut self, revision: Revision, kvs: &[KeyValue]) -> u32 {
        let mut unreadable = 0;
        let readable = kvs.iter().filter_map(|kv| {
            let object = storage::read(kv);
            unreadable += u32::from(object.is_none());
            Some((kv.key.clone(), object?))
        });
        self.objects = readable.collect();
        self.history = Vector::new();
        self.snapshots = Vector::new();
        self.horizon = revision;
        self.revision = revision;
        self.phase = Phase::Watching;
        unreadable
    }

    /// Takes in what etcd says has changed; returns it as changes of objects.
    pub fn apply(&mut self, events: &[Event]) -> Vec<Change> {
        let mut changes = Vec::with_capacity(events.len());
        for event in events {
            let revision = Revision(event.kv.mod_revision.0);
            if revision <= self.revision && self.seen(revision, &event.kv.key) {
                continue;
            }
            let object = if event.delete { None } else { storage::read(&event.kv) };
            let key = event.kv.key.clone();
            let change = match object {
                Some(object) => {
                    let previous = self.objects.insert(key.clone(), object.clone());
                    Change { revision, key, object, previous, deleted: false }
                }
                // Deleted, or overwritten with something that is no object.
                None => {
                    let Some(last) = self.objects.remove(&key) else { continue };
                    let object = storage::with_revision(last.value().clone(), revision);
                    Change { revision, key, object, previous: Some(last), deleted: true }
                }
            };
            self.history.push_back(change.clone());
            if self.history.len() > HISTORY_MAX
                && let Some(oldest) = self.history.pop_front()
            {
                self.horizon = oldest.revision;
            }
            changes.push(change);
        }
        if let Some(last) = changes.last() {
            self.revision = self.revision.max(last.revision);
        }
        changes
    }

    /// A repeated event after a watch began again: revisions come whole, so what is not newer than the cache and
    /// already there was seen.
    fn seen(&self, revision: Revision, key: &str) -> bool {
        revision < self.revision || self.history.iter().rev().any(|c| c.revision == revision && c.key == key)
    }

    /// Nothing happened up to this revision.
    pub fn progress(&mut self, revision: Revision) {
        self.revision = self.revision.max(revision);
    }

    /// The changes after a revision, or the oldest revision that could be served.
    pub fn since(&self, revision: Revision) -> Result<impl Iterator<Item = &Change>, Revision> {
        if revision < self.horizon {
            return Err(self.horizon);
        }
        let from = self.history.binary_search_by(|change| {
            // Never equal: the place after all changes up to the revision.
            if change.revision <= revision { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater }
        });
        let from = from.unwrap_or_else(|place| place);
        Ok(self.history.iter().skip(from))
    }

    /// Keeps today's state, so that the rest of a list can be read from it.
    pub fn keep_snapshot(&mut self) {
        if self.snapshots.last().is_some_and(|(revision, _)| *revision == self.revision) {
            return;
        }
        self.snapshots.push_back((self.revision, self.objects.clone()));
        if self.snapshots.len() > SNAPSHOTS_MAX {
            self.snapshots.pop_front();
        }
    }

    /// The state at a revision, if it is today's or was kept.
    pub fn state_at(&self, revision: Revision) -> Option<&OrdMap<Str, Object>> {
        if revision == self.revision {
            return Some(&self.objects);
        }
        self.snapshots.iter().find(|(at, _)| *at == revision).map(|(_, objects)| objects)
    }

    /// Lets a request wait.
    pub fn wait(&mut self, revision: Revision, operation: OperationId) {
        self.waiting.push((revision, operation));
    }

    /// The requests that need not wait any longer.
    pub fn released(&mut self) -> Vec<OperationId> {
        if self.waiting.is_empty() || !self.is_ready() {
            return Vec::new();
        }
        let now = self.revision;
        let (ready, waiting) = self.waiting.drain(..).partition(|(revision, _)| *revision <= now);
        self.waiting = waiting;
        ready.into_iter().map(|(_, operation)| operation).collect()
    }

    /// Checks that the history is in order, between the horizon and the revision, and ends with what is there.
    pub fn check(&self) -> Result<(), String> {
        let mut last = self.horizon;
        for change in &self.history {
            if change.revision < last || change.revision > self.revision {
                return Err(format!(
                    "{} changed at {} between {last} and {}",
                    change.key, change.revision, self.revision
                ));
            }
            last = change.revision;
        }
        // The newest change tells what is there now; older ones would have to be replayed.
        if let Some(change) = self.history.last()
            && self.objects.contains_key(&change.key) == change.deleted
        {
            return Err(format!("{} is there although it was deleted, or the reverse", change.key));
        }
        Ok(())
    }
}
