//! The way of a request from one wait to the next, to its answer.

use std::sync::Arc;
use std::time::Duration;

use api::http::{Body, Request, Response};
use sim::Actor;

use crate::audit::Entry;
use crate::deadlines::Deadline;
use crate::failure::Result;
use crate::operation::{Answer, Caller, Next, Operation, OperationId, Pending, Reply};
use crate::registry::ResourceId;
use crate::request_info::Verb;
use crate::server::Flight;
use crate::storage::Owner;
use crate::watch_cache::Cache;
use crate::{ApiServer, Context, Message, RequestId};

/// How long a request waits for the watch cache to become as new as it needs (`blockTimeout`).
const CACHE_PATIENCE: Duration = Duration::from_secs(3);

impl ApiServer {
    /// The number of a new request.
    pub(crate) fn next_operation(&mut self) -> OperationId {
        self.last_operation += 1;
        OperationId(self.last_operation)
    }

    /// Goes on with a request until it has to wait or is done.
    pub(crate) fn proceed(
        &mut self,
        id: OperationId,
        mut operation: Operation,
        mut next: Result<Next>,
        context: &mut Context<'_>,
    ) {
        loop {
            match next {
                Ok(Next::Etcd(request)) => {
                    self.etcd.call(Owner::Operation(id), request, &mut self.deadlines, context);
                    self.operations.insert(id, operation);
                    return;
                }
                Ok(Next::Cache(revision)) => {
                    self.start_cache(operation.resource, context);
                    let Some(cache) = self.caches.get_mut(&operation.resource) else { return };
                    if cache.has(revision) {
                        next = self.resume(id, &mut operation, Answer::Cache, context);
                        continue;
                    }
                    cache.wait(revision, id);
                    if cache.is_ready() {
                        // Nothing may be coming: etcd has to say that the cache has seen everything.
                        self.ask_progress(context);
                    }
                    let until = context.now + CACHE_PATIENCE;
                    operation.waits_until = Some(until);
                    self.deadlines.set(until, Deadline::Operation(id), context);
                    self.operations.insert(id, operation);
                    return;
                }
                Ok(Next::Lease) => {
                    self.operations.insert(id, operation);
                    return self.wait_for_lease(id, context);
                }
                Ok(Next::Wait) => {
                    self.operations.insert(id, operation);
                    return;
                }
                Ok(Next::Parts) => return,
                Ok(Next::Reply(reply)) => return self.finish(id, operation, Ok(reply), context),
                Ok(Next::Streaming) => {
                    self.record(&operation, 200, context);
                    return;
                }
                Err(failure) => return self.finish(id, operation, Err(failure), context),
            }
        }
    }

    pub(crate) fn finish(
        &mut self,
        id: OperationId,
        mut operation: Operation,
        end: Result<Reply>,
        context: &mut Context<'_>,
    ) {
        match operation.caller {
            Caller::Client(client, request) => {
                self.flights.remove(&(client, request));
                let response = match end {
                    Ok(reply) => self.present(&mut operation, reply, context),
                    Err(failure) => operation.refuse(&failure),
                };
                self.record(&operation, response.status, context);
                context.send(client, Message::Response { id: request, response: Arc::new(response) });
            }
            Caller::Part(whole) => self.part_done(whole, end, context),
            Caller::Server => self.bootstrapped(id, &operation, end, context),
        }
    }

    pub(crate) fn record(&mut self, operation: &Operation, status: u16, context: &Context<'_>) {
        let Caller::Client(from, _) = operation.caller else { return };
        self.audit.push(Entry {
            from,
            user: operation.user.name.clone(),
            verb: operation.verb.as_str(),
            path: operation.request.path.clone(),
            user_agent: operation.request.header_value("user-agent").cloned().unwrap_or_default(),
            status,
            start: operation.started,
            end: context.now,
            steps: operation.steps.clone(),
        });
    }

    /// Answers a request that never became an operation.
    pub(crate) fn respond(
        &mut self,
        to: Actor,
        id: RequestId,
        user: &str,
        request: &Request,
        response: Response,
        context: &mut Context<'_>,
    ) {
        self.audit.push(Entry {
            from: to,
            user: user.into(),
            verb: Verb::Get.as_str(),
            path: request.path.clone(),
            user_agent: request.header_value("user-agent").cloned().unwrap_or_default(),
            status: response.status,
            start: context.now,
            end: context.now,
            steps: Vec::new(),
        });
        context.send(to, Message::Response { id, response: Arc::new(response) });
    }

    /// Lets the requests go on that waited for a cache.
    pub(crate) fn release(&mut self, resource: ResourceId, context: &mut Context<'_>) {
        let released = self.caches.get_mut(&resource).map_or_else(Vec::new, Cache::released);
        for id in released {
            let Some(mut operation) = self.operations.remove(&id) else { continue };
            if let Some(at) = operation.waits_until.take() {
                self.deadlines.clear(at, Deadline::Operation(id));
            }
            let next = self.resume(id, &mut operation, Answer::Cache, context);
            self.proceed(id, operation, next, context);
        }
    }

    pub(crate) fn cancel(&mut self, from: Actor, id: RequestId, context: &mut Context<'_>) {
        match self.flights.remove(&(from, id)) {
            Some(Flight::Operation(operation)) => {
                // A write that is on its way to etcd happens all the same; only nobody hears of it.
                if let Some(operation_state) = self.operations.remove(&operation) {
                    self.etcd.abandon(operation, &mut self.deadlines);
                    if let Some(at) = operation_state.waits_until {
                        self.deadlines.clear(at, Deadline::Operation(operation));
                    }
                    if let Pending::Kubelet(proxy) = operation_state.pending {
                        self.close_proxy(proxy, context);
                    }
                }
            }
            Some(Flight::Watch(watch)) => {
                self.forget_watch(watch);
            }
            Some(Flight::Proxy(proxy)) => self.close_proxy(proxy, context),
            None => {
                self.door.forget(from, id);
                self.probes.forget(from, id);
            }
        }
    }

    /// The response to a request that went well.
    fn present(&self, operation: &mut Operation, reply: Reply, context: &Context<'_>) -> Response {
        let (status, body) = match reply {
            Reply::Tree(status, tree) => (status, Body::Tree(tree)),
            Reply::Object(status, object) => {
                let resource = self.resources.get(operation.resource);
                (status, crate::negotiate::body_of(&mut operation.form, resource, object, context.now))
            }
        };
        Response { status, headers: operation.headers(), body, streaming: false }
    }
}
