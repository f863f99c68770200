//! What the server creates for itself at its start: system namespaces, the `kubernetes` Service, priority classes.

use std::sync::Arc;
use std::time::Duration;

use api::http::{Body, Method, Request};
use api::{Str, Value, literal, object};

use crate::authn::User;
use crate::deadlines::Deadline;
use crate::failure::Result;
use crate::operation::{Caller, Next, Operation, OperationId, Pending, Reply};
use crate::registry::ResourceId;
use crate::request_info::Verb;
use crate::watch_cache::Cache;
use crate::{ApiServer, Context};

/// How far it is.
#[derive(Clone, Debug, Hash, Default)]
pub(crate) struct Bootstrap {
    /// The wave that is on its way or done: namespaces before what lives in them.
    wave: u32,
    /// Requests of the wave that are not answered.
    left: u32,
    /// Some request of the wave failed and the wave has to be repeated.
    failed: bool,
    done: bool,
}

impl Bootstrap {
    /// True when all objects are there.
    pub fn is_done(&self) -> bool {
        self.done
    }
}

const WAVES: u32 = 2;

const RETRY_AFTER: Duration = Duration::from_secs(1);

impl ApiServer {
    /// Goes on when there is nothing on its way and the caches are there.
    pub(crate) fn bootstrap_step(&mut self, context: &mut Context<'_>) {
        let caches_ready = |server: &ApiServer| {
            server.resources.core().all(|id| server.caches.get(&id).is_some_and(Cache::is_ready))
        };
        if self.bootstrap.done || self.bootstrap.left > 0 || !caches_ready(self) {
            return;
        }
        if self.bootstrap.wave > 0 && !self.bootstrap.failed {
            self.bootstrap.wave += 1;
        } else if self.bootstrap.wave == 0 {
            self.bootstrap.wave = 1;
        }
        self.bootstrap.failed = false;
        if self.bootstrap.wave > WAVES {
            self.bootstrap.done = true;
            let namespaces: [Str; 0] = [];
            context.note("the API server is ready", namespaces);
            return;
        }
        let wanted = self.wave(self.bootstrap.wave);
        let policy = if self.bootstrap.wave == 1 { self.policy_requests(context) } else { Vec::new() };
        self.bootstrap.left = (wanted.len() + policy.len()) as u32;
        if self.bootstrap.left == 0 {
            return self.bootstrap_step(context);
        }
        for (resource, request) in policy {
            let operation = self.own_operation(resource, "", Pending::Policy, context);
            let id = self.next_operation();
            self.proceed(id, operation, Ok(Next::Etcd(request)), context);
        }
        for (group, resource, namespace, object) in wanted {
            self.create_own(group, resource, namespace, object, context);
        }
    }

    /// What is missing of a wave.
    fn wave(&self, wave: u32) -> Vec<(&'static str, &'static str, &'static str, Value)> {
        let all = match wave {
            1 => namespaces(),
            _ => self.system_objects(),
        };
        let missing = |(group, resource, namespace, object): &(&str, &str, &str, Value)| {
            let name = object.str_at(&["metadata", "name"]).map_or("", |name| name.as_str());
            let id = self.resources.find_plural(group, resource);
            id.is_some_and(|id| self.cached_object(id, namespace, name).is_none())
        };
        all.into_iter().filter(missing).collect()
    }

    fn system_objects(&self) -> Vec<(&'static str, &'static str, &'static str, Value)> {
        let port = i64::from(self.config.secure_port);
        let address = self.config.advertise_address.clone();
        let service_ip = self.config.service_cidr.address(1).map_or_else(String::new, |ip| ip.to_string());
        let labels = object! { "component": "apiserver", "provider": "kubernetes" };
        let service = object! {
            "metadata": { "name": "kubernetes", "namespace": "default", "labels": (labels) },
            "spec": {
                "type": "ClusterIP", "clusterIP": service_ip.as_str(), "clusterIPs": [(service_ip.as_str())],
                "sessionAffinity": "None",
                "ports": [{ "name": "https", "port": 443, "protocol": "TCP", "targetPort": (port) }],
            },
        };
        let endpoints = object! {
            "metadata": {
                "name": "kubernetes", "namespace": "default",
                "labels": { "endpointslice.kubernetes.io/skip-mirror": "true" },
            },
            "subsets": [{
                "addresses": [{ "ip": &address }],
                "ports": [{ "name": "https", "port": (port), "protocol": "TCP" }],
            }],
        };
        let slice = object! {
            "metadata": {
                "name": "kubernetes", "namespace": "default", "labels": { "kubernetes.io/service-name": "kubernetes" },
            },
            "addressType": "IPv4",
            "endpoints": [{ "addresses": [(address.as_str())], "conditions": { "ready": true } }],
            "ports": [{ "name": "https", "port": (port), "protocol": "TCP" }],
        };
        let class = |name: &str, value: i64, what: &str| {
            object! {
                "metadata": { "name": name }, "value": (value), "globalDefault": false, "description": what,
                "preemptionPolicy": "PreemptLowerPriority",
            }
        };
        let node_critical = class(
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        );
        let cluster_critical = class(
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        );
        vec![
            ("", "services", "default", service),
            ("", "endpoints", "default", endpoints),
            ("discovery.k8s.io", "endpointslices", "default", slice),
            ("scheduling.k8s.io", "priorityclasses", "", node_critical),
            ("scheduling.k8s.io", "priorityclasses", "", cluster_critical),
        ]
    }

    /// A request of the server to itself.
    fn create_own(
        &mut self,
        group: &str,
        resource: &str,
        namespace: &'static str,
        object: Value,
        context: &mut Context<'_>,
    ) {
        let Some(id) = self.resources.find_plural(group, resource) else {
            self.bootstrap.left -= 1;
            return;
        };
        let mut operation = self.own_operation(id, namespace, Pending::Begin, context);
        let request = Request { body: Body::Tree(object), ..Request::clone(&operation.request) };
        operation.request = Arc::new(request);
        let operation_id = self.next_operation();
        let next = self.begin(operation_id, &mut operation, context);
        self.proceed(operation_id, operation, next, context);
    }

    fn own_operation(
        &self,
        resource: ResourceId,
        namespace: &'static str,
        pending: Pending,
        context: &Context<'_>,
    ) -> Operation {
        let info = self.resources.get(resource);
        let mut request = Request::new(Method::Post, info.collection_path(namespace));
        request.headers.push((literal!("user-agent"), literal!("kube-apiserver")));
        Operation {
            caller: Caller::Server,
            user: Arc::new(User::server()),
            verb: Verb::Create,
            resource,
            namespace: namespace.into(),
            name: Str::new(),
            subresource: Str::new(),
            request: Arc::new(request),
            started: context.now,
            dry_run: false,
            form: Default::default(),
            warnings: Vec::new(),
            steps: Vec::new(),
            attempts: 0,
            waits_until: None,
            pending,
        }
    }

    /// One of the server's own requests is done.
    pub(crate) fn bootstrapped(
        &mut self,
        _id: OperationId,
        _operation: &Operation,
        end: Result<Reply>,
        context: &mut Context<'_>,
    ) {
        // Another server (or this one, before it lost the answer) may have created it.
        if end.is_err_and(|failure| failure.code != 409) {
            self.bootstrap.failed = true;
        }
        self.bootstrap.left = self.bootstrap.left.saturating_sub(1);
        if self.bootstrap.left > 0 {
            return;
        }
        if self.bootstrap.failed {
            self.deadlines.set(context.now + RETRY_AFTER, Deadline::Bootstrap, context);
        } else {
            self.bootstrap_step(context);
        }
    }
}

fn namespaces() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    ["default", "kube-node-lease", "kube-public", "kube-system"]
        .into_iter()
        .map(|name| ("", "namespaces", "", object! { "metadata": { "name": name } }))
        .collect()
}
