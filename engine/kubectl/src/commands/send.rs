//! Commands that are one request after the other and a sentence for each: `create deployment`, `run`, `expose`,
//! `autoscale`, `version`, `cluster-info`.

use std::collections::VecDeque;

use api::http::{Request, Response};
use api::{Str, Value};

use super::change::{DryRun, Report};
use crate::failure::Failure;
use crate::find::Found;
use crate::process::{Event, Io, Step};
use crate::resource::Resource;

/// What is said when the answer is there.
#[derive(Clone, Debug, Hash)]
pub(crate) enum Then {
    /// `deployment.apps/web created`.
    Report {
        resource: Resource,
        done: &'static str,
        /// What `--dry-run=client` shows.
        object: Value,
    },
    /// The server's version.
    Version { json: bool, yaml: bool },
    /// Where the control plane and the DNS are.
    ClusterInfo,
}

/// Requests, one after the other; the first failure ends it.
#[derive(Clone, Debug, Hash)]
pub struct Send {
    waiting: VecDeque<(Request, Then)>,
    current: Option<Then>,
    report: Report,
    doing: Str,
}

impl Send {
    pub(crate) fn new(requests: Vec<(Request, Then)>, report: Report) -> Send {
        Send { waiting: requests.into(), current: None, report, doing: Str::new() }
    }

    /// With what is said before the server's own message: `failed to create deployment: `.
    pub(crate) fn doing(mut self, doing: impl Into<Str>) -> Send {
        self.doing = doing.into();
        self
    }

    fn next(&mut self, io: &mut Io<'_, '_>) {
        while let Some((request, then)) = self.waiting.pop_front() {
            if let (DryRun::Client, Then::Report { resource, done, object }) = (self.report.dry_run, &then) {
                let found = Found { resource: resource.clone(), value: object.clone() };
                self.report.say(&found, done, io);
                continue;
            }
            io.send(0, self.report.dry_run.on(request));
            self.current = Some(then);
            return;
        }
        io.finish(0);
    }

    fn answer(&mut self, response: &Response, io: &mut Io<'_, '_>) {
        let Some(then) = self.current.take() else { return };
        if !response.is_success() {
            let failure = if self.doing.is_empty() {
                Failure::server(response)
            } else {
                Failure::error(format!("{}{}", self.doing, response.message()))
            };
            return io.fail(&failure);
        }
        let answer = response.value().cloned().unwrap_or_default();
        match then {
            Then::Report { resource, done, .. } => {
                self.report.say(&Found { resource, value: answer }, done, io);
            }
            Then::Version { json, yaml } => super::about::print_version(&answer, json, yaml, io),
            Then::ClusterInfo => super::about::print_cluster_info(&answer, io),
        }
        self.next(io);
    }
}

impl Step for Send {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => self.next(io),
            Event::Response { response, .. } => self.answer(&response, io),
            Event::Failed { reason, .. } => io.fail(&Failure::connection(&reason)),
            Event::Frame { .. } | Event::Timer { .. } => {}
        }
    }
}
