//! A cluster of members, clients and links in one queue: what the lab does, small.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use etcd::invariants::{Violation, Watchdog};
use etcd::rpc::{CallId, KeyRange, OpResponse, Put, Range, Request, Response};
use etcd::{Disk, Input, Member, MemberConfig, Message};
use sim::{
    Actor, Context, Delivery, Digest, Effect, EventQueue, LinkRule, Links, Medium, SimTime, Stream, Token,
};

/// What waits in the queue.
#[derive(Clone, Debug, Hash)]
pub enum Event {
    /// A timer of one life of a member.
    Timer {
        member: u32,
        life: u32,
        token: Token,
    },
    Peer {
        from: u32,
        to: u32,
        message: Message,
    },
    Request {
        to: u32,
        call: CallId,
        request: Arc<Request>,
    },
    Answer {
        from: u32,
        call: CallId,
        response: Arc<Response>,
    },
}

/// The client that all calls come from.
pub const CLIENT: Actor = Actor::ApiServer;

#[derive(Clone, Debug, Hash)]
pub struct Cluster {
    pub now: SimTime,
    pub queue: EventQueue<Event>,
    pub links: Links,
    pub members: Vec<Option<Member>>,
    pub disks: Vec<Disk>,
    lives: Vec<u32>,
    pub random: Stream,
    pub watchdog: Watchdog,
    pub answers: BTreeMap<CallId, Vec<Arc<Response>>>,
    last_call: u64,
    pub events: u64,
    pub messages: u64,
    configs: Vec<MemberConfig>,
    pub notes: u64,
    /// Broken promises are not looked for: the test breaks them.
    pub unchecked: bool,
}

impl Cluster {
    pub fn new(seed: u64, members: u32) -> Cluster {
        Cluster::with(seed, members, |_| {})
    }

    pub fn with(seed: u64, members: u32, change: impl Fn(&mut MemberConfig)) -> Cluster {
        let configs = (0..members)
            .map(|index| {
                let mut config = MemberConfig::new(seed, index, members);
                change(&mut config);
                config
            })
            .collect();
        let mut cluster = Cluster {
            now: SimTime::ZERO,
            queue: EventQueue::default(),
            links: Links::new(seed, LinkRule::default()),
            members: (0..members).map(|_| None).collect(),
            disks: vec![Disk::default(); members as usize],
            lives: vec![0; members as usize],
            random: Stream::derive(seed, "test"),
            watchdog: Watchdog::default(),
            answers: BTreeMap::new(),
            last_call: 0,
            events: 0,
            messages: 0,
            configs,
            notes: 0,
            unchecked: false,
        };
        for index in 0..members {
            cluster.start(index);
        }
        cluster
    }

    pub fn member(&self, index: u32) -> &Member {
        self.members[index as usize].as_ref().expect("the member runs")
    }

    pub fn running(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().flatten()
    }

    pub fn start(&mut self, index: u32) {
        let i = index as usize;
        if self.members[i].is_some() {
            return;
        }
        self.lives[i] += 1;
        let disk = std::mem::take(&mut self.disks[i]);
        let member = Member::new(self.configs[i].clone(), disk, self.now);
        self.watchdog.restarted(&member);
        self.members[i] = Some(member);
        self.handle(index, Input::Start);
    }

    /// Starts a new process on an empty disk that is to join the running cluster; its predecessor is gone.
    pub fn join(&mut self, index: u32) {
        let i = index as usize;
        while self.members.len() <= i {
            let index = self.members.len() as u32;
            let config = MemberConfig { index, ..self.configs[0].clone() };
            self.members.push(None);
            self.disks.push(Disk::default());
            self.lives.push(0);
            self.configs.push(config);
        }
        self.crash(index, 0);
        self.disks[i] = Disk::default();
        self.configs[i].initial_state = etcd::InitialState::Existing;
        let others: Vec<_> = (0..self.members.len() as u32).map(etcd::Peer::numbered).collect();
        self.configs[i].peers = others;
        self.start(index);
    }

    /// Starts a member on another disk.
    pub fn start_on(&mut self, index: u32, disk: Disk) {
        self.crash(index, 0);
        self.disks[index as usize] = disk;
        self.start(index);
    }

    /// The configuration that a member is started with next.
    pub fn config_mut(&mut self, index: u32) -> &mut MemberConfig {
        &mut self.configs[index as usize]
    }

    /// The ID of the member at a place.
    pub fn id(&self, index: u32) -> u64 {
        self.member(index).id().0
    }

    pub fn crash(&mut self, index: u32, torn: u64) {
        let Some(member) = self.members[index as usize].take() else { return };
        self.disks[index as usize] = member.crash_torn(torn);
    }

    /// Cuts `group` off from the others, clients stay connected to all.
    pub fn partition(&mut self, group: &[u32]) {
        let members = self.members.len() as u32;
        for a in 0..members {
            for b in 0..members {
                let cut = group.contains(&a) != group.contains(&b);
                self.links.set(Actor::Etcd(a), Actor::Etcd(b), LinkRule { cut, ..LinkRule::default() });
            }
        }
    }

    pub fn heal(&mut self) {
        self.partition(&[]);
    }

    pub fn everywhere(&mut self, rule: LinkRule) {
        let members = self.members.len() as u32;
        for a in 0..members {
            for b in (0..members).filter(|b| *b != a) {
                self.links.set(Actor::Etcd(a), Actor::Etcd(b), rule);
            }
        }
    }

    /// Sends a request to a member; it travels, and may find the member down.
    pub fn request(&mut self, to: u32, request: Request) -> CallId {
        self.last_call += 1;
        let call = CallId(self.last_call);
        self.send(
            CLIENT,
            Actor::Etcd(to),
            Medium::Stream,
            Event::Request { to, call, request: Arc::new(request) },
        );
        call
    }

    pub fn put(&mut self, to: u32, key: &str, value: &str) -> CallId {
        self.request(to, Request::Put(Put::new(key, value)))
    }

    pub fn range(&mut self, to: u32, range: KeyRange) -> CallId {
        self.request(to, Request::Range(Range::new(range)))
    }

    pub fn answer(&self, call: CallId) -> Option<&Response> {
        self.answers.get(&call)?.first().map(|response| &**response)
    }

    /// Sends a request and runs until it is answered.
    pub fn ask(&mut self, to: u32, request: Request) -> Response {
        let call = self.request(to, request);
        let until = self.now + Duration::from_secs(20);
        while self.answer(call).is_none() && self.now < until {
            self.step();
        }
        self.answer(call).cloned().expect("an answer or a timeout within 20 s")
    }

    /// The values of keys, by linearizable read from a member.
    pub fn read(&mut self, from: u32, range: KeyRange) -> Vec<(String, String)> {
        let mut answer = self.ask(from, Request::Range(Range::new(range.clone())));
        // As the client library does.
        while answer == Response::Error(etcd::rpc::Error::LeaderChanged) {
            answer = self.ask(from, Request::Range(Range::new(range.clone())));
        }
        match answer {
            Response::Op { response: OpResponse::Range { kvs, .. }, .. } => {
                kvs.iter().map(|kv| (kv.key.to_string(), kv.value.text())).collect()
            }
            other => panic!("a range, got {other:?}"),
        }
    }

    pub fn leader(&self) -> Option<u32> {
        let leads = |member: &&Member| member.role() == raft::Role::Leader;
        self.running().filter(leads).max_by_key(|member| member.term()).map(Member::index)
    }

    pub fn await_leader(&mut self) -> u32 {
        let until = self.now + Duration::from_secs(60);
        while self.now < until {
            self.step();
            let Some(leader) = self.leader() else { continue };
            let follows = |member: &Member| member.leader_index() == Some(leader);
            let term = self.member(leader).term();
            if self.running().all(|m| follows(m) && m.term() == term) {
                return leader;
            }
        }
        panic!("no leader within a minute");
    }

    pub fn run_for(&mut self, time: Duration) {
        let until = self.now + time;
        while self.queue.next_time().is_some_and(|at| at <= until) {
            self.step();
        }
        self.now = until;
    }

    /// One event.
    pub fn step(&mut self) {
        let Some((at, _, event)) = self.queue.pop() else { return };
        self.now = at;
        self.events += 1;
        match event {
            Event::Timer { member, life, token } => {
                if self.lives[member as usize] == life {
                    self.handle(member, Input::Timer(token));
                }
            }
            Event::Peer { from, to, message } => match message {
                Message::Peer(message) => self.handle(to, Input::Peer { from, message }),
                Message::Forward(forward) => self.handle(to, Input::Forward { from, forward }),
                Message::Client { .. } => {}
            },
            Event::Request { to, call, request } => {
                self.handle(to, Input::Client { from: CLIENT, call, request })
            }
            Event::Answer { call, response, .. } => self.answers.entry(call).or_default().push(response),
        }
    }

    pub fn handle(&mut self, index: u32, input: Input) {
        let Some(Some(member)) = self.members.get_mut(index as usize) else { return };
        let mut effects = Vec::new();
        let me = Actor::Etcd(index);
        member.handle(input, &mut Context::new(self.now, me, &mut effects));
        let Some(member) = &self.members[index as usize] else { return };
        let disk = |i: u32| match self.members.get(i as usize)? {
            Some(member) => Some(member.disk()),
            None => self.disks.get(i as usize),
        };
        if !self.unchecked
            && let Err(violation) = self.watchdog.observe(member, disk)
        {
            self.violated(&violation);
        }
        for effect in effects {
            match effect {
                Effect::Timer { after, token } => {
                    let life = self.lives[index as usize];
                    self.queue.push(self.now + after, Event::Timer { member: index, life, token });
                }
                Effect::Send { to: Actor::Etcd(to), message } => {
                    self.messages += 1;
                    self.send(
                        me,
                        Actor::Etcd(to),
                        Medium::Datagram,
                        Event::Peer { from: index, to, message },
                    );
                }
                Effect::Send { to, message: Message::Client { call, response } } => {
                    self.send(me, to, Medium::Stream, Event::Answer { from: index, call, response });
                }
                Effect::Send { .. } => {}
                Effect::Note(_) => self.notes += 1,
            }
        }
    }

    fn violated(&self, violation: &Violation) -> ! {
        panic!("at {} after {} events: {violation}", self.now, self.events);
    }

    fn send(&mut self, from: Actor, to: Actor, medium: Medium, event: Event) {
        if let Delivery::At(at, again) = self.links.send(self.now, from, to, medium) {
            if let Some(again) = again {
                self.queue.push(again, event.clone());
            }
            self.queue.push(at, event);
        }
    }

    /// Restarts who is down, heals what is cut, and waits until all have the same state.
    pub fn converge(&mut self) -> Digest {
        self.everywhere(LinkRule::default());
        for index in 0..self.members.len() as u32 {
            self.start(index);
        }
        let until = self.now + Duration::from_secs(120);
        loop {
            self.await_leader();
            self.run_for(Duration::from_secs(1));
            let digests: Vec<_> = self.running().map(Member::state_digest).collect();
            if digests.windows(2).all(|pair| pair[0] == pair[1]) {
                return digests[0].1;
            }
            assert!(self.now < until, "members don't converge: {digests:?}");
        }
    }
}

/// How many seeds a randomised test runs.
pub fn seeds(default: u64) -> u64 {
    std::env::var("CLUSTERLAB_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
