//! The server as a value: its state, and what it does with what happens.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::http::{Body, Request, Response};
use api::{Object, ObjectKey, Str};
use etcd::rpc::{self, CallId};
use sim::{Actor, Stream};

use crate::audit::{Audit, Entry};
use crate::bootstrap::Bootstrap;
use crate::config::Config;
use crate::deadlines::{self, Deadline, Deadlines};
use crate::failure::{Failure, Result};
use crate::message::ProxyId;
use crate::operation::{After, Answer, Caller, Next, Operation, OperationId, Pending, Reply};
use crate::registry::{Allocators, Resource, ResourceId, Resources};
use crate::request_info::{self, Route, Verb};
use crate::storage::{EtcdClient, Owner};
use crate::watch_cache::{Cache, WatchId, Watcher};
use crate::{Context, Input, Message, RequestId};

/// How often watches that take them get bookmarks.
const BOOKMARKS_EVERY: Duration = Duration::from_secs(60);

/// How long a request waits for the watch cache to become as new as it needs (`blockTimeout`).
const CACHE_PATIENCE: Duration = Duration::from_secs(3);

/// How often a read is repeated at another member before its client is told.
const READS_MAX: u32 = 8;

/// What a client's request number stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Flight {
    /// A request that is not answered yet.
    Operation(OperationId),
    /// A watch.
    Watch(WatchId),
    /// A stream from a kubelet.
    Proxy(ProxyId),
}

/// kube-apiserver.
#[derive(Clone, Debug, Hash)]
pub struct ApiServer {
    pub(crate) config: Config,
    pub(crate) random: Stream,
    pub(crate) resources: Resources,
    pub(crate) etcd: EtcdClient,
    pub(crate) deadlines: Deadlines,
    pub(crate) caches: BTreeMap<ResourceId, Cache>,
    pub(crate) watchers: BTreeMap<WatchId, Watcher>,
    pub(crate) last_watch: u64,
    pub(crate) operations: BTreeMap<OperationId, Operation>,
    pub(crate) last_operation: u64,
    pub(crate) flights: BTreeMap<(Actor, RequestId), Flight>,
    pub(crate) proxies: BTreeMap<ProxyId, (Actor, RequestId, u32)>,
    pub(crate) last_proxy: u64,
    pub(crate) allocators: Allocators,
    pub(crate) bootstrap: Bootstrap,
    pub(crate) audit: Audit,
}

impl ApiServer {
    /// A server that has not started.
    pub fn new(config: Config) -> ApiServer {
        let mut random = Stream::derive(config.seed, "apiserver");
        ApiServer {
            etcd: EtcdClient::new(config.etcd_members, &mut random),
            random,
            resources: Resources::built_in(),
            deadlines: Deadlines::default(),
            caches: BTreeMap::new(),
            watchers: BTreeMap::new(),
            last_watch: 0,
            operations: BTreeMap::new(),
            last_operation: 0,
            flights: BTreeMap::new(),
            proxies: BTreeMap::new(),
            last_proxy: 0,
            allocators: Allocators::default(),
            bootstrap: Bootstrap::default(),
            audit: Audit::default(),
            config,
        }
    }

    /// Handles one thing that happened.
    pub fn handle(&mut self, input: Input, context: &mut Context<'_>) {
        match input {
            Input::Start => self.start(context),
            Input::Request { from, id, request } => self.accept(from, id, request, context),
            Input::Cancel { from, id } => self.cancel(from, id, context),
            Input::Disconnected { from } => {
                let first = (from, RequestId(0));
                let last = (from, RequestId(u64::MAX));
                let ids: Vec<RequestId> = self.flights.range(first..=last).map(|((_, id), _)| *id).collect();
                for id in ids {
                    self.cancel(from, id, context);
                }
            }
            Input::Etcd { member, call, response } => self.etcd_answered(member, call, &response, context),
            Input::EtcdFailed { member, call, reason } => self.etcd_failed(member, call, &reason, context),
            Input::Kubelet { id, response, .. } => self.kubelet_answered(id, response, context),
            Input::KubeletFrame { id, frame, .. } => self.kubelet_said(id, frame, context),
            Input::KubeletFailed { id, reason, .. } => self.kubelet_failed(id, &reason, context),
            Input::Timer(token) if token.kind == deadlines::DEADLINE => {
                for deadline in self.deadlines.due(context) {
                    self.ran_out(deadline, context);
                }
            }
            Input::Timer(_) => {}
        }
    }

    fn start(&mut self, context: &mut Context<'_>) {
        // A process begins with empty memory; only its random numbers go on, as a new seed would.
        let random = self.random.clone();
        *self = ApiServer::new(self.config.clone());
        self.random = random;
        self.etcd = EtcdClient::new(self.config.etcd_members, &mut self.random);
        self.deadlines.set(context.now + BOOKMARKS_EVERY, Deadline::Bookmarks, context);
        for resource in self.resources.core() {
            self.start_cache(resource, context);
        }
    }

    fn accept(&mut self, from: Actor, id: RequestId, request: Arc<Request>, context: &mut Context<'_>) {
        let route = request_info::route(&request, &self.resources);
        let (verb, resource, namespace, name, subresource) = match route {
            Ok(Route::Resource { verb, resource, namespace, name, subresource }) => {
                (verb, resource, namespace, name, subresource)
            }
            Ok(Route::Other) => {
                let response = self.other_path(&request);
                self.respond(from, id, &request, response, context);
                return;
            }
            Err(failure) => {
                self.respond(from, id, &request, Response::tree(failure.code, failure.body), context);
                return;
            }
        };
        let mut operation = Operation {
            caller: Caller::Client(from, id),
            verb,
            resource,
            namespace,
            name,
            subresource,
            request,
            started: context.now,
            dry_run: false,
            form: Default::default(),
            warnings: Vec::new(),
            steps: Vec::new(),
            attempts: 0,
            waits_until: None,
            pending: Pending::Begin,
        };
        let operation_id = self.next_operation();
        self.flights.insert((from, id), Flight::Operation(operation_id));
        let next = self.authorize(&operation).and_then(|()| self.begin(operation_id, &mut operation, context));
        self.proceed(operation_id, operation, next, context);
    }

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

    fn finish(&mut self, id: OperationId, mut operation: Operation, end: Result<Reply>, context: &mut Context<'_>) {
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
    fn respond(&mut self, to: Actor, id: RequestId, request: &Request, response: Response, context: &mut Context<'_>) {
        self.audit.push(Entry {
            from: to,
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

    fn etcd_answered(&mut self, member: u32, call: CallId, response: &rpc::Response, context: &mut Context<'_>) {
        let Some(owner) = self.etcd.answered(member, call, &mut self.deadlines) else { return };
        match owner {
            Owner::Operation(id) => {
                let Some(mut operation) = self.operations.remove(&id) else { return };
                let next = match response {
                    rpc::Response::Error(error) => self.etcd_refused(id, &mut operation, error, context),
                    _ => self.resume(id, &mut operation, Answer::Etcd(response), context),
                };
                self.proceed(id, operation, next, context);
            }
            Owner::List(resource) => self.listed(resource, response, context),
            Owner::Watch(resource) => self.watched(resource, call, response, context),
            Owner::Nobody => {}
        }
    }

    /// etcd answered with an error: reads go to another member when this one is cut off; writes end here.
    fn etcd_refused(
        &mut self,
        id: OperationId,
        operation: &mut Operation,
        error: &rpc::Error,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        use rpc::Error::{Compacted, NoLeader, Stopped, Timeout, TimeoutLeaderLost};
        match error {
            NoLeader | Stopped | Timeout | TimeoutLeaderLost => {
                let endpoint = self.etcd.endpoint();
                self.leave_endpoint(endpoint, context);
                self.read_again(id, operation, &error.to_string(), context)
            }
            Compacted => Err(Failure::expired("The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.")),
            other => Err(Failure::etcd(&other.to_string())),
        }
    }

    fn etcd_failed(&mut self, member: u32, call: CallId, reason: &str, context: &mut Context<'_>) {
        let Some(lost) = self.etcd.take(call, &mut self.deadlines) else { return };
        match lost.owner {
            Owner::Operation(id) => {
                self.leave_endpoint(member, context);
                let Some(mut operation) = self.operations.remove(&id) else { return };
                // Nothing was sent when there was no connection: then a write can be repeated, too.
                let next = if reason.starts_with("dial ") && operation.attempts < READS_MAX {
                    operation.attempts += 1;
                    Ok(Next::Etcd(lost.request))
                } else {
                    self.read_again(id, &mut operation, "etcdserver: request timed out", context)
                };
                self.proceed(id, operation, next, context);
            }
            Owner::List(resource) | Owner::Watch(resource) => self.feed_failed(resource, member, context),
            Owner::Nobody => {}
        }
    }

    /// A read is repeated; a write whose answer was lost is not: it may have been carried out.
    fn read_again(
        &mut self,
        id: OperationId,
        operation: &mut Operation,
        message: &str,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        operation.attempts += 1;
        if operation.attempts > READS_MAX {
            return Err(Failure::etcd(message));
        }
        let Some(request) = self.read_request(operation) else { return Err(Failure::etcd(message)) };
        let pause = self.etcd.pause();
        if pause.is_zero() {
            return Ok(Next::Etcd(request));
        }
        self.deadlines.set(context.now + pause, Deadline::Retry(id), context);
        Ok(Next::Wait)
    }

    fn ran_out(&mut self, deadline: Deadline, context: &mut Context<'_>) {
        match deadline {
            Deadline::Call(call) => {
                let Some(lost) = self.etcd.take(call, &mut self.deadlines) else { return };
                self.leave_endpoint(lost.member, context);
                match lost.owner {
                    Owner::Operation(id) => {
                        let Some(mut operation) = self.operations.remove(&id) else { return };
                        let next = self.read_again(id, &mut operation, "etcdserver: request timed out", context);
                        self.proceed(id, operation, next, context);
                    }
                    Owner::List(resource) => self.restart_feed(resource, context),
                    Owner::Watch(_) | Owner::Nobody => {}
                }
            }
            Deadline::Retry(id) => {
                let Some(operation) = self.operations.remove(&id) else { return };
                let next = match self.read_request(&operation) {
                    Some(request) => Ok(Next::Etcd(request)),
                    None => Err(Failure::etcd("etcdserver: request timed out")),
                };
                self.proceed(id, operation, next, context);
            }
            Deadline::Operation(id) => {
                let waits = self.operations.get(&id).is_some_and(|operation| operation.waits_until.is_some());
                let Some(operation) = waits.then(|| self.operations.remove(&id)).flatten() else { return };
                let failure = self.cache_too_old(&operation);
                self.finish(id, operation, Err(failure), context);
            }
            Deadline::Watch(id) => self.end_watch(id, context),
            Deadline::Feed(resource) => self.restart_feed(resource, context),
            Deadline::Bookmarks => {
                self.send_bookmarks(context);
                if self.watchers.values().any(|watcher| watcher.bookmarks) {
                    self.ask_progress(context);
                }
                self.deadlines.set(context.now + BOOKMARKS_EVERY, Deadline::Bookmarks, context);
            }
            Deadline::Bootstrap => self.bootstrap_step(context),
        }
    }

    fn cache_too_old(&self, operation: &Operation) -> Failure {
        let now = self.caches.get(&operation.resource).map_or(0, |cache| cache.revision.0);
        match &operation.pending {
            Pending::Cache(After::List(_) | After::Watch(_), revision) if now > 0 => {
                let message = format!("Too large resource version: {}, current: {now}", revision.0);
                Failure::timeout(&message).cause("ResourceVersionTooLarge", "Too large resource version").retry_after(1)
            }
            _ => Failure::new(429, "TooManyRequests", "storage is (re)initializing").retry_after(1),
        }
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

    fn cancel(&mut self, from: Actor, id: RequestId, context: &mut Context<'_>) {
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
            None => {}
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

    /// The latest requests.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// The etcd member that is asked now.
    pub fn etcd_endpoint(&self) -> u32 {
        self.etcd.endpoint()
    }

    /// True when etcd has answered and the caches of the core resources are filled.
    pub fn is_ready(&self) -> bool {
        self.resources.core().all(|resource| self.caches.get(&resource).is_some_and(Cache::is_ready))
            && self.bootstrap.is_done()
    }

    /// For the page: each resource with a cache, with its number of objects, its revision, and its number of watches.
    pub fn caches(&self) -> impl Iterator<Item = (&Resource, u64, api::Revision, u64)> {
        self.caches.iter().map(|(id, cache)| {
            let watchers = cache.watchers.every().len() as u64;
            (&**self.resources.get(*id), cache.objects.len() as u64, cache.revision, watchers)
        })
    }

    /// An object as the watch cache has it; `resource` is the plural.
    pub fn cached(&self, group: &str, resource: &str, key: &ObjectKey) -> Option<Object> {
        let id = self.resources.find_plural(group, resource)?;
        self.cached_object(id, &key.namespace, &key.name).cloned()
    }

    /// All objects of a resource as the watch cache has them, in etcd's order.
    pub fn cached_objects(&self, group: &str, resource: &str) -> Option<imbl::OrdMap<Str, Object>> {
        let id = self.resources.find_plural(group, resource)?;
        self.caches.get(&id).map(|cache| cache.objects.clone())
    }

    pub(crate) fn cached_object(&self, resource: ResourceId, namespace: &str, name: &str) -> Option<&Object> {
        let key = crate::storage::object_key(&self.resources.get(resource).prefix, namespace, name);
        self.caches.get(&resource)?.objects.get(&key)
    }

    /// How many requests wait for something.
    pub fn in_flight(&self) -> u64 {
        self.operations.len() as u64
    }
}
