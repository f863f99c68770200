//! The client library: which endpoint a call goes to, when it is tried again, and when it is given up.
//!
//! As etcd's Go client does it: a call waits until some endpoint can be reached, in the order given; a call that
//! reads is repeated at the next endpoint when a member says it is unavailable, one that writes is not; and a
//! command gives up after its timeout. The random parts of gRPC's waiting times are left out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::Str;
use etcd::rpc::{AlarmAction, CallId, Error, Request, Response};

use super::endpoint::Endpoint;
use crate::process::Io;

/// What a call came to.
pub type Outcome = Result<Arc<Response>, CallError>;

/// Why a call failed, in the client library's words.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CallError {
    /// The words.
    pub text: Str,
    /// What the server said, when it was the server.
    pub server: Option<Error>,
}

impl CallError {
    fn of(text: impl Into<Str>) -> CallError {
        CallError { text: text.into(), server: None }
    }
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// gRPC waits this long after all endpoints refused, and then longer each time, up to the most.
const RECONNECT: Duration = Duration::from_secs(1);
const RECONNECT_MOST: Duration = Duration::from_secs(120);

/// The client library's wait between two tries of a read that a member could not serve, and how many tries.
const RETRY: Duration = Duration::from_millis(25);
const TRIES_MOST: u32 = 100;

/// What a timer of the process is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ring {
    /// A call's time is up.
    Deadline(u32),
    /// A call is tried again.
    Again(u32),
    /// The command's own timer.
    Own(u32),
}

impl Ring {
    /// As a tag of the terminal's timers.
    pub fn tag(self) -> u32 {
        match self {
            Ring::Deadline(n) => n << 2,
            Ring::Again(n) => n << 2 | 1,
            Ring::Own(n) => n << 2 | 2,
        }
    }

    /// Back from it.
    pub fn of(tag: u32) -> Ring {
        match tag & 3 {
            0 => Ring::Deadline(tag >> 2),
            1 => Ring::Again(tag >> 2),
            _ => Ring::Own(tag >> 2),
        }
    }
}

/// A call under way.
#[derive(Clone, Debug, Hash)]
struct Call {
    /// The command's name for it.
    tag: u32,
    request: Arc<Request>,
    /// Only at this endpoint.
    only: Option<u32>,
    /// The endpoint of the next try.
    next: u32,
    /// Endpoints that refused since the last wait.
    refused: u32,
    /// Tries that reached a member.
    tries: u32,
    wait: Duration,
    /// Where it is now.
    sent: Option<(u32, CallId)>,
}

/// The client: endpoints and the calls under way.
#[derive(Clone, Debug, Hash)]
pub struct Client {
    endpoints: Vec<Endpoint>,
    calls: BTreeMap<u32, Call>,
    last: u32,
    /// The endpoint that answered last; the next call goes there first.
    good: u32,
}

impl Client {
    /// A client of these endpoints.
    pub fn new(endpoints: Vec<Endpoint>) -> Client {
        Client { endpoints, calls: BTreeMap::new(), last: 0, good: 0 }
    }

    /// The endpoints.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Talks to these endpoints from now on.
    pub fn set_endpoints(&mut self, endpoints: Vec<Endpoint>) {
        self.endpoints = endpoints;
        self.good = 0;
    }

    /// Sends a request, at one endpoint or at any. Its outcome comes back with `tag`.
    pub fn call(
        &mut self,
        tag: u32,
        request: Request,
        only: Option<u32>,
        timeout: Option<Duration>,
        io: &mut Io<'_, '_>,
    ) {
        self.last += 1;
        let call = Call {
            tag,
            request: Arc::new(request),
            only,
            next: only.unwrap_or(self.good),
            refused: 0,
            tries: 0,
            wait: RECONNECT,
            sent: None,
        };
        self.calls.insert(self.last, call);
        if let Some(timeout) = timeout {
            io.timer(Ring::Deadline(self.last).tag(), timeout);
        }
        self.send(self.last, io);
    }

    /// Forgets all calls with `tag`; watches are ended.
    pub fn cancel(&mut self, tag: u32, io: &mut Io<'_, '_>) {
        let ended: Vec<Call> = self.calls.extract_if(.., |_, call| call.tag == tag).map(|(_, c)| c).collect();
        for (member, call) in ended.into_iter().filter_map(|call| call.sent) {
            io.drop_call(member, call);
        }
    }

    fn send(&mut self, number: u32, io: &mut Io<'_, '_>) {
        let count = if self.endpoints.is_empty() { 1 } else { self.endpoints.len() as u32 };
        let Some(call) = self.calls.get_mut(&number) else { return };
        let rounds = if call.only.is_some() { 1 } else { count };
        while call.refused < rounds {
            let at = call.only.unwrap_or(call.next % count);
            if let Some(member) = self.endpoints.get(at as usize).and_then(|endpoint| endpoint.member) {
                call.sent = Some((member, io.call(number, member, call.request.clone())));
                return;
            }
            // An address at which nobody is.
            call.refused += 1;
            call.next += 1;
        }
        call.refused = 0;
        io.timer(Ring::Again(number).tag(), call.wait);
        call.wait = (call.wait * 8 / 5).min(RECONNECT_MOST);
    }

    /// A timer of a call rings.
    pub fn ring(&mut self, ring: Ring, io: &mut Io<'_, '_>) -> Option<(u32, Outcome)> {
        match ring {
            Ring::Own(_) => None,
            Ring::Again(number) => {
                // An earlier try's timer says nothing once the call is on its way.
                if self.calls.get(&number).is_some_and(|call| call.sent.is_none()) {
                    self.send(number, io);
                }
                None
            }
            Ring::Deadline(number) => {
                let call = self.calls.remove(&number)?;
                if let Some((member, id)) = call.sent {
                    io.drop_call(member, id);
                }
                Some((call.tag, Err(CallError::of("context deadline exceeded"))))
            }
        }
    }

    /// A member answered. What that is to the command; `None` when the call is tried again.
    pub fn answered(
        &mut self,
        number: u32,
        response: Arc<Response>,
        io: &mut Io<'_, '_>,
    ) -> Option<(u32, Outcome)> {
        let call = self.calls.get_mut(&number)?;
        let count = self.endpoints.len() as u32;
        self.good = call.only.map_or(call.next % count.max(1), |_| self.good);
        match &*response {
            Response::WatchCreated { .. } | Response::WatchEvents { .. } => Some((call.tag, Ok(response))),
            Response::Error(error) => {
                call.sent = None;
                call.tries += 1;
                let again = error.code() == "Unavailable" && is_repeatable(&call.request);
                if again && call.tries < TRIES_MOST {
                    call.next += 1;
                    self.again(number, io);
                    return None;
                }
                let call = self.calls.remove(&number)?;
                let text = Str::from(error.to_string());
                Some((call.tag, Err(CallError { text, server: Some(error.clone()) })))
            }
            _ => self.calls.remove(&number).map(|call| (call.tag, Ok(response))),
        }
    }

    /// A connection broke, or could not be made.
    pub fn failed(&mut self, number: u32, reason: &str, io: &mut Io<'_, '_>) -> Option<(u32, Outcome)> {
        let call = self.calls.get_mut(&number)?;
        call.sent = None;
        call.next += 1;
        if call.only.is_none() {
            self.good = call.next % (self.endpoints.len() as u32).max(1);
        }
        if reason.ends_with("connection refused") {
            call.refused += 1;
            self.send(number, io);
            return None;
        }
        call.tries += 1;
        if is_repeatable(&call.request) && call.tries < TRIES_MOST {
            self.again(number, io);
            return None;
        }
        let call = self.calls.remove(&number)?;
        let text = format!("rpc error: code = Unavailable desc = error reading from server: {reason}");
        Some((call.tag, Err(CallError::of(text))))
    }

    /// Tries again: at once while there are endpoints enough for a majority, then after a wait.
    fn again(&mut self, number: u32, io: &mut Io<'_, '_>) {
        let quorum = self.endpoints.len() as u32 / 2 + 1;
        let Some(call) = self.calls.get(&number) else { return };
        if call.tries.is_multiple_of(quorum) {
            io.timer(Ring::Again(number).tag(), RETRY);
        } else {
            self.send(number, io);
        }
    }
}

/// True for requests that the client library sends again when it does not know what became of them.
fn is_repeatable(request: &Request) -> bool {
    match request {
        Request::Put(_)
        | Request::DeleteRange(_)
        | Request::Txn(_)
        | Request::Compact { .. }
        | Request::Watch(_)
        | Request::WatchCancel { .. }
        | Request::Cancel { .. }
        | Request::WatchProgress
        | Request::MemberAdd { .. }
        | Request::MemberRemove { .. }
        | Request::MemberUpdate { .. }
        | Request::MemberPromote { .. }
        | Request::Defragment => false,
        Request::Alarm { action, .. } => *action == AlarmAction::Get,
        _ => true,
    }
}
