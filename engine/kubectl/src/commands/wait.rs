//! `kubectl wait`.

use std::collections::VecDeque;
use std::time::Duration;

use api::http::{Frame, Response, WatchKind};
use api::{Str, Value};

use super::gone::{Gone, Progress};
use super::{Command, Setup};
use crate::failure::Failure;
use crate::find::{Finder, Found, Taken};
use crate::flags::{Arguments, Flag, switch, value};
use crate::print::jsonpath::{Template, text_of};
use crate::process::{Event, Io, RETRY, Step};
use crate::requests::{self, Selectors};
use crate::targets::{self, Rules, Target};

/// Its flags.
pub const FLAGS: &[Flag] = &[
    value("for"),
    value("timeout"),
    value("selector").short('l'),
    value("field-selector"),
    value("filename").short('f'),
    value("output").short('o'),
    switch("all"),
    switch("all-namespaces").short('A'),
    switch("local"),
    switch("recursive").short('R'),
];

const FETCH: u32 = 0;
const WATCH: u32 = 1;
/// Timer: list again after a failure. Larger than any round.
const AGAIN: u32 = u32::MAX;

/// What is awaited.
#[derive(Clone, PartialEq, Hash, Debug)]
enum For {
    Delete,
    Create,
    Condition { name: Str, status: Str },
    JsonPath { template: Template, value: Option<Str> },
}

/// `kubectl wait` while it runs.
#[derive(Clone, Debug, Hash)]
pub struct Wait {
    what: For,
    timeout: Duration,
    targets: VecDeque<Target>,
    finder: Finder,
    waiting: VecDeque<Found>,
    gone: Option<Gone>,
    any: bool,
    /// Number of the object waited for: a timer of an earlier one says nothing.
    round: u32,
    failures: Vec<Failure>,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let what = read_for(args.text("for"))?;
    let targets = if args.all("filename").is_empty() {
        targets::read("wait", &args.words, &args, setup, Rules { names_wanted: true })?
    } else {
        setup.file_targets(&args)?
    };
    let timeout = args.duration("timeout")?.unwrap_or(Duration::from_secs(30));
    let mut finder = Finder::new(&targets);
    finder.ignore_not_found = what == For::Delete;
    Ok(Command::Wait(Box::new(Wait {
        // To be created, an object has to be absent first: it is watched for, not fetched.
        targets: if what == For::Create { targets.targets.into() } else { VecDeque::new() },
        what,
        timeout,
        finder,
        waiting: VecDeque::new(),
        gone: None,
        any: false,
        round: WATCH,
        failures: Vec::new(),
    })))
}

fn read_for(text: &str) -> Result<For, Failure> {
    let lower = text.to_lowercase();
    if lower == "delete" {
        return Ok(For::Delete);
    }
    if lower == "create" {
        return Ok(For::Create);
    }
    if let Some(condition) = text.strip_prefix("condition=") {
        let (name, status) = condition.split_once('=').unwrap_or((condition, "true"));
        return Ok(For::Condition { name: name.into(), status: status.into() });
    }
    if let Some(rest) = text.strip_prefix("jsonpath=") {
        // The value stands behind the last brace; an equal sign inside belongs to a filter.
        let end = rest.rfind('}').map_or(rest.len(), |i| i + 1);
        let (path, value) = match rest[end..].split_once('=') {
            Some((_, value)) => (&rest[..end], Some(value)),
            None if end == rest.len() && !rest.contains('{') => match rest.split_once('=') {
                Some((path, value)) => (path, Some(value)),
                None => (rest, None),
            },
            None => (rest, None),
        };
        if value == Some("") {
            return Err(Failure::error(
                "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
            ));
        }
        let braced = if path.contains('{') { path.to_owned() } else { format!("{{{path}}}") };
        let template = Template::parse(&braced)
            .map_err(|e| Failure::error(format!("error parsing jsonpath {path}, {e}")))?;
        return Ok(For::JsonPath { template, value: value.map(|v| v.trim_matches(['\'', '"']).into()) });
    }
    Err(Failure::error(format!("unrecognized condition: {text:?}")))
}

impl For {
    fn met(&self, object: &Value) -> bool {
        match self {
            For::Delete => false,
            For::Create => true,
            For::Condition { name, status } => object.items_at(&["status", "conditions"]).iter().any(|c| {
                let same = |field: &str, wanted: &Str| {
                    c.str_at(&[field]).is_some_and(|v| v.eq_ignore_ascii_case(wanted))
                };
                let generation = object.int_at(&["metadata", "generation"]);
                let stale = matches!((c.int_at(&["observedGeneration"]), generation), (Some(seen), Some(now)) if seen < now);
                same("type", name) && same("status", status) && !stale
            }),
            For::JsonPath { template, value } => {
                let found = template.fill(object, true).unwrap_or_default();
                match value {
                    Some(value) => found == value.as_str(),
                    None => !found.is_empty() && found != text_of(&Value::Null),
                }
            }
        }
    }
}

impl Wait {
    /// Waits for the next object, fetches the next target, or ends.
    fn next(&mut self, io: &mut Io<'_, '_>) {
        io.cancel(self.round);
        self.gone = None;
        while let Some(found) = self.waiting.front() {
            self.any = true;
            if self.what.met(&found.value) {
                io.line(format!("{} condition met", found.printed()));
                self.waiting.pop_front();
                continue;
            }
            self.round += 1;
            if self.timeout.is_zero() {
                return self.time_out(io);
            }
            io.timer(self.round, self.timeout);
            if self.what == For::Delete {
                let gone = Gone {
                    resource: found.resource.clone(),
                    namespace: found.namespace().into(),
                    name: found.name().into(),
                    uid: found.value.str_at(&["metadata", "uid"]).cloned().unwrap_or_default(),
                };
                gone.begin(self.round, io);
                self.gone = Some(gone);
            } else {
                self.list(io);
            }
            return;
        }
        if let Some(target) = self.targets.pop_front() {
            return self.await_creation(target, io);
        }
        if self.what != For::Create && self.finder.ask(FETCH, io) {
            return;
        }
        self.failures.append(&mut self.finder.failures);
        if !self.any && self.failures.is_empty() && self.what != For::Delete {
            self.failures.push(Failure::error("no matching resources found"));
        }
        io.finish_with(std::mem::take(&mut self.failures));
    }

    /// A target that need not exist yet: an object without content that is waited for like the others.
    fn await_creation(&mut self, target: Target, io: &mut Io<'_, '_>) {
        self.any = true;
        self.round += 1;
        io.timer(self.round, self.timeout);
        let mut value = Value::map();
        value.set(&["metadata", "name"], target.name.clone().unwrap_or_default());
        value.set(&["metadata", "namespace"], target.namespace.clone());
        self.waiting.push_back(Found { resource: target.resource, value });
        self.list(io);
    }

    fn selectors(found: &Found) -> Selectors {
        if found.name().is_empty() {
            Selectors::default()
        } else {
            Selectors::fields(format!("metadata.name={}", found.name()))
        }
    }

    fn list(&self, io: &mut Io<'_, '_>) {
        let Some(found) = self.waiting.front() else { return };
        let request =
            requests::list(&found.resource, found.namespace(), &Wait::selectors(found), requests::JSON);
        io.send(self.round, request.query("resourceVersion", "0"));
    }

    fn answer(&mut self, response: &Response, io: &mut Io<'_, '_>) {
        if let Some(gone) = self.gone.clone() {
            let progress = gone.answer(response, self.round, io);
            return self.progress(progress, io);
        }
        if response.status >= 500 || response.status == 429 {
            return io.timer(AGAIN, RETRY);
        }
        if !response.is_success() {
            self.failures.push(Failure::server(response));
            self.waiting.pop_front();
            return self.next(io);
        }
        if response.streaming {
            return;
        }
        let (Some(list), Some(found)) = (response.value(), self.waiting.front()) else { return };
        let seen = list.items_at(&["items"]).first().cloned();
        if let Some(object) = seen.filter(|o| self.what.met(o)) {
            return self.met(&object, io);
        }
        let revision = list.str_at(&["metadata", "resourceVersion"]).cloned().unwrap_or_default();
        let request = requests::watch(
            &found.resource,
            found.namespace(),
            &Wait::selectors(found),
            requests::JSON,
            &revision,
        );
        io.send(self.round, request.query("allowWatchBookmarks", "true"));
    }

    fn frame(&mut self, frame: &Frame, io: &mut Io<'_, '_>) {
        if let Some(gone) = self.gone.clone() {
            let progress = gone.frame(frame, self.round, io);
            return self.progress(progress, io);
        }
        match frame {
            Frame::Watch(events) => {
                for event in events.iter() {
                    match event.kind {
                        WatchKind::Added | WatchKind::Modified if self.what.met(event.object.value()) => {
                            return self.met(event.object.value(), io);
                        }
                        WatchKind::Error => {
                            io.cancel(self.round);
                            return self.list(io);
                        }
                        _ => {}
                    }
                }
            }
            Frame::End => self.list(io),
            Frame::Tree(_) | Frame::Data(_) => {}
        }
    }

    fn met(&mut self, object: &Value, io: &mut Io<'_, '_>) {
        if let Some(found) = self.waiting.pop_front() {
            let name = object.str_at(&["metadata", "name"]).map_or_else(|| found.name(), |s| s.as_str());
            io.line(format!("{} condition met", found.resource.printed(name)));
        }
        self.next(io);
    }

    fn progress(&mut self, progress: Progress, io: &mut Io<'_, '_>) {
        match progress {
            Progress::Waiting => return,
            Progress::Gone => {
                if let Some(found) = self.waiting.pop_front() {
                    io.line(format!("{} condition met", found.printed()));
                }
            }
            Progress::Failed(failure) => {
                self.waiting.pop_front();
                self.failures.push(failure);
            }
        }
        self.next(io);
    }

    fn time_out(&mut self, io: &mut Io<'_, '_>) {
        if let Some(found) = self.waiting.pop_front() {
            let what = match found.name() {
                "" => found.resource.resource.to_string(),
                name => format!("{}/{name}", found.resource.resource),
            };
            self.failures.push(Failure::error(format!("timed out waiting for the condition on {what}")));
        }
        self.next(io);
    }
}

impl Step for Wait {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => self.next(io),
            Event::Response { tag: FETCH, response } => match self.finder.take(&response, FETCH, io) {
                Taken::More(found) => self.waiting.extend(found),
                Taken::Objects(found) => {
                    self.waiting.extend(found);
                    self.next(io);
                }
            },
            Event::Response { response, .. } => self.answer(&response, io),
            Event::Frame { frame, .. } => self.frame(&frame, io),
            // kubectl watches through an informer here, which outlives a server's restart.
            Event::Failed { tag, .. } if tag == self.round && self.gone.is_none() => io.timer(AGAIN, RETRY),
            Event::Timer { tag: AGAIN } if self.gone.is_none() => self.list(io),
            Event::Timer { tag } if tag == self.round => self.time_out(io),
            Event::Timer { .. } => {}
            Event::Failed { reason, .. } => io.fail(&Failure::connection(&reason)),
        }
    }
}
