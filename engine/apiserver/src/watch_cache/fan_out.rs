//! From one batch of changes to one frame for each watcher that it concerns.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::http::{WatchEvent, WatchKind};

use super::{Change, Filter, WatchId, Watcher};
use crate::ApiServer;
use crate::Context;
use crate::registry::ResourceId;

/// What a watcher with `filter` sees of a change: an object that enters the selection is added, one that leaves it
/// is deleted (as it was before, with the revision of the change).
pub(crate) fn seen_through(filter: &Filter, change: &Change) -> Option<WatchEvent> {
    let before = change.previous.as_ref().is_some_and(|object| filter.matches(object));
    let after = !change.deleted && filter.matches(&change.object);
    let event = |kind, object| Some(WatchEvent { kind, object });
    match (before, after) {
        (false, false) => None,
        (false, true) => event(WatchKind::Added, change.object.clone()),
        (true, true) => event(WatchKind::Modified, change.object.clone()),
        (true, false) if change.deleted => event(WatchKind::Deleted, change.object.clone()),
        (true, false) => {
            let last = change.previous.as_ref()?.value().clone();
            event(WatchKind::Deleted, crate::storage::with_revision(last, change.revision))
        }
    }
}

/// What a watcher of everything sees of a change.
fn plain(change: &Change) -> WatchEvent {
    let kind = match (&change.previous, change.deleted) {
        (_, true) => WatchKind::Deleted,
        (None, false) => WatchKind::Added,
        (Some(_), false) => WatchKind::Modified,
    };
    WatchEvent { kind, object: change.object.clone() }
}

impl ApiServer {
    /// Sends the changes of a resource to its watchers.
    pub(super) fn fan_out(&mut self, resource: ResourceId, changes: &[Change], context: &mut Context<'_>) {
        let Some(cache) = self.caches.get(&resource) else { return };
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return };
        if cache.watchers.is_empty() {
            return;
        }
        let fresh = |watcher: &Watcher| watcher.sent < first.revision;
        // Watchers of everything share one list of events.
        let mut shared: Option<Arc<[WatchEvent]>> = None;
        let mut ready: BTreeMap<WatchId, Arc<[WatchEvent]>> = BTreeMap::new();
        let mut single: BTreeMap<WatchId, Vec<WatchEvent>> = BTreeMap::new();
        for id in cache.watchers.unscoped() {
            let Some(watcher) = self.watchers.get(id) else { continue };
            if watcher.filter.is_plain() && fresh(watcher) {
                let events = shared.get_or_insert_with(|| changes.iter().map(plain).collect());
                ready.insert(*id, events.clone());
            } else {
                let news = changes.iter().filter(|change| change.revision > watcher.sent);
                let events: Vec<WatchEvent> = news.filter_map(|c| seen_through(&watcher.filter, c)).collect();
                single.insert(*id, events);
            }
        }
        for change in changes {
            for id in cache.watchers.scoped(change) {
                let Some(watcher) = self.watchers.get(&id).filter(|w| w.sent < change.revision) else {
                    continue;
                };
                if let Some(event) = seen_through(&watcher.filter, change) {
                    single.entry(id).or_default().push(event);
                }
            }
        }
        ready.extend(
            single.into_iter().filter(|(_, events)| !events.is_empty()).map(|(id, e)| (id, e.into())),
        );
        for (id, events) in ready {
            self.send_events(id, events, last.revision, context);
        }
    }
}
