//! A kubelet and a real runtime, with just enough of an API server: objects in memory, watches, strategic patches.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::http::{Body, Frame, Method, Request, Response, WatchEvent, WatchKind};
use api::{Object, Value, object};
use client::RequestId;
use clusterlab_kubelet::{Config, Input, Kubelet, Message, Worker};
use runtime::Runtime;
use sim::{Actor, Effect, EventQueue, SimTime};

const NETWORK: Duration = Duration::from_millis(1);
const SOCKET: Duration = Duration::from_micros(50);

#[derive(Clone, Debug)]
enum Event {
    Kubelet(Input),
    Runtime(runtime::Input),
    Request(RequestId, Arc<Request>),
}

pub struct Bench {
    pub kubelet: Kubelet,
    pub runtime: Runtime,
    queue: EventQueue<Event>,
    pub now: SimTime,
    /// Collection without namespace, then `namespace/name`.
    pub objects: BTreeMap<String, BTreeMap<String, Object>>,
    watches: Vec<(RequestId, String)>,
    version: u64,
    pub steps: u64,
    /// What came back through the kubelet's HTTP server.
    pub http: Vec<String>,
    pub requests: BTreeMap<String, u32>,
    /// Each different status of a pod in the order they were told: phase and waiting reason or state.
    pub told: Vec<String>,
    pub patches: BTreeMap<String, u32>,
}

impl Bench {
    pub fn new() -> Bench {
        let mut bench = Bench {
            kubelet: Kubelet::new(Config::new(1, "node-1", "172.18.0.11", 3)),
            runtime: Runtime::new(1, 3),
            queue: EventQueue::default(),
            now: SimTime::ZERO,
            objects: BTreeMap::new(),
            watches: Vec::new(),
            version: 1,
            steps: 0,
            http: Vec::new(),
            requests: BTreeMap::new(),
            told: Vec::new(),
            patches: BTreeMap::new(),
        };
        bench.queue.push(SimTime::ZERO, Event::Runtime(runtime::Input::Start));
        bench.queue.push(SimTime::ZERO, Event::Kubelet(Input::Start));
        bench.run_for(2);
        let mut node = bench.objects["/api/v1/nodes"]["/node-1"].value().clone();
        node.set(&["spec", "podCIDR"], "10.244.0.0/24");
        bench.write("/api/v1/nodes", "/node-1", node);
        bench.run_for(1);
        bench
    }

    /// The kubelet's process is replaced by a new one; containers go on running.
    pub fn restart_kubelet(&mut self) {
        self.kubelet = Kubelet::new(Config::new(1, "node-1", "172.18.0.11", 3));
        self.drop_timers();
        self.queue.push(self.now, Event::Kubelet(Input::Start));
    }

    /// The machine is switched off and on again.
    pub fn reboot(&mut self) {
        self.runtime.power_off(self.now);
        self.queue = EventQueue::default();
        self.watches.clear();
        self.kubelet = Kubelet::new(Config::new(1, "node-1", "172.18.0.11", 3));
        self.queue.push(self.now, Event::Runtime(runtime::Input::Start));
        self.queue.push(self.now, Event::Kubelet(Input::Start));
    }

    fn drop_timers(&mut self) {
        let doomed: Vec<(SimTime, u64)> = self
            .queue
            .iter()
            .filter(|(_, _, event)| !matches!(event, Event::Runtime(_)))
            .map(|(at, sequence, _)| (at, sequence))
            .collect();
        for (at, sequence) in doomed {
            self.queue.remove(at, sequence);
        }
        self.watches.clear();
    }

    pub fn run_for(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.queue.next_time().filter(|at| *at <= until) {
            self.now = at;
            let Some((_, _, event)) = self.queue.pop() else { break };
            self.steps += 1;
            assert!(self.steps < 1_000_000, "no end in sight: {event:?}");
            match event {
                Event::Kubelet(input) => self.feed_kubelet(input),
                Event::Runtime(input) => self.feed_runtime(input),
                Event::Request(id, request) => self.serve(id, &request),
            }
        }
        self.now = until;
    }

    fn feed_kubelet(&mut self, input: Input) {
        let mut effects = Vec::new();
        self.kubelet.handle(input, &mut sim::Context::new(self.now, Actor::Kubelet(1), &mut effects));
        for effect in effects {
            match effect {
                Effect::Timer { after, token } => {
                    self.queue.push(self.now + after, Event::Kubelet(Input::Timer(token)));
                }
                Effect::Send { message, .. } => self.carry(message),
                Effect::Note(_) => {}
            }
        }
    }

    fn carry(&mut self, message: Message) {
        match message {
            Message::Api(client::Message::Request { id, request }) => {
                self.queue.push(self.now + NETWORK, Event::Request(id, request));
            }
            Message::Api(client::Message::Cancel { .. }) => {}
            Message::Cri { id, request } => {
                self.queue.push(self.now + SOCKET, Event::Runtime(runtime::Input::Cri { id, request }));
            }
            Message::Http { response, .. } => {
                self.http.push(format!("{} {}", response.status, text(&response.body)))
            }
            Message::HttpFrame { frame: Frame::Data(data), .. } => {
                self.http.push(String::from_utf8_lossy(&data).into_owned());
            }
            Message::HttpFrame { .. } => self.http.push("END".to_owned()),
        }
    }

    fn feed_runtime(&mut self, input: runtime::Input) {
        let mut effects = Vec::new();
        self.runtime.handle(input, &mut sim::Context::new(self.now, Actor::Runtime(1), &mut effects));
        for effect in effects {
            match effect {
                Effect::Timer { after, token } => {
                    self.queue.push(self.now + after, Event::Runtime(runtime::Input::Timer(token)));
                }
                Effect::Send { message, .. } => {
                    let input = match message {
                        runtime::Message::Response { id, response } => Input::Cri { id, response },
                        runtime::Message::Event(event) => Input::CriEvent(event),
                    };
                    self.queue.push(self.now + SOCKET, Event::Kubelet(input));
                }
                Effect::Note(_) => {}
            }
        }
    }

    pub fn ask(&mut self, request: Request) {
        let input = Input::Http { id: RequestId(self.version), request: Arc::new(request) };
        self.queue.push(self.now, Event::Kubelet(input));
    }

    fn answer(&mut self, id: RequestId, response: Response) {
        let input = Input::Api(client::Input::Response { id, response: Arc::new(response) });
        self.queue.push(self.now + NETWORK, Event::Kubelet(input));
    }

    fn parts(path: &str) -> (String, String, String, String) {
        let words: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let root = if words[0] == "api" { 2 } else { 3 };
        let mut rest = &words[root..];
        let mut namespace = "";
        if rest.len() > 2 && rest[0] == "namespaces" {
            namespace = rest[1];
            rest = &rest[2..];
        }
        let word = |i: usize| rest.get(i).copied().unwrap_or("").to_owned();
        (format!("/{}/{}", words[..root].join("/"), rest[0]), namespace.to_owned(), word(1), word(2))
    }

    fn serve(&mut self, id: RequestId, request: &Request) {
        let (collection, namespace, name, _) = Self::parts(&request.path);
        let key = format!("{namespace}/{name}");
        if request.is_watch() {
            self.watches.push((id, collection));
            return self.answer(id, Response { streaming: true, ..Response::tree(200, Value::Null) });
        }
        *self.requests.entry(format!("{} {collection}", request.method)).or_default() += 1;
        let known = self.objects.get(&collection).and_then(|c| c.get(&key)).cloned();
        let body = match &request.body {
            Body::Tree(value) => value.clone(),
            _ => Value::Null,
        };
        let response = match (request.method, known) {
            (Method::Get, _) if name.is_empty() => {
                let all = self.objects.get(&collection).into_iter().flat_map(|c| c.values());
                let items: Vec<Value> = all.map(|o| o.value().clone()).collect();
                let version = self.version.to_string();
                Response::tree(200, object! { "metadata": { "resourceVersion": version }, "items": items })
            }
            (Method::Post, _) => {
                let name = body.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
                let key = format!("{namespace}/{name}");
                if self.objects.get(&collection).is_some_and(|c| c.contains_key(&key)) {
                    Response::tree(409, object! { "reason": "AlreadyExists" })
                } else {
                    Response::tree(201, self.write(&collection, &key, body))
                }
            }
            (_, None) => Response::tree(404, object! { "reason": "NotFound" }),
            (Method::Get, Some(known)) => Response::tree(200, known.value().clone()),
            (Method::Put, Some(_)) => Response::tree(200, self.write(&collection, &key, body)),
            (Method::Patch, Some(known)) => {
                let kind = if collection.ends_with("/nodes") { "Node" } else { "Pod" };
                let next = match (collection.as_str(), api::schema::definition("", "v1", kind)) {
                    ("/api/v1/events", _) | (_, None) => api::patch::merge(known.value(), &body),
                    (_, Some(definition)) => {
                        api::patch::strategic(definition, known.value(), &body).expect("a patch")
                    }
                };
                if collection.ends_with("/pods") {
                    *self.patches.entry(name.clone()).or_default() += 1;
                    self.told.push(summary(&next));
                }
                Response::tree(200, self.write(&collection, &key, next))
            }
            (_, Some(known)) => {
                self.remove(&collection, &key, &known);
                Response::tree(200, known.value().clone())
            }
        };
        self.answer(id, response);
    }

    pub fn write(&mut self, collection: &str, key: &str, mut value: Value) -> Value {
        self.version += 1;
        value.set(&["metadata", "resourceVersion"], self.version.to_string());
        if value.at(&["metadata", "uid"]).is_none() {
            value.set(&["metadata", "uid"], format!("uid-{}", self.version));
        }
        let object = Object::new(value.clone());
        let before =
            self.objects.entry(collection.to_owned()).or_default().insert(key.to_owned(), object.clone());
        self.tell(collection, if before.is_some() { WatchKind::Modified } else { WatchKind::Added }, object);
        value
    }

    fn remove(&mut self, collection: &str, key: &str, known: &Object) {
        self.objects.entry(collection.to_owned()).or_default().remove(key);
        self.tell(collection, WatchKind::Deleted, known.clone());
    }

    fn tell(&mut self, collection: &str, kind: WatchKind, object: Object) {
        let events: Arc<[WatchEvent]> = Arc::from([WatchEvent { kind, object }]);
        let watchers: Vec<RequestId> =
            self.watches.iter().filter(|(_, watched)| watched == collection).map(|(id, _)| *id).collect();
        for id in watchers {
            let input = Input::Api(client::Input::Frame { id, frame: Frame::Watch(events.clone()) });
            self.queue.push(self.now + NETWORK, Event::Kubelet(input));
        }
    }

    /// A pod that the scheduler has bound to this node.
    pub fn bind(&mut self, name: &str, spec: Value) {
        let mut spec = spec;
        spec.set(&["nodeName"], "node-1");
        let pod = object! {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": name, "namespace": "default", "creationTimestamp": self.now.rfc3339() },
            "spec": spec,
            "status": { "phase": "Pending" },
        };
        self.write("/api/v1/pods", &format!("default/{name}"), pod);
    }

    pub fn delete(&mut self, name: &str, grace: i64) {
        let key = format!("default/{name}");
        let mut pod = self.objects["/api/v1/pods"][&key].value().clone();
        pod.set(&["metadata", "deletionTimestamp"], (self.now + Duration::from_secs(grace as u64)).rfc3339());
        pod.set(&["metadata", "deletionGracePeriodSeconds"], grace);
        self.write("/api/v1/pods", &key, pod);
    }

    pub fn create(&mut self, collection: &str, name: &str, value: Value) {
        let mut value = value;
        value.set(&["metadata", "name"], name);
        value.set(&["metadata", "namespace"], "default");
        self.write(collection, &format!("default/{name}"), value);
    }

    pub fn pod(&self, name: &str) -> Option<&Object> {
        self.objects.get("/api/v1/pods")?.get(&format!("default/{name}"))
    }

    pub fn worker(&self, name: &str) -> &Worker {
        self.kubelet.workers().find(|w| w.pod.name() == name).expect("a worker")
    }

    /// `reason: message` of all events about objects whose name begins so.
    pub fn events(&self, name: &str) -> Vec<String> {
        let all = self.objects.get("/api/v1/events").into_iter().flat_map(|c| c.values());
        let mut events: Vec<&Object> = all.filter(|e| e.name().starts_with(name)).collect();
        events.sort_by_key(|e| e.name().rsplit('.').next().unwrap_or_default().to_owned());
        let text = |e: &&Object| {
            let part = |name: &str| e.value().str_at(&[name]).cloned().unwrap_or_default();
            format!("{}: {}", part("reason"), part("message"))
        };
        events.iter().map(text).collect()
    }
}

fn text(body: &Body) -> String {
    match body {
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    }
}

/// `Pending [PodInitializing]`, `Running [running ready]`.
pub fn summary(pod: &Value) -> String {
    let state = |status: &Value| {
        let ready = if status.get("ready").and_then(Value::as_bool) == Some(true) { " ready" } else { "" };
        let state = match (status.at(&["state", "waiting"]), status.at(&["state", "terminated"])) {
            (Some(waiting), _) => waiting.str_at(&["reason"]).map(|s| s.to_string()).unwrap_or_default(),
            (None, Some(end)) => format!("exit {}", end.int_at(&["exitCode"]).unwrap_or(-1)),
            (None, None) => "running".to_owned(),
        };
        format!("{state}{ready}")
    };
    let list = |name: &str| pod.items_at(&["status", name]).iter().map(state).collect::<Vec<_>>().join(", ");
    let phase = pod.str_at(&["status", "phase"]).cloned().unwrap_or_default();
    let init = list("initContainerStatuses");
    let init = if init.is_empty() { init } else { format!("({init}) ") };
    format!("{phase} {init}[{}]", list("containerStatuses"))
}
