//! The API server before three members of the real store: elections, fsyncs, watches, leases, a member that dies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::http::{Frame, Method, Request, Response};
use api::{Value, object};
use clusterlab_apiserver::{ApiServer, Config, Input, Message, RequestId};
use etcd::rpc::CallId;
use etcd::{Disk, Member, MemberConfig};
use sim::{Actor, Context, Effect, EventQueue, SimTime, Token};

enum Event {
    Server(Input),
    Etcd(u32, etcd::Input),
}

struct World {
    server: ApiServer,
    members: Vec<Option<Member>>,
    /// How often each member was started: timers of an earlier life are lost.
    queue: EventQueue<Event>,
    now: SimTime,
    last_request: u64,
    responses: BTreeMap<RequestId, Arc<Response>>,
    frames: BTreeMap<RequestId, Vec<Frame>>,
    /// Calls that a member has not answered, to fail them when it dies.
    calls: BTreeMap<(u32, CallId), ()>,
}

const HOP: Duration = Duration::from_micros(250);

impl World {
    fn new() -> World {
        let mut world = World {
            server: ApiServer::new(Config::new(7, 3)),
            members: (0..3)
                .map(|n| Some(Member::new(MemberConfig::new(7, n, 3), Disk::default(), SimTime::ZERO)))
                .collect(),
            queue: EventQueue::default(),
            now: SimTime::ZERO,
            last_request: 0,
            responses: BTreeMap::new(),
            frames: BTreeMap::new(),
            calls: BTreeMap::new(),
        };
        for n in 0..3 {
            world.queue.push(SimTime::ZERO, Event::Etcd(n, etcd::Input::Start));
        }
        world.queue.push(SimTime::ZERO, Event::Server(Input::Start));
        world
    }

    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.queue.next_time().is_some_and(|at| at <= end) {
            let Some((at, _, event)) = self.queue.pop() else { break };
            self.now = at;
            match event {
                Event::Server(input) => self.server_event(input),
                Event::Etcd(n, input) => self.etcd_event(n, input),
            }
        }
        self.now = end;
    }

    fn server_event(&mut self, input: Input) {
        let mut effects = Vec::new();
        self.server.handle(input, &mut Context::new(self.now, Actor::ApiServer, &mut effects));
        for effect in effects {
            match effect {
                Effect::Send { to: Actor::Etcd(n), message: Message::Etcd { call, request } } => {
                    if self.members[n as usize].is_none() {
                        self.fail(n, call, "dial tcp: connect: connection refused");
                        continue;
                    }
                    self.calls.insert((n, call), ());
                    let input = etcd::Input::Client { from: Actor::ApiServer, call, request };
                    self.queue.push(self.now + HOP, Event::Etcd(n, input));
                }
                Effect::Send { message: Message::Response { id, response }, .. } => {
                    self.responses.insert(id, response);
                }
                Effect::Send { message: Message::Frame { id, frame }, .. } => {
                    self.frames.entry(id).or_default().push(frame);
                }
                Effect::Send { .. } | Effect::Note(_) => {}
                Effect::Timer { after, token } => {
                    self.queue.push(self.now + after, Event::Server(Input::Timer(token)));
                }
            }
        }
    }

    fn fail(&mut self, member: u32, call: CallId, reason: &'static str) {
        let input = Input::EtcdFailed { member, call, reason: reason.into() };
        self.queue.push(self.now + HOP, Event::Server(input));
    }

    fn etcd_event(&mut self, n: u32, input: etcd::Input) {
        let Some(member) = self.members[n as usize].as_mut() else { return };
        let mut effects = Vec::new();
        member.handle(input, &mut Context::new(self.now, Actor::Etcd(n), &mut effects));
        for effect in effects {
            let (to, input) = match effect {
                Effect::Send { message: etcd::Message::Client { call, response }, .. } => {
                    self.queue.push(self.now + HOP, Event::Server(Input::Etcd { member: n, call, response }));
                    continue;
                }
                Effect::Send { to: Actor::Etcd(to), message: etcd::Message::Peer(message) } => {
                    (to, etcd::Input::Peer { from: n, message })
                }
                Effect::Send { to: Actor::Etcd(to), message: etcd::Message::Forward(forward) } => {
                    (to, etcd::Input::Forward { from: n, forward })
                }
                Effect::Timer { after, token } => {
                    self.timer(n, after, token);
                    continue;
                }
                _ => continue,
            };
            self.queue.push(self.now + HOP, Event::Etcd(to, input));
        }
    }

    fn timer(&mut self, n: u32, after: Duration, token: Token) {
        self.queue.push(self.now + after, Event::Etcd(n, etcd::Input::Timer(token)));
    }

    /// A member's process dies for good.
    fn kill(&mut self, n: u32) {
        self.members[n as usize] = None;
        let lost: Vec<CallId> = self.calls.keys().filter(|(m, _)| *m == n).map(|(_, call)| *call).collect();
        for call in lost {
            self.fail(n, call, "read tcp: connection reset by peer");
        }
    }

    fn send(&mut self, request: Request) -> RequestId {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        let input = Input::Request { from: Actor::User, id, request: Arc::new(request) };
        self.queue.push(self.now, Event::Server(input));
        id
    }

    fn ask(&mut self, request: Request) -> Arc<Response> {
        let id = self.send(request);
        for _ in 0..3000 {
            self.run(Duration::from_millis(10));
            if let Some(response) = self.responses.get(&id) {
                return response.clone();
            }
        }
        panic!("no answer in 30 s");
    }

    fn events(&mut self, id: RequestId) -> Vec<String> {
        let frames = self.frames.remove(&id).unwrap_or_default();
        let events = frames.iter().flat_map(|frame| match frame {
            Frame::Watch(events) => events.to_vec(),
            _ => Vec::new(),
        });
        events.map(|event| format!("{} {}", event.kind.as_str(), event.object.name())).collect()
    }
}

fn map(name: &str) -> Value {
    object! { "metadata": { "name": name }, "data": { "n": "0" } }
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[test]
fn works_before_the_real_store_and_outlives_its_leader() {
    let mut world = World::new();
    world.run(Duration::from_secs(5));
    assert_eq!(world.ask(Request::new(Method::Get, "/readyz")).status, 200);
    let watch =
        world.send(Request::new(Method::Get, MAPS).query("watch", "true").query("resourceVersion", "0"));
    assert_eq!(world.ask(Request::new(Method::Post, MAPS).body(map("a"))).status, 201);
    let event = object! {
        "metadata": { "name": "e" }, "involvedObject": { "kind": "Pod", "name": "p", "namespace": "default" },
    };
    assert_eq!(
        world.ask(Request::new(Method::Post, "/api/v1/namespaces/default/events").body(event)).status,
        201
    );
    let list = world.ask(Request::new(Method::Get, MAPS));
    assert_eq!(
        list.value().unwrap().items_at(&["items"]).len(),
        1,
        "consistent after another resource's write"
    );
    let old = list.value().unwrap().str_at(&["metadata", "resourceVersion"]).unwrap().clone();
    let patch = Request::new(Method::Patch, format!("{MAPS}/a"))
        .header("content-type", "application/merge-patch+json");
    assert_eq!(world.ask(patch.body(object! { "data": { "n": "1" } })).status, 200);
    assert_eq!(world.events(watch), ["ADDED a", "MODIFIED a"]);
    let exact =
        Request::new(Method::Get, MAPS).query("resourceVersion", old).query("resourceVersionMatch", "Exact");
    let exact = world.ask(exact);
    assert_eq!(exact.value().unwrap().items_at(&["items"])[0].str_at(&["data", "n"]).unwrap(), "0");

    let asked = world.server.etcd_endpoint();
    world.kill(asked);
    let late = world.ask(Request::new(Method::Post, MAPS).body(map("b")));
    assert!(matches!(late.status, 201 | 500), "{late:?}");
    world.run(Duration::from_secs(10));
    assert_ne!(world.server.etcd_endpoint(), asked);
    assert_eq!(world.ask(Request::new(Method::Post, MAPS).body(map("c"))).status, 201);
    world.run(Duration::from_millis(100));
    assert_eq!(world.events(watch).last().unwrap(), "ADDED c");
    assert_eq!(world.ask(Request::new(Method::Delete, format!("{MAPS}/a"))).status, 200);
    world.run(Duration::from_millis(100));
    assert_eq!(world.events(watch), ["DELETED a"]);
    // The Event goes with its lease.
    world.run(Duration::from_secs(3700));
    let events = world.ask(Request::new(Method::Get, "/api/v1/events"));
    assert_eq!(events.value().unwrap().items_at(&["items"]).len(), 0);
}
