//! What keeps the caches fed: one list and one watch on etcd for each.

use std::sync::Arc;

use api::Revision;
use etcd::rpc::{self, KeyRange, OpResponse, Range, Request, WatchCreate};

use super::Phase;
use crate::deadlines::Deadline;
use crate::registry::ResourceId;
use crate::storage::Owner;
use crate::{ApiServer, Context};

impl ApiServer {
    /// Makes sure that the resource's cache is there or on its way.
    pub(crate) fn start_cache(&mut self, resource: ResourceId, context: &mut Context<'_>) {
        let cache = self.caches.entry(resource).or_default();
        if cache.phase == Phase::Idle {
            cache.phase = Phase::Listing;
            self.list_etcd(resource, context);
        }
    }

    fn list_etcd(&mut self, resource: ResourceId, context: &mut Context<'_>) {
        let prefix = self.resources.get(resource).prefix.clone();
        let request = Arc::new(Request::Range(Range::new(KeyRange::prefix(prefix))));
        self.etcd.call(Owner::List(resource), request, &mut self.deadlines, context);
    }

    fn watch_etcd(&mut self, resource: ResourceId, context: &mut Context<'_>) {
        let Some(cache) = self.caches.get_mut(&resource) else { return };
        cache.phase = Phase::Watching;
        let request = Arc::new(Request::Watch(WatchCreate {
            range: KeyRange::prefix(self.resources.get(resource).prefix.clone()),
            start_revision: rpc::Revision(cache.revision.0 + 1),
            prev_kv: false,
            progress_notify: false,
            no_put: false,
            no_delete: false,
            fragment: false,
        }));
        self.etcd.call(Owner::Watch(resource), request, &mut self.deadlines, context);
    }

    /// Asks etcd to say how far the watches are.
    pub(crate) fn ask_progress(&mut self, context: &mut Context<'_>) {
        self.etcd.call(Owner::Progress, Arc::new(Request::WatchProgress), &mut self.deadlines, context);
    }

    /// The watches that a member had when it was asked have seen everything up to a revision.
    pub(crate) fn progressed(
        &mut self,
        member: u32,
        call: rpc::CallId,
        response: &rpc::Response,
        context: &mut Context<'_>,
    ) {
        let rpc::Response::WatchEvents { header, .. } = response else { return };
        for resource in self.etcd.watches_before(member, call) {
            if let Some(cache) = self.caches.get_mut(&resource) {
                cache.progress(Revision(header.revision.0));
            }
            self.release(resource, context);
        }
    }

    /// The list of a cache came.
    pub(crate) fn listed(
        &mut self,
        resource: ResourceId,
        response: &rpc::Response,
        context: &mut Context<'_>,
    ) {
        // The client library asks the same member again.
        if *response == rpc::Response::Error(rpc::Error::LeaderChanged) {
            self.list_etcd(resource, context);
            return;
        }
        let rpc::Response::Op { header, response: OpResponse::Range { kvs, .. } } = response else {
            let endpoint = self.etcd.endpoint();
            self.feed_failed(resource, endpoint, context);
            return;
        };
        let Some(cache) = self.caches.get_mut(&resource) else { return };
        let unreadable = cache.replace(Revision(header.revision.0), kvs);
        if unreadable > 0 {
            let prefix = self.resources.get(resource).prefix.clone();
            context.note(
                "left out {0} values under {1} that are no objects",
                [unreadable.to_string().into(), prefix],
            );
        }
        self.cache_replaced(resource);
        self.watch_etcd(resource, context);
        self.release(resource, context);
        self.bootstrap_step(context);
        self.try_door(context);
    }

    /// Something came on a cache's watch.
    pub(crate) fn watched(
        &mut self,
        resource: ResourceId,
        call: rpc::CallId,
        response: &rpc::Response,
        context: &mut Context<'_>,
    ) {
        match response {
            rpc::Response::WatchEvents { header, events, .. } if events.is_empty() => {
                if let Some(cache) = self.caches.get_mut(&resource) {
                    cache.progress(Revision(header.revision.0));
                }
                self.release(resource, context);
            }
            rpc::Response::WatchEvents { events, .. } => {
                let Some(cache) = self.caches.get_mut(&resource) else { return };
                let changes = cache.apply(events);
                self.cache_changed(resource, &changes);
                self.fan_out(resource, &changes, context);
                self.release(resource, context);
                self.try_door(context);
            }
            rpc::Response::WatchCanceled { compact_revision, .. } => {
                self.etcd.take(call, &mut self.deadlines);
                if compact_revision.0 > 0 {
                    // What happened in between is gone; whoever watches has to list again, as we do.
                    self.end_watches_of(resource, context);
                    if let Some(cache) = self.caches.get_mut(&resource) {
                        cache.phase = Phase::Listing;
                    }
                    self.list_etcd(resource, context);
                } else {
                    let endpoint = self.etcd.endpoint();
                    self.feed_failed(resource, endpoint, context);
                }
            }
            rpc::Response::Error(_) => {
                self.etcd.take(call, &mut self.deadlines);
                let endpoint = self.etcd.endpoint();
                self.feed_failed(resource, endpoint, context);
            }
            _ => {}
        }
    }

    /// A cache's list or watch broke off: it goes on where it was, from the next member, after a pause when none
    /// has answered.
    pub(crate) fn feed_failed(&mut self, resource: ResourceId, member: u32, context: &mut Context<'_>) {
        self.leave_endpoint(member, context);
        self.feed_again(resource, context);
    }

    fn feed_again(&mut self, resource: ResourceId, context: &mut Context<'_>) {
        if let Some(cache) = self.caches.get_mut(&resource)
            && cache.phase == Phase::Watching
        {
            cache.phase = Phase::Resuming;
        }
        let pause = self.etcd.pause();
        if pause.is_zero() {
            self.restart_feed(resource, context);
        } else {
            self.deadlines.set(context.now + pause, Deadline::Feed(resource), context);
        }
    }

    /// Begins a cache's list or watch again, from whoever is asked now.
    pub(crate) fn restart_feed(&mut self, resource: ResourceId, context: &mut Context<'_>) {
        match self.caches.get(&resource).map(|cache| cache.phase) {
            Some(Phase::Listing) if !self.etcd.is_waiting(Owner::List(resource)) => {
                self.list_etcd(resource, context)
            }
            Some(Phase::Resuming) => self.watch_etcd(resource, context),
            _ => {}
        }
    }

    /// Goes over to the next member, with all watches, if `member` is still the one that is asked.
    pub(crate) fn leave_endpoint(&mut self, member: u32, context: &mut Context<'_>) {
        if self.etcd.endpoint() != member {
            return;
        }
        let watches = self.etcd.leave(member, context);
        if self.etcd.endpoint() != member && self.etcd.pause().is_zero() {
            let names = [member.to_string(), self.etcd.endpoint().to_string()];
            context.note("etcd-{0} does not answer; the API server asks etcd-{1} from now on", names);
        }
        for resource in watches {
            self.feed_again(resource, context);
        }
    }
}
