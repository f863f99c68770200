//! The server as a value: its state, and what it does with what happens.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::http::{Request, Response};
use api::{Object, ObjectKey, Str, Value};
use sim::{Actor, SimTime, Stream};

use crate::audit::Audit;
use crate::authz::{NodePods, Rbac};
use crate::bootstrap::Bootstrap;
use crate::config::Config;
use crate::deadlines::{self, Deadline, Deadlines};
use crate::door::Door;
use crate::handlers::Known;
use crate::health::{Probes, is_health};
use crate::message::ProxyId;
use crate::operation::{Caller, Operation, OperationId, Pending};
use crate::recovery::BOOKMARKS_EVERY;
use crate::registry::{Allocators, EventLease, Resource, ResourceId, Resources};
use crate::request_info::{self, Route};
use crate::storage::EtcdClient;
use crate::watch_cache::{Cache, WatchId, Watcher};
use crate::{Context, Input, RequestId};

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
    pub(crate) event_lease: EventLease,
    pub(crate) bootstrap: Bootstrap,
    pub(crate) audit: Audit,
    /// Holds requests back until there is a policy.
    pub(crate) door: Door,
    /// Probes that wait for etcd.
    pub(crate) probes: Probes,
    /// What RBAC knows.
    pub(crate) rbac: Rbac,
    /// Which pods are on which node, for the node authorizer.
    pub(crate) node_pods: NodePods,
    /// What DefaultTolerationSeconds adds; one value for all pods.
    pub(crate) tolerations: [Value; 2],
    /// What sets of managed fields have in common.
    pub(crate) known: Known,
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
            event_lease: EventLease::default(),
            bootstrap: Bootstrap::default(),
            audit: Audit::default(),
            door: Door::default(),
            probes: Probes::default(),
            rbac: Rbac::default(),
            node_pods: NodePods::default(),
            tolerations: crate::admission::tolerations(),
            known: Known::default(),
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
        // A process begins with empty memory. Random numbers go on as a new seed would; so do the numbers of calls and
        // streams, as new connections would be told from old ones.
        let old = std::mem::replace(self, ApiServer::new(self.config.clone()));
        self.random = old.random;
        self.etcd = old.etcd.restarted(&mut self.random);
        (self.last_operation, self.last_watch, self.last_proxy) =
            (old.last_operation, old.last_watch, old.last_proxy);
        self.deadlines.set(context.now + BOOKMARKS_EVERY, Deadline::Bookmarks, context);
        for resource in self.resources.core() {
            self.start_cache(resource, context);
        }
    }

    pub(crate) fn accept(
        &mut self,
        from: Actor,
        id: RequestId,
        request: Arc<Request>,
        context: &mut Context<'_>,
    ) {
        // A client that uses a number again has forgotten the old request (it has restarted).
        self.cancel(from, id, context);
        if is_health(&request) {
            return self.probe(from, id, request, context);
        }
        if !self.door.is_open() {
            return self.keep_waiting(from, id, request, context);
        }
        if request.header_value("authorization").is_some() {
            self.start_token_caches(context);
        }
        let user = match self.authenticate(from, &request, context.now) {
            Ok(user) => user,
            Err(failure) => {
                let response = Response::tree(failure.code, failure.body);
                return self.respond(from, id, "", &request, response, context);
            }
        };
        let route = request_info::route(&request, &self.resources);
        let (verb, resource, namespace, name, subresource) = match route {
            Ok(Route::Resource { verb, resource, namespace, name, subresource }) => {
                (verb, resource, namespace, name, subresource)
            }
            Ok(Route::Other) => {
                let response = match self.authorize_path(&user, &request) {
                    Ok(()) => self.other_path(&request),
                    Err(failure) => Response::tree(failure.code, failure.body),
                };
                return self.respond(from, id, &user.name, &request, response, context);
            }
            Err(failure) => {
                // Who may not even ask is not told that there is no such thing.
                let failure = self.authorize_path(&user, &request).err().unwrap_or(failure);
                let response = Response::tree(failure.code, failure.body);
                return self.respond(from, id, &user.name, &request, response, context);
            }
        };
        let mut operation = Operation {
            caller: Caller::Client(from, id),
            user,
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
        let allowed = self.authorize(&operation).and_then(|()| self.restrict_node(&operation));
        let next = allowed.and_then(|()| self.begin(operation_id, &mut operation, context));
        self.proceed(operation_id, operation, next, context);
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
            && self.door.is_open()
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

    /// The requests that wait for something, in the order in which they came.
    pub fn in_flight(&self) -> impl Iterator<Item = InFlight<'_>> {
        self.operations.values().map(|operation| InFlight {
            from: match operation.caller {
                Caller::Client(client, _) => Some(client),
                Caller::Part(_) | Caller::Server => None,
            },
            verb: operation.verb.as_str(),
            path: &operation.request.path,
            since: operation.started,
            waits_for: operation.pending.describe(),
        })
    }

    /// The watches that are open: whose, and of what.
    pub fn watches(&self) -> impl Iterator<Item = (Actor, &Resource)> {
        self.watchers.values().map(|watcher| (watcher.client, &**self.resources.get(watcher.resource)))
    }
}

/// A request that waits for something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InFlight<'a> {
    /// Who sent it; `None` for the server's own.
    pub from: Option<Actor>,
    /// `create`, `list`, ...
    pub verb: &'static str,
    /// Its path.
    pub path: &'a str,
    /// When it came.
    pub since: SimTime,
    /// What it waits for, in a few words.
    pub waits_for: &'static str,
}
