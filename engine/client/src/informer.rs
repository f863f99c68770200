//! List, then watch, and keep a store in step: client-go's reflector and shared informer in one.

use std::time::Duration;

use api::http::{Frame, Request, Response, WatchKind};
use api::{Object, Revision, Value};
use sim::{SimTime, Str, Token, literal};

use crate::component::{Context, Input, RequestId};
use crate::resource::Resource;
use crate::session::Session;
use crate::store::{Delta, IndexBy, Store};

/// client-go's reflector backs off from 800 ms, doubling, to 30 s, with up to as much again of jitter, and starts
/// over after two quiet minutes.
const BACKOFF_FIRST: Duration = Duration::from_millis(800);
const BACKOFF_MAX: Duration = Duration::from_secs(30);
const BACKOFF_RESET: Duration = Duration::from_secs(120);

/// Which objects of a resource an informer follows.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Selection {
    /// Only this namespace; empty: all.
    pub namespace: Str,
    /// A field selector (`spec.nodeName=node-1`); empty: none.
    pub fields: Str,
    /// A label selector; empty: none.
    pub labels: Str,
}

/// Where the informer is in its cycle.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Phase {
    /// Not started.
    Idle,
    /// Waiting for the list.
    Listing(RequestId),
    /// Waiting for the watch's headers, or watching.
    Watching(RequestId),
    /// Waiting for the backoff timer, then listing or watching again.
    Waiting { list: bool },
}

/// What an informer made of an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Handled {
    /// It concerns somebody else.
    NotMine,
    /// It was for this informer and changed this in its store (often nothing).
    Deltas(Vec<Delta>),
}

/// Follows one resource: a list, then a watch from there, again after failures; [`Store`] holds what it knows.
///
/// One process has one informer a resource, shared by all its parts.
#[derive(Clone, Debug, Hash)]
pub struct Informer {
    resource: Resource,
    selection: Selection,
    store: Store,
    phase: Phase,
    /// The last revision that a list, an event or a bookmark told. Empty before the first list.
    version: Str,
    /// The server said that `version` is compacted: the next list asks for the newest state.
    expired: bool,
    synced: bool,
    token: Token,
    backoff: Duration,
    failed_at: SimTime,
    relists: u32,
    events: u64,
}

impl Informer {
    /// An informer for a resource, with indexes. Its backoff timer comes back as `token`, which must be unlike any
    /// other of the process.
    pub fn new(resource: Resource, selection: Selection, indexes: &[IndexBy], token: Token) -> Informer {
        Informer {
            resource,
            selection,
            store: Store::new(indexes),
            phase: Phase::Idle,
            version: literal!(""),
            expired: false,
            synced: false,
            token,
            backoff: BACKOFF_FIRST,
            failed_at: SimTime::ZERO,
            relists: 0,
            events: 0,
        }
    }

    /// What it knows.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The store to fill by hand, for tests of what reads it.
    pub fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }

    /// The resource it follows.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// True once the first list has arrived.
    pub fn synced(&self) -> bool {
        self.synced
    }

    /// True while a watch is open.
    pub fn watching(&self) -> bool {
        matches!(self.phase, Phase::Watching(_))
    }

    /// The revision it has seen everything up to; empty before the first list.
    pub fn version(&self) -> &Str {
        &self.version
    }

    /// How many lists it has made after the first.
    pub fn relists(&self) -> u32 {
        self.relists
    }

    /// How many watch events it has seen.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Sends the first list. A second call does nothing.
    pub fn start(&mut self, session: &mut Session, context: &mut Context<'_>) {
        if self.phase == Phase::Idle {
            self.list(session, context);
        }
    }

    /// Handles an input of the process, if it is for this informer.
    pub fn on_input(&mut self, input: &Input, session: &mut Session, context: &mut Context<'_>) -> Handled {
        match (input, &self.phase) {
            (Input::Response { id, response }, Phase::Listing(mine)) if id == mine => {
                Handled::Deltas(self.on_list(response, session, context))
            }
            (Input::Response { id, response }, Phase::Watching(mine)) if id == mine => {
                if !response.streaming || !response.is_success() {
                    self.on_refused(response, session, context);
                }
                Handled::Deltas(Vec::new())
            }
            (Input::Frame { id, frame }, Phase::Watching(mine)) if id == mine => {
                Handled::Deltas(self.on_frame(frame, session, context))
            }
            (Input::Failed { id, .. }, Phase::Listing(mine)) if id == mine => {
                self.wait(true, session, context);
                Handled::Deltas(Vec::new())
            }
            (Input::Failed { id, .. }, Phase::Watching(mine)) if id == mine => {
                // The revision is still good: the watch goes on from there once the server answers again.
                self.wait(false, session, context);
                Handled::Deltas(Vec::new())
            }
            (Input::Timer(token), phase) if *token == self.token => {
                if let Phase::Waiting { list } = *phase {
                    if list { self.list(session, context) } else { self.watch(session, context) }
                }
                Handled::Deltas(Vec::new())
            }
            _ => Handled::NotMine,
        }
    }

    /// Adds the selectors to a request.
    fn selected(&self, mut request: Request) -> Request {
        if !self.selection.fields.is_empty() {
            request = request.query(literal!("fieldSelector"), &self.selection.fields);
        }
        if !self.selection.labels.is_empty() {
            request = request.query(literal!("labelSelector"), &self.selection.labels);
        }
        request
    }

    fn list(&mut self, session: &mut Session, context: &mut Context<'_>) {
        let mut request = self.resource.list(&self.selection.namespace);
        // Any version will do at first (the server's watch cache answers); later none older than what is known;
        // after "too old" the newest.
        if !self.expired {
            let version = if self.version.is_empty() { literal!("0") } else { self.version.clone() };
            request = request.query(literal!("resourceVersion"), version);
        }
        let id = session.send(context, self.selected(request));
        self.phase = Phase::Listing(id);
    }

    fn watch(&mut self, session: &mut Session, context: &mut Context<'_>) {
        // A random end between 5 and 10 minutes spreads the reconnections of many clients.
        let seconds = session.random().range(300..600);
        let request = self
            .resource
            .watch(&self.selection.namespace, &self.version)
            .query(literal!("timeoutSeconds"), seconds.to_string());
        let id = session.send(context, self.selected(request));
        self.phase = Phase::Watching(id);
    }

    /// Sets the backoff timer.
    fn wait(&mut self, list: bool, session: &mut Session, context: &mut Context<'_>) {
        if context.now.since(self.failed_at) > BACKOFF_RESET {
            self.backoff = BACKOFF_FIRST;
        }
        self.failed_at = context.now;
        let jitter = session.random().duration(Duration::ZERO..self.backoff);
        context.timer(self.backoff + jitter, self.token);
        self.backoff = (self.backoff * 2).min(BACKOFF_MAX);
        self.phase = Phase::Waiting { list };
    }

    fn on_list(
        &mut self,
        response: &Response,
        session: &mut Session,
        context: &mut Context<'_>,
    ) -> Vec<Delta> {
        let body = match response.value() {
            Some(body) if response.is_success() => body,
            _ => {
                self.expired = response.status == 410;
                self.wait(true, session, context);
                return Vec::new();
            }
        };
        if let Some(version) = body.str_at(&["metadata", "resourceVersion"]) {
            self.version = version.clone();
        }
        self.expired = false;
        if self.synced {
            self.relists += 1;
        }
        self.synced = true;
        let objects = body.items_at(&["items"]).iter().map(|item| self.whole(item)).collect();
        let deltas = self.store.replace(objects);
        self.watch(session, context);
        deltas
    }

    /// The items of a list may come without `apiVersion` and `kind`; an object has them.
    fn whole(&self, item: &Value) -> Object {
        let mut value = item.clone();
        if item.get("kind").is_none() {
            value.set(&["apiVersion"], self.resource.api_version());
            value.set(&["kind"], &self.resource.kind);
        }
        Object::new(value)
    }

    fn on_refused(&mut self, response: &Response, session: &mut Session, context: &mut Context<'_>) {
        if response.status == 410 {
            self.expire(session, context);
        } else {
            // 429 and 5xx: the server is busy or starting, the revision is good. Anything else: start over.
            let list = response.status != 429 && response.status < 500;
            self.wait(list, session, context);
        }
    }

    /// The revision is compacted: only a list helps.
    fn expire(&mut self, session: &mut Session, context: &mut Context<'_>) {
        self.expired = true;
        self.list(session, context);
    }

    fn on_frame(&mut self, frame: &Frame, session: &mut Session, context: &mut Context<'_>) -> Vec<Delta> {
        let events = match frame {
            Frame::Watch(events) => events,
            Frame::End => {
                self.watch(session, context);
                return Vec::new();
            }
            Frame::Tree(_) | Frame::Data(_) => return Vec::new(),
        };
        let mut deltas = Vec::with_capacity(events.len());
        for event in events.iter() {
            self.events += 1;
            if event.kind == WatchKind::Error {
                let code = event.object.value().int_at(&["code"]).unwrap_or(500);
                if let Phase::Watching(id) = self.phase {
                    session.cancel(context, id);
                }
                if code == 410 {
                    self.expire(session, context)
                } else {
                    self.wait(true, session, context)
                }
                return deltas;
            }
            let delta = match event.kind {
                WatchKind::Added | WatchKind::Modified => self.put_newer(&event.object),
                WatchKind::Deleted => self.store.remove(event.object.key()).map(|mut delta| {
                    // The event carries the object's last state, which may be newer than what was known.
                    delta.old = Some(event.object.clone());
                    delta
                }),
                WatchKind::Bookmark | WatchKind::Error => None,
            };
            deltas.extend(delta);
            if let Some(version) = event.object.value().str_at(&["metadata", "resourceVersion"]) {
                self.version = version.clone();
            }
        }
        deltas
    }

    /// A list can be ahead of the watch that follows a restart: what is older than what is known changes nothing.
    fn put_newer(&mut self, object: &Object) -> Option<Delta> {
        let known = self.store.get(object.key());
        let stale = |known: &Object| {
            known.uid() == object.uid()
                && known.revision() >= object.revision()
                && known.revision() > Revision(0)
        };
        if known.is_some_and(stale) { None } else { self.store.put(object.clone()) }
    }
}

#[cfg(test)]
mod tests;
