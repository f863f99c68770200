//! The kubelet's own HTTP server, as far as the API server asks it: container logs.

use std::sync::Arc;

use api::http::{Body, Frame, Request, Response};
use client::RequestId;
use runtime::cri::{self, ContainerId};
use runtime::logs::LogLine;
use sim::{Actor, SimTime, Str};

use crate::host::CriCall;
use crate::kubelet::Kubelet;
use crate::message::{Context, Message};
use crate::pod_worker::Stage;

/// A log that somebody follows.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Follower {
    pub request: RequestId,
    pub timestamps: bool,
}

impl Kubelet {
    /// The API server asks.
    pub(crate) fn on_http(&mut self, id: RequestId, request: &Request, context: &mut Context<'_>) {
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match parts.as_slice() {
            ["containerLogs", namespace, pod, container] => {
                match self.log_source(namespace, pod, container, request) {
                    Ok(source) => self.read_log(id, source, request, context),
                    Err((status, message)) => answer(context, id, Response::text(status, &message)),
                }
            }
            ["healthz"] => answer(context, id, Response::text(200, "ok")),
            ["pods"] => {
                let items: Vec<api::Value> = self.workers.values().map(|w| w.pod.value().clone()).collect();
                let list =
                    api::object! { "kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items };
                answer(context, id, Response::tree(200, list));
            }
            _ => answer(context, id, Response::text(404, "404 page not found\n")),
        }
    }

    /// Which of the runtime's containers has the log.
    fn log_source(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        request: &Request,
    ) -> Result<ContainerId, (u16, String)> {
        let worker = self.workers.values().find(|w| w.key().namespace == namespace && w.key().name == pod);
        let Some(worker) = worker else {
            return Err((404, format!("pod \"{pod}\" not found\n")));
        };
        let Some(record) = worker.records.iter().find(|r| r.name == container) else {
            return Err((404, format!("container \"{container}\" not found in pod \"{pod}\"\n")));
        };
        let flag = |name: &str| request.parameter(name).is_some_and(|v| v == "true" || v == "1");
        if flag("previous") {
            let last = record.last.as_ref().and_then(|exit| exit.id);
            return last.ok_or_else(|| {
                (400, format!("previous terminated container \"{container}\" in pod \"{pod}\" not found"))
            });
        }
        match (&record.stage, record.last.as_ref().and_then(|exit| exit.id)) {
            (Stage::Waiting { .. }, Some(last)) => Ok(last),
            (Stage::Waiting { reason, .. }, None) => {
                let initializing = worker.records.iter().any(|r| r.init) && !worker.is_initialized();
                let reason: &str = match *reason {
                    "ContainerCreating" if initializing => "PodInitializing",
                    reason => reason,
                };
                let why = if matches!(reason, "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName") {
                    "trying and failing to pull image"
                } else {
                    reason
                };
                Err((400, format!("container \"{container}\" in pod \"{pod}\" is waiting to start: {why}")))
            }
            _ => record
                .id
                .ok_or_else(|| (400, format!("container \"{container}\" in pod \"{pod}\" is not available"))),
        }
    }

    fn read_log(
        &mut self,
        id: RequestId,
        container: ContainerId,
        request: &Request,
        context: &mut Context<'_>,
    ) {
        let number = |name: &str| request.parameter(name).and_then(|v| v.parse::<u64>().ok());
        let flag = |name: &str| request.parameter(name).is_some_and(|v| v == "true" || v == "1");
        let tail = number("tailLines").map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let since = match (number("sinceSeconds"), request.parameter("sinceTime")) {
            (Some(seconds), _) => SimTime::from_nanos(
                context.now.as_nanos().saturating_sub(seconds.saturating_mul(1_000_000_000)),
            ),
            (None, Some(text)) => SimTime::parse_rfc3339(text).unwrap_or_default(),
            (None, None) => SimTime::ZERO,
        };
        let (follow, timestamps) = (flag("follow"), flag("timestamps"));
        let call = CriCall::Log { request: id, container, follow, since, timestamps };
        self.host.cri(context, call, cri::Request::ReadLog { container, tail, follow });
    }

    /// The runtime read a log.
    pub(crate) fn on_log(
        &mut self,
        id: RequestId,
        container: ContainerId,
        (follow, since, timestamps): (bool, SimTime, bool),
        response: &cri::Response,
        context: &mut Context<'_>,
    ) {
        let lines: Vec<LogLine> = match response {
            cri::Response::Log(lines) => lines.iter().filter(|l| l.at >= since).cloned().collect(),
            cri::Response::Failed(failure) => {
                let message =
                    format!("unable to retrieve container logs for containerd://{container}: {failure}");
                return answer(context, id, Response::text(404, &message));
            }
            _ => return,
        };
        let text = write(&lines, timestamps);
        let mut response = Response::text(200, &text);
        if !follow {
            return answer(context, id, response);
        }
        response.streaming = true;
        response.body = Body::Empty;
        answer(context, id, response);
        frame(context, id, Frame::Data(text.as_bytes().into()));
        let runs = self
            .workers
            .values()
            .any(|w| w.records.iter().any(|r| r.id == Some(container) && r.is_running()));
        if runs {
            self.followers.entry(container).or_default().push(Follower { request: id, timestamps });
        } else {
            frame(context, id, Frame::End);
        }
    }

    /// New lines of a followed log.
    pub(crate) fn on_log_lines(
        &mut self,
        container: ContainerId,
        lines: &[LogLine],
        ended: bool,
        context: &mut Context<'_>,
    ) {
        let Some(followers) = self.followers.get(&container) else { return };
        for Follower { request, timestamps } in followers {
            if !lines.is_empty() {
                let text = write(lines, *timestamps);
                frame(context, *request, Frame::Data(text.as_bytes().into()));
            }
            if ended {
                frame(context, *request, Frame::End);
            }
        }
        if ended {
            self.followers.remove(&container);
        }
    }

    /// The API server no longer wants an answer.
    pub(crate) fn on_http_cancel(&mut self, id: RequestId, context: &mut Context<'_>) {
        let mut done = Vec::new();
        for (container, followers) in &mut self.followers {
            followers.retain(|f| f.request != id);
            if followers.is_empty() {
                done.push(*container);
            }
        }
        for container in done {
            self.followers.remove(&container);
            self.host.cri(context, CriCall::Forgotten, cri::Request::UnfollowLog(container));
        }
    }
}

/// Log lines as the file has them.
fn write(lines: &[LogLine], timestamps: bool) -> Str {
    let mut text = String::new();
    for line in lines {
        if timestamps {
            text.push_str(&line.at.rfc3339_micro());
            text.push(' ');
        }
        text.push_str(&line.text);
        text.push('\n');
    }
    text.into()
}

fn answer(context: &mut Context<'_>, id: RequestId, response: Response) {
    context.send(Actor::ApiServer, Message::Http { id, response: Arc::new(response) });
}

fn frame(context: &mut Context<'_>, id: RequestId, frame: Frame) {
    context.send(Actor::ApiServer, Message::HttpFrame { id, frame });
}
