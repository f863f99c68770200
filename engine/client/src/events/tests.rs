//! What the recorder sends.

use std::sync::Arc;

use api::http::{Body, Method, Request, Response};
use sim::{Actor, Effect, Stream};

use super::*;
use crate::component::Message;

struct Bench {
    recorder: EventRecorder,
    session: Session,
    now: SimTime,
    sent: Vec<(RequestId, Arc<Request>)>,
}

impl Bench {
    fn new() -> Bench {
        Bench {
            recorder: EventRecorder::new("replicaset-controller", "", Token::new(1, 0)),
            session: Session::new("test", Stream::derive(1, "test")),
            now: SimTime::from_secs(5),
            sent: Vec::new(),
        }
    }

    fn run(&mut self, step: impl FnOnce(&mut EventRecorder, &mut Session, &mut Context<'_>)) {
        let mut effects = Vec::new();
        let mut context = Context::new(self.now, Actor::ControllerManager, &mut effects);
        step(&mut self.recorder, &mut self.session, &mut context);
        for effect in effects {
            if let Effect::Send { message: Message::Request { id, request }, .. } = effect {
                self.sent.push((id, request));
            }
        }
    }

    fn record(&mut self, message: &str) {
        let about = Object::new(object! {
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": { "namespace": "a", "name": "web", "uid": "u1" },
        });
        self.run(|recorder, session, context| {
            recorder.record(session, context, &about, EventType::Normal, "SuccessfulCreate", message);
        });
    }

    fn answer(&mut self, status: u16) {
        let id = self.sent.last().unwrap().0;
        let input = Input::Response { id, response: Arc::new(Response::tree(status, Value::Null)) };
        self.run(|recorder, session, context| assert!(recorder.on_input(&input, session, context)));
    }

    fn body(&self, i: usize) -> (Method, String, Value) {
        let request = &self.sent[i].1;
        let Body::Tree(body) = &request.body else { panic!("no body") };
        (request.method, request.path.to_string(), body.clone())
    }
}

#[test]
fn a_new_event_is_created_and_a_repeated_one_counted() {
    let mut bench = Bench::new();
    bench.record("Created pod: web-1");
    bench.record("Created pod: web-1");
    assert_eq!(bench.sent.len(), 1, "one after another");
    let (method, path, event) = bench.body(0);
    assert_eq!((method, path.as_str()), (Method::Post, "/api/v1/namespaces/a/events"));
    let name = event.str_at(&["metadata", "name"]).unwrap().clone();
    let (object, stamp) = name.rsplit_once('.').unwrap();
    assert_eq!((object, stamp.len()), ("web", 16));
    assert_eq!(event.int_at(&["count"]), Some(1));
    assert_eq!(event.str_at(&["source", "component"]).unwrap(), "replicaset-controller");
    assert_eq!(event.str_at(&["involvedObject", "kind"]).unwrap(), "ReplicaSet");
    bench.answer(201);
    let (method, path, patch) = bench.body(1);
    assert_eq!((method, path), (Method::Patch, format!("/api/v1/namespaces/a/events/{name}")));
    assert_eq!(patch.int_at(&["count"]), Some(2));
    // The event has expired meanwhile: it is created again.
    bench.answer(404);
    assert_eq!(bench.body(2).0, Method::Post);
    bench.answer(201);
    assert_eq!(bench.sent.len(), 3);
}

#[test]
fn similar_events_are_combined_and_floods_cut_off() {
    let mut bench = Bench::new();
    for i in 0..40 {
        bench.record(&format!("Created pod: web-{i}"));
    }
    for _ in 0..25 {
        bench.answer(200);
    }
    assert_eq!(bench.sent.len(), 25, "25 at once about one object");
    assert_eq!(bench.recorder.counts(), (40, 15));
    let (method, _, event) = bench.body(10);
    assert_eq!(method, Method::Post);
    assert_eq!(event.str_at(&["message"]).unwrap(), "(combined from similar events): Created pod: web-10");
    let (method, _, patch) = bench.body(24);
    assert_eq!((method, patch.int_at(&["count"])), (Method::Patch, Some(15)));
    assert_eq!(patch.str_at(&["message"]).unwrap(), "(combined from similar events): Created pod: web-24");
}
