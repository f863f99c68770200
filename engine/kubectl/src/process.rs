//! A running command: what happens to it, and what it can do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::Str;
use api::http::{Frame, Request, Response};
use client::{Message, RequestId};
use sim::{Actor, SimTime, Token};

use crate::commands::Command;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::session::{Channel, Session, SessionId};

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

/// A command that runs.
#[derive(Clone, Debug, Hash)]
pub struct Process {
    line: Str,
    pub(crate) command: Command,
}

impl Process {
    pub(crate) fn new(line: Str, command: Command) -> Process {
        Process { line, command }
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
    last_request: u64,
    last_timer: u64,
}

/// What a command can do while it handles one event.
pub(crate) struct Io<'a, 'c> {
    pub(crate) id: SessionId,
    pub(crate) session: &'a mut Session,
    pub(crate) wires: &'a mut Wires,
    pub(crate) context: &'a mut client::Context<'c>,
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
        client::component::send(self.context, id, request.header(api::literal!("user-agent"), USER_AGENT));
    }

    /// Closes the streams (and forgets the requests) with `tag`.
    pub(crate) fn cancel(&mut self, tag: u32) {
        let ids: Vec<RequestId> =
            self.wires.requests.iter().filter(|(_, to)| **to == (self.id, tag)).map(|(id, _)| *id).collect();
        for id in ids {
            self.wires.requests.remove(&id);
            self.context.send(Actor::ApiServer, Message::Cancel { id });
        }
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
