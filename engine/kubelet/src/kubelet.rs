//! The kubelet itself: what comes in, and whom it concerns.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::Object;
use client::resource::{NODES, PODS};
use client::{Delta, EventType, Handled, Informer, Selection};
use imbl::OrdMap;
use runtime::cri::{self, ContainerId, ContainerStatus, SandboxStatus};
use sim::{Str, Token};

use crate::admission;
use crate::config::Config;
use crate::host::{ApiCall, CriCall, Host, timer};
use crate::http::Follower;
use crate::images::ImageManager;
use crate::message::{Context, Input, as_client};
use crate::node::NodeAgent;
use crate::pod_worker::Worker;
use crate::status::resources::pod_requests;

/// A node's kubelet.
#[derive(Clone, Debug, Hash)]
pub struct Kubelet {
    pub(crate) host: Host,
    pub(crate) node: NodeAgent,
    pub(crate) pods: Informer,
    own_node: Informer,
    pub(crate) workers: OrdMap<u64, Arc<Worker>>,
    by_uid: OrdMap<Str, u64>,
    next_worker: u64,
    /// What the runtime listed, until the pods' list is there too.
    pub(crate) found: Option<(Vec<SandboxStatus>, Vec<ContainerStatus>)>,
    pub(crate) ready_for_pods: bool,
    pub(crate) followers: BTreeMap<ContainerId, Vec<Follower>>,
}

impl Kubelet {
    /// A kubelet that has not started.
    pub fn new(config: Config) -> Kubelet {
        let select = |fields: String| Selection { fields: fields.into(), ..Selection::default() };
        let pods = select(format!("spec.nodeName={}", config.name));
        let node = select(format!("metadata.name={}", config.name));
        Kubelet {
            pods: Informer::new(PODS.clone(), pods, &[], Token::new(timer::PODS, 0)),
            own_node: Informer::new(NODES.clone(), node, &[], Token::new(timer::NODE, 0)),
            host: Host::new(config),
            node: NodeAgent::default(),
            workers: OrdMap::new(),
            by_uid: OrdMap::new(),
            next_worker: 0,
            found: None,
            ready_for_pods: false,
            followers: BTreeMap::new(),
        }
    }

    /// Handles one thing that happened.
    pub fn handle(&mut self, input: Input, context: &mut Context<'_>) {
        match input {
            Input::Start | Input::Api(client::Input::Start) => self.start(context),
            Input::Timer(token) | Input::Api(client::Input::Timer(token)) => self.timer(token, context),
            Input::Api(client::Input::Failed { id, reason }) if Host::is_cri(id.0) => {
                let failure = cri::Failure::new(cri::Code::Unknown, reason);
                self.on_cri(cri::CallId(id.0), &cri::Response::Failed(failure), context);
            }
            Input::Api(input) => self.on_api(&input, context),
            Input::Cri { id, response } => self.on_cri(id, &response, context),
            Input::CriEvent(event) => self.on_cri_event(&event, context),
            Input::Http { id, request } => self.on_http(id, &request, context),
            Input::HttpCancel { id } => self.on_http_cancel(id, context),
        }
    }

    // What the page may look at.

    /// The node's name.
    pub fn name(&self) -> &Str {
        &self.host.config.name
    }

    /// How the kubelet was configured.
    pub fn config(&self) -> &Config {
        &self.host.config
    }

    /// What the kubelet knows of its node.
    pub fn node(&self) -> &NodeAgent {
        &self.node
    }

    /// The pods' workers, oldest first.
    pub fn workers(&self) -> impl Iterator<Item = &Worker> {
        self.workers.values().map(|w| &**w)
    }

    /// The images and the pulls.
    pub fn images(&self) -> &ImageManager {
        &self.host.images
    }

    /// Requests to the API server and calls to the runtime that wait for an answer.
    pub fn outstanding(&self) -> (usize, usize) {
        (self.host.calls.len(), self.host.cri_calls.len())
    }

    fn start(&mut self, context: &mut Context<'_>) {
        self.node.start(&mut self.host, context);
        self.host.cri(context, CriCall::List, cri::Request::List);
        let host = &mut self.host;
        as_client(context, |c| {
            self.pods.start(&mut host.session, c);
            self.own_node.start(&mut host.session, c);
            host.services.start(&mut host.session, c);
        });
    }

    fn timer(&mut self, token: Token, context: &mut Context<'_>) {
        match token.kind {
            timer::HEARTBEAT => self.node.tick(&mut self.host, context),
            timer::REGISTER => self.node.register(&mut self.host, context),
            timer::WORKER => self.with_worker(token.arg, context, |worker, host, context| {
                if worker.rings(context.now) {
                    worker.sync(host, context);
                }
            }),
            timer::CALLS => {
                let host = &mut self.host;
                let expired = as_client(context, |c| host.calls.expired(&host.session, c));
                for (_, call) in expired {
                    self.on_answer(&call, None, context);
                }
            }
            _ => self.on_api(&client::Input::Timer(token), context),
        }
    }

    // The API server.

    fn on_api(&mut self, input: &client::Input, context: &mut Context<'_>) {
        let host = &mut self.host;
        let handled = as_client(context, |c| self.pods.on_input(input, &mut host.session, c));
        if let Handled::Deltas(deltas) = handled {
            self.on_pods(deltas, context);
            return;
        }
        let handled = as_client(context, |c| self.own_node.on_input(input, &mut host.session, c));
        if let Handled::Deltas(deltas) = handled {
            for delta in deltas {
                self.node.on_node(delta.new.as_ref(), &mut self.host, context);
            }
            return;
        }
        let mine = as_client(context, |c| {
            host.services.on_input(input, &mut host.session, c) != Handled::NotMine
                || host.recorder.on_input(input, &mut host.session, c)
        });
        if mine {
            return;
        }
        match input {
            client::Input::Response { id, response } => {
                if let Some(call) = self.host.calls.take(*id) {
                    self.on_answer(&call, Some(response), context);
                }
            }
            client::Input::Failed { id, .. } => {
                if let Some(call) = self.host.calls.take(*id) {
                    self.on_answer(&call, None, context);
                }
            }
            _ => {}
        }
    }

    fn on_answer(
        &mut self,
        call: &ApiCall,
        response: Option<&Arc<api::http::Response>>,
        context: &mut Context<'_>,
    ) {
        let response = response.map(|r| &**r);
        let code = response.map(|r| r.status);
        let host = &mut self.host;
        match call {
            ApiCall::RegisterNode => self.node.on_registered(response, host, context),
            ApiCall::NodeStatus => {
                self.node.reported(response.is_some_and(|r| r.is_success()), host, context);
            }
            ApiCall::GetNode => self.node.looked(response, host, context),
            ApiCall::GetLease | ApiCall::CreateLease | ApiCall::RenewLease => {
                self.node.on_lease(call, response, host, context);
            }
            ApiCall::PodStatus(number) => {
                self.with_worker(*number, context, |worker, host, context| worker.told(code, host, context));
            }
            ApiCall::DeletePod(number) => self.with_worker(*number, context, |worker, host, context| {
                worker.delete_answered(code, context);
                worker.sync(host, context);
            }),
            ApiCall::Fetch(what) => {
                let object = response.filter(|r| r.is_success()).and_then(|r| match &r.body {
                    api::http::Body::Object(object) => Some(object.clone()),
                    _ => r.value().map(|value| Object::new(value.clone())),
                });
                for number in host.fetched(what, object, context.now) {
                    self.with_worker(number, context, |worker, host, context| worker.sync(host, context));
                }
            }
        }
    }

    fn on_pods(&mut self, deltas: Vec<Delta>, context: &mut Context<'_>) {
        if !self.ready_for_pods {
            self.take_up(context);
            return;
        }
        for delta in deltas {
            match (&delta.old, delta.new) {
                (old, Some(pod)) => {
                    // A pod deleted and made again under its name is another pod.
                    if let Some(old) = old.as_ref().filter(|old| old.uid() != pod.uid()) {
                        self.remove_pod(old, context);
                    }
                    self.change_pod(pod, context);
                }
                (Some(old), None) => {
                    let old = old.clone();
                    self.remove_pod(&old, context);
                }
                (None, None) => {}
            }
        }
    }

    fn change_pod(&mut self, pod: Object, context: &mut Context<'_>) {
        match self.by_uid.get(&pod.uid().0).copied() {
            None => self.add_pod(pod, &[], &[], context),
            Some(number) => self.with_worker(number, context, |worker, host, context| {
                if worker.update(pod, context.now) {
                    worker.sync(host, context);
                }
            }),
        }
    }

    /// A pod was bound to this node (or was found here).
    pub(crate) fn add_pod(
        &mut self,
        pod: Object,
        sandboxes: &[SandboxStatus],
        containers: &[ContainerStatus],
        context: &mut Context<'_>,
    ) {
        let number = self.next_worker;
        let uid = pod.uid().0;
        let Some(mut worker) = Worker::new(number, pod.clone(), context.now) else { return };
        self.next_worker += 1;
        worker.update(pod, context.now);
        let mine = sandboxes.iter().any(|s| s.config.uid == uid);
        if mine {
            worker.adopt(sandboxes, containers, &mut self.host, context);
        } else if !worker.settled && worker.deletion.is_none() {
            self.admit(&mut worker, context);
        }
        self.workers.insert(number, Arc::new(worker));
        self.by_uid.insert(uid, number);
        self.with_worker(number, context, |worker, host, context| worker.sync(host, context));
    }

    fn admit(&mut self, worker: &mut Worker, context: &mut Context<'_>) {
        let mut used = (0, 0, 0);
        let active = self.workers.values().filter(|w| !w.settled && !w.has_ended());
        for pod in active.filter_map(|w| w.pod.pod()) {
            let (cpu, memory) = pod_requests(pod);
            used = (used.0 + cpu, used.1 + memory, used.2 + 1);
        }
        let Some(pod) = worker.pod.pod() else { return };
        if let Err(refusal) = admission::admit(pod, used, &self.host.config) {
            let pod = worker.pod.clone();
            self.host.event(context, &pod, None, EventType::Warning, refusal.reason, &refusal.message);
            let message = format!("Pod was rejected: {}", refusal.message);
            worker.failed = Some((refusal.reason.into(), message.into()));
        }
    }

    fn remove_pod(&mut self, pod: &Object, context: &mut Context<'_>) {
        if let Some(number) = self.by_uid.get(&pod.uid().0).copied() {
            self.with_worker(number, context, |worker, host, context| {
                worker.orphan = true;
                worker.sync(host, context);
            });
        }
    }

    /// Lets a worker act, and forgets it when it is through.
    pub(crate) fn with_worker(
        &mut self,
        number: u64,
        context: &mut Context<'_>,
        act: impl FnOnce(&mut Worker, &mut Host, &mut Context<'_>),
    ) {
        let Some(worker) = self.workers.get_mut(&number) else { return };
        let worker = Arc::make_mut(worker);
        act(worker, &mut self.host, context);
        if worker.is_over() {
            worker.clean_up(&mut self.host, context);
            let uid = worker.pod.uid().0;
            self.workers.remove(&number);
            self.by_uid.remove(&uid);
        }
    }

    // The runtime.

    fn on_cri(&mut self, id: cri::CallId, response: &cri::Response, context: &mut Context<'_>) {
        let Some(call) = self.host.cri_calls.remove(&id) else { return };
        match call {
            CriCall::Version => self.node.on_version(response, &mut self.host, context),
            CriCall::Configure => self.node.on_configured(&mut self.host, context),
            CriCall::List => {
                if let cri::Response::List { sandboxes, containers } = response {
                    self.on_runtime_list(sandboxes, containers, context);
                }
            }
            CriCall::Pull => self.on_pulled(response, context),
            CriCall::Pod(number, call) => self.with_worker(number, context, |worker, host, context| {
                worker.on_cri(call, response, host, context);
            }),
            CriCall::Log { request, container, follow, since, timestamps } => {
                self.on_log(request, container, (follow, since, timestamps), response, context);
            }
            CriCall::Forgotten => {}
        }
    }

    fn on_pulled(&mut self, response: &cri::Response, context: &mut Context<'_>) {
        if let cri::Response::Image(Some(info)) = response {
            self.host.images.know(info.clone());
        }
        let Some(pull) = self.host.images.finish() else { return };
        self.with_worker(pull.worker, context, |worker, host, context| {
            worker.on_pulled(&pull, response, host, context);
        });
        self.host.next_pull(context);
    }

    fn on_cri_event(&mut self, event: &cri::Event, context: &mut Context<'_>) {
        match event {
            cri::Event::Started => self.on_runtime_started(context),
            cri::Event::ContainerStopped(status) => {
                let owner =
                    self.workers.iter().find(|(_, w)| w.records.iter().any(|r| r.id == Some(status.id)));
                if let Some(number) = owner.map(|(number, _)| *number) {
                    self.with_worker(number, context, |worker, host, context| {
                        worker.on_stopped(status, host, context)
                    });
                }
            }
            cri::Event::Log { container, lines, ended } => {
                self.on_log_lines(*container, lines, *ended, context)
            }
        }
    }

    /// The runtime forgot what was asked: ask again, and look what is left.
    fn on_runtime_started(&mut self, context: &mut Context<'_>) {
        let calls = std::mem::take(&mut self.host.cri_calls);
        for call in calls.values() {
            if let CriCall::Log { request, .. } = call {
                self.followers.values_mut().for_each(|list| list.retain(|f| f.request != *request));
            }
        }
        self.host.images.reset();
        self.host.cri(context, CriCall::Version, cri::Request::Version);
        if !self.node.pod_cidr.is_empty() {
            let request = cri::Request::UpdateRuntimeConfig { pod_cidr: self.node.pod_cidr.clone() };
            self.host.cri(context, CriCall::Configure, request);
        }
        self.host.cri(context, CriCall::List, cri::Request::List);
    }
}
