//! `kubectl get`.

use std::collections::VecDeque;

use api::http::{Frame, Response};
use api::{Object, Str, Value, literal};

use super::{Command, Setup};
use crate::failure::Failure;
use crate::find::{Found, list_items};
use crate::flags::{Arguments, Flag, switch, value};
use crate::print::format::Format;
use crate::print::jsonpath::Path;
use crate::print::sort::sort_by;
use crate::print::table::{Options, Rows};
use crate::process::{Event, Io, Step};
use crate::requests::{self, Selectors};
use crate::targets::{self, Rules, Target, Targets};

/// Its flags.
pub const FLAGS: &[Flag] = &[
    switch("all-namespaces").short('A'),
    value("selector").short('l'),
    value("field-selector"),
    value("filename").short('f'),
    value("output").short('o'),
    value("template"),
    switch("watch").short('w'),
    switch("watch-only"),
    switch("output-watch-events"),
    switch("show-labels"),
    switch("show-kind"),
    switch("show-managed-fields"),
    switch("no-headers"),
    switch("ignore-not-found"),
    switch("server-print"),
    switch("recursive").short('R'),
    value("sort-by"),
    value("label-columns").short('L'),
    value("chunk-size"),
    value("subresource"),
    value("raw"),
];

/// Tag of the request for the current target.
const ANSWER: u32 = 0;
/// Tag of the watch.
const WATCH: u32 = 1;
/// Tag of `--raw`.
const RAW: u32 = 2;

/// `kubectl get` while it runs.
#[derive(Clone, Debug, Hash)]
pub struct Get {
    raw: Option<Str>,
    waiting: VecDeque<Target>,
    current: Option<Target>,
    targets: Targets,
    subresource: Option<Str>,
    format: Format,
    options: Options,
    sort_by: Option<Path>,
    all_namespaces: bool,
    ignore_not_found: bool,
    managed_fields: bool,
    watch: bool,
    watch_only: bool,
    watch_events: bool,
    /// What came for each collection or object, in order.
    tables: Vec<(Target, Value)>,
    objects: Vec<Found>,
    failures: Vec<Failure>,
    revision: Str,
    rows: Rows,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let targets = match (args.get("raw"), args.all("filename").is_empty()) {
        (Some(_), _) => Targets::default(),
        (None, true) => targets::read("get", &args.words, &args, setup, Rules::default())?,
        (None, false) => setup.file_targets(&args)?,
    };
    let format = Format::read(&args)?;
    let watch_only = args.on("watch-only");
    let watch = args.on("watch") || watch_only;
    if watch && targets.targets.len() > 1 {
        let message = if targets.several_kinds {
            "you may only specify a single resource type"
        } else {
            "watch is only supported on individual resources and resource collections"
        };
        return Err(Failure::error(format!("{message} - {} resources were found", targets.targets.len())));
    }
    let all_namespaces = args.on("all-namespaces");
    let options = Options {
        wide: format == Format::Table { wide: true },
        no_headers: args.on("no-headers"),
        namespace: all_namespaces,
        kind: targets.several_kinds || args.on("show-kind"),
        labels: args.on("show-labels"),
        label_columns: args
            .all("label-columns")
            .iter()
            .flat_map(|l| l.split(','))
            .map(str::to_owned)
            .collect(),
    };
    let sort_by =
        args.get("sort-by").filter(|s| !s.is_empty()).map(Path::parse).transpose().map_err(Failure::error)?;
    Ok(Command::Get(Box::new(Get {
        raw: args.get("raw").map(Str::from),
        waiting: targets.targets.iter().cloned().collect(),
        current: None,
        targets,
        subresource: args.get("subresource").map(Str::from),
        format,
        options,
        sort_by,
        all_namespaces,
        ignore_not_found: args.on("ignore-not-found"),
        managed_fields: args.on("show-managed-fields"),
        watch,
        watch_only,
        watch_events: args.on("output-watch-events"),
        tables: Vec::new(),
        objects: Vec::new(),
        failures: Vec::new(),
        revision: literal!("0"),
        rows: Rows::default(),
    })))
}

impl Step for Get {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => match &self.raw {
                Some(path) => raw(path, io),
                None => self.next(io),
            },
            Event::Response { tag: RAW, response } => {
                if response.is_success() {
                    io.out(super::body_text(&response));
                    io.finish(0);
                } else {
                    io.fail(&Failure::server(&response));
                }
            }
            Event::Response { tag: WATCH, response } if response.is_success() => {}
            Event::Response { tag: WATCH, response } => io.fail(&Failure::server(&response)),
            Event::Response { response, .. } => self.answer(&response, io),
            Event::Frame { frame, .. } => self.frame(&frame, io),
            Event::Failed { reason, .. } => io.fail(&Failure::connection(&reason)),
            Event::Timer { .. } => {}
        }
    }
}

impl Get {
    fn accept(&self) -> Str {
        if self.format.is_table() { requests::TABLE } else { requests::JSON }
    }

    fn next(&mut self, io: &mut Io<'_, '_>) {
        let Some(target) = self.waiting.pop_front() else { return self.finish(io) };
        self.ask(&target, None, io);
        self.current = Some(target);
    }

    fn ask(&self, target: &Target, token: Option<&Str>, io: &mut Io<'_, '_>) {
        let mut request = match &target.name {
            Some(_) => {
                let mut path = target.path();
                if let Some(part) = &self.subresource {
                    path = format!("{path}/{part}").into();
                }
                api::http::Request::new(api::http::Method::Get, path).header("accept", self.accept())
            }
            None => {
                requests::list(&target.resource, &target.namespace, &self.targets.selectors, self.accept())
            }
        };
        if let Some(token) = token {
            request = request.query("continue", token.clone());
        }
        // Sorting looks at fields that rows don't have.
        if self.sort_by.is_some() && self.format.is_table() {
            request = request.query("includeObject", "Object");
        }
        io.send(ANSWER, request);
    }

    /// What the server refused, with what kubectl says of a list that it refused.
    fn failure(&self, target: &Target, response: &Response) -> Failure {
        if target.name.is_some() || ![400, 404].contains(&response.status) {
            return Failure::server(response);
        }
        let resource = &target.resource;
        let (labels, fields) = (&self.targets.selectors.labels, &self.targets.selectors.fields);
        let what = format!("{}/{}, Resource={}", resource.group, resource.version, resource.resource);
        Failure::server_doing(
            response,
            &match (labels, fields) {
                (None, None) => format!("Unable to list {what:?}: "),
                _ => format!(
                    "Unable to find {what:?} that match label selector {:?}, field selector {:?}: ",
                    labels.as_deref().unwrap_or_default(),
                    fields.as_deref().unwrap_or_default()
                ),
            },
        )
    }

    fn answer(&mut self, response: &Response, io: &mut Io<'_, '_>) {
        let Some(target) = self.current.take() else { return };
        let value = match response.value() {
            Some(value) if response.is_success() => value.clone(),
            _ => {
                if !(self.ignore_not_found && response.status == 404) {
                    self.failures.push(self.failure(&target, response));
                }
                return self.next(io);
            }
        };
        if let Some(revision) = value.str_at(&["metadata", "resourceVersion"]) {
            self.revision = revision.clone();
        }
        let token = value.str_at(&["metadata", "continue"]).filter(|t| !t.is_empty()).cloned();
        if self.format.is_table() {
            let table = as_table(&value);
            self.tables.push((target.clone(), table));
        } else if target.name.is_some() {
            self.objects.push(Found { resource: target.resource.clone(), value });
        } else {
            self.objects.extend(list_items(&target.resource, &value));
        }
        match token {
            Some(token) => {
                self.ask(&target, Some(&token), io);
                self.current = Some(target);
            }
            None => self.next(io),
        }
    }

    /// Everything is there: prints, and goes on with the watch.
    fn finish(&mut self, io: &mut Io<'_, '_>) {
        let printed = if self.watch_only { Ok(true) } else { self.print(io) };
        let failures = std::mem::take(&mut self.failures);
        match printed {
            Err(failure) => return io.fail(&failure),
            Ok(false) if failures.is_empty() && !self.watch && !self.ignore_not_found => {
                self.say_nothing_found(io)
            }
            Ok(_) => {}
        }
        match (self.watch, self.targets.targets.first().cloned()) {
            (true, Some(target)) if failures.is_empty() => self.start_watch(&target, io),
            _ => io.finish_with(failures),
        }
    }

    /// Prints what came; false when there was nothing.
    fn print(&mut self, io: &mut Io<'_, '_>) -> Result<bool, Failure> {
        if self.format.is_table() {
            return Ok(self.print_tables(io));
        }
        if let Some(path) = &self.sort_by {
            sort_by(&mut self.objects, path, |found| Some(&found.value));
        }
        let single = matches!(self.targets.targets.as_slice(), [Target { name: Some(_), .. }]);
        if self.objects.is_empty() && (single || !self.failures.is_empty()) {
            return Ok(false);
        }
        let text = self.format.print(&self.objects, single, !self.options.no_headers, self.managed_fields)?;
        io.out(text);
        Ok(!self.objects.is_empty() || !matches!(self.format, Format::Name | Format::Columns(_)))
    }

    fn print_tables(&mut self, io: &mut Io<'_, '_>) -> bool {
        let mut blocks: Vec<String> = Vec::new();
        let mut tables = std::mem::take(&mut self.tables).into_iter().peekable();
        let event = self.watch_events.then_some("ADDED");
        while let Some((target, table)) = tables.next() {
            // Neighbours of one kind are one table.
            let mut all = vec![table];
            while let Some((_, table)) = tables.next_if(|(next, _)| next.resource == target.resource) {
                all.push(table);
            }
            let mut rows: Vec<&Value> = all.iter().flat_map(|table| table.items_at(&["rows"])).collect();
            if let Some(path) = &self.sort_by {
                sort_by(&mut rows, path, |row| row.get("object"));
            }
            let mut options = self.options.clone();
            // A cluster-scoped kind has no namespaces to show.
            options.namespace &= target.resource.namespaced;
            self.rows = Rows::default();
            self.rows.add(&all[0], rows.into_iter(), &target.resource, &options, event);
            if !self.rows.is_empty() {
                blocks.push(self.rows.print(&options));
            }
        }
        io.out(blocks.join("\n"));
        !blocks.is_empty()
    }

    fn say_nothing_found(&self, io: &mut Io<'_, '_>) {
        let namespace = self.targets.targets.iter().map(|t| &t.namespace).find(|ns| !ns.is_empty());
        match namespace {
            Some(namespace) if !self.all_namespaces => {
                io.err(format!("No resources found in {namespace} namespace."))
            }
            _ => io.err("No resources found"),
        }
    }

    fn start_watch(&mut self, target: &Target, io: &mut Io<'_, '_>) {
        let selectors = match &target.name {
            Some(name) => Selectors::fields(format!("metadata.name={name}")),
            None => self.targets.selectors.clone(),
        };
        let accept = self.accept();
        io.send(
            WATCH,
            requests::watch(&target.resource, &target.namespace, &selectors, accept, &self.revision),
        );
    }

    fn frame(&mut self, frame: &Frame, io: &mut Io<'_, '_>) {
        match frame {
            Frame::Watch(events) => {
                for event in events.iter() {
                    self.change(event.kind.as_str(), event.object.value(), io);
                }
            }
            Frame::Tree(event) => {
                let kind = event.str_at(&["type"]).map_or("", |s| s.as_str());
                if let Some(object) = event.get("object") {
                    self.change(kind, object, io);
                }
            }
            Frame::Data(_) => {}
            Frame::End => io.finish(0),
        }
    }

    /// Prints one event of the watch.
    fn change(&mut self, kind: &str, object: &Value, io: &mut Io<'_, '_>) {
        match kind {
            "BOOKMARK" => return,
            "ERROR" => return io.fail(&Failure::server(&Response::tree(410, object.clone()))),
            _ => {}
        }
        let Some(target) = self.targets.targets.first() else { return };
        if !self.format.is_table() {
            let found = [Found { resource: target.resource.clone(), value: object.clone() }];
            match self.format.print(&found, true, false, self.managed_fields) {
                Ok(text) if self.format == Format::Yaml => io.out(format!("---\n{text}")),
                Ok(text) => io.out(text),
                Err(failure) => io.fail(&failure),
            }
            return;
        }
        let table = as_table(object);
        let event = self.watch_events.then_some(kind);
        let mut options = self.options.clone();
        options.namespace &= target.resource.namespaced;
        self.rows.add(&table, table.items_at(&["rows"]).iter(), &target.resource, &options, event);
        let text = self.rows.print(&options);
        io.out(text);
    }
}

fn raw(path: &Str, io: &mut Io<'_, '_>) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut request = requests::get(path);
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        request = request.query(super::percent_decoded(name), super::percent_decoded(value));
    }
    io.send(RAW, request);
}

/// A server's table; what is none becomes rows of name and age, as kubectl prints what it doesn't know.
fn as_table(value: &Value) -> Value {
    if value.str_at(&["kind"]).is_some_and(|k| k == "Table") {
        return value.clone();
    }
    let items: Vec<&Value> = match value.get("items") {
        Some(items) => items.items().iter().collect(),
        None => vec![value],
    };
    let rows: Vec<Value> = items
        .into_iter()
        .map(|item| {
            let object = Object::new(item.clone());
            let cells = vec![Value::from(object.name()), Value::Str(created(item))];
            api::object! { "cells": cells, "object": item.clone() }
        })
        .collect();
    api::object! {
        "kind": "Table",
        "columnDefinitions": [{ "name": "Name" }, { "name": "Created At" }],
        "rows": rows
    }
}

fn created(item: &Value) -> Str {
    item.str_at(&["metadata", "creationTimestamp"]).cloned().unwrap_or(literal!("<unknown>"))
}
