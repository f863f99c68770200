//! One store behind all members, without Raft: enough of etcd's API for the API server.

use std::collections::BTreeMap;
use std::sync::Arc;

use etcd::rpc::{
    CallId, Comparison, Error, Event, Header, KeyRange, KeyValue, LeaseId, Op, OpResponse, Range, Request,
    Response, Revision, Target, Txn,
};
use sim::{Blob, Str};

#[derive(Default)]
pub struct FakeEtcd {
    pub revision: u64,
    pub keys: BTreeMap<Str, KeyValue>,
    /// All changes, for watches from the past.
    history: Vec<(u64, Event)>,
    pub compacted: u64,
    watches: BTreeMap<(u32, CallId), KeyRange>,
    pub leases: i64,
    /// Errors to give to the next transactions.
    pub fail_txns: u32,
}

fn holds(range: &KeyRange, key: &str) -> bool {
    match &range.end {
        None => range.start == key,
        Some(end) => key >= range.start.as_str() && (end == "\0" || key < end.as_str()),
    }
}

impl FakeEtcd {
    fn header(&self) -> Header {
        Header { cluster: 1, member: 1, revision: Revision(self.revision), raft_term: 2 }
    }

    pub fn handle(&mut self, member: u32, call: CallId, request: &Request) -> Vec<(CallId, Response)> {
        match request {
            Request::Range(range) => {
                if range.revision.0 > 0 && range.revision.0 < self.compacted {
                    return vec![(call, Response::Error(Error::Compacted))];
                }
                let response = self.range(range);
                vec![(call, Response::Op { header: self.header(), response })]
            }
            Request::Txn(txn) => {
                if self.fail_txns > 0 {
                    self.fail_txns -= 1;
                    return vec![(call, Response::Error(Error::Timeout))];
                }
                let before = self.history.len();
                let response = self.txn(txn);
                let mut out = vec![(call, Response::Op { header: self.header(), response })];
                out.extend(self.notify(member, before));
                out
            }
            Request::Put(put) => {
                let before = self.history.len();
                self.txn(&Txn {
                    compare: Vec::new(),
                    then: vec![Op::Put(put.clone())],
                    otherwise: Vec::new(),
                });
                self.notify(member, before)
            }
            Request::Watch(create) => {
                let start = create.start_revision.0;
                if start > 0 && start <= self.compacted {
                    let canceled = Response::WatchCanceled {
                        header: self.header(),
                        compact_revision: Revision(self.compacted),
                        reason: Str::new(),
                    };
                    return vec![(call, canceled)];
                }
                self.watches.insert((member, call), create.range.clone());
                let mut out = vec![(call, Response::WatchCreated { header: self.header() })];
                let past: Vec<Event> = self
                    .history
                    .iter()
                    .filter(|(revision, event)| {
                        start > 0 && *revision >= start && holds(&create.range, &event.kv.key)
                    })
                    .map(|(_, event)| event.clone())
                    .collect();
                if !past.is_empty() {
                    out.push((
                        call,
                        Response::WatchEvents { header: self.header(), events: past.into(), fragment: false },
                    ));
                }
                out
            }
            Request::WatchProgress => {
                vec![(
                    call,
                    Response::WatchEvents { header: self.header(), events: Arc::from([]), fragment: false },
                )]
            }
            Request::WatchCancel { watch } => {
                self.watches.remove(&(member, *watch));
                Vec::new()
            }
            Request::LeaseGrant { ttl_seconds, .. } => {
                self.leases += 1;
                let id = LeaseId(self.leases);
                vec![(call, Response::LeaseGrant { header: self.header(), id, ttl_seconds: *ttl_seconds })]
            }
            _ => Vec::new(),
        }
    }

    /// What the watches of a member see of everything since a place in history. (Watches of other members are behind:
    /// as when they are slow.)
    fn notify(&self, member: u32, since: usize) -> Vec<(CallId, Response)> {
        let mut out = Vec::new();
        for ((m, call), range) in &self.watches {
            let events: Vec<Event> = self.history[since..]
                .iter()
                .filter(|(_, event)| *m == member && holds(range, &event.kv.key))
                .map(|(_, event)| event.clone())
                .collect();
            if !events.is_empty() {
                out.push((
                    *call,
                    Response::WatchEvents { header: self.header(), events: events.into(), fragment: false },
                ));
            }
        }
        out
    }

    fn range(&self, range: &Range) -> OpResponse {
        if range.revision.0 > 0 && range.revision.0 < self.revision {
            // The past: replay.
            let mut then: BTreeMap<Str, KeyValue> = BTreeMap::new();
            for (revision, event) in &self.history {
                if *revision > range.revision.0 {
                    break;
                }
                if event.delete {
                    then.remove(&event.kv.key);
                } else {
                    then.insert(event.kv.key.clone(), event.kv.clone());
                }
            }
            let kvs: Vec<KeyValue> = then.into_values().filter(|kv| holds(&range.range, &kv.key)).collect();
            return OpResponse::Range { count: kvs.len() as u64, kvs: kvs.into(), more: false };
        }
        let found: Vec<KeyValue> =
            self.keys.values().filter(|kv| holds(&range.range, &kv.key)).cloned().collect();
        let count = found.len() as u64;
        let kvs = if range.count_only { Vec::new() } else { found };
        OpResponse::Range { kvs: kvs.into(), more: false, count }
    }

    fn txn(&mut self, txn: &Txn) -> OpResponse {
        let succeeded = txn.compare.iter().all(|compare| {
            let revision = self.keys.get(&compare.range.start).map_or(0, |kv| kv.mod_revision.0);
            match (&compare.target, compare.comparison) {
                (Target::Mod(wanted), Comparison::Equal) => wanted.0 == revision,
                other => panic!("the API server does not compare {other:?}"),
            }
        });
        let ops = if succeeded { &txn.then } else { &txn.otherwise };
        let mut responses = Vec::new();
        for op in ops {
            responses.push(match op {
                Op::Range(range) => self.range(range),
                Op::Put(put) => {
                    let kept = self.keys.get(&put.key).map_or(LeaseId(0), |kv| kv.lease);
                    self.put(
                        put.key.clone(),
                        put.value.clone(),
                        if put.ignore_lease { kept } else { put.lease },
                    );
                    OpResponse::Put { prev_kv: None }
                }
                Op::DeleteRange(delete) => {
                    self.revision += 1;
                    let key = delete.range.start.clone();
                    let deleted = u64::from(self.keys.remove(&key).is_some());
                    let kv = KeyValue {
                        key,
                        value: Blob::empty(),
                        create_revision: Revision(0),
                        mod_revision: Revision(self.revision),
                        version: 0,
                        lease: LeaseId(0),
                    };
                    self.history.push((self.revision, Event { delete: true, kv, prev_kv: None }));
                    OpResponse::DeleteRange { deleted, prev_kvs: Arc::from([]) }
                }
                Op::Txn(_) => panic!("no nested transactions here"),
            });
        }
        OpResponse::Txn { succeeded, responses: responses.into() }
    }

    fn put(&mut self, key: Str, value: Blob, lease: LeaseId) {
        self.revision += 1;
        let old = self.keys.get(&key);
        let kv = KeyValue {
            key: key.clone(),
            value,
            create_revision: old.map_or(Revision(self.revision), |kv| kv.create_revision),
            mod_revision: Revision(self.revision),
            version: old.map_or(1, |kv| kv.version + 1),
            lease,
        };
        self.keys.insert(key, kv.clone());
        self.history.push((self.revision, Event { delete: false, kv, prev_kv: None }));
    }

    /// Forgets the past.
    pub fn compact(&mut self) {
        self.compacted = self.revision;
        self.history.clear();
    }

    /// All connections to a member break, with all watches.
    pub fn forget_watches(&mut self, member: u32) {
        self.watches.retain(|(m, _), _| *m != member);
    }

    /// What a key holds, as text.
    pub fn text(&self, key: &str) -> Option<String> {
        self.keys.get(key).map(|kv| kv.value.text())
    }
}
