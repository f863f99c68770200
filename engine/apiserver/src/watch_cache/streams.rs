//! Clients' watches: how they begin, what they are sent, how they end.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::http::{Frame, Response, WatchEvent, WatchKind};
use api::{Object, Revision, object};
use sim::{Actor, SimTime};

use super::fan_out::seen_through;
use super::{Filter, Scope, WatchId};
use crate::deadlines::Deadline;
use crate::failure::Failure;
use crate::negotiate;
use crate::registry::ResourceId;
use crate::{ApiServer, Context, Message, RequestId};

pub(crate) use crate::negotiate::Form;

/// A client's watch.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Watcher {
    /// What it watches.
    pub resource: ResourceId,
    /// Whose it is.
    pub client: Actor,
    /// The client's number for it.
    pub request: RequestId,
    /// What passes.
    pub filter: Filter,
    /// Where it stands in the index.
    pub scope: Scope,
    /// How events are written.
    pub form: Form,
    /// True when the client takes bookmarks.
    pub bookmarks: bool,
    /// Events up to here were sent.
    pub sent: Revision,
    /// The revision of the last bookmark or event, so that nothing is said twice.
    pub told: Revision,
    /// When it ends.
    pub ends: SimTime,
}

/// Where a watch begins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Start {
    /// With all that is there now, as additions; then a bookmark that says so, when `marked`.
    State {
        /// With the bookmark at the end (`sendInitialEvents`).
        marked: bool,
    },
    /// With what came after a revision.
    After(Revision),
    /// With what comes from now on (`sendInitialEvents=false` without a revision).
    Now,
}

impl ApiServer {
    /// Begins a stream: the response's head, then what there is to say at once.
    pub(crate) fn open_watch(&mut self, mut watcher: Watcher, start: Start, context: &mut Context<'_>) {
        let head = Response {
            status: 200,
            headers: watcher.form.stream_headers(),
            body: Default::default(),
            streaming: true,
        };
        let (to, request) = (watcher.client, watcher.request);
        context.send(to, Message::Response { id: request, response: Arc::new(head) });

        let Some(cache) = self.caches.get_mut(&watcher.resource) else { return };
        let now = cache.revision;
        let mut marked = false;
        let events: Vec<WatchEvent> = match start {
            Start::State { marked: mark } => {
                marked = mark;
                watcher.sent = now;
                let namespace = watcher.filter.namespace.clone();
                let resource = self.resources.get(watcher.resource);
                objects_in(&cache.objects, &resource.prefix, &namespace)
                    .filter(|object| watcher.filter.matches(object))
                    .map(|object| WatchEvent { kind: WatchKind::Added, object: object.clone() })
                    .collect()
            }
            Start::Now => {
                watcher.sent = now;
                Vec::new()
            }
            Start::After(revision) => match cache.since(revision) {
                Ok(changes) => {
                    let events = changes.filter_map(|change| seen_through(&watcher.filter, change)).collect();
                    watcher.sent = revision.max(now);
                    events
                }
                Err(horizon) => {
                    let failure =
                        Failure::expired(format!("too old resource version: {revision} ({horizon})"));
                    let event = WatchEvent { kind: WatchKind::Error, object: Object::new(failure.body) };
                    let frame = negotiate::frames(
                        &mut watcher.form,
                        self.resources.get(watcher.resource),
                        &[event].into(),
                        context.now,
                    );
                    for frame in frame {
                        context.send(to, Message::Frame { id: request, frame });
                    }
                    context.send(to, Message::Frame { id: request, frame: Frame::End });
                    self.flights.remove(&(to, request));
                    return;
                }
            },
        };
        watcher.told = watcher.sent;
        self.last_watch += 1;
        let id = WatchId(self.last_watch);
        cache.watchers.insert(&watcher.scope, id);
        self.flights.insert((to, request), crate::server::Flight::Watch(id));
        self.deadlines.set(watcher.ends, Deadline::Watch(id), context);
        let sent = watcher.sent;
        self.watchers.insert(id, watcher);
        if !events.is_empty() {
            self.send_events(id, events.into(), sent, context);
        }
        if marked {
            self.send_bookmark(id, sent, true, context);
        }
    }

    /// Sends events to one watcher, in its form.
    pub(super) fn send_events(
        &mut self,
        id: WatchId,
        events: Arc<[WatchEvent]>,
        revision: Revision,
        context: &mut Context<'_>,
    ) {
        let Some(watcher) = self.watchers.get_mut(&id) else { return };
        watcher.sent = watcher.sent.max(revision);
        watcher.told = watcher.sent;
        let (to, request) = (watcher.client, watcher.request);
        if watcher.form == Form::Object {
            context.send(to, Message::Frame { id: request, frame: Frame::Watch(events) });
            return;
        }
        let resource = self.resources.get(watcher.resource);
        for frame in negotiate::frames(&mut watcher.form, resource, &events, context.now) {
            context.send(to, Message::Frame { id: request, frame });
        }
    }

    /// Tells every watcher that takes bookmarks how far it is, if there is news.
    pub(crate) fn send_bookmarks(&mut self, context: &mut Context<'_>) {
        let due: Vec<(WatchId, Revision)> = self
            .watchers
            .iter()
            .filter(|(_, watcher)| watcher.bookmarks)
            .filter_map(|(id, watcher)| {
                let revision = self.caches.get(&watcher.resource)?.revision;
                (revision > watcher.told).then_some((*id, revision))
            })
            .collect();
        for (id, revision) in due {
            self.send_bookmark(id, revision, false, context);
        }
    }

    fn send_bookmark(&mut self, id: WatchId, revision: Revision, initial: bool, context: &mut Context<'_>) {
        let Some(watcher) = self.watchers.get(&id) else { return };
        let resource = self.resources.get(watcher.resource);
        let mut mark = object! {
            "kind": resource.kind.clone(), "apiVersion": &resource.api_version,
            "metadata": { "resourceVersion": revision.to_string(), "creationTimestamp": null },
        };
        if initial {
            mark.set(&["metadata", "annotations", "k8s.io/initial-events-end"], "true");
        }
        let event = WatchEvent { kind: WatchKind::Bookmark, object: Object::new(mark) };
        self.send_events(id, [event].into(), revision, context);
    }

    /// Ends a watch from the server's side.
    pub(crate) fn end_watch(&mut self, id: WatchId, context: &mut Context<'_>) {
        if let Some(watcher) = self.forget_watch(id) {
            context.send(watcher.client, Message::Frame { id: watcher.request, frame: Frame::End });
        }
    }

    /// Ends all watches of a resource: their past is gone.
    pub(super) fn end_watches_of(&mut self, resource: ResourceId, context: &mut Context<'_>) {
        let ids = self.caches.get(&resource).map_or_else(BTreeSet::new, |cache| cache.watchers.every());
        for id in ids {
            self.end_watch(id, context);
        }
    }

    /// Takes a watch out of all books.
    pub(crate) fn forget_watch(&mut self, id: WatchId) -> Option<Watcher> {
        let watcher = self.watchers.remove(&id)?;
        if let Some(cache) = self.caches.get_mut(&watcher.resource) {
            cache.watchers.remove(&watcher.scope, id);
        }
        self.flights.remove(&(watcher.client, watcher.request));
        self.deadlines.clear(watcher.ends, Deadline::Watch(id));
        Some(watcher)
    }
}

/// The objects of a namespace (empty: all), in etcd's order.
pub(crate) fn objects_in<'a>(
    objects: &'a imbl::OrdMap<sim::Str, Object>,
    resource_prefix: &sim::Str,
    namespace: &str,
) -> impl Iterator<Item = &'a Object> + use<'a> {
    let prefix = crate::storage::prefix_of(resource_prefix, namespace);
    let start = prefix.clone();
    objects
        .range(start..)
        .take_while(move |(key, _)| key.starts_with(prefix.as_str()))
        .map(|(_, object)| object)
}
