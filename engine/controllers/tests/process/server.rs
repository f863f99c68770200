//! Just enough of an API server to see the process run: objects in memory, requests answered at once, watches.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::http::{Body, Frame, Method, Request, Response, WatchEvent, WatchKind};
use api::{Object, Value, object};
use client::{Component, Context, Input, Message, RequestId};
use clusterlab_controllers::{Config, ControllerManager};
use sim::{Actor, Effect, EventQueue, SimTime, Stream};

/// How long a message takes, either way.
const LATENCY: Duration = Duration::from_millis(5);

pub struct Bench {
    pub manager: ControllerManager,
    queue: EventQueue<Event>,
    pub now: SimTime,
    /// Collection path without namespace, then namespace/name.
    pub objects: BTreeMap<String, BTreeMap<String, Object>>,
    watches: Vec<(RequestId, String)>,
    version: u64,
    pub requests: BTreeMap<String, u64>,
    pub notes: Vec<String>,
    pub steps: u64,
    /// Pods become ready by themselves.
    pub kubelet: bool,
}

#[derive(Clone, Debug)]
enum Event {
    Input(Input),
    Request(RequestId, Arc<Request>),
    /// A pod's containers have started.
    PodReady(String),
}

impl Bench {
    pub fn new() -> Bench {
        Bench::with(Config::default())
    }

    pub fn with(config: Config) -> Bench {
        let manager = ControllerManager::new(config, Stream::derive(1, "controller-manager"));
        let mut bench = Bench {
            manager,
            queue: EventQueue::default(),
            now: SimTime::ZERO,
            objects: BTreeMap::new(),
            watches: Vec::new(),
            version: 1,
            requests: BTreeMap::new(),
            notes: Vec::new(),
            steps: 0,
            kubelet: true,
        };
        bench.queue.push(SimTime::ZERO, Event::Input(Input::Start));
        bench
    }

    /// Runs until nothing is left to do before `until`.
    pub fn run(&mut self, until: SimTime) {
        while let Some(at) = self.queue.next_time().filter(|at| *at <= until) {
            self.now = at;
            let Some((_, _, event)) = self.queue.pop() else { break };
            self.steps += 1;
            match event {
                Event::Input(input) => self.handle(input),
                Event::Request(id, request) => self.serve(id, &request),
                Event::PodReady(key) => self.start_pod(&key),
            }
        }
        self.now = until;
    }

    fn handle(&mut self, input: Input) {
        let mut effects = Vec::new();
        let mut context = Context::new(self.now, Actor::ControllerManager, &mut effects);
        self.manager.handle(input, &mut context);
        for effect in effects {
            match effect {
                Effect::Send { message: Message::Request { id, request }, .. } => {
                    self.queue.push(self.now + LATENCY, Event::Request(id, request));
                }
                Effect::Send { .. } => {}
                Effect::Timer { after, token } => {
                    self.queue.push(self.now + after, Event::Input(Input::Timer(token)));
                }
                Effect::Note(note) => self.notes.push(note.to_string()),
            }
        }
    }

    fn answer(&mut self, id: RequestId, response: Response) {
        self.queue
            .push(self.now + LATENCY, Event::Input(Input::Response { id, response: Arc::new(response) }));
    }

    /// `/apis/apps/v1/namespaces/a/replicasets/web/status` to (`/apis/apps/v1/replicasets`, `a`, `web`, `status`).
    fn parts(path: &str) -> (String, String, String, String) {
        let words: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let root = if words[0] == "api" { 2 } else { 3 };
        let mut rest = &words[root..];
        let mut namespace = "";
        if rest.len() > 2 && rest[0] == "namespaces" && !matches!(rest[2], "status" | "finalize") {
            namespace = rest[1];
            rest = &rest[2..];
        }
        let word = |i: usize| rest.get(i).copied().unwrap_or("").to_owned();
        (format!("/{}/{}", words[..root].join("/"), rest[0]), namespace.to_owned(), word(1), word(2))
    }

    fn serve(&mut self, id: RequestId, request: &Request) {
        let (collection, namespace, name, sub) = Self::parts(&request.path);
        let key = format!("{namespace}/{name}");
        if request.is_watch() {
            self.watches.push((id, collection));
            let response = Response { streaming: true, ..Response::tree(200, Value::Null) };
            return self.answer(id, response);
        }
        *self
            .requests
            .entry(format!("{} {collection}{}", request.method, if sub.is_empty() { "" } else { "/sub" }))
            .or_default() += 1;
        let known = self.objects.get(&collection).and_then(|c| c.get(&key)).cloned();
        let body = match &request.body {
            Body::Tree(value) => value.clone(),
            _ => Value::Null,
        };
        let response = match (request.method, known) {
            (Method::Get, _) if name.is_empty() => {
                let items: Vec<Value> = self
                    .objects
                    .get(&collection)
                    .into_iter()
                    .flat_map(|c| c.values())
                    .map(|o| o.value().clone())
                    .collect();
                Response::tree(
                    200,
                    object! { "metadata": { "resourceVersion": self.version.to_string() }, "items": items },
                )
            }
            (Method::Post, _) => Response::tree(201, self.create(&collection, &namespace, body)),
            (_, None) => Response::tree(404, object! { "message": "not found", "reason": "NotFound" }),
            (Method::Get, Some(known)) => Response::tree(200, known.value().clone()),
            (Method::Put, Some(known)) => {
                let wanted = body.str_at(&["metadata", "resourceVersion"]);
                if wanted.is_some() && wanted != known.value().str_at(&["metadata", "resourceVersion"]) {
                    Response::tree(
                        409,
                        object! { "message": "the object has been modified", "reason": "Conflict" },
                    )
                } else {
                    let mut next = body;
                    if sub.is_empty() && known.value().get("spec") != next.get("spec") {
                        let generation = known.value().int_at(&["metadata", "generation"]).unwrap_or(0) + 1;
                        next.set(&["metadata", "generation"], generation);
                    }
                    Response::tree(200, self.write(&collection, &key, next))
                }
            }
            (Method::Patch, Some(known)) => {
                let mut next = known.value().clone();
                merge(&mut next, &body);
                Response::tree(200, self.write(&collection, &key, next))
            }
            (_, Some(known)) => {
                self.delete(&collection, &key, &known);
                Response::tree(200, known.value().clone())
            }
        };
        self.answer(id, response);
    }

    pub fn create(&mut self, collection: &str, namespace: &str, mut value: Value) -> Value {
        if value.at(&["metadata", "name"]).is_none() {
            let base = value.str_at(&["metadata", "generateName"]).cloned().unwrap_or_default();
            value.set(&["metadata", "name"], format!("{base}{:05}", self.version));
        }
        value.set(&["metadata", "uid"], format!("uid-{}", self.version));
        value.set(&["metadata", "generation"], 1);
        value.set(&["metadata", "creationTimestamp"], self.now.rfc3339());
        let name = value.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
        let key = format!("{namespace}/{name}");
        if collection == "/api/v1/pods" && self.kubelet {
            value.set(&["spec", "nodeName"], "n1");
            value.set(&["status", "podIP"], format!("10.244.{}.{}", self.version / 250, self.version % 250));
            let delay = Duration::from_millis(200 + self.version % 1000);
            self.queue.push(self.now + delay, Event::PodReady(key.clone()));
        }
        self.write(collection, &key, value)
    }

    fn start_pod(&mut self, key: &str) {
        let Some(pod) = self.objects.get("/api/v1/pods").and_then(|pods| pods.get(key)) else { return };
        let mut value = pod.value().clone();
        value.set(&["status", "phase"], "Running");
        let ready = object! { "type": "Ready", "status": "True", "lastTransitionTime": self.now.rfc3339() };
        value.set(&["status", "conditions"], vec![ready]);
        self.write("/api/v1/pods", key, value);
    }

    fn write(&mut self, collection: &str, key: &str, mut value: Value) -> Value {
        self.version += 1;
        value.set(&["metadata", "resourceVersion"], self.version.to_string());
        let object = Object::new(value.clone());
        let before =
            self.objects.entry(collection.to_owned()).or_default().insert(key.to_owned(), object.clone());
        self.tell(collection, if before.is_some() { WatchKind::Modified } else { WatchKind::Added }, object);
        value
    }

    pub fn delete(&mut self, collection: &str, key: &str, known: &Object) {
        self.version += 1;
        if let Some(objects) = self.objects.get_mut(collection) {
            objects.remove(key);
        }
        let mut last = known.value().clone();
        last.set(&["metadata", "resourceVersion"], self.version.to_string());
        self.tell(collection, WatchKind::Deleted, Object::new(last));
    }

    /// Changes an object as a user would.
    pub fn edit(&mut self, collection: &str, key: &str, path: &[&str], to: impl Into<Value>) {
        let mut value = self.objects[collection][key].value().clone();
        value.set(path, to);
        let generation = value.int_at(&["metadata", "generation"]).unwrap_or(0) + 1;
        value.set(&["metadata", "generation"], generation);
        self.write(collection, key, value);
    }

    fn tell(&mut self, collection: &str, kind: WatchKind, object: Object) {
        let events: Arc<[WatchEvent]> = Arc::from([WatchEvent { kind, object }]);
        for (id, watched) in &self.watches {
            if watched == collection {
                let input = Input::Frame { id: *id, frame: Frame::Watch(events.clone()) };
                self.queue.push(self.now + LATENCY, Event::Input(input));
            }
        }
    }

    pub fn all(&self, collection: &str) -> Vec<&Object> {
        self.objects.get(collection).into_iter().flat_map(|c| c.values()).collect()
    }
}

/// RFC 7386, which is enough for the patches that these tests see.
fn merge(target: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_map() else {
        *target = patch.clone();
        return;
    };
    for (name, value) in fields.iter() {
        if value.is_null() {
            target.remove(&[name]);
        } else {
            merge(target.entry(&[name]), value);
        }
    }
}
