//! A running command: what happens to it, and what it can do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::Str;
use api::http::{Frame, Request, Response};
use client::RequestId;
use etcd::rpc;
use etcd::snapshot::SnapshotBlob;
use sim::{Actor, SimTime, Token};

use crate::failure::Failure;
use crate::problem::Problem;
use crate::program::Program;
use crate::session::{Channel, Session, SessionId};
use crate::wire::{Context, Message};

/// kubectl's version, which is the lab's.
pub const VERSION: &str = "v1.36.0";
const USER_AGENT: Str = api::literal!("kubectl/v1.36.0 (linux/amd64) kubernetes/lab");

/// The kind of all timers of the terminal.
pub(crate) const TIMER: u16 = 1;

/// How long an informer waits before it lists again after a failure (client-go's reflector: 800 ms, doubling).
pub(crate) const RETRY: Duration = Duration::from_millis(800);

/// What happens to a command. `tag` is the command's own name for one of its requests or timers.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Start,
    Response { tag: u32, response: Arc<Response> },
    Frame { tag: u32, frame: Frame },
    Failed { tag: u32, reason: Str },
    Timer { tag: u32 },
}

/// What comes back from an etcd member, to the program that called it.
#[derive(Clone, Debug)]
pub(crate) enum EtcdEvent {
    Response { tag: u32, response: Arc<rpc::Response> },
    Failed { tag: u32, reason: Str },
}

/// A command that runs.
#[derive(Clone, Debug, Hash)]
pub struct Process {
    line: Str,
    /// The timer after which it is ended (`timeout 10 ...`).
    pub(crate) limit: Option<u64>,
    pub(crate) program: Program,
}

impl Process {
    pub(crate) fn new(line: Str, program: Program) -> Process {
        Process { line, limit: None, program }
    }

    /// The line that started it.
    pub fn line(&self) -> &Str {
        &self.line
    }
}

/// Who waits for which request and timer, and the next numbers.
#[derive(Clone, Debug, Hash, Default)]
pub(crate) struct Wires {
    pub(crate) requests: BTreeMap<RequestId, (SessionId, u32)>,
    pub(crate) timers: BTreeMap<u64, (SessionId, u32)>,
    /// Calls to etcd members, by member and number.
    pub(crate) calls: BTreeMap<(u32, rpc::CallId), Waiting>,
    last_request: u64,
    last_timer: u64,
    last_call: u64,
}

/// Who waits for an etcd member.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Waiting {
    pub(crate) session: SessionId,
    pub(crate) tag: u32,
    /// A watch stays open until someone ends it.
    watch: bool,
}

impl Wires {
    /// A timer that no program waits for.
    pub(crate) fn alarm(&mut self, after: Duration, context: &mut Context<'_>) -> u64 {
        self.last_timer += 1;
        context.timer(after, Token::new(TIMER, self.last_timer));
        self.last_timer
    }

    fn fresh_call(&mut self) -> rpc::CallId {
        self.last_call += 1;
        rpc::CallId(self.last_call)
    }

    /// Who waits for an answer; no longer afterwards, unless it is a watch that goes on.
    pub(crate) fn answered(
        &mut self,
        member: u32,
        call: rpc::CallId,
        response: &rpc::Response,
    ) -> Option<(SessionId, u32)> {
        if let rpc::Response::WatchCreated { .. } | rpc::Response::WatchEvents { .. } = response {
            let waiting = self.calls.get(&(member, call))?;
            return Some((waiting.session, waiting.tag));
        }
        self.calls.remove(&(member, call)).map(|waiting| (waiting.session, waiting.tag))
    }

    /// Forgets a session's calls and ends its watches.
    pub(crate) fn end_calls(&mut self, session: SessionId, context: &mut Context<'_>) {
        let ended: Vec<_> = self.calls.extract_if(.., |_, waiting| waiting.session == session).collect();
        for ((member, call), waiting) in ended {
            self.end_call(member, call, &waiting, context);
        }
    }

    /// Tells the member that nobody looks at a watch any more, or waits for an answer.
    fn end_call(&mut self, member: u32, ended: rpc::CallId, waiting: &Waiting, context: &mut Context<'_>) {
        let call = self.fresh_call();
        let request = Arc::new(match waiting.watch {
            true => rpc::Request::WatchCancel { watch: ended },
            false => rpc::Request::Cancel { call: ended },
        });
        context.send(Actor::Etcd(member), Message::Etcd { call, request });
    }
}

/// What a command can do while it handles one event.
pub(crate) struct Io<'a, 'c> {
    pub(crate) id: SessionId,
    pub(crate) session: &'a mut Session,
    pub(crate) wires: &'a mut Wires,
    pub(crate) context: &'a mut Context<'c>,
    pub(crate) snapshots: &'a mut BTreeMap<Str, SnapshotBlob>,
    pub(crate) exit: Option<u8>,
}

impl Io<'_, '_> {
    /// The virtual time.
    pub(crate) fn now(&self) -> SimTime {
        self.context.now
    }

    /// Prints to standard output.
    pub(crate) fn out(&mut self, text: impl Into<Str>) {
        self.session.print(Channel::Stdout, text);
    }

    /// Prints a line to standard output.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        self.out(format!("{}\n", text.as_ref()));
    }

    /// Prints a line to standard error.
    pub(crate) fn err(&mut self, text: impl AsRef<str>) {
        self.session.print(Channel::Stderr, format!("{}\n", text.as_ref()));
    }

    /// Sends a request; its answer comes back with `tag`.
    pub(crate) fn send(&mut self, tag: u32, request: Request) {
        self.wires.last_request += 1;
        let id = RequestId(self.wires.last_request);
        self.wires.requests.insert(id, (self.id, tag));
        let mut request = request.header(api::literal!("user-agent"), USER_AGENT);
        request.headers.extend(self.session.acting.iter().cloned());
        let request = Arc::new(request);
        self.context.send(Actor::ApiServer, Message::Api(client::Message::Request { id, request }));
    }

    /// Closes the streams (and forgets the requests) with `tag`.
    pub(crate) fn cancel(&mut self, tag: u32) {
        let ids: Vec<RequestId> =
            self.wires.requests.iter().filter(|(_, to)| **to == (self.id, tag)).map(|(id, _)| *id).collect();
        for id in ids {
            self.wires.requests.remove(&id);
            self.context.send(Actor::ApiServer, Message::Api(client::Message::Cancel { id }));
        }
    }

    /// Sends a request to an etcd member; its answers come back with `tag`.
    pub(crate) fn call(&mut self, tag: u32, member: u32, request: Arc<rpc::Request>) -> rpc::CallId {
        let call = self.wires.fresh_call();
        let watch = matches!(*request, rpc::Request::Watch(_));
        self.wires.calls.insert((member, call), Waiting { session: self.id, tag, watch });
        self.context.send(Actor::Etcd(member), Message::Etcd { call, request });
        call
    }

    /// No longer waits for a call's answers; a watch is ended.
    pub(crate) fn drop_call(&mut self, member: u32, call: rpc::CallId) {
        if let Some(waiting) = self.wires.calls.remove(&(member, call)) {
            self.wires.end_call(member, call, &waiting, self.context);
        }
    }

    /// Asks the lab to put a data directory onto a member's disk.
    pub(crate) fn restore(&mut self, member: u32, disk: Arc<etcd::Disk>, replace: bool) {
        let call = self.wires.fresh_call();
        self.wires.calls.insert((member, call), Waiting { session: self.id, tag: 0, watch: false });
        self.context.send(Actor::Etcd(member), Message::Restore { call, disk, replace });
    }

    /// Calls back with `tag` after a while.
    pub(crate) fn timer(&mut self, tag: u32, after: Duration) {
        self.wires.last_timer += 1;
        let number = self.wires.last_timer;
        self.wires.timers.insert(number, (self.id, tag));
        self.context.timer(after, Token::new(TIMER, number));
    }

    /// Reports a mistake in a manifest by its place.
    pub(crate) fn problem(&mut self, problem: Problem) {
        self.session.problems.push(problem);
    }

    /// Ends the command.
    pub(crate) fn finish(&mut self, code: u8) {
        self.exit.get_or_insert(code);
    }

    /// Ends the command with a message.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        self.err(&failure.text);
        self.finish(failure.code);
    }

    /// Ends the command: with exit code 0, or with all that went wrong.
    pub(crate) fn finish_with(&mut self, failures: Vec<Failure>) {
        match Failure::several(failures) {
            Some(failure) => self.fail(&failure),
            None => self.finish(0),
        }
    }
}

/// A command as a state machine.
pub(crate) trait Step {
    /// Handles one thing that happened.
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>);
}
