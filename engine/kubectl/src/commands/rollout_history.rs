//! `kubectl rollout history` and `rollout undo`, of Deployments.

use std::collections::{BTreeMap, VecDeque};

use api::http::Response;
use api::{Str, Value, object};

use super::change::Report;
use super::{Command, rollout};
use crate::describe::template::pod_template;
use crate::failure::Failure;
use crate::find::{Finder, Found, Taken};
use crate::flags::Arguments;
use crate::print::tabs;
use crate::process::{Event, Io, Step};
use crate::requests::{self, Selectors};
use crate::targets::{self, Targets};

const FETCH: u32 = 0;
const SETS: u32 = 1;
const PATCH: u32 = 2;
const REVISION: &str = "deployment.kubernetes.io/revision";

/// Looking back or going back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Task {
    /// Print the revisions.
    History,
    /// Go back to one.
    Undo,
}

/// The commands while they run.
#[derive(Clone, Debug, Hash)]
pub struct RolloutHistory {
    task: Task,
    finder: Finder,
    waiting: VecDeque<Found>,
    /// The revision asked for; 0 is all (history) or the one before the current (undo).
    revision: i64,
    report: Report,
    manager: Str,
    failures: Vec<Failure>,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(targets: &Targets, args: &Arguments, task: Task) -> Result<Command, Failure> {
    let flag = if task == Task::History { "revision" } else { "to-revision" };
    let revision = args.int(flag)?.unwrap_or(0);
    if revision < 0 {
        return Err(Failure::error(format!("revision must be a positive integer: {revision}")));
    }
    Ok(Command::RolloutHistory(Box::new(RolloutHistory {
        task,
        finder: Finder::new(targets),
        waiting: VecDeque::new(),
        revision,
        report: Report::read(args)?,
        manager: rollout::manager(args),
        failures: Vec::new(),
    })))
}

impl RolloutHistory {
    fn next(&mut self, io: &mut Io<'_, '_>) {
        while let Some(found) = self.waiting.front() {
            if found.resource.is("apps", "Deployment") {
                return match targets::lookup_one("replicasets.apps") {
                    Ok(sets) => {
                        let selectors = Selectors::labels(selector_text(&found.value));
                        io.send(SETS, requests::list(&sets, found.namespace(), &selectors, requests::JSON));
                    }
                    Err(failure) => io.fail(&failure),
                };
            }
            let what = if self.task == Task::History { "history viewer" } else { "rollbacker" };
            self.failures.push(Failure::error(format!(
                "no {what} has been implemented for {:?}",
                found.resource.group_kind()
            )));
            self.waiting.pop_front();
        }
        if self.finder.ask(FETCH, io) {
            return;
        }
        self.failures.append(&mut self.finder.failures);
        io.finish_with(std::mem::take(&mut self.failures));
    }

    fn sets(&mut self, response: &Response, io: &mut Io<'_, '_>) {
        let Some(found) = self.waiting.front().cloned() else { return };
        if !response.is_success() {
            return io.fail(&Failure::server(response));
        }
        let revisions = revisions(&found.value, response.value().map_or(&[], |v| v.items_at(&["items"])));
        match self.task {
            Task::History => {
                self.waiting.pop_front();
                match history(&found, &revisions, self.revision) {
                    Ok(text) => io.out(text),
                    Err(failure) => self.failures.push(failure),
                }
                self.next(io);
            }
            Task::Undo => match undo(&found, &revisions, self.revision) {
                Ok(Some(patch)) => {
                    let request = requests::patch(found.path(), requests::JSON_PATCH, &self.manager, patch);
                    if self.report.dry_run == super::change::DryRun::Client {
                        self.report.say(&found, "rolled back", io);
                        self.waiting.pop_front();
                        return self.next(io);
                    }
                    io.send(PATCH, self.report.dry_run.on(request));
                }
                Ok(None) => {
                    let revision = found.value.str_at(&["metadata", "annotations", REVISION]);
                    let revision = revision.map_or("", |r| r.as_str());
                    let revision =
                        if self.revision > 0 { self.revision.to_string() } else { revision.to_owned() };
                    let done =
                        format!("skipped rollback (current template already matches revision {revision})");
                    self.report.say(&found, &done, io);
                    self.waiting.pop_front();
                    self.next(io);
                }
                Err(failure) => {
                    self.failures.push(failure);
                    self.waiting.pop_front();
                    self.next(io);
                }
            },
        }
    }
}

impl Step for RolloutHistory {
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
            Event::Response { tag: SETS, response } => self.sets(&response, io),
            Event::Response { response, .. } => {
                let Some(found) = self.waiting.pop_front() else { return };
                if response.is_success() {
                    self.report.say(&found, "rolled back", io);
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

/// A workload's `spec.selector` as a query parameter: `app=web,tier in (a,b)`.
pub fn selector_text(workload: &Value) -> String {
    let Some(selector) = workload.at(&["spec", "selector"]) else { return String::new() };
    let labels = selector.get("matchLabels").unwrap_or(selector);
    let mut terms: Vec<String> = Vec::new();
    if selector.get("matchExpressions").is_none() || selector.get("matchLabels").is_some() {
        for (key, value) in labels.as_map().into_iter().flat_map(api::Map::iter) {
            terms.extend(value.as_str().map(|v| format!("{key}={v}")));
        }
    }
    for expression in selector.items_at(&["matchExpressions"]) {
        let text = |name: &str| expression.str_at(&[name]).map_or("", |s| s.as_str());
        let values: Vec<&str> =
            expression.items_at(&["values"]).iter().filter_map(|v| v.as_str()).map(|s| s.as_str()).collect();
        let (key, values) = (text("key"), values.join(","));
        terms.push(match text("operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        });
    }
    terms.join(",")
}

/// The Deployment's own ReplicaSets by revision.
fn revisions(deployment: &Value, sets: &[Value]) -> BTreeMap<i64, Value> {
    let uid = deployment.str_at(&["metadata", "uid"]);
    let owned = |set: &&Value| {
        set.items_at(&["metadata", "ownerReferences"]).iter().any(|owner| owner.str_at(&["uid"]) == uid)
    };
    let revision =
        |set: &Value| set.str_at(&["metadata", "annotations", REVISION]).and_then(|r| r.parse().ok());
    sets.iter().filter(owned).filter_map(|set| Some((revision(set)?, set.clone()))).collect()
}

fn history(found: &Found, revisions: &BTreeMap<i64, Value>, wanted: i64) -> Result<String, Failure> {
    let cause = |set: &Value| {
        let cause = set.str_at(&["metadata", "annotations", "kubernetes.io/change-cause"]);
        cause.map_or("<none>", |s| s.as_str()).to_owned()
    };
    if wanted > 0 {
        let Some(set) = revisions.get(&wanted) else {
            return Err(Failure::error("unable to find the specified revision"));
        };
        let template = set.at(&["spec", "template"]).cloned().unwrap_or_default();
        let mut text = String::from("Pod Template:\n");
        pod_template(&template, &mut text);
        // kubectl does not align this one: the tabs go out as they are.
        return Ok(format!("{} with revision #{wanted}\n{text}\n", found.printed()));
    }
    if revisions.is_empty() {
        return Ok(format!("{} \nNo rollout history found.\n", found.printed()));
    }
    let mut table = String::from("REVISION\tCHANGE-CAUSE\n");
    for (revision, set) in revisions {
        table.push_str(&format!("{revision}\t{}\n", cause(set)));
    }
    Ok(format!("{} \n{}\n", found.printed(), tabs::align(&table, tabs::DESCRIBE)))
}

/// The patch that goes back; `None` when the template is that already.
fn undo(found: &Found, revisions: &BTreeMap<i64, Value>, wanted: i64) -> Result<Option<Value>, Failure> {
    if found.value.at(&["spec", "paused"]).and_then(Value::as_bool) == Some(true) {
        return Err(Failure::error(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
        ));
    }
    let set = if wanted > 0 {
        revisions
            .get(&wanted)
            .ok_or_else(|| Failure::error(format!("unable to find specified revision {wanted} in history")))?
    } else {
        let mut latest = revisions.values().rev();
        latest.next();
        latest.next().ok_or_else(|| {
            Failure::error(format!("no rollout history found for deployment {:?}", found.name()))
        })?
    };
    let mut template = set.at(&["spec", "template"]).cloned().unwrap_or_default();
    template.remove(&["metadata", "labels", "pod-template-hash"]);
    if found.value.at(&["spec", "template"]) == Some(&template) {
        return Ok(None);
    }
    let annotations =
        |object: &Value| object.at(&["metadata", "annotations"]).cloned().unwrap_or(Value::map());
    // What kubectl wrote itself is not the revision's, the rest is.
    let own = [
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
    ];
    let mut kept = annotations(&found.value);
    kept.make_map().retain(|name, _| own.contains(&name.as_str()));
    if let Some(of_revision) = annotations(set).as_map() {
        for (name, value) in of_revision.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
            kept.make_map().insert(name.clone(), value.clone());
        }
    }
    // There is nothing to replace where there are no annotations.
    let op = if found.value.at(&["metadata", "annotations"]).is_some() { "replace" } else { "add" };
    Ok(Some(object!([
        { "op": "replace", "path": "/spec/template", "value": template },
        { "op": op, "path": "/metadata/annotations", "value": kept }
    ])))
}
