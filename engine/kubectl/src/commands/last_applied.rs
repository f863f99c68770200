//! `kubectl apply view-last-applied | set-last-applied | edit-last-applied`: the note that client-side apply leaves.

use std::collections::VecDeque;

use api::http::Response;
use api::patch::LAST_APPLIED;
use api::{Str, Value, object};

use super::change::Report;
use super::{Command, Setup};
use crate::failure::Failure;
use crate::find::Found;
use crate::flags::Arguments;
use crate::manifest::{self, Document};
use crate::process::{Event, Io, Step};
use crate::requests;
use crate::resource::Resource;
use crate::targets::{self, Rules};

/// What is done with the note.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum What {
    View { json: bool },
    Set { create: bool },
}

/// An object whose note is looked at.
#[derive(Clone, Debug, Hash)]
struct Subject {
    resource: Resource,
    path: Str,
    /// What the note is to say.
    note: String,
}

/// The commands while they run.
#[derive(Clone, Debug, Hash)]
pub struct LastApplied {
    what: What,
    waiting: VecDeque<Subject>,
    current: Option<Subject>,
    report: Report,
    manager: Str,
}

const GET: u32 = 0;
const PATCH: u32 = 1;

/// Reads the command line; the first word is the subcommand.
///
/// # Errors
/// As kubectl says them.
pub fn parse(mut args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let subcommand = args.words.remove(0);
    let manager = super::change::manager(&args, "kubectl-last-applied");
    let (what, waiting) = match subcommand.as_str() {
        "view-last-applied" => {
            let json = match args.text("output") {
                "" | "yaml" => false,
                "json" => true,
                other => {
                    return Err(Failure::help(
                        "apply view-last-applied",
                        &format!(
                            "Unexpected -o output mode: {other}, the flag 'output' must be one of yaml|json"
                        ),
                    ));
                }
            };
            let found = if args.all("filename").is_empty() {
                targets::read(
                    "apply view-last-applied",
                    &args.words,
                    &args,
                    setup,
                    Rules { names_wanted: true },
                )?
            } else {
                setup.file_targets(&args)?
            };
            let subjects = found.targets.into_iter().map(|target| Subject {
                path: target.path(),
                resource: target.resource,
                note: String::new(),
            });
            (What::View { json }, subjects.collect())
        }
        "set-last-applied" => {
            let mut subjects = VecDeque::new();
            for source in setup.sources(&args)? {
                for document in manifest::read(&source) {
                    subjects.push_back(subject(&document.map_err(|broken| broken.failure)?, &args, setup)?);
                }
            }
            if subjects.is_empty() {
                return Err(Failure::error("must specify one of -f and -k"));
            }
            (What::Set { create: args.on("create-annotation") }, subjects)
        }
        _ => {
            return Err(Failure::error(
                "there is no editor in the terminal: view-last-applied shows the note, set-last-applied writes it from a file",
            ));
        }
    };
    let report = if matches!(what, What::View { .. }) { Report::default() } else { Report::read(&args)? };
    Ok(Command::LastApplied(Box::new(LastApplied { what, waiting, current: None, report, manager })))
}

fn subject(document: &Document, args: &Arguments, setup: &Setup<'_>) -> Result<Subject, Failure> {
    let resource = document.resource()?;
    let text = |name| document.value.str_at(&["metadata", name]).cloned().unwrap_or_default();
    let namespace = match text("namespace") {
        _ if !resource.namespaced => Str::new(),
        own if own.is_empty() => setup.namespace(args),
        own => own,
    };
    let mut value = document.value.clone();
    if resource.namespaced {
        value.set(&["metadata", "namespace"], namespace.clone());
    }
    let path = resource.path(&namespace, &text("name"));
    super::apply::annotate(&mut value);
    let note = value
        .str_at(&["metadata", "annotations", LAST_APPLIED])
        .map_or_else(String::new, |note| note.to_string());
    Ok(Subject { resource, path, note })
}

impl LastApplied {
    fn next(&mut self, io: &mut Io<'_, '_>) {
        match self.waiting.pop_front() {
            Some(subject) => {
                io.send(GET, requests::get(subject.path.clone()));
                self.current = Some(subject);
            }
            None => io.finish(0),
        }
    }

    fn answer(&mut self, tag: u32, response: &Response, io: &mut Io<'_, '_>) {
        let Some(subject) = self.current.take() else { return };
        let Some(live) = response.value().filter(|_| response.is_success()) else {
            return io.fail(&Failure::server(response));
        };
        let found = Found { resource: subject.resource.clone(), value: live.clone() };
        if tag == PATCH {
            self.report.say(&found, "configured", io);
            return self.next(io);
        }
        let note = live.str_at(&["metadata", "annotations", LAST_APPLIED]);
        let none = format!(
            "no last-applied-configuration annotation found on resource: {}",
            live.str_at(&["metadata", "name"]).map_or("", |name| name.as_str())
        );
        match (self.what, note) {
            (What::View { .. }, None) => return io.fail(&Failure::error(none)),
            (What::View { json }, Some(note)) => {
                let tree = api::json::parse(note.as_bytes()).unwrap_or_default();
                let text = if json {
                    format!("{}\n", api::json::pretty(&tree))
                } else {
                    crate::print::format::yaml(&tree)
                };
                io.out(text);
            }
            (What::Set { create: false }, None) => {
                return io.fail(&Failure::error(format!(
                    "{none}, to create the annotation, run the command with --create-annotation"
                )));
            }
            (What::Set { .. }, Some(note)) if note.as_str() == subject.note => {
                io.line(format!("set-last-applied {}: no changes required.", found.printed()));
            }
            (What::Set { .. }, _) => {
                let mut patch = object!({ "metadata": { "annotations": {} } });
                patch.set(&["metadata", "annotations", LAST_APPLIED], Value::from(subject.note.clone()));
                let request = requests::patch(subject.path.clone(), requests::MERGE, &self.manager, patch);
                io.send(PATCH, self.report.dry_run.on(request));
                self.current = Some(subject);
                return;
            }
        }
        self.next(io);
    }
}

impl Step for LastApplied {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => self.next(io),
            Event::Response { tag, response } => self.answer(tag, &response, io),
            Event::Failed { reason, .. } => io.fail(&Failure::connection(&reason)),
            Event::Frame { .. } | Event::Timer { .. } => {}
        }
    }
}
