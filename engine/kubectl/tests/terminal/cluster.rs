//! A terminal and a server, and what passes between them.

use std::collections::{BTreeMap, VecDeque};

use api::http::Frame;
use client::{Input, Message, RequestId};
use clusterlab_kubectl::{self as kubectl, Channel, SessionId, Terminal};
use sim::{Actor, Effect, SimTime, Token};

use crate::server::Server;

/// The session of all tests.
pub const S: SessionId = SessionId(1);

#[derive(Default)]
pub struct Cluster {
    pub terminal: Terminal,
    pub server: Server,
    now: SimTime,
    inputs: VecDeque<Input>,
    timers: BTreeMap<(SimTime, u64), Token>,
    timer_count: u64,
}

/// What a command printed.
#[derive(Debug, PartialEq)]
pub struct Printed {
    pub out: String,
    pub err: String,
    pub code: Option<u8>,
}

impl Cluster {
    fn act(&mut self, act: impl FnOnce(&mut Terminal, &mut kubectl::Context<'_>)) {
        let mut effects = Vec::new();
        let mut context = kubectl::Context::new(self.now, Actor::User, &mut effects);
        act(&mut self.terminal, &mut context);
        for effect in effects {
            match effect {
                Effect::Send { message: kubectl::Message::Api(Message::Request { id, request }), .. } => {
                    let inputs = self.server.handle(id, &request);
                    self.inputs.extend(inputs);
                }
                Effect::Send { message: kubectl::Message::Api(Message::Cancel { id }), .. } => {
                    self.server.cancel(id)
                }
                Effect::Timer { after, token } => {
                    self.timer_count += 1;
                    self.timers.insert((self.now + after, self.timer_count), token);
                }
                Effect::Send { .. } | Effect::Note(_) => {}
            }
        }
    }

    /// Delivers what is under way until nothing is.
    pub fn settle(&mut self) {
        while let Some(input) = self.inputs.pop_front() {
            self.act(|terminal, context| terminal.handle(input.into(), context));
        }
    }

    /// Lets the next timer ring.
    pub fn ring(&mut self) {
        if let Some(((at, _), token)) = self.timers.pop_first() {
            self.now = at;
            self.act(|terminal, context| terminal.handle(Input::Timer(token).into(), context));
            self.settle();
        }
    }

    /// Sends frames to the terminal.
    pub fn deliver(&mut self, frames: Vec<(RequestId, Frame)>) {
        self.inputs.extend(frames.into_iter().map(|(id, frame)| Input::Frame { id, frame }));
        self.settle();
    }

    /// Breaks the connections of all watches.
    pub fn break_connections(&mut self) {
        let broken = self.server.hang_up();
        let reason = "http2: client connection lost";
        self.inputs.extend(broken.into_iter().map(|id| Input::Failed { id, reason: reason.into() }));
        self.settle();
    }

    /// Starts a line, with a text as standard input, and delivers what follows.
    pub fn start(&mut self, line: &str, stdin: &str) {
        self.server.log.clear();
        let stdin = if stdin.is_empty() { None } else { Some(stdin.into()) };
        self.act(|terminal, context| terminal.start(S, line, stdin, context));
        self.settle();
    }

    pub fn interrupt(&mut self) {
        self.act(|terminal, context| terminal.interrupt(S, context));
        self.settle();
    }

    /// What the last command printed so far.
    pub fn printed(&self) -> Printed {
        let session = self.terminal.session(S).expect("something was started");
        Printed {
            out: session.output().text(Channel::Stdout),
            err: session.output().text(Channel::Stderr),
            code: session.finished(),
        }
    }

    /// Runs a line to its end (timers ring when nothing else is left).
    pub fn run(&mut self, line: &str) -> Printed {
        self.run_with(line, "")
    }

    /// As [`Cluster::run`], with standard input.
    pub fn run_with(&mut self, line: &str, stdin: &str) -> Printed {
        self.start(line, stdin);
        for _ in 0..100 {
            if self.printed().code.is_some() {
                break;
            }
            self.ring();
        }
        self.printed()
    }

    /// Runs a line that has to succeed without a word on standard error; gives what it printed.
    #[track_caller]
    pub fn ok(&mut self, line: &str) -> String {
        let printed = self.run(line);
        assert_eq!((printed.err.as_str(), printed.code), ("", Some(0)), "{line}\n{}", printed.out);
        printed.out
    }

    /// Runs a line that has to fail with exit code 1; gives what it said on standard error.
    #[track_caller]
    pub fn fails(&mut self, line: &str) -> String {
        let printed = self.run(line);
        assert_eq!(printed.code, Some(1), "{line}\n{}{}", printed.out, printed.err);
        printed.err
    }
}
