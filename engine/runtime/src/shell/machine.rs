//! A running shell, as data: it stops where a real one would wait, and goes on later.

use std::collections::BTreeMap;
use std::time::Duration;

use sim::{SimTime, Str};

use super::code::{Code, Op, Redirect, Simple, Target};
use super::{commands, expand, parse};
use crate::files::normalize;
use crate::process::{Server, World};

/// Steps in one go, before a busy loop has to let the others run.
const STEPS_MAX: u32 = 500;
/// How long a busy loop waits then.
const BREATH: Duration = Duration::from_millis(10);
/// How deep `$(...)`, `sh -c` and traps may lie in each other.
const DEPTH_MAX: u8 = 16;

/// What a command did.
pub(super) enum Outcome {
    /// It ended.
    Done(i32),
    /// It sleeps (for ever without a duration).
    Sleep(Option<Duration>),
    /// It is a server and stays.
    Serve(Box<Server>),
    /// It ends the shell.
    Exit(i32),
}

/// What the machine waits for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Wait {
    Nothing,
    /// For a moment (`MAX`: for ever).
    Until(SimTime),
    /// For background commands; a trap may interrupt it.
    Children,
    /// For its server, which never ends by itself.
    Server(Box<Server>),
}

/// A shell and what it is doing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Machine {
    code: Code,
    at: u32,
    status: i32,
    variables: BTreeMap<Str, Str>,
    arguments: Vec<Str>,
    directory: Str,
    loops: Vec<Vec<Str>>,
    redirects: Vec<Vec<(u8, Sink)>>,
    /// The pipe in progress: the stage that waits, and what is piped into the next.
    stage: Option<(u32, Str)>,
    wait: Wait,
    background: Vec<SimTime>,
    traps: BTreeMap<Str, Str>,
    trapped: Option<Str>,
    fail_fast: bool,
    depth: u8,
    ended: Option<i32>,
}

/// Where descriptors lead after redirections, and what is read.
type Opened = (Vec<(u8, Sink)>, Option<Str>);

/// Where output goes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Sink {
    Stdout,
    Stderr,
    File(Str),
}

impl Machine {
    /// A shell about to run `code`; `arguments` are `$0`, `$1`, ...
    pub fn new(code: Code, arguments: Vec<Str>, environment: &[(Str, Str)], directory: &str) -> Machine {
        Machine {
            code,
            at: 0,
            status: 0,
            variables: environment.iter().cloned().collect(),
            arguments,
            directory: if directory.is_empty() { sim::literal!("/") } else { directory.into() },
            loops: Vec::new(),
            redirects: Vec::new(),
            stage: None,
            wait: Wait::Nothing,
            background: Vec::new(),
            traps: BTreeMap::new(),
            trapped: None,
            fail_fast: false,
            depth: 0,
            ended: None,
        }
    }

    /// The exit code, once ended.
    pub fn ended(&self) -> Option<i32> {
        self.ended
    }

    /// When to go on; `None` when only a signal can change anything.
    pub fn wake(&self) -> Option<SimTime> {
        let at = match &self.wait {
            Wait::Nothing => SimTime::ZERO,
            Wait::Until(at) => *at,
            Wait::Children => self.background.iter().copied().max().unwrap_or_default(),
            Wait::Server(_) => SimTime::MAX,
        };
        (self.ended.is_none() && at < SimTime::MAX).then_some(at)
    }

    /// The server that runs in the foreground.
    pub fn server(&self) -> Option<&Server> {
        match &self.wait {
            Wait::Server(server) if self.ended.is_none() => Some(server),
            _ => None,
        }
    }

    /// SIGTERM. As process 1 a shell without a trap ignores it; a trap runs when the foreground command ended.
    pub fn terminate(&mut self, world: &mut World<'_>) {
        let Some(handler) = ["TERM", "SIGTERM", "15"].iter().find_map(|name| self.traps.get(*name)) else {
            return;
        };
        self.trapped = Some(handler.clone());
        if self.wait == Wait::Children {
            self.run(world);
        }
    }

    /// Runs until it has to wait or has ended.
    pub fn run(&mut self, world: &mut World<'_>) {
        for _ in 0..STEPS_MAX {
            if self.ended.is_some() {
                return;
            }
            match &self.wait {
                Wait::Server(_) => return,
                Wait::Until(at) if *at > world.now => return,
                Wait::Children if self.trapped.is_none() && self.wake() > Some(world.now) => return,
                Wait::Children => self.background.clear(),
                _ => {}
            }
            self.wait = Wait::Nothing;
            if let Some(handler) = self.trapped.take() {
                self.nested(world, &handler);
                continue;
            }
            let code = self.code.clone();
            match code.get(self.at as usize) {
                None => self.end(world, self.status),
                Some(op) => self.step(op, world),
            }
        }
        if self.wait == Wait::Nothing && self.ended.is_none() {
            self.wait = Wait::Until(world.now + BREATH);
        }
    }

    fn end(&mut self, world: &mut World<'_>, status: i32) {
        if let Some(handler) = self.traps.remove("EXIT").or_else(|| self.traps.remove("0")) {
            self.nested(world, &handler);
        }
        self.ended.get_or_insert(status);
    }

    fn step(&mut self, op: &Op, world: &mut World<'_>) {
        let next = self.at + 1;
        match op {
            Op::Run { stages, background, guarded } => {
                self.pipeline(stages, *background, world);
                if self.wait == Wait::Nothing
                    && self.fail_fast
                    && !guarded
                    && self.status != 0
                    && self.ended.is_none()
                {
                    self.end(world, self.status);
                }
                return;
            }
            Op::Not => self.status = i32::from(self.status == 0),
            Op::Status(status) => self.status = *status,
            Op::Jump(to) => {
                self.at = *to;
                return;
            }
            Op::JumpIfOk(to) | Op::JumpIfFail(to) => {
                let jump = (self.status == 0) == matches!(op, Op::JumpIfOk(_));
                self.at = if jump { *to } else { next };
                return;
            }
            Op::ForStart(words) => match expand::words(self, world, words) {
                Ok(mut words) => {
                    words.reverse();
                    self.loops.push(words);
                }
                Err(message) => return self.fail(world, &message),
            },
            Op::ForNext { name, end } => match self.loops.last_mut().and_then(Vec::pop) {
                Some(word) => self.assign(name.clone(), word),
                None => {
                    self.at = *end;
                    return;
                }
            },
            Op::ForEnd => {
                self.loops.pop();
            }
            Op::Redirect(redirects) => match self.sinks(redirects, world) {
                Ok((sinks, _)) => self.redirects.push(sinks),
                Err(message) => return self.fail(world, &message),
            },
            Op::Unredirect => {
                self.redirects.pop();
            }
        }
        self.at = next;
    }

    /// An error in the shell itself ends it.
    fn fail(&mut self, world: &mut World<'_>, message: &str) {
        world.error(&format!("sh: {message}\n"));
        self.ended = Some(2);
    }

    fn pipeline(&mut self, stages: &[Simple], background: bool, world: &mut World<'_>) {
        let (from, mut input) = match self.stage.take() {
            // The stage that slept is over; its output was written when it began.
            Some((stage, piped)) => {
                self.status = 0;
                (stage as usize + 1, piped)
            }
            None => (0, Str::new()),
        };
        for (index, stage) in stages.iter().enumerate().skip(from) {
            let last = index + 1 == stages.len();
            let mut piped = String::new();
            match self.simple(
                stage,
                (index > 0).then_some(input.as_str()),
                (!last).then_some(&mut piped),
                world,
            ) {
                Outcome::Done(status) => self.status = status,
                Outcome::Exit(status) if !last => self.status = status,
                Outcome::Exit(status) => return self.end(world, status),
                Outcome::Sleep(span) => {
                    let until = span.map_or(SimTime::MAX, |span| world.now + span);
                    if background {
                        self.background.push(until);
                        self.status = 0;
                    } else if world.immediate {
                        self.status = 0;
                    } else {
                        self.wait = Wait::Until(until);
                        self.stage = Some((index as u32, piped.into()));
                        return;
                    }
                }
                Outcome::Serve(server) => {
                    if background {
                        // Simulated for its start-up only: nobody can reach it.
                        self.background.push(SimTime::MAX);
                        self.status = 0;
                    } else {
                        self.wait = Wait::Server(server);
                        return;
                    }
                }
            }
            if self.wait != Wait::Nothing {
                // `wait`: this command is over when the wait is.
                break;
            }
            input = piped.into();
        }
        self.at += 1;
    }

    fn simple(
        &mut self,
        simple: &Simple,
        piped_in: Option<&str>,
        pipe_out: Option<&mut String>,
        world: &mut World<'_>,
    ) -> Outcome {
        let expanded = expand::words(self, world, &simple.words)
            .and_then(|argv| Ok((argv, self.sinks(&simple.redirects, world)?)));
        let (argv, (sinks, read)) = match expanded {
            Ok(expanded) => expanded,
            Err(message) => {
                world.error(&format!("sh: {message}\n"));
                return Outcome::Done(1);
            }
        };
        let mut assigns = Vec::new();
        for (name, word) in &simple.assigns {
            match expand::one(self, world, word) {
                Ok(value) => assigns.push((name.clone(), value)),
                Err(message) => {
                    world.error(&format!("sh: {message}\n"));
                    return Outcome::Done(1);
                }
            }
        }
        let Some(name) = argv.first().cloned() else {
            self.variables.extend(assigns);
            // An assignment's status is that of the last command substituted in it.
            return Outcome::Done(if simple.assigns.iter().any(|(_, w)| !w.is_empty()) {
                self.status
            } else {
                0
            });
        };
        let kept: Vec<_> = assigns.iter().map(|(n, _)| (n.clone(), self.variables.get(n).cloned())).collect();
        self.variables.extend(assigns);
        let mut io =
            commands::Io { input: read.as_deref().or(piped_in), out: String::new(), err: String::new() };
        let outcome = commands::call(self, &name, &argv, &mut io, world);
        let (out, err) = (io.out, io.err);
        for (name, value) in kept {
            match value {
                Some(value) => self.variables.insert(name, value),
                None => self.variables.remove(&name),
            };
        }
        self.deliver(1, out, &sinks, pipe_out, world);
        self.deliver(2, err, &sinks, None, world);
        outcome
    }

    /// Opens redirections: where descriptors lead now, and what is read.
    fn sinks(&mut self, redirects: &[Redirect], world: &mut World<'_>) -> Result<Opened, String> {
        let (mut sinks, mut read) = (Vec::new(), None);
        for redirect in redirects {
            let (word, append) = match &redirect.target {
                Target::Duplicate(fd) => {
                    sinks.push((redirect.fd, self.sink(*fd, &sinks)));
                    continue;
                }
                Target::Read(word) => {
                    let path = expand::one(self, world, word)?;
                    let content = world.view.read(&normalize(&self.directory, &path));
                    read = Some(content.map_err(|e| format!("can't open {path}: {e}"))?);
                    continue;
                }
                Target::Write(word) => (word, false),
                Target::Append(word) => (word, true),
            };
            let path = expand::one(self, world, word)?;
            let full = normalize(&self.directory, &path);
            let sink = match full.as_str() {
                "/dev/stdout" | "/proc/1/fd/1" => Sink::Stdout,
                "/dev/stderr" | "/proc/1/fd/2" => Sink::Stderr,
                _ => {
                    world.view.write(&full, "", append).map_err(|e| format!("can't create {path}: {e}"))?;
                    Sink::File(full.into())
                }
            };
            sinks.push((redirect.fd, sink));
        }
        Ok((sinks, read))
    }

    fn sink(&self, fd: u8, own: &[(u8, Sink)]) -> Sink {
        let find =
            |list: &[(u8, Sink)]| list.iter().rev().find(|(n, _)| *n == fd).map(|(_, sink)| sink.clone());
        find(own).or_else(|| self.redirects.iter().rev().find_map(|list| find(list))).unwrap_or(if fd == 2 {
            Sink::Stderr
        } else {
            Sink::Stdout
        })
    }

    fn deliver(
        &self,
        fd: u8,
        text: String,
        own: &[(u8, Sink)],
        pipe: Option<&mut String>,
        world: &mut World<'_>,
    ) {
        if text.is_empty() {
            return;
        }
        if let Some(pipe) = pipe
            && !own.iter().any(|(n, _)| *n == fd)
        {
            pipe.push_str(&text);
            return;
        }
        match self.sink(fd, own) {
            Sink::Stdout => world.print(&text),
            Sink::Stderr => world.error(&text),
            Sink::File(path) => {
                // The file was opened above; it can only vanish by its volume's end.
                let _ = world.view.write(&path, &text, true);
            }
        }
    }

    /// `$name`.
    pub(super) fn variable(&self, name: &str) -> Str {
        match name {
            "?" => self.status.to_string().into(),
            "$" | "!" => sim::literal!("1"),
            "#" => self.arguments.len().saturating_sub(1).to_string().into(),
            "@" | "*" => self.arguments.get(1..).unwrap_or_default().join(" ").into(),
            _ => match name.parse::<u32>() {
                Ok(index) => self.arguments.get(index as usize).cloned().unwrap_or_default(),
                Err(_) => self.variables.get(name).cloned().unwrap_or_default(),
            },
        }
    }

    pub(super) fn assign(&mut self, name: Str, value: Str) {
        self.variables.insert(name, value);
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = (&Str, &Str)> {
        self.variables.iter()
    }

    pub(super) fn arguments(&self) -> &[Str] {
        &self.arguments
    }

    pub(super) fn shift(&mut self) {
        if self.arguments.len() > 1 {
            self.arguments.remove(1);
        }
    }

    pub(super) fn status(&self) -> i32 {
        self.status
    }

    pub(super) fn directory(&self) -> &Str {
        &self.directory
    }

    pub(super) fn change_directory(&mut self, directory: String) {
        self.directory = directory.into();
    }

    pub(super) fn set_fail_fast(&mut self, on: bool) {
        self.fail_fast = on;
    }

    pub(super) fn trap(&mut self, signal: Str, handler: Str) {
        self.traps.insert(signal, handler);
    }

    /// `wait`: for all background commands.
    pub(super) fn wait_for_children(&mut self, world: &World<'_>) {
        if self.background.iter().any(|at| *at > world.now) {
            self.wait = Wait::Children;
        }
    }

    /// Runs a script inside this shell (a trap, `eval`), without waiting in it.
    pub(super) fn nested(&mut self, world: &mut World<'_>, script: &str) {
        let code = match parse(script) {
            Ok(code) => code,
            Err(message) => return self.fail(world, &message),
        };
        let mut inner = self.inner(code);
        if let Some(inner) = &mut inner {
            let immediate = std::mem::replace(&mut world.immediate, true);
            inner.run(world);
            world.immediate = immediate;
            self.variables = std::mem::take(&mut inner.variables);
            self.directory = inner.directory.clone();
            // Only `exit` sets a position before the end.
            if (inner.at as usize) < inner.code.len() {
                self.ended = self.ended.or(inner.ended);
            }
        }
    }

    /// Runs code for its output: `$(...)`. What sleeps in it takes no time.
    pub(super) fn capture(&mut self, world: &mut World<'_>, code: &Code) -> String {
        let Some(mut inner) = self.inner(code.clone()) else { return String::new() };
        let outer = std::mem::take(&mut world.out);
        let immediate = std::mem::replace(&mut world.immediate, true);
        inner.run(world);
        world.immediate = immediate;
        let written = std::mem::replace(&mut world.out, outer);
        self.status = inner.ended.unwrap_or(0);
        let mut text = String::new();
        for (stderr, piece) in written {
            if stderr {
                world.error(&piece);
            } else {
                text.push_str(&piece);
            }
        }
        text
    }

    fn inner(&mut self, code: Code) -> Option<Machine> {
        if self.depth >= DEPTH_MAX {
            self.ended = Some(2);
            return None;
        }
        let mut inner = Machine::new(code, self.arguments.clone(), &[], &self.directory);
        inner.variables = self.variables.clone();
        inner.depth = self.depth + 1;
        inner.status = self.status;
        Some(inner)
    }

    /// A shell inside this one, for `sh -c` within a script.
    pub(super) fn subshell(&mut self, world: &mut World<'_>, code: Code, arguments: Vec<Str>) -> i32 {
        let Some(mut inner) = self.inner(code) else { return 2 };
        inner.arguments = arguments;
        let immediate = std::mem::replace(&mut world.immediate, true);
        inner.run(world);
        world.immediate = immediate;
        inner.ended.unwrap_or(0)
    }
}
