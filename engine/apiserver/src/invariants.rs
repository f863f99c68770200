//! What must always be true of the server's books. Checked after every event in tests.

use std::collections::BTreeSet;

use crate::ApiServer;
use crate::operation::{Caller, Pending};
use crate::server::Flight;
use crate::watch_cache::Cache;

impl ApiServer {
    /// Checks that the books agree with each other.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, in a sentence.
    pub fn check_invariants(&self) -> Result<(), String> {
        self.check_flights()?;
        self.check_watchers()?;
        self.caches.values().try_for_each(Cache::check)
    }

    /// Every number that a client may name leads somewhere, and back.
    fn check_flights(&self) -> Result<(), String> {
        for ((client, request), flight) in &self.flights {
            let back = match flight {
                Flight::Operation(id) => self.operations.get(id).map(|op| op.caller),
                Flight::Watch(id) => self.watchers.get(id).map(|w| Caller::Client(w.client, w.request)),
                Flight::Proxy(id) => {
                    self.proxies.get(id).map(|(client, request, _)| Caller::Client(*client, *request))
                }
            };
            if back != Some(Caller::Client(*client, *request)) {
                return Err(format!(
                    "{client}'s request {} leads to {flight:?}, which leads to {back:?}",
                    request.0
                ));
            }
        }
        for (id, operation) in &self.operations {
            if let Caller::Client(client, request) = operation.caller
                && self.flights.get(&(client, request)) != Some(&Flight::Operation(*id))
            {
                return Err(format!("{client} can't find its request {} any more", request.0));
            }
            if matches!(operation.pending, Pending::Begin) {
                return Err(format!("request {} waits for nothing", id.0));
            }
        }
        Ok(())
    }

    /// Every watch stands in the index of its cache, and nothing else does.
    fn check_watchers(&self) -> Result<(), String> {
        let indexed: BTreeSet<_> = self.caches.values().flat_map(|cache| cache.watchers.every()).collect();
        if indexed != self.watchers.keys().copied().collect() {
            return Err(format!("{} watches are indexed, {} exist", indexed.len(), self.watchers.len()));
        }
        for (id, watcher) in &self.watchers {
            let cache = self.caches.get(&watcher.resource);
            if cache.is_none_or(|cache| cache.is_ready() && watcher.told > cache.revision.max(watcher.sent)) {
                return Err(format!("watch {} was told more than its cache knows", id.0));
            }
        }
        Ok(())
    }
}
