//! A session of etcd's concurrency library: a lease that is kept alive, and keys that go with it.

use std::time::Duration;

use etcd::rpc::{
    Compare, Comparison, DeleteRange, KeyRange, LeaseId, Op, Put, Range, Request, Response, Revision,
    SortTarget, Target, Txn, WatchCreate,
};
use sim::SimTime;

use super::client::Outcome;
use super::ctl::Ctl;

/// Tags of a session's calls and timers; a command's own are smaller.
const GRANT: u32 = 100;
const RENEW: u32 = 101;
const EXPIRED: u32 = 102;
const LAST: u32 = 103;
const GONE: u32 = 104;

/// A lease that is kept alive.
#[derive(Clone, Debug, Hash)]
pub struct Session {
    ttl: Duration,
    /// The lease, once it is granted.
    pub lease: LeaseId,
    until: SimTime,
}

/// What a session has to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// It is there.
    Ready,
    /// Nothing new.
    Nothing,
    /// Its lease is over.
    Expired,
    /// It can't be.
    Failed(String),
}

impl Session {
    /// A session whose lease lives so long without a word.
    pub fn new(ttl_seconds: u64) -> Session {
        Session { ttl: Duration::from_secs(ttl_seconds), lease: LeaseId(0), until: SimTime::MAX }
    }

    /// Grants its lease.
    pub fn start(&self, ctl: &mut Ctl<'_, '_, '_>) {
        let ttl_seconds = i64::try_from(self.ttl.as_secs()).unwrap_or(i64::MAX);
        ctl.call_patiently(GRANT, Request::LeaseGrant { id: LeaseId(0), ttl_seconds });
    }

    /// An answer, when it is the session's.
    pub fn answer(&mut self, tag: u32, outcome: &Outcome, ctl: &mut Ctl<'_, '_, '_>) -> Option<Said> {
        if tag != GRANT && tag != RENEW {
            return None;
        }
        Some(match outcome.as_deref() {
            Ok(Response::LeaseGrant { id, ttl_seconds, .. }) => {
                self.lease = *id;
                self.live(*ttl_seconds, ctl);
                Said::Ready
            }
            Ok(Response::LeaseKeepAlive { ttl_seconds, .. }) if *ttl_seconds > 0 => {
                self.live(*ttl_seconds, ctl);
                Said::Nothing
            }
            Ok(_) => Said::Expired,
            Err(why) => Said::Failed(why.to_string()),
        })
    }

    /// A timer, when it is the session's.
    pub fn timer(&mut self, tag: u32, ctl: &mut Ctl<'_, '_, '_>) -> Option<Said> {
        match tag {
            RENEW => ctl.call_patiently(RENEW, Request::LeaseKeepAlive { id: self.lease }),
            EXPIRED if ctl.now() >= self.until => return Some(Said::Expired),
            EXPIRED => {}
            _ => return None,
        }
        Some(Said::Nothing)
    }

    fn live(&mut self, ttl_seconds: i64, ctl: &mut Ctl<'_, '_, '_>) {
        let ttl = Duration::from_secs(u64::try_from(ttl_seconds).unwrap_or(0));
        self.until = ctl.now() + ttl;
        ctl.timer(EXPIRED, ttl);
        ctl.timer(RENEW, ttl / 3);
    }
}

/// The oldest key under a prefix.
pub fn oldest(prefix: &str) -> Range {
    Range { limit: 1, sort: Some((SortTarget::Create, false)), ..Range::new(KeyRange::prefix(prefix)) }
}

/// Makes a key that goes with a lease unless it is there, and asks for it and for the oldest one under the prefix.
pub fn join(prefix: &str, key: &str, value: &str, lease: LeaseId) -> Request {
    let absent = Compare {
        range: KeyRange::key(key),
        comparison: Comparison::Equal,
        target: Target::Create(Revision(0)),
    };
    let put = Put { lease, ..Put::new(key, value) };
    Request::Txn(std::sync::Arc::new(Txn {
        compare: vec![absent],
        then: vec![Op::Put(put), Op::Range(oldest(prefix))],
        otherwise: vec![Op::Range(Range::new(KeyRange::key(key))), Op::Range(oldest(prefix))],
    }))
}

/// Deletes a key if it is still the one that was made at `created`.
pub fn leave(key: &str, created: Revision) -> Request {
    let same =
        Compare { range: KeyRange::key(key), comparison: Comparison::Equal, target: Target::Create(created) };
    let delete = DeleteRange { range: KeyRange::key(key), prev_kv: false };
    Request::Txn(std::sync::Arc::new(Txn {
        compare: vec![same],
        then: vec![Op::DeleteRange(delete)],
        otherwise: Vec::new(),
    }))
}

/// Waits until all keys under a prefix are gone that were made before one's own: each waits for the one right before it, so
/// that a release wakes only one.
#[derive(Clone, Debug, Hash)]
pub struct Queue {
    prefix: String,
    /// One's own place: keys created before it come first.
    created: Revision,
    watch: Option<WatchCreate>,
}

impl Queue {
    /// A queue under a prefix, for the key that was made at `created`.
    pub fn new(prefix: String, created: Revision) -> Queue {
        Queue { prefix, created, watch: None }
    }

    /// Looks who is right before.
    pub fn look(&self, ctl: &mut Ctl<'_, '_, '_>) {
        let range = Range {
            limit: 1,
            sort: Some((SortTarget::Create, true)),
            max_create_revision: Revision(self.created.0.saturating_sub(1)),
            ..Range::new(KeyRange::prefix(self.prefix.as_str()))
        };
        ctl.call_patiently(LAST, Request::Range(range));
    }

    /// An answer, when it is the queue's: `Some(Ok(true))` when one's turn has come.
    pub fn answer(
        &mut self,
        tag: u32,
        outcome: &Outcome,
        ctl: &mut Ctl<'_, '_, '_>,
    ) -> Option<Result<bool, String>> {
        match (tag, outcome.as_deref()) {
            (LAST, Err(why)) => return Some(Err(why.to_string())),
            (LAST, Ok(Response::Op { header, response: etcd::rpc::OpResponse::Range { kvs, .. } })) => {
                let Some(before) = kvs.first() else { return Some(Ok(true)) };
                let create = WatchCreate {
                    start_revision: Revision(header.revision.0 + 1),
                    ..WatchCreate::new(KeyRange::key(before.key.clone()))
                };
                ctl.call_patiently(GONE, Request::Watch(create.clone()));
                self.watch = Some(create);
            }
            // The connection broke: what was watched is looked at again.
            (GONE, Err(_)) => self.look(ctl),
            (GONE, Ok(Response::WatchEvents { events, .. })) if events.iter().any(|e| e.delete) => {
                ctl.cancel(GONE);
                self.look(ctl);
            }
            (GONE, Ok(Response::WatchCanceled { .. })) => self.look(ctl),
            (GONE | LAST, Ok(_)) => {}
            _ => return None,
        }
        Some(Ok(false))
    }
}
