//! One event, one process: who handles what.

use std::sync::Arc;

use client::{Component, RequestId};
use sim::{Actor, Context};

use super::Cluster;
use super::connections::is_request;
use crate::event::{Call, Envelope, Event, Message};

impl Cluster {
    pub(super) fn dispatch(&mut self, event: &Event) {
        match event {
            Event::Start(actor) => self.start(*actor),
            Event::Timer(actor, token) => self.timer(*actor, *token),
            Event::Deliver(envelope) => self.deliver(envelope),
            Event::Failed { call, reason } => self.failed(*call, reason),
            Event::Disconnected { server, client } => self.disconnected(*server, *client),
            Event::ConnectionTimeout(a, b) => self.connection_timed_out(*a, *b),
            Event::Action(action) => self.user_acts(action),
            Event::Bootstrap => self.try_bootstrap(),
        }
    }

    fn timer(&mut self, actor: Actor, token: sim::Token) {
        match actor {
            Actor::Etcd(index) => self.with_member(index, etcd::Input::Timer(token)),
            Actor::ApiServer => self.with_api_server(apiserver::Input::Timer(token)),
            Actor::Kubelet(number) => self.with_kubelet(number, kubelet::Input::Timer(token)),
            Actor::Runtime(number) => self.with_runtime(number, runtime::Input::Timer(token)),
            _ => self.with_client(actor, client::Input::Timer(token)),
        }
    }

    fn deliver(&mut self, envelope: &Envelope) {
        let Envelope { from, to, message, .. } = envelope;
        if !self.is_up(*to) {
            if is_request(message) {
                self.refuse(envelope);
            }
            return;
        }
        match (*to, message) {
            (Actor::Etcd(index), Message::Raft(message)) => {
                let Actor::Etcd(from) = *from else { return };
                self.with_member(index, etcd::Input::Peer { from, message: message.clone() });
            }
            (Actor::Etcd(index), Message::Forward(forward)) => {
                let Actor::Etcd(from) = *from else { return };
                self.with_member(index, etcd::Input::Forward { from, forward: forward.clone() });
            }
            (Actor::Etcd(index), Message::EtcdRequest(call, request)) => {
                let input = etcd::Input::Client { from: *from, call: *call, request: request.clone() };
                self.with_member(index, input);
            }
            (Actor::ApiServer, Message::EtcdResponse(call, response)) => {
                let Actor::Etcd(member) = *from else { return };
                let input = apiserver::Input::Etcd { member, call: *call, response: response.clone() };
                self.with_api_server(input);
            }
            (Actor::User, Message::EtcdResponse(call, response)) => {
                let Actor::Etcd(member) = *from else { return };
                let response = response.clone();
                self.tell_terminal(kubectl::Input::Etcd { member, call: *call, response });
            }
            (Actor::ApiServer, Message::Request(id, request)) => {
                let id = apiserver::RequestId(id.0);
                self.with_api_server(apiserver::Input::Request { from: *from, id, request: request.clone() });
            }
            (Actor::ApiServer, Message::Cancel(id)) => {
                let id = apiserver::RequestId(id.0);
                self.with_api_server(apiserver::Input::Cancel { from: *from, id });
            }
            (Actor::ApiServer, Message::Response(id, response)) => {
                let Actor::Kubelet(node) = *from else { return };
                let id = apiserver::ProxyId(id.0);
                self.with_api_server(apiserver::Input::Kubelet { node, id, response: response.clone() });
            }
            (Actor::ApiServer, Message::Frame(id, frame)) => {
                let Actor::Kubelet(node) = *from else { return };
                let id = apiserver::ProxyId(id.0);
                self.with_api_server(apiserver::Input::KubeletFrame { node, id, frame: frame.clone() });
            }
            (Actor::Runtime(number), Message::CriRequest(id, request)) => {
                self.with_runtime(number, runtime::Input::Cri { id: *id, request: request.clone() });
            }
            (Actor::Kubelet(number), message) => self.deliver_to_kubelet(number, message),
            (Actor::Client, message) => self.deliver_to_host(message),
            (client, Message::Response(id, response)) => {
                self.with_client(client, client::Input::Response { id: *id, response: response.clone() });
            }
            (client, Message::Frame(id, frame)) => {
                self.with_client(client, client::Input::Frame { id: *id, frame: frame.clone() });
            }
            _ => {}
        }
    }

    fn deliver_to_kubelet(&mut self, number: u32, message: &Message) {
        let input = match message {
            Message::Response(id, response) => {
                kubelet::Input::Api(client::Input::Response { id: *id, response: response.clone() })
            }
            Message::Frame(id, frame) => {
                kubelet::Input::Api(client::Input::Frame { id: *id, frame: frame.clone() })
            }
            Message::CriResponse(id, response) => kubelet::Input::Cri { id: *id, response: response.clone() },
            Message::CriEvent(event) => kubelet::Input::CriEvent(event.clone()),
            Message::Request(id, request) => kubelet::Input::Http { id: *id, request: request.clone() },
            Message::Cancel(id) => kubelet::Input::HttpCancel { id: *id },
            Message::Raft(_)
            | Message::Forward(_)
            | Message::EtcdRequest(..)
            | Message::EtcdResponse(..)
            | Message::CriRequest(..) => return,
        };
        self.with_kubelet(number, input);
    }

    fn failed(&mut self, call: Call, reason: &sim::Str) {
        let input = client::Input::Failed { id: RequestId(call.id), reason: reason.clone() };
        match (call.client, call.server) {
            (Actor::ApiServer, Actor::Etcd(member)) => {
                let call = etcd::rpc::CallId(call.id);
                self.with_api_server(apiserver::Input::EtcdFailed { member, call, reason: reason.clone() });
            }
            (Actor::User, Actor::Etcd(member)) => {
                let call = etcd::rpc::CallId(call.id);
                self.tell_terminal(kubectl::Input::EtcdFailed { member, call, reason: reason.clone() });
            }
            (Actor::ApiServer, Actor::Kubelet(node)) => {
                let id = apiserver::ProxyId(call.id);
                self.with_api_server(apiserver::Input::KubeletFailed { node, id, reason: reason.clone() });
            }
            (Actor::Kubelet(number), _) => self.with_kubelet(number, kubelet::Input::Api(input)),
            (Actor::Client, _) => self.host_failed(call.id, reason),
            (client, _) => self.with_client(client, input),
        }
    }

    fn disconnected(&mut self, server: Actor, client: Actor) {
        match server {
            Actor::Etcd(index) => self.with_member(index, etcd::Input::ClientGone { from: client }),
            Actor::ApiServer => self.with_api_server(apiserver::Input::Disconnected { from: client }),
            _ => {}
        }
    }

    pub(super) fn with_member(&mut self, index: u32, input: etcd::Input) {
        let (now, actor) = (self.now, Actor::Etcd(index));
        let Some(member) = self.members.get_mut(index as usize).and_then(|m| m.get_mut()) else { return };
        let mut effects = Vec::new();
        member.handle(input, &mut Context::new(now, actor, &mut effects));
        self.watch_over(index);
        self.carry_out(actor, effects);
        self.end_member(index);
    }

    pub(super) fn with_api_server(&mut self, input: apiserver::Input) {
        let now = self.now;
        let Some(server) = self.api_server.get_mut() else { return };
        let mut effects = Vec::new();
        server.handle(input, &mut Context::new(now, Actor::ApiServer, &mut effects));
        self.carry_out(Actor::ApiServer, effects);
    }

    pub(super) fn with_kubelet(&mut self, number: u32, input: kubelet::Input) {
        let (now, actor) = (self.now, Actor::Kubelet(number));
        let Some(kubelet) = self.machine_mut(number).and_then(|m| m.kubelet.get_mut()) else { return };
        let mut effects = Vec::new();
        kubelet.handle(input, &mut Context::new(now, actor, &mut effects));
        self.carry_out(actor, effects);
    }

    pub(super) fn with_runtime(&mut self, number: u32, input: runtime::Input) {
        let (now, actor) = (self.now, Actor::Runtime(number));
        let Some(runtime) =
            self.machine_mut(number).filter(|m| m.runtime_up).map(|m| Arc::make_mut(&mut m.runtime))
        else {
            return;
        };
        let mut effects = Vec::new();
        runtime.handle(input, &mut Context::new(now, actor, &mut effects));
        self.carry_out(actor, effects);
    }

    pub(super) fn with_client(&mut self, actor: Actor, input: client::Input) {
        let now = self.now;
        let mut effects = Vec::new();
        let component: &mut dyn Component = match actor {
            Actor::Scheduler => match self.scheduler.get_mut() {
                Some(scheduler) => scheduler,
                None => return,
            },
            Actor::ControllerManager => match self.controller_manager.get_mut() {
                Some(manager) => manager,
                None => return,
            },
            Actor::KubeProxy(number) => match self.machine_mut(number).and_then(|m| m.proxy.get_mut()) {
                Some(proxy) => proxy,
                None => return,
            },
            Actor::User => return self.tell_terminal(kubectl::Input::Api(input)),
            _ => return,
        };
        component.handle(input, &mut Context::new(now, actor, &mut effects));
        self.carry_out(actor, effects);
    }
}

impl From<client::Message> for Message {
    fn from(message: client::Message) -> Self {
        match message {
            client::Message::Request { id, request } => Message::Request(id, request),
            client::Message::Cancel { id } => Message::Cancel(id),
        }
    }
}

impl From<etcd::Message> for Message {
    fn from(message: etcd::Message) -> Self {
        match message {
            etcd::Message::Peer(message) => Message::Raft(message),
            etcd::Message::Forward(forward) => Message::Forward(forward),
            etcd::Message::Client { call, response } => Message::EtcdResponse(call, response),
        }
    }
}

impl From<apiserver::Message> for Message {
    fn from(message: apiserver::Message) -> Self {
        match message {
            apiserver::Message::Response { id, response } => Message::Response(RequestId(id.0), response),
            apiserver::Message::Frame { id, frame } => Message::Frame(RequestId(id.0), frame),
            apiserver::Message::Etcd { call, request } => Message::EtcdRequest(call, request),
            apiserver::Message::Kubelet { id, request } => Message::Request(RequestId(id.0), request),
            apiserver::Message::KubeletCancel { id } => Message::Cancel(RequestId(id.0)),
        }
    }
}

impl From<kubelet::Message> for Message {
    fn from(message: kubelet::Message) -> Self {
        match message {
            kubelet::Message::Api(message) => message.into(),
            kubelet::Message::Cri { id, request } => Message::CriRequest(id, request),
            kubelet::Message::Http { id, response } => Message::Response(id, response),
            kubelet::Message::HttpFrame { id, frame } => Message::Frame(id, frame),
        }
    }
}

impl From<runtime::Message> for Message {
    fn from(message: runtime::Message) -> Self {
        match message {
            runtime::Message::Response { id, response } => Message::CriResponse(id, response),
            runtime::Message::Event(event) => Message::CriEvent(event),
        }
    }
}
