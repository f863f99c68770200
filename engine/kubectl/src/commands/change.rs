//! What label, scale, patch and their like have in common: fetch each object, send one change, say what became of it.

use std::collections::VecDeque;

use api::http::Request;
use api::{Str, Value, literal};

use crate::failure::Failure;
use crate::find::{Finder, Found, Taken};
use crate::flags::{Arguments, Flag, optional, switch, value};
use crate::print::format::Format;
use crate::process::{Event, Io, Step};
use crate::targets::Targets;

/// Flags of all commands that change objects.
pub const FLAGS: &[Flag] = &[
    optional("dry-run", "unchanged"),
    value("output").short('o'),
    value("filename").short('f'),
    value("selector").short('l'),
    value("field-selector"),
    value("field-manager"),
    value("template"),
    switch("all"),
    switch("all-namespaces").short('A'),
    switch("local"),
    switch("recursive").short('R'),
    switch("show-managed-fields"),
];

/// Tag of the requests that fetch.
const FETCH: u32 = 0;
/// Tag of the requests that change.
const CHANGE: u32 = 1;

/// `--dry-run`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum DryRun {
    /// For real.
    #[default]
    None,
    /// Nothing is sent.
    Client,
    /// The server does everything but keep it.
    Server,
}

impl DryRun {
    /// Reads `--dry-run`.
    ///
    /// # Errors
    /// In kubectl's words.
    pub fn read(args: &Arguments) -> Result<DryRun, Failure> {
        match args.text("dry-run") {
            "" | "none" => Ok(DryRun::None),
            "client" => Ok(DryRun::Client),
            "server" => Ok(DryRun::Server),
            "unchanged" => Err(Failure::error(
                "--dry-run flag without a value was specified. A value must be set: \"none\", \"server\", or \"client\".",
            )),
            other => Err(Failure::error(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            ))),
        }
    }

    /// With `dryRun=All` when the server is to pretend.
    pub fn on(self, request: Request) -> Request {
        if self == DryRun::Server { request.query("dryRun", literal!("All")) } else { request }
    }

    /// What kubectl puts behind its message.
    pub fn suffix(self) -> &'static str {
        match self {
            DryRun::None => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }
}

/// How a change is reported: a sentence, or the object with `-o`.
#[derive(Clone, PartialEq, Hash, Debug, Default)]
pub struct Report {
    /// For real?
    pub dry_run: DryRun,
    format: Option<Format>,
}

impl Report {
    /// Reads `--dry-run` and `-o`.
    ///
    /// # Errors
    /// In kubectl's words.
    pub fn read(args: &Arguments) -> Result<Report, Failure> {
        let format = match args.get("output") {
            None | Some("") => None,
            Some(_) => Some(Format::read(args)?),
        };
        Ok(Report { dry_run: DryRun::read(args)?, format })
    }

    /// `deployment.apps/web scaled`, or the object.
    pub fn say(&self, found: &Found, done: &str, io: &mut Io<'_, '_>) {
        match &self.format {
            None => io.line(format!("{} {done}{}", found.printed(), self.dry_run.suffix())),
            Some(format) => match format.print(std::slice::from_ref(found), true, true, false) {
                Ok(text) => io.out(text),
                Err(failure) => io.fail(&failure),
            },
        }
    }
}

/// What to do with one object.
pub(crate) enum Plan {
    /// Send this.
    Send(Request),
    /// Nothing is to be sent, and this is said.
    Say(&'static str),
    /// Nothing is to be sent and nothing said.
    Nothing,
}

/// A change of single objects.
pub(crate) trait Action {
    /// What to do with `found`.
    ///
    /// # Errors
    /// When it can't be done; the other objects still get their turn.
    fn plan(&mut self, found: &Found, io: &mut Io<'_, '_>) -> Result<Plan, Failure>;

    /// What to say when it is done: `scaled`.
    fn done(&self, found: &Found) -> String;

    /// What to say when the server has answered, if that depends on the answer.
    fn said(&self, found: &Found, _answer: &Value) -> String {
        self.done(found)
    }

    /// True when nothing is done as soon as one of the objects is not there.
    fn all_or_nothing(&self) -> bool {
        false
    }

    /// What `--dry-run=client` shows of an object.
    fn preview(&self, found: &Found, _request: &Request) -> Found {
        self.result(found, &found.value)
    }

    /// What is said when not one object was found.
    fn none_found(&self, failures: Vec<Failure>) -> Vec<Failure> {
        failures
    }

    /// The object that the answer shows, when it is another one than was found.
    fn result(&self, found: &Found, answer: &Value) -> Found {
        Found { resource: found.resource.clone(), value: answer.clone() }
    }
}

/// A command that changes the objects it finds, one after the other.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Change<A> {
    finder: Finder,
    found: VecDeque<Found>,
    fetching: bool,
    current: Option<Found>,
    any: bool,
    gathered: bool,
    failures: Vec<Failure>,
    report: Report,
    pub(crate) action: A,
}

impl<A: Action> Change<A> {
    pub(crate) fn new(targets: &Targets, args: &Arguments, action: A) -> Result<Change<A>, Failure> {
        Ok(Change {
            finder: Finder::new(targets),
            found: VecDeque::new(),
            fetching: false,
            current: None,
            any: false,
            gathered: false,
            failures: Vec::new(),
            report: Report::read(args)?,
            action,
        })
    }

    fn next(&mut self, io: &mut Io<'_, '_>) {
        if self.action.all_or_nothing() && !self.gathered {
            self.fetching = self.fetching || self.finder.ask(FETCH, io);
            if self.fetching {
                return;
            }
            self.gathered = true;
            if !self.finder.failures.is_empty() {
                self.found.clear();
            }
        }
        while let Some(found) = self.found.pop_front() {
            self.any = true;
            match self.action.plan(&found, io) {
                Ok(Plan::Send(request)) if self.report.dry_run == DryRun::Client => {
                    let done = self.action.done(&found);
                    self.report.say(&self.action.preview(&found, &request), &done, io);
                }
                Ok(Plan::Send(request)) => {
                    io.send(CHANGE, self.report.dry_run.on(request));
                    self.current = Some(found);
                    return;
                }
                Ok(Plan::Say(done)) => self.report.say(&found, done, io),
                Ok(Plan::Nothing) => {}
                Err(failure) => self.failures.push(failure),
            }
        }
        if self.fetching {
            return;
        }
        self.fetching = self.finder.ask(FETCH, io);
        if self.fetching {
            return;
        }
        let mut failures = std::mem::take(&mut self.finder.failures);
        failures.append(&mut self.failures);
        if !self.any && failures.is_empty() {
            io.err("No resources found");
        }
        if !self.any {
            failures = self.action.none_found(failures);
        }
        io.finish_with(failures);
    }
}

impl<A: Action> Step for Change<A> {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => self.next(io),
            Event::Response { tag: FETCH, response } => {
                let objects = match self.finder.take(&response, FETCH, io) {
                    Taken::More(objects) => objects,
                    Taken::Objects(objects) => {
                        self.fetching = false;
                        objects
                    }
                };
                self.found.extend(objects);
                if self.current.is_none() {
                    self.next(io);
                }
            }
            Event::Response { response, .. } => {
                let Some(found) = self.current.take() else { return };
                if response.is_success() {
                    let answer = response.value().cloned().unwrap_or_default();
                    let done = self.action.said(&found, &answer);
                    let result = self.action.result(&found, &answer);
                    self.report.say(&result, &done, io);
                } else {
                    self.failures.push(Failure::server(&response));
                }
                self.next(io);
            }
            Event::Failed { reason, .. } => io.fail(&Failure::connection(&reason)),
            Event::Frame { .. } | Event::Timer { .. } => {}
        }
    }
}

/// The field manager of a command, or the one that the user names.
pub(crate) fn manager(args: &Arguments, default: &str) -> Str {
    args.get("field-manager").unwrap_or(default).into()
}
