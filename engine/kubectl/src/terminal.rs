//! The terminal: command lines in, requests to the API server or to etcd, and text out.

use std::collections::BTreeMap;

use api::Str;
use api::http::Response;
use etcd::snapshot::SnapshotBlob;
use sim::Actor;

use crate::commands;
use crate::failure::Failure;
use crate::process::{EtcdEvent, Event, Io, Process, Wires};
use crate::program::{self, Program, Started};
use crate::session::{Channel, EXIT_INTERRUPTED, Session, SessionId};
use crate::wire::{Context, Input, Message};
use crate::words;

/// The exit code of `timeout` when it had to end the program.
const EXIT_TIMEOUT: u8 = 124;

/// The most lines that may be typed ahead of a running command.
const TYPED_AHEAD_MAX: u32 = 64;

/// The user's terminals: one process to the cluster (`Actor::User`), with any number of sessions.
#[derive(Clone, Debug, Hash, Default)]
pub struct Terminal {
    sessions: BTreeMap<SessionId, Session>,
    wires: Wires,
    files: BTreeMap<Str, Str>,
    /// Files that are snapshots of etcd.
    snapshots: BTreeMap<Str, SnapshotBlob>,
}

impl Terminal {
    /// A session, once something was started in it.
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id)
    }

    /// All sessions.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.sessions.iter().map(|(id, session)| (*id, session))
    }

    /// Puts a file where `-f name` finds it.
    pub fn write_file(&mut self, name: impl Into<Str>, text: impl Into<Str>) {
        self.files.insert(name.into(), text.into());
    }

    /// The files, by name.
    pub fn files(&self) -> impl Iterator<Item = (&Str, &Str)> {
        self.files.iter()
    }

    /// Starts a command line, or, while one runs, keeps it for afterwards as a real terminal does.
    ///
    /// `stdin` is what the command reads from its standard input.
    pub fn start(&mut self, id: SessionId, line: &str, stdin: Option<Str>, context: &mut Context<'_>) {
        let session = self.sessions.entry(id).or_default();
        if session.running.as_ref().is_some_and(|process| process.program.reads()) {
            session.transcript.push(Channel::Stdout, format!("{line}\n"));
            self.run(id, context, |program, io| program.line(line, io));
            return;
        }
        if session.running.is_some() {
            if !line.is_empty() && (session.typed_ahead.len() as u64) < u64::from(TYPED_AHEAD_MAX) {
                session.typed_ahead.push_back((line.into(), stdin));
            }
            return;
        }
        session.output = Default::default();
        session.problems.clear();
        session.exit = None;
        session.transcript.push(Channel::Typed, format!("{line}\n"));
        match self.read(id, line, stdin) {
            Ok(Some(Started { program, limit })) => {
                let session = self.sessions.entry(id).or_default();
                let mut process = Process::new(line.into(), program);
                process.limit = limit.map(|limit| self.wires.alarm(limit, context));
                session.running = Some(process);
                self.step(id, Event::Start, context);
            }
            Ok(None) => self.end(id, 0, context),
            Err(failure) => {
                let session = self.sessions.entry(id).or_default();
                session.print(Channel::Stderr, format!("{}\n", failure.text));
                self.end(id, failure.code, context);
            }
        }
    }

    /// What `kubectl apply -f -` with `text` as standard input does: the manifest panel's button.
    pub fn apply(&mut self, id: SessionId, text: impl Into<Str>, context: &mut Context<'_>) {
        self.start(id, "kubectl apply -f -", Some(text.into()), context);
    }

    /// Ctrl-C: forgets what was typed ahead and ends the running command with exit code 130. A program that cleans up
    /// (`etcdctl lock`) goes on until it has; a second Ctrl-C ends it.
    pub fn interrupt(&mut self, id: SessionId, context: &mut Context<'_>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.typed_ahead.clear();
        if session.running.is_some() {
            session.transcript.push(Channel::Typed, "^C\n");
            if self.run(id, context, Program::interrupt) != Some(true) {
                self.end(id, EXIT_INTERRUPTED, context);
            }
        }
    }

    fn read(&self, id: SessionId, line: &str, stdin: Option<Str>) -> Result<Option<Started>, Failure> {
        let line = words::split(line).map_err(|e| Failure::bare(format!("clusterlab: {e}")))?;
        if line.words.is_empty() {
            return Ok(None);
        }
        let namespace = self.sessions.get(&id).map_or_else(Str::new, |s| s.settings.namespace.clone());
        let stdin = line.here_document.map(Str::from).or(stdin);
        let setup = commands::Setup { namespace, stdin, files: &self.files, snapshots: &self.snapshots };
        program::read(&line.words, &setup).map(Some)
    }

    /// Prints the warnings that an answer carries in its headers (`299 - "text"`).
    fn warn(&mut self, id: SessionId, response: &Response) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        for (_, value) in response.headers.iter().filter(|(name, _)| name == "warning") {
            let quoted = value.split_once('"').map_or(value.as_str(), |(_, quoted)| quoted);
            let text = quoted.strip_suffix('"').unwrap_or(quoted);
            session.print(Channel::Stderr, format!("Warning: {}\n", text.replace("\\\"", "\"")));
        }
    }

    fn step(&mut self, id: SessionId, event: Event, context: &mut Context<'_>) {
        self.run(id, context, |program, io| program.handle(event, io));
    }

    /// Lets the running program do something; ends it when it says so.
    fn run<T>(
        &mut self,
        id: SessionId,
        context: &mut Context<'_>,
        act: impl FnOnce(&mut Program, &mut Io<'_, '_>) -> T,
    ) -> Option<T> {
        let session = self.sessions.get_mut(&id)?;
        // Taken out while it acts, because it prints to the session that it belongs to.
        let mut process = session.running.take()?;
        let (wires, snapshots) = (&mut self.wires, &mut self.snapshots);
        let mut io = Io { id, session, wires, context, snapshots, exit: None };
        let done = act(&mut process.program, &mut io);
        let exit = io.exit;
        if let Some(session) = self.sessions.get_mut(&id) {
            session.running = Some(process);
        }
        if let Some(code) = exit {
            self.end(id, code, context);
        }
        Some(done)
    }

    /// A program that was started with `timeout` has had its time; it gets Ctrl-C's chance to clean up.
    fn time_is_up(&mut self, timer: u64, context: &mut Context<'_>) {
        let limited = |session: &Session| session.running.as_ref().is_some_and(|p| p.limit == Some(timer));
        let found = self.sessions.iter().find(|(_, session)| limited(session)).map(|(id, _)| *id);
        if let Some(id) = found
            && self.run(id, context, Program::interrupt) != Some(true)
        {
            self.end(id, EXIT_TIMEOUT, context);
        }
    }

    /// Ends what runs: streams are closed, timers forgotten, and the next line that was typed ahead starts.
    fn end(&mut self, id: SessionId, code: u8, context: &mut Context<'_>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.running = None;
        session.exit = Some(code);
        let next = session.typed_ahead.pop_front();
        self.wires.timers.retain(|_, (session, _)| *session != id);
        self.wires.requests.retain(|request, (session, _)| {
            if *session == id {
                context.send(Actor::ApiServer, Message::Api(client::Message::Cancel { id: *request }));
            }
            *session != id
        });
        self.wires.end_calls(id, context);
        if let Some((line, stdin)) = next {
            self.start(id, &line, stdin, context);
        }
    }
}

impl Terminal {
    /// Handles one thing that happened. Everything it wants done goes into the context, in order.
    pub fn handle(&mut self, input: Input, context: &mut Context<'_>) {
        match input {
            Input::Api(input) => self.handle_api(input, context),
            Input::Etcd { member, call, response } => {
                let Some((session, tag)) = self.wires.answered(member, call, &response) else { return };
                let event = EtcdEvent::Response { tag, response };
                self.run(session, context, |program, io| program.handle_etcd(event, io));
            }
            Input::Restored { call, result } => {
                let waiting = self.wires.calls.extract_if(.., |(_, id), _| *id == call).next();
                let Some((_, waiting)) = waiting else { return };
                self.run(waiting.session, context, |program, io| program.placed(result, io));
            }
            Input::EtcdFailed { member, call, reason } => {
                let Some(waiting) = self.wires.calls.remove(&(member, call)) else { return };
                let event = EtcdEvent::Failed { tag: waiting.tag, reason };
                self.run(waiting.session, context, |program, io| program.handle_etcd(event, io));
            }
        }
    }

    fn handle_api(&mut self, input: client::Input, context: &mut Context<'_>) {
        match input {
            client::Input::Start => {}
            client::Input::Response { id, response } => {
                let Some((session, tag)) = self.wires.requests.get(&id).copied() else { return };
                if !response.streaming {
                    self.wires.requests.remove(&id);
                }
                self.warn(session, &response);
                self.step(session, Event::Response { tag, response }, context);
            }
            client::Input::Frame { id, frame } => {
                let Some((session, tag)) = self.wires.requests.get(&id).copied() else { return };
                if matches!(frame, api::http::Frame::End) {
                    self.wires.requests.remove(&id);
                }
                self.step(session, Event::Frame { tag, frame }, context);
            }
            client::Input::Failed { id, reason } => {
                let Some((session, tag)) = self.wires.requests.remove(&id) else { return };
                self.step(session, Event::Failed { tag, reason }, context);
            }
            client::Input::Timer(token) => {
                let Some((session, tag)) = self.wires.timers.remove(&token.arg) else {
                    return self.time_is_up(token.arg, context);
                };
                self.step(session, Event::Timer { tag }, context);
            }
        }
    }
}
