//! etcdctl against a scripted etcd: where its calls go, when they are repeated, and how it gives up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clusterlab_kubectl::{Channel, Context, Input, Message, SessionId, Terminal};
use etcd::rpc::{CallId, Error, Event, Header, KeyValue, LeaseId, OpResponse, Request, Response, Revision};
use sim::{Actor, Blob, Effect, SimTime, Token};

const S: SessionId = SessionId(1);
const REFUSED: &str = "dial tcp 172.18.0.3:2379: connect: connection refused";
const RESET: &str = "read tcp: read: connection reset by peer";

/// A request that the terminal sent.
#[derive(Clone, Debug)]
struct Sent {
    member: u32,
    call: CallId,
    request: Arc<Request>,
}

#[derive(Default)]
struct World {
    terminal: Terminal,
    now: SimTime,
    sent: Vec<Sent>,
    timers: BTreeMap<(SimTime, u64), Token>,
    count: u64,
}

impl World {
    fn started(line: &str) -> World {
        let mut world = World::default();
        world.act(|terminal, context| terminal.start(S, line, Some("".into()), context));
        world
    }

    fn act(&mut self, act: impl FnOnce(&mut Terminal, &mut Context<'_>)) {
        let mut effects = Vec::new();
        act(&mut self.terminal, &mut Context::new(self.now, Actor::User, &mut effects));
        for effect in effects {
            match effect {
                Effect::Send { to: Actor::Etcd(member), message: Message::Etcd { call, request } } => {
                    self.sent.push(Sent { member, call, request });
                }
                Effect::Timer { after, token } => {
                    self.count += 1;
                    self.timers.insert((self.now + after, self.count), token);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Takes the only request that was sent since the last look.
    fn sent(&mut self) -> Sent {
        assert_eq!(self.sent.len(), 1, "{:?}", self.sent);
        self.sent.remove(0)
    }

    fn answer(&mut self, to: &Sent, response: Response) {
        let input = Input::Etcd { member: to.member, call: to.call, response: Arc::new(response) };
        self.act(|terminal, context| terminal.handle(input, context));
    }

    fn fail(&mut self, sent: &Sent, reason: &str) {
        let input = Input::EtcdFailed { member: sent.member, call: sent.call, reason: reason.into() };
        self.act(|terminal, context| terminal.handle(input, context));
    }

    fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(entry) = self.timers.first_entry().filter(|entry| entry.key().0 <= end) {
            let ((at, _), token) = entry.remove_entry();
            self.now = at;
            let input = Input::Api(client::Input::Timer(token));
            self.act(|terminal, context| terminal.handle(input, context));
        }
        self.now = end;
    }

    fn interrupt(&mut self) {
        self.act(|terminal, context| terminal.interrupt(S, context));
    }

    fn printed(&self) -> (String, String, Option<u8>) {
        let session = self.terminal.session(S).unwrap();
        (session.output().text(Channel::Stdout), session.output().text(Channel::Stderr), session.finished())
    }
}

fn header(revision: u64) -> Header {
    Header { cluster: 7, member: 9, revision: Revision(revision), raft_term: 2 }
}

fn pair(key: &str, value: &str, revision: u64) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Blob::from(value),
        create_revision: Revision(revision),
        mod_revision: Revision(revision),
        version: 1,
        lease: LeaseId(0),
    }
}

fn put_answer() -> Response {
    Response::Op { header: header(5), response: OpResponse::Put { prev_kv: None } }
}

fn range_answer(kvs: Vec<KeyValue>) -> Response {
    let count = kvs.len() as u64;
    Response::Op { header: header(5), response: OpResponse::Range { kvs: kvs.into(), more: false, count } }
}

fn ended(out: &str, err: &str, code: u8) -> (String, String, Option<u8>) {
    (out.to_owned(), err.to_owned(), Some(code))
}

#[test]
fn who_refuses_is_passed_over() {
    let mut world = World::started("etcdctl --endpoints=etcd-1,etcd-2 put a b");
    let first = world.sent();
    assert_eq!(first.member, 1);
    world.fail(&first, REFUSED);
    let second = world.sent();
    assert_eq!((second.member, &second.request), (2, &first.request));
    world.answer(&second, put_answer());
    assert_eq!(world.printed(), ended("OK\n", "", 0));
}

#[test]
fn all_refuse_until_the_time_is_up() {
    let mut world = World::started("etcdctl get a");
    let mut tries = 0;
    while world.printed().2.is_none() {
        for sent in std::mem::take(&mut world.sent) {
            tries += 1;
            world.fail(&sent, REFUSED);
        }
        world.run_for(Duration::from_millis(100));
    }
    assert_eq!(world.printed(), ended("", "Error: context deadline exceeded\n", 1));
    // At once, and after 1 s and 2.6 s; the next would come after 5.16 s.
    assert_eq!((tries, world.now), (3, SimTime::from_secs(5)));
}

#[test]
fn reads_are_repeated_and_writes_are_not() {
    let mut world = World::started("etcdctl --endpoints=etcd-0,etcd-1 get a");
    let first = world.sent();
    world.fail(&first, RESET);
    let again = world.sent();
    assert_eq!(again.member, 1);
    world.answer(&again, Response::Error(Error::LeaderChanged));
    world.run_for(Duration::from_millis(25));
    let third = world.sent();
    assert_eq!(third.member, 0);
    world.answer(&third, range_answer(vec![pair("a", "1", 3)]));
    assert_eq!(world.printed(), ended("a\n1\n", "", 0));

    let mut world = World::started("etcdctl --endpoints=etcd-0,etcd-1 put a b");
    let first = world.sent();
    world.fail(&first, RESET);
    let words = format!("Error: rpc error: code = Unavailable desc = error reading from server: {RESET}\n");
    assert_eq!(world.printed(), ended("", &words, 1));
    assert!(world.sent.is_empty());

    let mut world = World::started("etcdctl put a b");
    let first = world.sent();
    world.answer(&first, Response::Error(Error::NoSpace));
    assert_eq!(world.printed(), ended("", "Error: etcdserver: mvcc: database space exceeded\n", 1));
}

#[test]
fn a_watch_goes_on_after_its_last_event() {
    let mut world = World::started("etcdctl --endpoints=etcd-0,etcd-1 watch a");
    let watch = world.sent();
    world.answer(&watch, Response::WatchCreated { header: header(5) });
    let event = Event { delete: false, kv: pair("a", "1", 8), prev_kv: None };
    let events = Response::WatchEvents { header: header(9), events: [event].into(), fragment: false };
    world.answer(&watch, events);
    assert_eq!(world.printed().0, "PUT\na\n1\n");
    world.fail(&watch, RESET);
    let again = world.sent();
    let Request::Watch(create) = &*again.request else { panic!("{again:?}") };
    assert_eq!((again.member, create.start_revision), (1, Revision(9)));
    // What comes late from the first member is nobody's.
    world.answer(&watch, Response::WatchCreated { header: header(10) });
    world.interrupt();
    assert_eq!(world.printed().2, Some(130));
    let end = world.sent();
    assert_eq!((end.member, &*end.request), (1, &Request::WatchCancel { watch: again.call }));
}

#[test]
fn a_lock_is_given_back() {
    let mut world = World::started("etcdctl lock m");
    let grant = world.sent();
    assert_eq!(*grant.request, Request::LeaseGrant { id: LeaseId(0), ttl_seconds: 10 });
    let granted = Response::LeaseGrant { header: header(5), id: LeaseId(31), ttl_seconds: 10 };
    world.answer(&grant, granted);
    let join = world.sent();
    let mine = OpResponse::Range { kvs: [pair("m/1f", "", 6)].into(), more: false, count: 1 };
    let responses = [OpResponse::Put { prev_kv: None }, mine].into();
    let response = OpResponse::Txn { succeeded: true, responses };
    world.answer(&join, Response::Op { header: header(6), response });
    let own = world.sent();
    world.answer(&own, range_answer(vec![pair("m/1f", "", 6)]));
    assert_eq!(world.printed(), ("m/1f\n\n".to_owned(), String::new(), None));
    // The lease is renewed at a third of its time.
    world.run_for(Duration::from_millis(3_334));
    let renew = world.sent();
    assert_eq!(*renew.request, Request::LeaseKeepAlive { id: LeaseId(31) });
    world.interrupt();
    let leave = world.sent();
    assert!(matches!(&*leave.request, Request::Txn(txn) if txn.then.len() == 1 && txn.compare.len() == 1));
    assert_eq!(world.printed().2, None);
    let response = OpResponse::Txn { succeeded: true, responses: [].into() };
    world.answer(&leave, Response::Op { header: header(7), response });
    assert_eq!(world.printed().2, Some(0));
}

#[test]
fn timeout_ends_a_program() {
    let mut world = World::started("timeout 2 etcdctl watch a");
    let watch = world.sent();
    world.answer(&watch, Response::WatchCreated { header: header(5) });
    world.run_for(Duration::from_secs(2));
    assert_eq!(world.printed(), ended("", "", 124));
    assert!(matches!(&*world.sent().request, Request::WatchCancel { .. }));
    assert_eq!(World::started("timeout").printed().2, Some(125));
    assert_eq!(World::started("timeout soon true").printed().2, Some(125));
    assert_eq!(World::started("timeout 1 true").printed(), ended("", "", 0));
}
