//! `kubectl delete`.

use std::collections::VecDeque;
use std::time::Duration;

use api::http::Response;
use api::{Str, Value, object};

use super::change::DryRun;
use super::gone::{Gone, Progress};
use super::{Command, Setup};
use crate::failure::Failure;
use crate::find::{Finder, Found, Taken};
use crate::flags::{Arguments, Flag, optional, switch, value};
use crate::process::{Event, Io, Step};
use crate::requests;
use crate::targets::{self, Rules};

/// Its flags.
pub const FLAGS: &[Flag] = &[
    switch("all"),
    switch("all-namespaces").short('A'),
    value("selector").short('l'),
    value("field-selector"),
    value("filename").short('f'),
    value("output").short('o'),
    optional("cascade", "background"),
    optional("dry-run", "unchanged"),
    switch("force"),
    switch("now"),
    switch("wait"),
    switch("ignore-not-found"),
    switch("interactive").short('i'),
    switch("recursive").short('R'),
    value("grace-period"),
    value("timeout"),
    value("raw"),
];

const FETCH: u32 = 0;
const DELETE: u32 = 1;
const WAIT: u32 = 2;
const TIMEOUT: u32 = 3;

/// `kubectl delete` while it runs.
#[derive(Clone, Debug, Hash)]
pub struct Delete {
    finder: Finder,
    /// Named targets are deleted without being fetched.
    named: VecDeque<Gone>,
    current: Option<Gone>,
    gone: VecDeque<Gone>,
    failures: Vec<Failure>,
    options: Value,
    dry_run: DryRun,
    force: bool,
    wait: bool,
    name_only: bool,
    timeout: Option<Duration>,
    ignore_not_found: bool,
    any: bool,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let from_files = !args.all("filename").is_empty();
    let mut targets = if from_files {
        setup.file_targets(&args)?
    } else {
        targets::read("delete", &args.words, &args, setup, Rules { names_wanted: true })?
    };
    if args.on("interactive") {
        return Err(Failure::error("the terminal can't ask back: --interactive is not simulated"));
    }
    let force = args.on("force");
    let mut grace = args.int("grace-period")?.filter(|g| *g >= 0);
    if args.on("now") {
        if grace.is_some() {
            return Err(Failure::error("--now and --grace-period cannot be specified together"));
        }
        grace = Some(1);
    }
    if grace == Some(0) && !force {
        // Without --force kubectl makes it one second and waits for the end.
        grace = Some(1);
    } else if force && grace.is_none() {
        grace = Some(0);
    } else if force && grace != Some(0) {
        return Err(Failure::error("--force and --grace-period greater than 0 cannot be specified together"));
    }
    let policy = match args.text("cascade") {
        "" | "background" | "true" => "Background",
        "foreground" => "Foreground",
        "orphan" | "false" => "Orphan",
        other => {
            return Err(Failure::error(format!(
                "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            )));
        }
    };
    let mut options = object! { "propagationPolicy": policy };
    if let Some(grace) = grace {
        options.set(&["gracePeriodSeconds"], grace);
    }
    let named = targets
        .targets
        .extract_if(.., |t| t.name.is_some())
        .map(|t| Gone {
            name: t.name.unwrap_or_default(),
            resource: t.resource,
            namespace: t.namespace,
            uid: Str::new(),
        })
        .collect();
    let name_only = match args.text("output") {
        "" => false,
        "name" => true,
        other => {
            return Err(Failure::error(format!(
                "unexpected -o output mode: {other}. We only support '-o name'"
            )));
        }
    };
    let collections = !targets.targets.is_empty();
    Ok(Command::Delete(Box::new(Delete {
        finder: Finder::new(&targets),
        named,
        current: None,
        gone: VecDeque::new(),
        failures: Vec::new(),
        options,
        dry_run: DryRun::read(&args)?,
        force,
        wait: args.switch("wait", !force),
        name_only,
        timeout: args.duration("timeout")?.filter(|t| !t.is_zero()),
        ignore_not_found: args.on("ignore-not-found") || collections,
        any: false,
    })))
}

impl Delete {
    /// Deletes the next object, fetches the next collection, or goes on to wait.
    fn next(&mut self, io: &mut Io<'_, '_>) {
        while let Some(object) = self.named.pop_front() {
            self.any = true;
            if self.dry_run == DryRun::Client {
                self.say(&object, io);
                continue;
            }
            let path = object.resource.path(&object.namespace, &object.name);
            io.send(DELETE, self.dry_run.on(requests::delete(path, self.options.clone())));
            self.current = Some(object);
            return;
        }
        if self.finder.ask(FETCH, io) {
            return;
        }
        self.failures.append(&mut self.finder.failures);
        if !self.any && self.failures.is_empty() {
            io.err("No resources found");
        }
        self.wait(io);
    }

    fn say(&self, object: &Gone, io: &mut Io<'_, '_>) {
        if self.name_only {
            return io.line(object.resource.printed(&object.name));
        }
        let verb = if self.force { "force deleted" } else { "deleted" };
        let place = match object.namespace.as_str() {
            "" => String::new(),
            namespace => format!(" from {namespace} namespace"),
        };
        let kind = object.resource.printed_kind();
        io.line(format!("{kind} {:?} {verb}{place}{}", object.name.as_str(), self.dry_run.suffix()));
    }

    fn deleted(&mut self, response: &Response, io: &mut Io<'_, '_>) {
        let Some(mut object) = self.current.take() else { return };
        if response.is_success() {
            self.say(&object, io);
            let uid = response
                .value()
                .and_then(|v| v.str_at(&["metadata", "uid"]).or_else(|| v.str_at(&["details", "uid"])));
            object.uid = uid.cloned().unwrap_or_default();
            self.gone.push_back(object);
        } else if !(response.status == 404 && self.ignore_not_found) {
            self.failures.push(Failure::server(response));
        }
        self.next(io);
    }

    fn wait(&mut self, io: &mut Io<'_, '_>) {
        if let Some(object) = self.gone.front().filter(|_| self.wait && self.dry_run == DryRun::None) {
            object.begin(WAIT, io);
            if let Some(timeout) = self.timeout.take() {
                io.timer(TIMEOUT, timeout);
            }
            return;
        }
        io.finish_with(std::mem::take(&mut self.failures));
    }

    fn progress(&mut self, progress: Progress, io: &mut Io<'_, '_>) {
        match progress {
            Progress::Waiting => return,
            Progress::Gone => {}
            Progress::Failed(failure) => self.failures.push(failure),
        }
        self.gone.pop_front();
        self.wait(io);
    }
}

impl Step for Delete {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => {
                if self.force {
                    io.err(
                        "Warning: Immediate deletion does not wait for confirmation that the running resource has been \
                         terminated. The resource may continue to run on the cluster indefinitely.",
                    );
                }
                self.next(io);
            }
            Event::Response { tag: FETCH, response } => {
                let (found, more) = match self.finder.take(&response, FETCH, io) {
                    Taken::More(found) => (found, true),
                    Taken::Objects(found) => (found, false),
                };
                self.named.extend(found.iter().map(of));
                if !more {
                    self.next(io);
                }
            }
            Event::Response { tag: DELETE, response } => self.deleted(&response, io),
            Event::Response { response, .. } => {
                let Some(object) = self.gone.front().cloned() else { return };
                let progress = object.answer(&response, WAIT, io);
                self.progress(progress, io);
            }
            Event::Frame { frame, .. } => {
                let Some(object) = self.gone.front().cloned() else { return };
                let progress = object.frame(&frame, WAIT, io);
                self.progress(progress, io);
            }
            Event::Timer { .. } => {
                let Some(object) = self.gone.front() else { return };
                let message = format!(
                    "timed out waiting for the condition on {}/{}",
                    object.resource.resource, object.name
                );
                self.failures.push(Failure::error(message));
                io.finish_with(std::mem::take(&mut self.failures));
            }
            Event::Failed { reason, .. } => io.fail(&Failure::connection(&reason)),
        }
    }
}

fn of(found: &Found) -> Gone {
    Gone {
        resource: found.resource.clone(),
        namespace: found.namespace().into(),
        name: found.name().into(),
        uid: Str::new(),
    }
}
