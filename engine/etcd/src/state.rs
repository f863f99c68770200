//! The replicated state: what every member has after the same entry, and how a request changes it.

use std::any::Any;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use imbl::OrdSet;
use raft::EntryId;
use sim::{Content, Digest};

use crate::lease::Leases;
use crate::membership::Membership;
use crate::mvcc::{Crc, Record, Store, Write};
use crate::rpc::{
    Alarm, AlarmAction, AlarmKind, Error, Header, KeyValue, LeaseId, Op, OpResponse, Put, Range, Request,
    Response, Txn,
};
use crate::{quota, txn};

/// Keys, leases, members, and the entry that they are as of. A clone is a few pointers.
#[derive(Clone, Debug, Hash, Default)]
pub struct State {
    /// The last entry that is in it (etcd's consistent index).
    pub applied: EntryId,
    /// The keys.
    pub store: Store,
    /// The leases.
    pub leases: Leases,
    /// Who is in the cluster.
    pub members: Membership,
    /// The alarms that are raised.
    pub alarms: OrdSet<Alarm>,
    /// The shortest lease that is granted, in seconds: long enough to survive an election.
    pub min_ttl_seconds: i64,
}

impl State {
    /// An empty cluster's.
    pub fn new(min_ttl_seconds: i64) -> State {
        State { min_ttl_seconds, ..State::default() }
    }

    /// The checksum of the whole database (etcd's `Hash`; its own index and term are left out).
    pub fn checksum(&self) -> u32 {
        let mut crc = Crc::default();
        let mut bucket = |name: &str, lines: &mut dyn Iterator<Item = String>| {
            crc.add(name.as_bytes());
            lines.for_each(|line| crc.add(line.as_bytes()));
        };
        bucket("alarm", &mut self.alarms.iter().map(|alarm| format!("{alarm:?}")));
        bucket("lease", &mut self.leases.iter().map(|(id, lease)| format!("{}/{}", id.0, lease.ttl_seconds)));
        bucket("members", &mut self.members.iter().map(|member| format!("{member:?}")));
        bucket("members_removed", &mut self.members.removed().iter().map(|id| format!("{id:x}")));
        self.store.hash_into(&mut crc, self.store.revision());
        crc.finish()
    }

    /// A digest of all of it.
    pub fn digest(&self) -> Digest {
        Digest::of(self)
    }

    /// Whether some member has raised this alarm.
    pub fn alarm(&self, kind: AlarmKind) -> bool {
        self.alarms.iter().any(|alarm| alarm.alarm == kind)
    }

    /// What alarms forbid: with lost space all that needs some, with lost agreement everything.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::NoSpace`].
    fn check_alarms(&self, request: &Request) -> Result<(), Error> {
        if self.alarms.is_empty() || matches!(request, Request::Alarm { .. }) {
            return Ok(());
        }
        if self.alarm(AlarmKind::Corrupt) {
            return Err(Error::Corrupt);
        }
        if self.alarm(AlarmKind::NoSpace) && quota::cost(request) > 0 { Err(Error::NoSpace) } else { Ok(()) }
    }

    /// Carries out a request that came through the log. The answer is made only where somebody waits for it;
    /// its header says the revision and nothing else.
    ///
    /// # Errors
    /// What the client is told. Nothing has changed then.
    pub fn apply(&mut self, request: &Request, wanted: bool) -> Result<Option<Response>, Error> {
        self.check_alarms(request)?;
        let response = match request {
            Request::Put(put) => {
                // In a transaction etcd looks for the key first.
                if put.lease.0 != 0 && self.leases.get(put.lease).is_none() {
                    return Err(Error::LeaseNotFound);
                }
                txn::check_put_against(&self.store, &self.leases, put)?;
                let (mut write, leases) = self.begin();
                let response = do_put(&mut write, leases, put, wanted);
                Some(self.op(response))
            }
            Request::DeleteRange(delete) => {
                let (mut write, leases) = self.begin();
                let response = do_delete(&mut write, leases, &delete.range, delete.prev_kv && wanted);
                Some(self.op(response))
            }
            Request::Txn(txn) => {
                let path = txn::decide(&self.store, txn);
                txn::check_against(&self.store, &self.leases, txn, &mut path.iter().copied())?;
                let (mut write, leases) = self.begin();
                let response = do_txn(&mut write, leases, txn, &mut path.into_iter(), wanted)?;
                Some(self.op(response))
            }
            Request::Range(range) => {
                let response = do_range(&self.store, range)?;
                Some(self.op(response))
            }
            Request::Compact { revision, .. } => {
                self.store.compact(*revision)?;
                Some(Response::Compact { header: self.header() })
            }
            Request::LeaseGrant { id, ttl_seconds } => {
                let ttl_seconds = self.leases.grant(*id, *ttl_seconds, self.min_ttl_seconds)?;
                Some(Response::LeaseGrant { header: self.header(), id: *id, ttl_seconds })
            }
            Request::LeaseRevoke { id } => {
                let lease = self.leases.revoke(*id).ok_or(Error::LeaseNotFound)?;
                // The keys of a lease go in one transaction, in key order.
                let mut write = self.store.write();
                for key in &lease.keys {
                    write.delete(&crate::rpc::KeyRange::key(key.clone()));
                }
                Some(Response::LeaseRevoke { header: self.header() })
            }
            Request::Alarm { action, member, alarm } => {
                let alarms = self.apply_alarm(*action, *member, *alarm);
                Some(Response::Alarm { header: self.header(), alarms })
            }
            // The others are never proposed.
            _ => None,
        };
        Ok(response.filter(|_| wanted))
    }

    /// Answers a range request from this state.
    ///
    /// # Errors
    /// [`Error::FutureRevision`], [`Error::Compacted`], [`Error::Corrupt`].
    pub fn read(&self, range: &Range) -> Result<Response, Error> {
        self.check_readable()?;
        do_range(&self.store, range).map(|response| self.op(response))
    }

    /// Answers a transaction that changes nothing.
    ///
    /// # Errors
    /// [`Error::FutureRevision`], [`Error::Compacted`], [`Error::Corrupt`].
    pub fn read_txn(&self, txn: &Txn) -> Result<Response, Error> {
        self.check_readable()?;
        let path = txn::decide(&self.store, txn);
        let response = do_read_txn(&self.store, txn, &mut path.into_iter())?;
        Ok(self.op(response))
    }

    fn check_readable(&self) -> Result<(), Error> {
        if self.alarm(AlarmKind::Corrupt) { Err(Error::Corrupt) } else { Ok(()) }
    }

    /// Lists, raises or lowers alarms. Says which.
    fn apply_alarm(&mut self, action: AlarmAction, member: u64, kind: AlarmKind) -> Vec<Alarm> {
        let alarm = Alarm { member, alarm: kind };
        match action {
            AlarmAction::Get => {
                let asked = |alarm: &&Alarm| kind == AlarmKind::None || alarm.alarm == kind;
                self.alarms.iter().filter(asked).copied().collect()
            }
            AlarmAction::Activate => {
                self.alarms.insert(alarm);
                vec![alarm]
            }
            // One that is not raised can't be lowered, and is not named.
            AlarmAction::Deactivate => self.alarms.remove(&alarm).into_iter().collect(),
        }
    }

    fn begin(&mut self) -> (Write<'_>, &mut Leases) {
        (self.store.write(), &mut self.leases)
    }

    fn header(&self) -> Header {
        Header { revision: self.store.revision(), ..Header::default() }
    }

    fn op(&self, response: OpResponse) -> Response {
        Response::Op { header: self.header(), response }
    }
}

fn do_range(store: &Store, range: &Range) -> Result<OpResponse, Error> {
    let found = store.range(range)?;
    Ok(OpResponse::Range { kvs: found.kvs.into(), more: found.more, count: found.count })
}

fn do_put(write: &mut Write<'_>, leases: &mut Leases, put: &Put, wanted: bool) -> OpResponse {
    let (mut value, mut lease) = (put.value.clone(), put.lease);
    if (put.ignore_value || put.ignore_lease)
        && let Some(old) = write.store().get(&put.key)
    {
        if put.ignore_value {
            value = old.kv.value.clone();
        }
        if put.ignore_lease {
            lease = old.kv.lease;
        }
    }
    let old = write.put(put.key.clone(), value, lease);
    let old_lease = old.as_ref().map_or(LeaseId(0), |old| old.kv.lease);
    leases.attach(&put.key, old_lease, lease);
    OpResponse::Put { prev_kv: old.filter(|_| put.prev_kv && wanted).map(|old| old.kv.clone()) }
}

fn do_delete(
    write: &mut Write<'_>,
    leases: &mut Leases,
    range: &crate::rpc::KeyRange,
    prev_kvs: bool,
) -> OpResponse {
    let old = write.delete(range);
    for record in &old {
        leases.attach(&record.kv.key, record.kv.lease, LeaseId(0));
    }
    let kvs = |old: &[Arc<Record>]| old.iter().map(|record| record.kv.clone()).collect::<Vec<KeyValue>>();
    let prev_kvs = if prev_kvs { kvs(&old) } else { Vec::new() };
    OpResponse::DeleteRange { deleted: old.len() as u64, prev_kvs: prev_kvs.into() }
}

/// `path` says for this transaction and those nested in it which branch is taken. Everything that can fail was
/// checked before.
fn do_txn(
    write: &mut Write<'_>,
    leases: &mut Leases,
    txn: &Txn,
    path: &mut impl Iterator<Item = bool>,
    wanted: bool,
) -> Result<OpResponse, Error> {
    let succeeded = path.next().unwrap_or(false);
    let mut responses = Vec::new();
    for op in txn::branch(txn, succeeded) {
        let response = match op {
            // Reads are for the one who asks; the other members skip them.
            Op::Range(_) if !wanted => continue,
            Op::Range(range) => do_range(write.store(), range)?,
            Op::Put(put) => do_put(write, leases, put, wanted),
            Op::DeleteRange(delete) => do_delete(write, leases, &delete.range, delete.prev_kv && wanted),
            Op::Txn(txn) => do_txn(write, leases, txn, path, wanted)?,
        };
        if wanted {
            responses.push(response);
        }
    }
    Ok(OpResponse::Txn { succeeded, responses: responses.into() })
}

fn do_read_txn(store: &Store, txn: &Txn, path: &mut impl Iterator<Item = bool>) -> Result<OpResponse, Error> {
    let succeeded = path.next().unwrap_or(false);
    let mut responses = Vec::new();
    for op in txn::branch(txn, succeeded) {
        responses.push(match op {
            Op::Range(range) => do_range(store, range)?,
            Op::Txn(txn) => do_read_txn(store, txn, path)?,
            Op::Put(_) | Op::DeleteRange(_) => continue,
        });
    }
    Ok(OpResponse::Txn { succeeded, responses: responses.into() })
}

/// A state as the data of a Raft snapshot.
#[derive(Clone, Debug)]
pub struct Image(pub State);

impl Hash for Image {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Content for Image {
    fn size(&self) -> u64 {
        self.0.store.bytes()
    }

    fn encode(&self) -> Vec<u8> {
        // The page shows a snapshot's digest; nobody reads a database file.
        format!(
            "db revision:{} applied:{} digest:{}",
            self.0.store.revision().0,
            self.0.applied.index,
            self.0.digest()
        )
        .into_bytes()
    }

    fn digest(&self) -> Digest {
        self.0.digest()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::{Compare, Comparison, DeleteRange, KeyRange, Revision, Target};

    fn absent(key: &str) -> Compare {
        Compare {
            range: KeyRange::key(key),
            comparison: Comparison::Equal,
            target: Target::Create(Revision(0)),
        }
    }

    fn apply(state: &mut State, request: Request) -> Result<Response, Error> {
        state.apply(&request, true).map(|response| response.expect("an answer, as it was wanted"))
    }

    fn create(key: &str) -> Request {
        let get = Op::Range(Range::new(KeyRange::key(key)));
        Request::Txn(Arc::new(Txn {
            compare: vec![absent(key)],
            then: vec![Op::Put(Put::new(key, "x"))],
            otherwise: vec![get],
        }))
    }

    #[test]
    fn a_create_happens_once_and_then_reads() {
        let mut state = State::new(2);
        let Ok(Response::Op { header, response: OpResponse::Txn { succeeded: true, responses } }) =
            apply(&mut state, create("a"))
        else {
            panic!("the first create succeeds");
        };
        assert_eq!((header.revision, responses.len()), (Revision(2), 1));
        let Ok(Response::Op { header, response: OpResponse::Txn { succeeded: false, responses } }) =
            apply(&mut state, create("a"))
        else {
            panic!("the second does not");
        };
        assert_eq!(header.revision, Revision(2), "nothing changed");
        assert!(matches!(&responses[..], [OpResponse::Range { kvs, count: 1, .. }] if kvs[0].version == 1));
    }

    #[test]
    fn conditions_below_see_the_store_as_it_was() {
        let mut state = State::new(2);
        let below = Txn {
            compare: vec![absent("a")],
            then: vec![Op::Put(Put::new("b", "absent"))],
            otherwise: vec![Op::Put(Put::new("b", "there"))],
        };
        let txn = Txn {
            compare: Vec::new(),
            then: vec![Op::Put(Put::new("a", "1")), Op::Txn(below)],
            otherwise: Vec::new(),
        };
        assert!(apply(&mut state, Request::Txn(Arc::new(txn))).is_ok());
        assert_eq!(state.store.get("b").map(|record| record.kv.value.text()), Some("absent".to_owned()));
        assert_eq!(state.store.get("b").map(|record| (record.revision().0, record.sub)), Some((2, 1)));
    }

    #[test]
    fn a_transaction_that_fails_changes_nothing() {
        let mut state = State::new(2);
        let future = Range { revision: Revision(50), ..Range::new(KeyRange::key("a")) };
        let txn = Txn { then: vec![Op::Put(Put::new("a", "1")), Op::Range(future)], ..Txn::default() };
        assert_eq!(apply(&mut state, Request::Txn(Arc::new(txn))), Err(Error::FutureRevision));
        assert_eq!((state.store.revision(), state.store.key_count()), (Revision(1), 0));
    }

    #[test]
    fn answers_make_no_difference_to_the_state() {
        let (mut asked, mut silent) = (State::new(2), State::new(2));
        let lease = LeaseId(9);
        let requests = [
            Request::LeaseGrant { id: lease, ttl_seconds: 1 },
            create("a"),
            Request::Put(Put { lease, prev_kv: true, ..Put::new("a", "y") }),
            Request::Put(Put { ignore_lease: true, ..Put::new("a", "z") }),
            Request::Put(Put { lease, ..Put::new("b", "y") }),
            Request::Put(Put::new("b", "y")),
            Request::DeleteRange(DeleteRange { range: KeyRange::key("none"), prev_kv: true }),
            Request::LeaseRevoke { id: lease },
            Request::LeaseRevoke { id: lease },
            Request::Compact { revision: Revision(4), physical: true },
        ];
        for request in &requests {
            let told = asked.apply(request, true);
            let untold = silent.apply(request, false);
            assert_eq!(told.is_ok(), untold.is_ok());
            assert_eq!(asked.digest(), silent.digest(), "{request:?}");
        }
        // "a" kept its lease and went with it; "b" had let go of it.
        assert!(asked.store.get("a").is_none());
        assert!(asked.store.get("b").is_some());
        assert_eq!(asked.store.check(), Ok(()));
    }
}
