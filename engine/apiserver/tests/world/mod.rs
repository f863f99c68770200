//! A lab of one API server and an etcd of a few lines, for tests.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::http::{Body, Frame, Method, Request, Response, WatchEvent};
use api::{Object, Value};
use apiserver::{ApiServer, Config, Input, Message, RequestId};
use clusterlab_apiserver as apiserver;
use etcd::rpc::{self, CallId};
use sim::{Actor, Context, Effect, EventQueue, SimTime};

mod fake_etcd;
pub use fake_etcd::FakeEtcd;

/// What travels.
enum Event {
    Server(Input),
    Etcd(u32, CallId, Arc<rpc::Request>),
}

/// The lab.
pub struct World {
    pub server: ApiServer,
    pub etcd: FakeEtcd,
    pub now: SimTime,
    queue: EventQueue<Event>,
    last_request: u64,
    responses: BTreeMap<(Actor, RequestId), Arc<Response>>,
    frames: BTreeMap<(Actor, RequestId), Vec<Frame>>,
    pub kubelet: Vec<(Actor, Message)>,
    pub notes: Vec<String>,
    /// Members that do not answer.
    pub silent: Vec<u32>,
    /// Members that refuse connections.
    pub down: Vec<u32>,
    pub events: u64,
}

pub const CLIENT: Actor = Actor::User;

impl World {
    /// A server that has started and is ready.
    pub fn new() -> World {
        let mut world = World::stopped();
        world.start();
        world.run(Duration::from_secs(1));
        assert!(world.server.is_ready());
        world
    }

    pub fn stopped() -> World {
        World {
            server: ApiServer::new(Config::new(1, 3)),
            etcd: FakeEtcd::default(),
            now: SimTime::ZERO,
            queue: EventQueue::default(),
            last_request: 0,
            responses: BTreeMap::new(),
            frames: BTreeMap::new(),
            kubelet: Vec::new(),
            notes: Vec::new(),
            silent: Vec::new(),
            down: Vec::new(),
            events: 0,
        }
    }

    pub fn start(&mut self) {
        self.queue.push(self.now, Event::Server(Input::Start));
    }

    /// Lets time pass.
    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.queue.next_time().is_some_and(|at| at <= end) {
            self.step();
        }
        self.now = end;
    }

    /// One event.
    pub fn step(&mut self) {
        let Some((at, _, event)) = self.queue.pop() else { return };
        self.now = self.now.max(at);
        self.events += 1;
        match event {
            Event::Server(input) => {
                let mut effects = Vec::new();
                self.server.handle(input, &mut Context::new(self.now, Actor::ApiServer, &mut effects));
                if let Err(wrong) = self.server.check_invariants() {
                    panic!("at {}: {wrong}", self.now);
                }
                for effect in effects {
                    self.carry_out(effect);
                }
            }
            Event::Etcd(member, call, request) => {
                if self.silent.contains(&member) {
                    return;
                }
                if self.down.contains(&member) {
                    let reason = sim::literal!("dial tcp 172.18.0.3:2379: connect: connection refused");
                    self.tell_server(Input::EtcdFailed { member, call, reason });
                    return;
                }
                for (call, response) in self.etcd.handle(member, call, &request) {
                    self.tell_server(Input::Etcd { member, call, response: Arc::new(response) });
                }
            }
        }
    }

    fn tell_server(&mut self, input: Input) {
        self.queue.push(self.now + Duration::from_micros(500), Event::Server(input));
    }

    fn carry_out(&mut self, effect: Effect<Message>) {
        match effect {
            Effect::Send { to: Actor::Etcd(member), message: Message::Etcd { call, request } } => {
                self.queue.push(self.now + Duration::from_micros(500), Event::Etcd(member, call, request));
            }
            Effect::Send { to, message: Message::Response { id, response } } => {
                self.responses.insert((to, id), response);
            }
            Effect::Send { to, message: Message::Frame { id, frame } } => {
                self.frames.entry((to, id)).or_default().push(frame);
            }
            Effect::Send { to, message } => self.kubelet.push((to, message)),
            Effect::Timer { after, token } => {
                self.queue.push(self.now + after, Event::Server(Input::Timer(token)));
            }
            Effect::Note(note) => self.notes.push(note.to_string()),
        }
    }

    /// Sends something to the server.
    pub fn input(&mut self, input: Input) {
        self.queue.push(self.now, Event::Server(input));
    }

    /// Sends a request and does not wait.
    pub fn send_from(&mut self, from: Actor, request: Request) -> RequestId {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.input(Input::Request { from, id, request: Arc::new(request) });
        id
    }

    pub fn send(&mut self, request: Request) -> RequestId {
        self.send_from(CLIENT, request)
    }

    /// The answer, if it is there.
    pub fn response(&self, id: RequestId) -> Option<Arc<Response>> {
        self.responses.get(&(CLIENT, id)).cloned()
    }

    /// The answer to somebody else, if it is there.
    pub fn response_to(&self, from: Actor, id: RequestId) -> Option<Arc<Response>> {
        self.responses.get(&(from, id)).cloned()
    }

    /// Sends a request and waits for its answer.
    pub fn ask(&mut self, request: Request) -> Arc<Response> {
        let id = self.send(request);
        for _ in 0..10_000 {
            if let Some(response) = self.response(id) {
                return response;
            }
            self.step();
        }
        panic!("no answer");
    }

    pub fn get(&mut self, path: &str) -> Arc<Response> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut request = Request::new(Method::Get, path);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            request = request.query(name, value);
        }
        self.ask(request)
    }

    pub fn post(&mut self, path: &str, body: Value) -> Arc<Response> {
        self.ask(Request::new(Method::Post, path).body(body))
    }

    pub fn put(&mut self, path: &str, body: Value) -> Arc<Response> {
        self.ask(Request::new(Method::Put, path).body(body))
    }

    pub fn patch(&mut self, path: &str, kind: &'static str, body: Value) -> Arc<Response> {
        let mut request =
            Request::new(Method::Patch, path).header("content-type", format!("application/{kind}+json"));
        request.body = Body::Tree(body);
        self.ask(request)
    }

    pub fn delete(&mut self, path: &str) -> Arc<Response> {
        self.ask(Request::new(Method::Delete, path))
    }

    /// Begins a watch.
    pub fn watch(&mut self, path: &str) -> RequestId {
        self.watch_from(CLIENT, path)
    }

    pub fn watch_from(&mut self, from: Actor, path: &str) -> RequestId {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut request = Request::new(Method::Get, path).query("watch", "true");
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            request = request.query(name, value);
        }
        let id = self.send_from(from, request);
        self.run(Duration::from_millis(20));
        id
    }

    /// What a watch has said since the last time it was asked.
    pub fn frames(&mut self, id: RequestId) -> Vec<Frame> {
        self.run(Duration::from_millis(20));
        self.frames.remove(&(CLIENT, id)).unwrap_or_default()
    }

    pub fn frames_of(&mut self, from: Actor, id: RequestId) -> Vec<Frame> {
        self.frames.remove(&(from, id)).unwrap_or_default()
    }

    /// The same as events.
    pub fn events(&mut self, id: RequestId) -> Vec<WatchEvent> {
        let frames = self.frames(id);
        frames
            .iter()
            .flat_map(|frame| match frame {
                Frame::Watch(events) => events.to_vec(),
                _ => Vec::new(),
            })
            .collect()
    }

    /// The same as text: `ADDED web@7`.
    pub fn said(&mut self, id: RequestId) -> Vec<String> {
        let events = self.events(id);
        events.iter().map(|event| format!("{} {}", event.kind.as_str(), event.object.name())).collect()
    }
}

/// The object in an answer.
pub fn object(response: &Response) -> Object {
    match &response.body {
        Body::Object(object) => object.clone(),
        Body::Tree(tree) => Object::new(tree.clone()),
        _ => panic!("no object: {response:?}"),
    }
}

/// The names in a list.
pub fn names(response: &Response) -> Vec<String> {
    let value = response.value().expect("a list");
    value
        .items_at(&["items"])
        .iter()
        .map(|item| item.str_at(&["metadata", "name"]).unwrap().to_string())
        .collect()
}

/// Asserts status code and message.
#[track_caller]
pub fn refused(response: &Response, status: u16, message: &str) {
    assert_eq!((response.status, response.message().as_str()), (status, message));
}
