//! `kubectl logs`.

use std::collections::VecDeque;

use api::http::{Body, Frame, Request, Response};
use api::{Str, Value, literal};

use super::rollout_history::selector_text;
use super::{Command, Setup};
use crate::failure::Failure;
use crate::flags::{Arguments, Flag, switch, value};
use crate::process::{Event, Io, Step};
use crate::requests::{self, Selectors};
use crate::targets::{self, Target};

/// Its flags.
pub const FLAGS: &[Flag] = &[
    switch("follow").short('f'),
    switch("previous").short('p'),
    switch("timestamps"),
    switch("all-containers"),
    switch("all-pods"),
    switch("prefix"),
    switch("ignore-errors"),
    value("container").short('c'),
    value("tail"),
    value("since"),
    value("since-time"),
    value("limit-bytes"),
    value("selector").short('l'),
    value("max-log-requests"),
    value("pod-running-timeout"),
];

const TARGET: u32 = 0;
const PODS: u32 = 1;
/// Tags from here on are those of the log streams.
const STREAMS: u32 = 16;

/// One container's log.
#[derive(Clone, Debug, Hash)]
struct Source {
    pod: Str,
    container: Str,
    request: Request,
}

/// `kubectl logs` while it runs.
#[derive(Clone, Debug, Hash)]
pub struct Logs {
    target: Option<Target>,
    namespace: Str,
    selector: Option<Str>,
    container: Option<Str>,
    all_containers: bool,
    all_pods: bool,
    prefix: bool,
    follow: bool,
    query: Vec<(Str, Str)>,
    waiting: VecDeque<Source>,
    running: Vec<Option<Source>>,
    failures: Vec<Failure>,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let namespace = setup.namespace(&args);
    let selector = args.get("selector").map(Str::from);
    let (target, container) = match (args.words.as_slice(), &selector) {
        ([], Some(_)) => (None, None),
        ([_, ..], Some(_)) => {
            return Err(Failure::error("only a selector (-l) or a POD name is allowed"));
        }
        ([pod], None) => (Some(pod), None),
        ([pod, container], None) => (Some(pod), Some(container.as_str())),
        _ => {
            return Err(Failure::error(
                "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for \
                 the logs command\nSee 'kubectl logs -h' for help and examples",
            ));
        }
    };
    if container.is_some() && args.get("container").is_some() {
        return Err(Failure::error("only one of -c or an inline [CONTAINER] arg is allowed"));
    }
    let target = match target {
        None => None,
        Some(word) => {
            let (kind, name) = word.split_once('/').unwrap_or(("pods", word));
            let resource = targets::lookup_one(kind)?;
            Some(Target { resource, namespace: namespace.clone(), name: Some(name.into()) })
        }
    };
    let follow = args.on("follow");
    let mut query: Vec<(Str, Str)> = Vec::new();
    if follow {
        query.push((literal!("follow"), literal!("true")));
    }
    for (flag, parameter) in [("previous", "previous"), ("timestamps", "timestamps")] {
        if args.on(flag) {
            query.push((parameter.into(), literal!("true")));
        }
    }
    let tail = args.int("tail")?.or(selector.is_some().then_some(10));
    if let Some(lines) = tail.filter(|n| *n >= 0) {
        query.push((literal!("tailLines"), lines.to_string().into()));
    } else if args.int("tail")?.is_some_and(|n| n < -1) {
        return Err(Failure::error("--tail must be greater than or equal to -1"));
    }
    if let Some(since) = args.duration("since")? {
        query.push((literal!("sinceSeconds"), since.as_nanos().div_ceil(1_000_000_000).to_string().into()));
    }
    if let Some(time) = args.get("since-time") {
        query.push((literal!("sinceTime"), time.into()));
    }
    if let Some(bytes) = args.int("limit-bytes")?.filter(|n| *n > 0) {
        query.push((literal!("limitBytes"), bytes.to_string().into()));
    }
    Ok(Command::Logs(Box::new(Logs {
        target,
        namespace,
        selector,
        container: container.or_else(|| args.get("container")).map(Str::from),
        all_containers: args.on("all-containers"),
        all_pods: args.on("all-pods"),
        prefix: args.on("prefix") || args.on("all-pods"),
        follow,
        query,
        waiting: VecDeque::new(),
        running: Vec::new(),
        failures: Vec::new(),
    })))
}

impl Logs {
    fn list_pods(&self, selector: &str, io: &mut Io<'_, '_>) {
        match targets::lookup_one("pods") {
            Ok(pods) => {
                let selectors = Selectors::labels(selector);
                io.send(PODS, requests::list(&pods, &self.namespace, &selectors, requests::JSON));
            }
            Err(failure) => io.fail(&failure),
        }
    }

    fn target(&mut self, response: &Response, io: &mut Io<'_, '_>) {
        let (Some(value), Some(target)) = (response.value().filter(|_| response.is_success()), &self.target)
        else {
            let failure = Failure::server(response);
            if response.reason() == "NotFound" {
                // kubectl words this one itself.
                let message = response.message();
                let text = format!(
                    "error from server (NotFound): {message} in namespace {:?}",
                    self.namespace.as_str()
                );
                return io.fail(&Failure::error(text));
            }
            return io.fail(&failure);
        };
        if target.resource.is("", "Pod") {
            return match self.sources(&value.clone(), io) {
                Ok(()) => self.open(io),
                Err(failure) => io.fail(&failure),
            };
        }
        let selector = selector_text(value);
        if selector.is_empty() {
            let message =
                format!("cannot get the logs from {}: selector is empty", target.resource.group_kind());
            return io.fail(&Failure::error(message));
        }
        self.list_pods(&selector, io);
    }

    fn pods(&mut self, response: &Response, io: &mut Io<'_, '_>) {
        let Some(list) = response.value().filter(|_| response.is_success()) else {
            return io.fail(&Failure::server(response));
        };
        let mut pods: Vec<Value> = list.items_at(&["items"]).to_vec();
        let name = |pod: &Value| pod.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
        if self.selector.is_none() && !self.all_pods {
            // Of a workload's pods kubectl takes one: a ready one rather than one that is not.
            pods.sort_by_key(|pod| (!is_ready(pod), name(pod)));
            if pods.len() > 1 {
                io.err(format!("Found {} pods, using pod/{}", pods.len(), name(&pods[0])));
            }
            pods.truncate(1);
            if pods.is_empty() {
                return io.fail(&Failure::error("timed out waiting for the condition"));
            }
        }
        if pods.is_empty() {
            io.err(format!("No resources found in {} namespace.", self.namespace));
            return io.finish(0);
        }
        for pod in &pods {
            if let Err(failure) = self.sources(pod, io) {
                return io.fail(&failure);
            }
        }
        self.open(io);
    }

    /// Adds the logs of a pod's containers.
    fn sources(&mut self, pod: &Value, io: &mut Io<'_, '_>) -> Result<(), Failure> {
        let name = pod.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
        let named = |field: &str| -> Vec<Str> {
            pod.items_at(&["spec", field]).iter().filter_map(|c| c.str_at(&["name"]).cloned()).collect()
        };
        let (containers, init) = (named("containers"), named("initContainers"));
        let chosen: Vec<Str> = match &self.container {
            _ if self.all_containers => init.iter().chain(&containers).cloned().collect(),
            Some(wanted) if containers.contains(wanted) || init.contains(wanted) => vec![wanted.clone()],
            Some(wanted) => {
                return Err(Failure::error(format!("container {wanted} is not valid for pod {name}")));
            }
            None => {
                let default =
                    pod.str_at(&["metadata", "annotations", "kubectl.kubernetes.io/default-container"]);
                let first = default.filter(|d| containers.contains(d)).or(containers.first()).cloned();
                if containers.len() + init.len() > 1 && default.is_none() {
                    let mut all = containers.join(", ");
                    for container in &init {
                        all.push_str(&format!(", {container} (init)"));
                    }
                    io.err(format!(
                        "Defaulted container {:?} out of: {all}",
                        first.clone().unwrap_or_default().as_str()
                    ));
                }
                first.into_iter().collect()
            }
        };
        let namespace = pod.str_at(&["metadata", "namespace"]).unwrap_or(&self.namespace);
        for container in chosen {
            let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/log");
            let mut request = Request::new(api::http::Method::Get, path)
                .header("accept", literal!("application/json, */*"))
                .query("container", container.clone());
            request.query.extend(self.query.iter().cloned());
            self.waiting.push_back(Source { pod: name.clone(), container, request });
        }
        Ok(())
    }

    /// Opens the next log, or all of them when they are followed.
    fn open(&mut self, io: &mut Io<'_, '_>) {
        while let Some(source) = self.waiting.pop_front() {
            let tag = STREAMS + self.running.len() as u32;
            io.send(tag, source.request.clone());
            self.running.push(Some(source));
            if !self.follow {
                return;
            }
        }
        if self.running.iter().all(Option::is_none) {
            io.finish_with(std::mem::take(&mut self.failures));
        }
    }

    fn print(&self, tag: u32, bytes: &[u8], io: &mut Io<'_, '_>) {
        let text = String::from_utf8_lossy(bytes);
        let source = self.running.get((tag - STREAMS) as usize).and_then(Option::as_ref);
        match source.filter(|_| self.prefix) {
            Some(source) => {
                for line in text.lines() {
                    io.line(format!("[pod/{}/{}] {line}", source.pod, source.container));
                }
            }
            None => io.out(text.into_owned()),
        }
    }

    fn closed(&mut self, tag: u32, io: &mut Io<'_, '_>) {
        if let Some(source) = self.running.get_mut((tag - STREAMS) as usize) {
            *source = None;
        }
        self.open(io);
    }
}

impl Step for Logs {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => match (&self.target, &self.selector) {
                (Some(target), _) => io.send(TARGET, requests::get(target.path())),
                (None, Some(selector)) => self.list_pods(&selector.clone(), io),
                (None, None) => io.finish(0),
            },
            Event::Response { tag: TARGET, response } => self.target(&response, io),
            Event::Response { tag: PODS, response } => self.pods(&response, io),
            Event::Response { tag, response } => {
                if !response.is_success() {
                    self.failures.push(Failure::server(&response));
                    return self.closed(tag, io);
                }
                if let Body::Bytes(bytes) = &response.body {
                    self.print(tag, bytes, io);
                }
                if !response.streaming {
                    self.closed(tag, io);
                }
            }
            Event::Frame { tag, frame: Frame::Data(bytes) } => self.print(tag, &bytes, io),
            Event::Frame { tag, frame: Frame::End } => self.closed(tag, io),
            Event::Frame { .. } | Event::Timer { .. } => {}
            Event::Failed { reason, .. } => io.fail(&Failure::connection(&reason)),
        }
    }
}

fn is_ready(pod: &Value) -> bool {
    pod.items_at(&["status", "conditions"]).iter().any(|c| {
        c.str_at(&["type"]).is_some_and(|t| t == "Ready")
            && c.str_at(&["status"]).is_some_and(|s| s == "True")
    })
}
