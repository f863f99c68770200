//! `kubectl rollout status`.

use std::collections::VecDeque;
use std::time::Duration;

use api::http::{Frame, Response, WatchKind};
use api::{Value, literal};

use super::Command;
use crate::failure::Failure;
use crate::find::{Finder, Found, Taken};
use crate::flags::Arguments;
use crate::process::{Event, Io, RETRY, Step};
use crate::requests::{self, Selectors};
use crate::targets::Targets;

const FETCH: u32 = 0;
const WATCH: u32 = 1;
const TIMEOUT: u32 = 2;
const AGAIN: u32 = 3;

/// `kubectl rollout status` while it runs.
#[derive(Clone, Debug, Hash)]
pub struct RolloutStatus {
    finder: Finder,
    waiting: VecDeque<Found>,
    watch: bool,
    revision: i64,
    timeout: Option<Duration>,
    failures: Vec<Failure>,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(targets: &Targets, args: &Arguments) -> Result<Command, Failure> {
    Ok(Command::RolloutStatus(Box::new(RolloutStatus {
        finder: Finder::new(targets),
        waiting: VecDeque::new(),
        watch: args.switch("watch", true),
        revision: args.int("revision")?.unwrap_or(0),
        timeout: args.duration("timeout")?.filter(|t| !t.is_zero()),
        failures: Vec::new(),
    })))
}

impl RolloutStatus {
    fn next(&mut self, io: &mut Io<'_, '_>) {
        io.cancel(WATCH);
        if let Some(found) = self.waiting.front() {
            if !matches!(found.resource.kind.as_str(), "Deployment" | "DaemonSet" | "StatefulSet") {
                let kind = found.resource.group_kind();
                return io.fail(&Failure::error(format!("no status viewer has been implemented for {kind}")));
            }
            return self.list(io);
        }
        if self.finder.ask(FETCH, io) {
            return;
        }
        self.failures.append(&mut self.finder.failures);
        io.finish_with(std::mem::take(&mut self.failures));
    }

    fn selectors(found: &Found) -> Selectors {
        Selectors::fields(format!("metadata.name={}", found.name()))
    }

    fn list(&self, io: &mut Io<'_, '_>) {
        let Some(found) = self.waiting.front() else { return };
        let selectors = RolloutStatus::selectors(found);
        let request = requests::list(&found.resource, found.namespace(), &selectors, requests::JSON);
        io.send(WATCH, request.query("resourceVersion", "0"));
    }

    fn answer(&mut self, response: &Response, io: &mut Io<'_, '_>) {
        if response.status >= 500 || response.status == 429 {
            return io.timer(AGAIN, RETRY);
        }
        if !response.is_success() {
            return io.fail(&Failure::server(response));
        }
        let (Some(list), Some(found)) =
            (response.value().filter(|_| !response.streaming), self.waiting.front())
        else {
            return;
        };
        let Some(object) = list.items_at(&["items"]).first() else {
            return io.fail(&Failure::error("object has been deleted"));
        };
        let revision = list.str_at(&["metadata", "resourceVersion"]).cloned().unwrap_or(literal!("0"));
        let selectors = RolloutStatus::selectors(found);
        let watch =
            requests::watch(&found.resource, found.namespace(), &selectors, requests::JSON, &revision);
        if !self.look(&object.clone(), io) {
            io.send(WATCH, watch.query("allowWatchBookmarks", "true"));
        }
    }

    /// Prints the status; true when there is nothing left to watch.
    fn look(&mut self, object: &Value, io: &mut Io<'_, '_>) -> bool {
        let Some(found) = self.waiting.front() else { return true };
        match status(&found.resource.kind, object, self.revision) {
            Ok((text, done)) => {
                io.out(text);
                if done || !self.watch {
                    self.waiting.pop_front();
                    self.next(io);
                    return true;
                }
                false
            }
            Err(failure) => {
                io.fail(&failure);
                true
            }
        }
    }

    fn frame(&mut self, frame: &Frame, io: &mut Io<'_, '_>) {
        match frame {
            Frame::Watch(events) => {
                for event in events.iter() {
                    match event.kind {
                        WatchKind::Added | WatchKind::Modified => {
                            if self.look(event.object.value(), io) {
                                return;
                            }
                        }
                        WatchKind::Deleted => return io.fail(&Failure::error("object has been deleted")),
                        WatchKind::Error => {
                            io.cancel(WATCH);
                            return self.list(io);
                        }
                        WatchKind::Bookmark => {}
                    }
                }
            }
            Frame::End => self.list(io),
            Frame::Tree(_) | Frame::Data(_) => {}
        }
    }
}

impl Step for RolloutStatus {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => {
                if let Some(timeout) = self.timeout {
                    io.timer(TIMEOUT, timeout);
                }
                self.next(io);
            }
            Event::Response { tag: FETCH, response } => match self.finder.take(&response, FETCH, io) {
                Taken::More(found) => self.waiting.extend(found),
                Taken::Objects(found) => {
                    self.waiting.extend(found);
                    self.next(io);
                }
            },
            Event::Response { response, .. } => self.answer(&response, io),
            Event::Frame { frame, .. } => self.frame(&frame, io),
            Event::Timer { tag: AGAIN } => self.list(io),
            // kubectl watches through an informer here, which outlives a server's restart.
            Event::Failed { tag: WATCH, .. } => io.timer(AGAIN, RETRY),
            Event::Timer { .. } => io.fail(&Failure::error("timed out waiting for the condition")),
            Event::Failed { reason, .. } => io.fail(&Failure::connection(&reason)),
        }
    }
}

/// The status line of a workload, and whether its rollout is done.
fn status(kind: &str, object: &Value, revision: i64) -> Result<(String, bool), Failure> {
    let number = |path: &[&str]| object.int_at(path).unwrap_or(0);
    let name = object.str_at(&["metadata", "name"]).map_or("", |s| s.as_str());
    let stale = number(&["metadata", "generation"]) > number(&["status", "observedGeneration"]);
    match kind {
        "Deployment" => deployment(object, name, stale, revision),
        "DaemonSet" => {
            let strategy = object.str_at(&["spec", "updateStrategy", "type"]);
            if strategy.is_some_and(|s| s != "RollingUpdate") {
                return Err(Failure::error(
                    "rollout status is only available for RollingUpdate strategy type",
                ));
            }
            if stale {
                return Ok(("Waiting for daemon set spec update to be observed...\n".to_owned(), false));
            }
            let desired = number(&["status", "desiredNumberScheduled"]);
            let (updated, available) =
                (number(&["status", "updatedNumberScheduled"]), number(&["status", "numberAvailable"]));
            Ok(if updated < desired {
                (
                    format!(
                        "Waiting for daemon set {name:?} rollout to finish: {updated} out of {desired} new pods have \
                         been updated...\n"
                    ),
                    false,
                )
            } else if available < desired {
                (
                    format!(
                        "Waiting for daemon set {name:?} rollout to finish: {available} of {desired} updated pods are \
                         available...\n"
                    ),
                    false,
                )
            } else {
                (format!("daemon set {name:?} successfully rolled out\n"), true)
            })
        }
        _ => stateful_set(object, stale),
    }
}

fn deployment(object: &Value, name: &str, stale: bool, revision: i64) -> Result<(String, bool), Failure> {
    let number = |path: &[&str]| object.int_at(path).unwrap_or(0);
    if revision > 0 {
        let current = object.str_at(&["metadata", "annotations", "deployment.kubernetes.io/revision"]);
        let current: i64 = current.and_then(|r| r.parse().ok()).unwrap_or(0);
        if current != revision {
            return Err(Failure::error(format!(
                "desired revision ({revision}) is different from the running revision ({current})"
            )));
        }
    }
    if stale {
        return Ok(("Waiting for deployment spec update to be observed...\n".to_owned(), false));
    }
    let late = object.items_at(&["status", "conditions"]).iter().any(|c| {
        c.str_at(&["type"]).is_some_and(|t| t == "Progressing")
            && c.str_at(&["reason"]).is_some_and(|r| r == "ProgressDeadlineExceeded")
    });
    if late {
        return Err(Failure::error(format!("deployment {name:?} exceeded its progress deadline")));
    }
    let wanted = object.int_at(&["spec", "replicas"]).unwrap_or(1);
    let (replicas, updated, available) = (
        number(&["status", "replicas"]),
        number(&["status", "updatedReplicas"]),
        number(&["status", "availableReplicas"]),
    );
    let waiting = format!("Waiting for deployment {name:?} rollout to finish:");
    Ok(if updated < wanted {
        (format!("{waiting} {updated} out of {wanted} new replicas have been updated...\n"), false)
    } else if replicas > updated {
        (format!("{waiting} {} old replicas are pending termination...\n", replicas - updated), false)
    } else if available < updated {
        (format!("{waiting} {available} of {updated} updated replicas are available...\n"), false)
    } else {
        (format!("deployment {name:?} successfully rolled out\n"), true)
    })
}

fn stateful_set(object: &Value, stale: bool) -> Result<(String, bool), Failure> {
    let number = |path: &[&str]| object.int_at(path).unwrap_or(0);
    let text = |path: &[&str]| object.str_at(path).map_or("", |s| s.as_str());
    if text(&["spec", "updateStrategy", "type"]) == "OnDelete" {
        return Err(Failure::error("rollout status is only available for RollingUpdate strategy type"));
    }
    if stale || number(&["status", "observedGeneration"]) == 0 {
        return Ok(("Waiting for statefulset spec update to be observed...\n".to_owned(), false));
    }
    let wanted = object.int_at(&["spec", "replicas"]).unwrap_or(1);
    let (ready, updated) = (number(&["status", "readyReplicas"]), number(&["status", "updatedReplicas"]));
    if ready < wanted {
        return Ok((format!("Waiting for {} pods to be ready...\n", wanted - ready), false));
    }
    let partition = number(&["spec", "updateStrategy", "rollingUpdate", "partition"]);
    if partition > 0 {
        return Ok(if updated < wanted - partition {
            (
                format!(
                    "Waiting for partitioned roll out to finish: {updated} out of {} new pods have been updated...\n",
                    wanted - partition
                ),
                false,
            )
        } else {
            (format!("partitioned roll out complete: {updated} new pods have been updated...\n"), true)
        });
    }
    let revision = text(&["status", "updateRevision"]);
    Ok(if revision != text(&["status", "currentRevision"]) {
        (
            format!(
                "waiting for statefulset rolling update to complete {updated} pods at revision {revision}...\n"
            ),
            false,
        )
    } else {
        (
            format!(
                "statefulset rolling update complete {} pods at revision {revision}...\n",
                number(&["status", "currentReplicas"])
            ),
            true,
        )
    })
}
