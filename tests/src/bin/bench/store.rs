//! etcd's benches: members and their links alone, without the rest of the cluster.

use std::sync::Arc;
use std::time::{Duration, Instant};

use etcd::invariants::Watchdog;
use etcd::rpc::{CallId, KeyRange, Put, Request, Response, Revision, WatchCreate};
use etcd::{Disk, Input, Member, MemberConfig, Message};
use sim::{Actor, Blob, Context, Effect, EventQueue, SimTime, Token};

use crate::line;

/// From one machine to another.
const LATENCY: Duration = Duration::from_micros(500);

/// Who calls.
const CLIENT: Actor = Actor::ApiServer;

enum Event {
    Timer(u32, Token),
    Peer { from: u32, to: u32, message: Message },
    Call { to: u32, call: CallId, request: Arc<Request> },
    Answer { call: CallId, response: Arc<Response> },
}

/// Members in one queue.
struct Cluster {
    now: SimTime,
    queue: EventQueue<Event>,
    members: Vec<Member>,
    watchdog: Option<Watchdog>,
    last_call: u64,
    events: u64,
    answers: u64,
    watch_events: u64,
}

impl Cluster {
    fn new(members: u32, checked: bool) -> Cluster {
        let start = |index| Member::new(MemberConfig::new(1, index, members), Disk::default(), SimTime::ZERO);
        let mut cluster = Cluster {
            now: SimTime::ZERO,
            queue: EventQueue::default(),
            members: (0..members).map(start).collect(),
            watchdog: checked.then(Watchdog::default),
            last_call: 0,
            events: 0,
            answers: 0,
            watch_events: 0,
        };
        for index in 0..members {
            cluster.handle(index, Input::Start);
        }
        while !cluster.members.iter().all(Member::is_ready) {
            cluster.step();
        }
        cluster
    }

    fn leader(&self) -> u32 {
        self.members.iter().find_map(Member::leader_index).expect("a ready cluster has a leader")
    }

    fn call(&mut self, to: u32, request: Request) {
        self.last_call += 1;
        let call = CallId(self.last_call);
        self.queue.push(self.now + LATENCY, Event::Call { to, call, request: Arc::new(request) });
    }

    /// One event; the answer, if it was one's arrival.
    fn step(&mut self) -> Option<(CallId, Arc<Response>)> {
        let (at, _, event) = self.queue.pop().expect("clocks tick");
        self.now = at;
        self.events += 1;
        match event {
            Event::Timer(member, token) => self.handle(member, Input::Timer(token)),
            Event::Peer { from, to, message } => match message {
                Message::Peer(message) => self.handle(to, Input::Peer { from, message }),
                Message::Forward(forward) => self.handle(to, Input::Forward { from, forward }),
                Message::Client { .. } => {}
            },
            Event::Call { to, call, request } => {
                self.handle(to, Input::Client { from: CLIENT, call, request });
            }
            Event::Answer { call, response } => {
                match &*response {
                    Response::Op { .. } => self.answers += 1,
                    Response::WatchEvents { events, .. } => self.watch_events += events.len() as u64,
                    _ => {}
                }
                return Some((call, response));
            }
        }
        None
    }

    fn handle(&mut self, index: u32, input: Input) {
        let mut effects = Vec::new();
        let member = &mut self.members[index as usize];
        member.handle(input, &mut Context::new(self.now, Actor::Etcd(index), &mut effects));
        if let Some(watchdog) = &mut self.watchdog {
            let disk = |index: u32| self.members.get(index as usize).map(Member::disk);
            watchdog.observe(&self.members[index as usize], disk).expect("no invariant breaks");
        }
        for effect in effects {
            match effect {
                Effect::Timer { after, token } => {
                    self.queue.push(self.now + after, Event::Timer(index, token))
                }
                Effect::Send { to: Actor::Etcd(to), message } => {
                    self.queue.push(self.now + LATENCY, Event::Peer { from: index, to, message })
                }
                Effect::Send { message: Message::Client { call, response }, .. } => {
                    self.queue.push(self.now + LATENCY, Event::Answer { call, response })
                }
                Effect::Send { .. } | Effect::Note(_) => continue,
            };
        }
    }
}

/// Puts of 256 bytes to 10,000 keys by 1,000 clients that each wait for their answer, through three members.
pub fn mvcc_puts() {
    let run = |checked: bool| {
        let mut cluster = Cluster::new(3, checked);
        let leader = cluster.leader();
        let value = Blob::from(vec![b'x'; 256]);
        let keys: Vec<sim::Str> = (0..10_000).map(|i| format!("/registry/bench/{i:05}").into()).collect();
        let mut next = (0..keys.len()).cycle().step_by(7);
        let mut put = |cluster: &mut Cluster| {
            let key = keys[next.next().unwrap_or_default()].clone();
            cluster.call(leader, Request::Put(Put::new(key, value.clone())));
        };
        for _ in 0..1_000 {
            put(&mut cluster);
        }
        let (start, events) = (Instant::now(), cluster.events);
        let mut compacted = cluster.members[0].store().revision();
        while start.elapsed() < Duration::from_secs(2) {
            for _ in 0..1_000 {
                if cluster.step().is_some() {
                    put(&mut cluster);
                }
            }
            // As the API server does, in its own time.
            let revision = cluster.members[0].store().revision();
            if revision.0 > compacted.0 + 50_000 {
                compacted = revision;
                let revision = Revision(revision.0 - 25_000);
                cluster.call(leader, Request::Compact { revision, physical: false });
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        (cluster.answers as f64 / seconds, (cluster.events - events) as f64 / cluster.answers as f64)
    };
    let (puts_per_s, events_per_put) = run(false);
    let (checked_per_s, _) = run(true);
    line(
        "mvcc-puts",
        &[
            ("members", 3.0),
            ("puts_per_s", puts_per_s),
            ("puts_per_s_with_invariants", checked_per_s),
            ("events_per_put", events_per_put),
        ],
    );
}

/// What a put costs on a member with many watchers, by how many of them it concerns.
pub fn watch_fanout() {
    const WATCHERS: u64 = 1_000;
    let none = fanout(WATCHERS, |i| KeyRange::key(format!("k{i}")), "other");
    let one = fanout(WATCHERS, |i| KeyRange::key(format!("k{i}")), "k7");
    let one_of_more = fanout(10 * WATCHERS, |i| KeyRange::key(format!("k{i}")), "k7");
    let same = fanout(WATCHERS, |_| KeyRange::prefix("k"), "k7");
    let different =
        fanout(WATCHERS, |i| KeyRange { start: format!("a{i:05}").into(), end: Some("z".into()) }, "k7");
    let per_match = |ns: f64| (ns - none) / WATCHERS as f64;
    line(
        "watch-fanout",
        &[
            ("watchers", WATCHERS as f64),
            ("ns_per_put_no_match", none),
            ("ns_per_put_1_match", one),
            ("ns_per_put_1_match_of_10000", one_of_more),
            ("ns_per_match_same_range", per_match(same)),
            ("ns_per_match_different_ranges", per_match(different)),
        ],
    );
}

/// Nanoseconds of a put to `key` on a single member with watchers, all events told included.
fn fanout(watchers: u64, range: impl Fn(u64) -> KeyRange, key: &str) -> f64 {
    let mut cluster = Cluster::new(1, false);
    for i in 0..watchers {
        cluster.call(
            0,
            Request::Watch(WatchCreate {
                range: range(i),
                start_revision: Revision(0),
                prev_kv: false,
                progress_notify: false,
                no_put: false,
                no_delete: false,
                fragment: false,
            }),
        );
    }
    let until = cluster.now + Duration::from_secs(1);
    while cluster.now < until {
        cluster.step();
    }
    let mut puts = 0u64;
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(400) {
        let before = cluster.answers;
        for _ in 0..20 {
            cluster.call(0, Request::Put(Put::new(key, "value")));
        }
        while cluster.answers < before + 20 {
            cluster.step();
        }
        puts += 20;
    }
    start.elapsed().as_secs_f64() * 1e9 / puts as f64
}
