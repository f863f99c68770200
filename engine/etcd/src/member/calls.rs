//! Clients' calls: checks, proposals, reads, answers, deadlines.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use raft::{LogIndex, NodeId};
use sim::{Actor, Blob, SimTime};

use super::{Context, Forward, Member};
use crate::proposal::{Proposal, RequestNumber, size};
use crate::rpc::{CallId, Error, Header, LeaseId, Request, Response, Revision, fill};
use crate::txn::check_form;

/// More committed entries than this, not yet applied, and new requests are refused.
const MAX_APPLY_LAG: u64 = 5_000;

/// A read request that is not confirmed after this long is asked again.
const READ_RETRY: Duration = Duration::from_millis(500);

/// Leases revoked in one look at the clock, at most (etcd revokes 1000 a second and looks twice).
const REVOKE_MOST: usize = 500;

/// Who waits for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Caller {
    /// A client.
    Client(Actor),
    /// A member that sent a client's call on, and its number for it.
    Member(u32, RequestNumber),
}

/// A call that is not answered yet.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Call {
    /// Who waits.
    pub caller: Caller,
    /// The client's number for it.
    pub id: CallId,
    /// What it wants.
    pub request: Arc<Request>,
    /// When it came.
    pub since: SimTime,
}

/// Reads that must see everything that was acknowledged before they came. One round of asking the leader
/// serves all that came before it began.
#[derive(Clone, Debug, Hash, Default)]
pub(super) struct Reads {
    /// For the next round.
    queued: Vec<Call>,
    round: Option<Round>,
    /// Confirmed; served when the index is applied.
    confirmed: VecDeque<(LogIndex, Vec<Call>)>,
}

#[derive(Clone, Debug, Hash)]
struct Round {
    number: RequestNumber,
    calls: Vec<Call>,
    asked_at: SimTime,
}

impl Reads {
    pub(super) fn len(&self) -> u64 {
        let round = self.round.as_ref().map_or(0, |round| round.calls.len());
        (self.queued.len() + round + self.confirmed.iter().map(|(_, calls)| calls.len()).sum::<usize>())
            as u64
    }

    fn retain(&mut self, keep: &mut dyn FnMut(&Call) -> bool) {
        self.queued.retain(&mut *keep);
        if let Some(round) = &mut self.round {
            round.calls.retain(&mut *keep);
        }
        for (_, calls) in &mut self.confirmed {
            calls.retain(&mut *keep);
        }
    }
}

impl Member {
    /// A client's request.
    pub(super) fn call(&mut self, from: Actor, id: CallId, request: Arc<Request>, context: &mut Context<'_>) {
        if let Request::Cancel { call } = *request {
            return self.cancel(from, call);
        }
        if self.keep_while_defragmenting(from, id, &request) {
            return;
        }
        let call = Call { caller: Caller::Client(from), id, request, since: context.now };
        if self.is_learner() && !learner_answers(&call.request) {
            let response = Response::Error(Error::NotSupportedForLearner);
            self.reply(&call.caller, id, response, context);
            return;
        }
        match &*call.request {
            Request::Watch(watch) => self.watch(from, id, watch, context),
            Request::WatchCancel { watch } => self.cancel_watch(from, *watch, context),
            Request::WatchProgress => self.ask_progress(from, id, context),
            _ => {
                if let Err(error) = self.accept(call.clone(), context) {
                    self.reply(&call.caller, id, Response::Error(error), context);
                }
            }
        }
    }

    fn accept(&mut self, call: Call, context: &mut Context<'_>) -> Result<(), Error> {
        let request = call.request.clone();
        check_form(&request)?;
        match &*request {
            Request::Range(range) if range.serializable => {
                let response = self.with_header(self.state.read(range)?);
                self.reply(&call.caller, call.id, response, context);
            }
            Request::Txn(txn) if txn.is_read_only() && txn.is_serializable() => {
                let response = self.with_header(self.state.read_txn(txn)?);
                self.reply(&call.caller, call.id, response, context);
            }
            Request::Txn(txn) if txn.is_read_only() => self.reads.queued.push(call),
            Request::Range(_) | Request::LeaseLeases | Request::MemberList { linearizable: true } => {
                self.reads.queued.push(call)
            }
            Request::Status
            | Request::MemberList { linearizable: false }
            | Request::Snapshot
            | Request::Hash
            | Request::HashKv { .. } => {
                let response = self.local_answer(&request)?;
                self.reply(&call.caller, call.id, response, context);
            }
            Request::MemberAdd { .. }
            | Request::MemberRemove { .. }
            | Request::MemberUpdate { .. }
            | Request::MemberPromote { .. } => self.member_call(call, context)?,
            Request::MoveLeader { target } => self.move_leader(call, NodeId(*target))?,
            Request::Defragment => self.defragment(call, context),
            Request::LeaseKeepAlive { .. } | Request::LeaseTimeToLive { .. } => {
                self.lease_call(call, context)
            }
            Request::LeaseGrant { id: LeaseId(0), ttl_seconds } => {
                let number = self.numbers.fresh();
                let id = LeaseId((number.0 & (i64::MAX as u64)) as i64);
                let request = Arc::new(Request::LeaseGrant { id, ttl_seconds: *ttl_seconds });
                self.propose(number, Call { request, ..call })?;
            }
            _ => {
                let number = self.numbers.fresh();
                self.propose(number, call)?;
            }
        }
        Ok(())
    }

    fn propose(&mut self, number: RequestNumber, call: Call) -> Result<(), Error> {
        if self.commit_index() - self.applied.index > MAX_APPLY_LAG {
            return Err(Error::TooManyRequests);
        }
        let bytes = size(&call.request);
        if bytes > self.config.max_request_bytes {
            return Err(Error::RequestTooLarge);
        }
        self.check_quota(&call.request)?;
        self.enqueue(number, call.request.clone());
        self.waiting.insert(number, call);
        Ok(())
    }

    fn enqueue(&mut self, number: RequestNumber, request: Arc<Request>) {
        self.proposals.push((Some(number), Proposal::new(number, request).into_blob()));
    }

    /// Leases are kept alive, and their time is told, by the leader alone and not through the log.
    pub(super) fn lease_call(&mut self, call: Call, context: &mut Context<'_>) {
        if self.lessor.is_primary() {
            let response = self.lease_answer(&call.request, context.now);
            self.reply(&call.caller, call.id, response, context);
            return;
        }
        self.ask_leader(call, context);
    }

    /// Another member sends a call on, or answers one.
    pub(super) fn forwarded(&mut self, from: u32, forward: &Forward, context: &mut Context<'_>) {
        match forward {
            Forward::Request { number, request } => {
                if !matches!(**request, Request::LeaseKeepAlive { .. } | Request::LeaseTimeToLive { .. }) {
                    self.forwarded_change(from, *number, request, context);
                } else if self.lessor.is_primary() {
                    let response = self.lease_answer(request, context.now);
                    self.reply(&Caller::Member(from, *number), CallId(0), response, context);
                }
            }
            Forward::Response { number, response } => {
                if let Some(call) = self.waiting.remove(number) {
                    let response = self.with_header((**response).clone());
                    self.reply(&call.caller, call.id, response, context);
                }
            }
            Forward::AskMembers => self.tell_members(from, context),
            Forward::Members { .. } => {}
            Forward::Removed { member } => {
                if *member == self.id {
                    self.stop("the member has been permanently removed from the cluster", context);
                }
            }
        }
    }

    fn lease_answer(&mut self, request: &Request, now: SimTime) -> Response {
        let header = self.header();
        match *request {
            Request::LeaseKeepAlive { id } => {
                // A lease that does not exist has no time left; that is how etcd says so.
                let ttl_seconds = self.state.leases.get(id).map_or(0, |lease| lease.ttl_seconds);
                if ttl_seconds > 0 {
                    self.lessor.renew(id, ttl_seconds, now);
                }
                Response::LeaseKeepAlive { header, id, ttl_seconds }
            }
            Request::LeaseTimeToLive { id, keys } => {
                let lease = self.state.leases.get(id);
                let wanted = lease.filter(|_| keys).into_iter().flat_map(|lease| lease.keys.iter().cloned());
                Response::LeaseTimeToLive {
                    header,
                    id,
                    ttl_seconds: lease.and_then(|_| self.lessor.remaining(id, now)).unwrap_or(-1),
                    granted_ttl_seconds: lease.map_or(0, |lease| lease.ttl_seconds),
                    keys: wanted.collect(),
                }
            }
            _ => Response::Error(Error::NotSupported("etcdserver: not supported".into())),
        }
    }

    /// The leader lets leases expire through the log, so that all members forget them at the same revision.
    pub(super) fn revoke_expired(&mut self, now: SimTime) {
        for id in self.lessor.expired(now, REVOKE_MOST) {
            let number = self.numbers.fresh();
            let request = Arc::new(Request::LeaseRevoke { id });
            self.proposals.push((None, Proposal::new(number, request).into_blob()));
        }
    }

    /// A started member tells the others through the log, and serves reads when that is applied (etcd opens
    /// its client port then).
    pub(super) fn publish(&mut self, now: SimTime) {
        if self.ready {
            return;
        }
        let number = self.numbers.fresh();
        let proposal = Proposal::publish(number, self.id, self.config.own().name);
        self.proposals.push((None, proposal.into_blob()));
        self.publish_again_at = now + self.config.request_timeout();
    }

    /// Begins a round of asking when reads wait and none is under way.
    pub(super) fn start_read(&mut self, now: SimTime) {
        if !self.ready || self.reads.round.is_some() || self.reads.queued.is_empty() || self.lead().is_none()
        {
            return;
        }
        let number = self.numbers.fresh();
        let calls = std::mem::take(&mut self.reads.queued);
        self.reads.round = Some(Round { number, calls, asked_at: now });
        self.ask_read(number);
    }

    fn ask_read(&mut self, number: RequestNumber) {
        self.node.read_index(Blob::from(number.0.to_be_bytes().to_vec()));
    }

    /// There is another leader: who waits for what the old one was asked is told so, and may ask again.
    pub(super) fn refuse_round(&mut self, context: &mut Context<'_>) {
        let Some(round) = self.reads.round.take() else { return };
        for call in round.calls {
            self.reply(&call.caller, call.id, Response::Error(Error::LeaderChanged), context);
        }
    }

    /// The answer may have been lost: ask again.
    pub(super) fn retry_reads(&mut self, now: SimTime) {
        let Some(round) = &mut self.reads.round else { return };
        if now.since(round.asked_at) >= READ_RETRY {
            round.asked_at = now;
            let number = round.number;
            self.ask_read(number);
        }
    }

    /// The leader says up to where one must have applied.
    pub(super) fn read_confirmed(&mut self, name: &Blob, index: LogIndex) {
        let number = <[u8; 8]>::try_from(&*name.bytes()).ok().map(u64::from_be_bytes);
        // An answer to a round that was given up is late.
        if let Some(round) = self.reads.round.take_if(|round| Some(round.number.0) == number) {
            self.reads.confirmed.push_back((index, round.calls));
        }
    }

    /// Answers confirmed reads whose index is applied.
    pub(super) fn serve_reads(&mut self, context: &mut Context<'_>) {
        if self.is_defragmenting() {
            return;
        }
        while self.reads.confirmed.front().is_some_and(|(index, _)| *index <= self.applied.index) {
            let Some((_, calls)) = self.reads.confirmed.pop_front() else { break };
            for call in calls {
                let result = match &*call.request {
                    Request::Range(range) => self.state.read(range),
                    Request::Txn(txn) => self.state.read_txn(txn),
                    Request::LeaseLeases => {
                        let leases = self.state.leases.iter().map(|(id, _)| id).collect();
                        Ok(Response::LeaseLeases { header: self.header(), leases })
                    }
                    Request::MemberList { .. } => Ok(Response::MemberList {
                        header: self.header(),
                        members: self.state.members.to_vec(),
                    }),
                    _ => continue,
                };
                let response = result.map_or_else(Response::Error, |response| self.with_header(response));
                self.reply(&call.caller, call.id, response, context);
            }
        }
    }

    /// Calls that have waited too long get an error; whether they happen later is not known.
    pub(super) fn expire_calls(&mut self, context: &mut Context<'_>) {
        let timeout = self.config.request_timeout();
        let late = |call: &Call| context.now.since(call.since) >= timeout;
        let mut expired = Vec::new();
        // Numbers grow with time, so the oldest call is the first.
        while self.waiting.first_key_value().is_some_and(|(_, call)| late(call)) {
            expired.extend(self.waiting.pop_first().map(|(_, call)| call));
        }
        if self.reads.len() > 0 {
            self.reads.retain(&mut |call| {
                let late = late(call);
                if late {
                    expired.push(call.clone());
                }
                !late
            });
        }
        for call in expired {
            let error = match *call.request {
                // These wait for a leader to ask, and for nothing else.
                Request::MemberPromote { .. }
                | Request::LeaseKeepAlive { .. }
                | Request::LeaseTimeToLive { .. }
                    if self.lead().is_none() =>
                {
                    Error::NoLeader
                }
                _ => self.timeout_error(call.since),
            };
            self.reply(&call.caller, call.id, Response::Error(error), context);
        }
    }

    /// Why a call that came at `since` may have got no answer (etcd's guess).
    fn timeout_error(&self, since: SimTime) -> Error {
        let elected = self.leader_elected_at;
        let lost =
            SimTime::ZERO + elected.since(SimTime::ZERO).saturating_sub(2 * self.config.election_timeout());
        if since > lost && since < elected {
            Error::TimeoutLeaderLost
        } else if !self.lead().is_none() && !self.heard_enough_since(since) {
            Error::TimeoutConnectionLost
        } else {
            Error::Timeout
        }
    }

    /// A client is gone: nobody waits for its answers.
    pub(super) fn client_gone(&mut self, client: Actor) {
        self.watchers.client_gone(client);
        self.progress_asked.retain(|(asking, _)| *asking != client);
        let gone = Caller::Client(client);
        self.reads.retain(&mut |call| call.caller != gone);
        // Proposals stay: they have been sent, and will happen.
        self.waiting.retain(|_, call| call.caller != gone);
    }

    /// A client gives a call up. What waits for a leader is dropped; what was proposed will happen all the same.
    fn cancel(&mut self, client: Actor, id: CallId) {
        let given_up = |call: &Call| call.caller == Caller::Client(client) && call.id == id;
        self.reads.retain(&mut |call| !given_up(call));
        self.waiting.retain(|_, call| !given_up(call));
    }

    pub(super) fn pending(&self) -> u64 {
        self.waiting.len() as u64 + self.reads.len()
    }

    pub(super) fn header(&self) -> Header {
        let (revision, raft_term) = (self.state.store.revision(), self.term().0);
        Header { cluster: self.cluster, member: self.id.0, revision, raft_term }
    }

    /// Fills in who answers.
    pub(super) fn with_header(&self, mut response: Response) -> Response {
        let (member, raft_term) = (self.id.0, self.term().0);
        match &mut response {
            Response::Op { header, .. }
            | Response::Compact { header }
            | Response::WatchCreated { header }
            | Response::WatchEvents { header, .. }
            | Response::WatchCanceled { header, .. }
            | Response::LeaseGrant { header, .. }
            | Response::LeaseRevoke { header }
            | Response::LeaseKeepAlive { header, .. }
            | Response::LeaseTimeToLive { header, .. }
            | Response::LeaseLeases { header, .. }
            | Response::Status { header, .. }
            | Response::MemberList { header, .. }
            | Response::MemberAdd { header, .. }
            | Response::MemberRemove { header, .. }
            | Response::MemberUpdate { header, .. }
            | Response::MemberPromote { header, .. }
            | Response::MoveLeader { header }
            | Response::Alarm { header, .. }
            | Response::Defragment { header }
            | Response::Hash { header, .. }
            | Response::HashKv { header, .. }
            | Response::Snapshot { header, .. } => fill(header, self.cluster, member, raft_term),
            Response::Error(_) => {}
        }
        response
    }

    /// The revision of the store.
    pub fn revision(&self) -> Revision {
        self.state.store.revision()
    }
}

/// What a learner answers: what it can say by itself. Snapshots too, so that one can be made where it disturbs nobody.
fn learner_answers(request: &Request) -> bool {
    match request {
        Request::Status | Request::Snapshot => true,
        Request::Range(range) => range.serializable,
        _ => false,
    }
}
