//! What clients did and what they were told.

use std::time::Duration;

use etcd::rpc::{
    CallId, Compare, Comparison, DeleteRange, KeyRange, KeyValue, Op, OpResponse, Put, Range, Request,
    Response, Revision, Target, Txn,
};
use sim::SimTime;

use crate::common::Cluster;

/// How many keys there are.
pub const KEYS: u64 = 3;

/// After this long a client gives up, and begins something else.
const PATIENCE: Duration = Duration::from_millis(1200);

/// Every value is written by one operation only; as text it is this number.
pub type Value = u64;

/// What a client wants of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doing {
    Get,
    Put(Value),
    Delete,
    /// Writes if the key holds what is expected, else reads, in one transaction.
    Swap {
        expected: Value,
        new: Value,
    },
}

/// What a client was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Done,
    Value(Option<Value>),
    Deleted(bool),
    Swapped,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// When, on the history's own clock.
    pub at: u64,
    pub outcome: Outcome,
    /// The revision in the answer's header.
    pub revision: Revision,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operation {
    pub key: u64,
    pub doing: Doing,
    /// When it began, on the history's own clock: no two things happen at once.
    pub call: u64,
    /// `None` when the client gave up, or was told of an error: it may have happened or not.
    pub answer: Option<Answer>,
}

/// A client does one thing after another.
struct Client {
    /// Its open operation, and when it gives up.
    open: Option<(CallId, usize, SimTime)>,
    /// When it begins the next one.
    next: SimTime,
    /// What it last saw of each key.
    seen: [Value; KEYS as usize],
}

/// Clients, and all that they did.
pub struct Clients {
    clients: Vec<Client>,
    pub operations: Vec<Operation>,
    clock: u64,
    /// Reads ask only the member itself: a broken store.
    pub stale_reads: bool,
}

impl Clients {
    pub fn new(count: usize) -> Clients {
        let client = |_| Client { open: None, next: SimTime::ZERO, seen: [0; KEYS as usize] };
        let clients = (0..count).map(client).collect();
        Clients { clients, operations: Vec::new(), clock: 0, stale_reads: false }
    }

    /// Takes in what has arrived; with `begin`, whoever is idle for long enough begins something.
    pub fn act(&mut self, cluster: &mut Cluster, begin: bool) {
        for i in 0..self.clients.len() {
            self.collect(i, cluster);
            if begin && self.clients[i].open.is_none() && self.clients[i].next <= cluster.now {
                self.begin(i, cluster);
            }
        }
    }

    fn begin(&mut self, i: usize, cluster: &mut Cluster) {
        let key = cluster.random.range(0..KEYS);
        let new = self.operations.len() as u64 + 1;
        let expected = self.clients[i].seen[key as usize];
        let doing = match cluster.random.range(0..10) {
            0..=3 => Doing::Get,
            4..=6 => Doing::Put(new),
            7 | 8 if expected != 0 => Doing::Swap { expected, new },
            7 | 8 => Doing::Put(new),
            _ => Doing::Delete,
        };
        let to = cluster.random.range(0..cluster.members.len() as u64) as u32;
        let call = cluster.request(to, request(key, doing, self.stale_reads));
        self.clock += 1;
        self.clients[i].open = Some((call, self.operations.len(), cluster.now + PATIENCE));
        self.operations.push(Operation { key, doing, call: self.clock, answer: None });
    }

    fn collect(&mut self, i: usize, cluster: &mut Cluster) {
        let Some((call, operation, until)) = self.clients[i].open else { return };
        let response = cluster.answer(call);
        if response.is_none() && cluster.now < until {
            return;
        }
        let told = response.and_then(outcome);
        self.clients[i].open = None;
        self.clients[i].next = cluster.now + Duration::from_millis(cluster.random.range(20..200));
        let Some((outcome, revision)) = told else { return };
        self.clock += 1;
        let Operation { key, doing, .. } = self.operations[operation];
        self.operations[operation].answer = Some(Answer { at: self.clock, outcome, revision });
        let seen = match (doing, outcome) {
            (Doing::Put(new), _) | (Doing::Swap { new, .. }, Outcome::Swapped) => new,
            (_, Outcome::Value(value)) => value.unwrap_or(0),
            _ => 0,
        };
        self.clients[i].seen[key as usize] = seen;
    }
}

/// A key's name.
pub fn name(key: u64) -> String {
    format!("k{key}")
}

fn request(key: u64, doing: Doing, serializable: bool) -> Request {
    let key = name(key);
    let range = || KeyRange::key(key.as_str());
    let put = |value: Value| Put::new(key.as_str(), value.to_string().as_str());
    match doing {
        Doing::Get => Request::Range(Range { serializable, ..Range::new(range()) }),
        Doing::Put(value) => Request::Put(put(value)),
        Doing::Delete => Request::DeleteRange(DeleteRange { range: range(), prev_kv: false }),
        Doing::Swap { expected, new } => {
            let target = Target::Value(expected.to_string().as_str().into());
            let compare = Compare { range: range(), comparison: Comparison::Equal, target };
            Request::Txn(std::sync::Arc::new(Txn {
                compare: vec![compare],
                then: vec![Op::Put(put(new))],
                otherwise: vec![Op::Range(Range::new(range()))],
            }))
        }
    }
}

fn value(kvs: &[KeyValue]) -> Option<Value> {
    kvs.first().map(|kv| kv.value.text().parse().expect("values are numbers"))
}

/// What an answer says; `None` for an error.
fn outcome(response: &Response) -> Option<(Outcome, Revision)> {
    let Response::Op { header, response } = response else {
        assert!(matches!(response, Response::Error(_)), "an answer or an error, got {response:?}");
        return None;
    };
    let outcome = match response {
        OpResponse::Range { kvs, .. } => Outcome::Value(value(kvs)),
        OpResponse::Put { .. } => Outcome::Done,
        OpResponse::DeleteRange { deleted, .. } => Outcome::Deleted(*deleted > 0),
        OpResponse::Txn { succeeded: true, .. } => Outcome::Swapped,
        OpResponse::Txn { succeeded: false, responses } => match &responses[..] {
            [OpResponse::Range { kvs, .. }] => Outcome::Value(value(kvs)),
            other => panic!("one range, got {other:?}"),
        },
    };
    Some((outcome, header.revision))
}
