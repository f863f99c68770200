//! `kubectl describe`.

use std::collections::VecDeque;

use api::Value;
use api::http::{Request, Response};

use super::{Command, Setup};
use crate::describe::{self, Subject};
use crate::failure::Failure;
use crate::find::{Finder, Found, Taken, list_items};
use crate::flags::{Arguments, Flag, switch, value};
use crate::process::{Event, Io, Step};
use crate::requests::{self, Selectors};
use crate::targets::{self, Rules, Target};

/// Its flags.
pub const FLAGS: &[Flag] = &[
    switch("all-namespaces").short('A'),
    value("selector").short('l'),
    value("filename").short('f'),
    value("chunk-size"),
    switch("show-events"),
    switch("recursive").short('R'),
];

const FETCH: u32 = 0;
const MORE: u32 = 1;
/// Tag of the list in which names are looked for that only begin so.
const PREFIX: u32 = 2;

/// `kubectl describe` while it runs.
#[derive(Clone, Debug, Hash)]
pub struct Describe {
    finder: Finder,
    waiting: VecDeque<Found>,
    requests: VecDeque<Request>,
    answers: Vec<Value>,
    /// What was not found by its whole name, and the failure should nothing begin with it.
    prefix: Option<(Target, Failure)>,
    show_events: bool,
    /// How many were printed: a blank line stands between two.
    printed: u32,
    namespace: api::Str,
    all_namespaces: bool,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let targets = if args.all("filename").is_empty() {
        targets::read("describe", &args.words, &args, setup, Rules::default())?
    } else {
        setup.file_targets(&args)?
    };
    let namespaced = targets.targets.iter().any(|t| t.resource.namespaced);
    Ok(Command::Describe(Box::new(Describe {
        finder: Finder::new(&targets),
        waiting: VecDeque::new(),
        requests: VecDeque::new(),
        answers: Vec::new(),
        prefix: None,
        show_events: args.switch("show-events", true),
        printed: 0,
        namespace: if namespaced { setup.namespace(&args) } else { api::Str::new() },
        all_namespaces: args.on("all-namespaces"),
    })))
}

impl Describe {
    fn next(&mut self, io: &mut Io<'_, '_>) {
        if let Some(found) = self.waiting.front() {
            self.answers.clear();
            self.requests = describe::wants(found).into();
            // Events come last.
            self.requests.extend(describe::events_request(found).filter(|_| self.show_events));
            return self.fetch(io);
        }
        if self.finder.ask(FETCH, io) {
            return;
        }
        let failures = std::mem::take(&mut self.finder.failures);
        if self.printed == 0 && failures.is_empty() {
            match self.namespace.as_str() {
                namespace if !namespace.is_empty() && !self.all_namespaces => {
                    io.err(format!("No resources found in {namespace} namespace."));
                }
                _ => io.err("No resources found"),
            }
        }
        io.finish_with(failures);
    }

    /// No object has that name: asks for all of its kind.
    fn look_for_prefix(&mut self, response: &Response, io: &mut Io<'_, '_>) -> bool {
        let asked = self.finder.asked().filter(|t| t.name.is_some());
        let Some(target) = asked.filter(|_| response.status == 404).cloned() else { return false };
        let all = Selectors::default();
        io.send(PREFIX, requests::list(&target.resource, &target.namespace, &all, requests::JSON));
        self.prefix = Some((target, Failure::server(response)));
        true
    }

    fn prefix(&mut self, response: &Response, io: &mut Io<'_, '_>) {
        let Some((target, failure)) = self.prefix.take() else { return };
        let prefix = target.name.unwrap_or_default();
        let list = response.value().filter(|_| response.is_success()).cloned().unwrap_or_default();
        let mut found = list_items(&target.resource, &list);
        found.retain(|f| f.name().starts_with(prefix.as_str()));
        if found.is_empty() {
            self.finder.failures.push(failure);
        }
        self.waiting.extend(found);
        self.next(io);
    }

    fn fetch(&mut self, io: &mut Io<'_, '_>) {
        match self.requests.pop_front() {
            Some(request) => io.send(MORE, request),
            None => self.print(io),
        }
    }

    fn print(&mut self, io: &mut Io<'_, '_>) {
        let Some(found) = self.waiting.pop_front() else { return };
        let events = if self.show_events { self.answers.pop() } else { None };
        let events = events.as_ref().map_or(&[][..], |list| list.items_at(&["items"]));
        let subject = Subject { found: &found, answers: &self.answers, events, now: io.now() };
        let text = describe::describe(&subject);
        if self.printed > 0 {
            io.out("\n\n");
        }
        io.out(text);
        self.printed += 1;
        self.next(io);
    }
}

impl Step for Describe {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => self.next(io),
            Event::Response { tag: FETCH, response } if self.look_for_prefix(&response, io) => {}
            Event::Response { tag: PREFIX, response } => self.prefix(&response, io),
            Event::Response { tag: FETCH, response } => match self.finder.take(&response, FETCH, io) {
                Taken::More(found) => self.waiting.extend(found),
                Taken::Objects(found) => {
                    self.waiting.extend(found);
                    self.next(io);
                }
            },
            Event::Response { response, .. } => {
                // What is not there (a node's lease, say) is simply not described.
                let answer = response.value().filter(|_| response.is_success()).cloned().unwrap_or_default();
                self.answers.push(answer);
                self.fetch(io);
            }
            Event::Failed { reason, .. } => io.fail(&Failure::connection(&reason)),
            Event::Frame { .. } | Event::Timer { .. } => {}
        }
    }
}
