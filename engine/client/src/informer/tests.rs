//! An informer against a scripted server.

use std::sync::Arc;

use api::http::WatchEvent;
use api::object;
use sim::{Actor, Effect, Stream};

use super::*;
use crate::component::Message;
use crate::resource::PODS;

const TOKEN: Token = Token::new(1, 0);

struct Bench {
    informer: Informer,
    session: Session,
    now: SimTime,
    sent: Vec<(RequestId, Arc<Request>)>,
    timers: Vec<Duration>,
}

impl Bench {
    fn new() -> Bench {
        Bench {
            informer: Informer::new(PODS.clone(), Selection::default(), &[IndexBy::Node], TOKEN),
            session: Session::new("test", Stream::derive(1, "test")),
            now: SimTime::ZERO,
            sent: Vec::new(),
            timers: Vec::new(),
        }
    }

    fn run(
        &mut self,
        step: impl FnOnce(&mut Informer, &mut Session, &mut Context<'_>) -> Handled,
    ) -> Handled {
        let mut effects = Vec::new();
        let mut context = Context::new(self.now, Actor::Scheduler, &mut effects);
        let handled = step(&mut self.informer, &mut self.session, &mut context);
        for effect in effects {
            match effect {
                Effect::Send { message: Message::Request { id, request }, .. } => {
                    self.sent.push((id, request))
                }
                Effect::Timer { after, .. } => self.timers.push(after),
                _ => {}
            }
        }
        handled
    }

    fn start(&mut self) {
        self.run(|informer, session, context| {
            informer.start(session, context);
            Handled::NotMine
        });
    }

    fn input(&mut self, input: Input) -> Vec<(String, bool, bool)> {
        match self.run(|informer, session, context| informer.on_input(&input, session, context)) {
            Handled::NotMine => vec![("not mine".into(), false, false)],
            Handled::Deltas(deltas) => {
                deltas.iter().map(|d| (d.key().to_string(), d.old.is_some(), d.new.is_some())).collect()
            }
        }
    }

    fn last(&self) -> (RequestId, &Request) {
        let (id, request) = self.sent.last().expect("nothing sent");
        (*id, request)
    }

    fn list(&mut self, version: &str, items: Value) -> Vec<(String, bool, bool)> {
        let id = self.last().0;
        let mut body = object! { "kind": "PodList", "metadata": { "resourceVersion": version } };
        body.set(&["items"], items);
        self.input(Input::Response { id, response: Arc::new(Response::tree(200, body)) })
    }

    fn open_watch(&mut self) {
        let id = self.last().0;
        let mut response = Response::tree(200, Value::Null);
        response.streaming = true;
        self.input(Input::Response { id, response: Arc::new(response) });
    }

    fn event(&mut self, kind: WatchKind, object: Value) -> Vec<(String, bool, bool)> {
        let id = self.last().0;
        let events: Arc<[WatchEvent]> = Arc::from([WatchEvent { kind, object: Object::new(object) }]);
        self.input(Input::Frame { id, frame: Frame::Watch(events) })
    }
}

fn pod(name: &str, version: &str) -> Value {
    object! { "metadata": { "namespace": "a", "name": name, "uid": name, "resourceVersion": version } }
}

#[test]
fn lists_then_watches_from_there() {
    let mut bench = Bench::new();
    bench.start();
    assert_eq!(bench.last().1.parameter("resourceVersion").unwrap(), "0");
    assert!(!bench.informer.synced());
    assert_eq!(bench.list("7", vec![pod("p", "5")].into()), [("a/p".into(), false, true)]);
    assert!(bench.informer.synced());
    let known = bench.informer.store().get(&api::ObjectKey::new("a", "p")).unwrap();
    assert_eq!((known.api_version(), known.kind()), ("v1", "Pod"));
    assert!(bench.last().1.is_watch());
    assert_eq!(bench.last().1.parameter("resourceVersion").unwrap(), "7");
    bench.open_watch();
    assert_eq!(bench.event(WatchKind::Modified, pod("p", "8")), [("a/p".into(), true, true)]);
    assert_eq!(bench.event(WatchKind::Modified, pod("p", "8")), [], "an old event changes nothing");
    assert_eq!(bench.event(WatchKind::Bookmark, object! { "metadata": { "resourceVersion": "20" } }), []);
    assert_eq!(bench.event(WatchKind::Deleted, pod("p", "21")), [("a/p".into(), true, false)]);
    // A stream that ends in order is opened again from the last revision, at once.
    let id = bench.last().0;
    bench.input(Input::Frame { id, frame: Frame::End });
    assert_eq!(bench.last().1.parameter("resourceVersion").unwrap(), "21");
    assert_eq!(bench.informer.relists(), 0);
}

#[test]
fn a_compacted_revision_relists_and_tells_the_difference() {
    let mut bench = Bench::new();
    bench.start();
    bench.list("7", vec![pod("kept", "5"), pod("lost", "6")].into());
    bench.open_watch();
    bench.event(WatchKind::Error, object! { "kind": "Status", "code": 410, "reason": "Expired" });
    assert_eq!(bench.last().1.parameter("resourceVersion"), None);
    assert!(!bench.last().1.is_watch());
    let deltas = bench.list("30", vec![pod("kept", "5"), pod("new", "29")].into());
    assert_eq!(deltas, [("a/lost".into(), true, false), ("a/new".into(), false, true)]);
    assert_eq!(bench.informer.relists(), 1);
}

#[test]
fn failures_back_off_and_keep_the_revision() {
    let mut bench = Bench::new();
    bench.start();
    let mut waits = Vec::new();
    for _ in 0..8 {
        let id = bench.last().0;
        bench.input(Input::Failed { id, reason: "connection refused".into() });
        waits.push(bench.timers.pop().unwrap());
        bench.input(Input::Timer(TOKEN));
    }
    let base: Vec<u64> = vec![800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000];
    for (wait, base) in waits.iter().zip(base) {
        let base = Duration::from_millis(base);
        assert!((base..base * 2).contains(wait), "{wait:?} is not within {base:?} and twice that");
    }
    bench.list("40", Value::list());
    bench.open_watch();
    let id = bench.last().0;
    bench.input(Input::Failed { id, reason: "connection reset by peer".into() });
    bench.input(Input::Timer(TOKEN));
    assert!(bench.last().1.is_watch());
    assert_eq!(bench.last().1.parameter("resourceVersion").unwrap(), "40");
    assert_eq!(bench.input(Input::Timer(Token::new(2, 0))), [("not mine".into(), false, false)]);
}
