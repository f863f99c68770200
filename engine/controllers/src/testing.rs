//! Builders for tables of tests.

use api::{Object, ObjectKey, Value, object};
use client::WorkQueue;
use sim::SimTime;

use crate::controllers::Controller;
use crate::item::Item;
use crate::outcome::Outcome;
use crate::world::{Kind, World};

pub struct Builder(Value);

pub fn pod(namespace: &str, name: &str) -> Builder {
    Builder::new("v1", "Pod", namespace, name).set(&["status", "phase"], "Pending")
}

impl Builder {
    pub fn new(api_version: &str, kind: &str, namespace: &str, name: &str) -> Builder {
        let mut value = object! {
            "apiVersion": api_version,
            "kind": kind,
            "metadata": {
                "name": name, "uid": format!("uid-{name}"), "resourceVersion": "1",
                "creationTimestamp": "2026-01-01T00:00:00Z",
            },
        };
        if !namespace.is_empty() {
            value.set(&["metadata", "namespace"], namespace);
        }
        Builder(value)
    }

    pub fn set(mut self, path: &[&str], value: impl Into<Value>) -> Builder {
        self.0.set(path, value);
        self
    }

    pub fn owner(self, kind: &str, name: &str, uid: &str) -> Builder {
        let version = match kind {
            "Pod" | "Node" | "Service" | "ConfigMap" => "v1",
            _ => "apps/v1",
        };
        let reference = object! {
            "apiVersion": version, "kind": kind, "name": name, "uid": uid,
            "controller": true, "blockOwnerDeletion": true,
        };
        self.set(&["metadata", "ownerReferences"], vec![reference])
    }

    pub fn label(self, name: &str, value: &str) -> Builder {
        self.set(&["metadata", "labels", name], value)
    }

    pub fn on(self, node: &str) -> Builder {
        self.set(&["spec", "nodeName"], node)
    }

    pub fn ready(self) -> Builder {
        let condition =
            object! { "type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z" };
        self.set(&["status", "phase"], "Running").set(&["status", "conditions"], vec![condition])
    }

    pub fn ip(self, ip: &str) -> Builder {
        self.set(&["status", "podIP"], ip)
    }

    pub fn terminating(self) -> Builder {
        self.set(&["metadata", "deletionTimestamp"], "2026-01-01T00:00:01Z")
    }

    pub fn build(self) -> Object {
        Object::new(self.0)
    }
}

/// A world that knows these objects.
pub fn world(objects: impl IntoIterator<Item = Builder>) -> World {
    let mut world = World::new(0);
    for object in objects {
        world.put(object.build());
    }
    world
}

pub fn at(seconds: u64) -> SimTime {
    SimTime::from_secs(seconds)
}

/// `METHOD path`, one line a request, with a blank line between batches.
pub fn requests(outcome: &Outcome) -> Vec<String> {
    outcome.calls().map(|call| format!("{} {}", call.request.method, call.request.path)).collect()
}

/// The body of a request.
pub fn body(outcome: &Outcome, i: usize) -> Value {
    match &outcome.calls().nth(i).expect("so many requests").request.body {
        api::http::Body::Tree(value) => value.clone(),
        other => panic!("no tree: {other:?}"),
    }
}

/// Reconciles one object by name.
pub fn run(controller: &mut impl Controller, kind: Kind, key: &str, world: &World, now: SimTime) -> Outcome {
    let key = match key.split_once('/') {
        Some((namespace, name)) => ObjectKey::new(namespace, name),
        None => ObjectKey::new("", key),
    };
    controller.reconcile(&Item::new(kind, key), world, now)
}

/// Puts an object into the world and tells the controller; returns what it wants to look at.
pub fn tell(controller: &mut impl Controller, world: &mut World, object: Builder) -> Vec<String> {
    let mut queue = WorkQueue::default();
    if let Some((kind, delta)) = world.put(object.build()) {
        controller.on_delta(kind, &delta, world, SimTime::ZERO, &mut queue);
    }
    queue.waiting().map(Item::to_string).collect()
}
