//! `kubectl drain`.

use std::collections::VecDeque;
use std::time::Duration;

use api::http::Response;
use api::{Value, object};

use super::change::DryRun;
use super::node::{cordon_request, is_cordoned, nodes};
use super::{Command, Setup};
use crate::failure::Failure;
use crate::find::{Finder, Found, Taken, list_items};
use crate::flags::{Arguments, Flag, optional, switch, value};
use crate::process::{Event, Io, Step};
use crate::requests::{self, Selectors};
use crate::targets;

/// Its flags.
pub const FLAGS: &[Flag] = &[
    switch("force"),
    switch("ignore-daemonsets"),
    switch("delete-emptydir-data"),
    switch("delete-local-data"),
    switch("disable-eviction"),
    value("grace-period"),
    value("timeout"),
    value("selector").short('l'),
    value("pod-selector"),
    value("chunk-size"),
    value("skip-wait-for-delete-timeout"),
    optional("dry-run", "unchanged"),
];

const NODES: u32 = 0;
const CORDON: u32 = 1;
const PODS: u32 = 2;
const TIMEOUT: u32 = 3;
/// From here on: request or timer of the pod with that number.
const POD: u32 = 16;

/// How long kubectl waits before it tries an eviction again that a disruption budget forbade.
const RETRY: Duration = Duration::from_secs(5);
/// How often kubectl looks whether an evicted pod is gone.
const POLL: Duration = Duration::from_secs(1);

/// What becomes of a pod.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Phase {
    /// The eviction is asked for.
    Evicting,
    /// A retry waits for its time.
    Backoff,
    /// The eviction is accepted; is it gone?
    Leaving,
    /// A look at it is under way.
    Looking,
    Gone,
}

#[derive(Clone, Debug, Hash)]
struct Leaving {
    pod: Found,
    phase: Phase,
}

/// `kubectl drain` while it runs.
#[derive(Clone, Debug, Hash)]
pub struct Drain {
    finder: Finder,
    nodes: VecDeque<Found>,
    force: bool,
    ignore_daemon_sets: bool,
    delete_empty_dir: bool,
    by_delete: bool,
    grace: Option<i64>,
    timeout: Option<Duration>,
    pod_selector: Option<api::Str>,
    dry_run: DryRun,
    pods: Vec<Leaving>,
    failures: Vec<Failure>,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let targets = nodes("drain", &args, setup)?;
    Ok(Command::Drain(Box::new(Drain {
        finder: Finder::new(&targets),
        nodes: VecDeque::new(),
        force: args.on("force"),
        ignore_daemon_sets: args.on("ignore-daemonsets"),
        delete_empty_dir: args.on("delete-emptydir-data") || args.on("delete-local-data"),
        by_delete: args.on("disable-eviction"),
        grace: args.int("grace-period")?.filter(|g| *g >= 0),
        timeout: args.duration("timeout")?.filter(|t| !t.is_zero()),
        pod_selector: args.get("pod-selector").map(Into::into),
        dry_run: DryRun::read(&args)?,
        pods: Vec::new(),
        failures: Vec::new(),
    })))
}

impl Drain {
    /// Cordons the next node.
    fn next(&mut self, io: &mut Io<'_, '_>) {
        self.pods.clear();
        if let Some(node) = self.nodes.front() {
            let suffix = self.dry_run.suffix();
            if is_cordoned(&node.value) {
                io.line(format!("{} already cordoned{suffix}", node.printed()));
                return self.list_pods(io);
            }
            if self.dry_run == DryRun::Client {
                io.line(format!("{} cordoned{suffix}", node.printed()));
                return self.list_pods(io);
            }
            return io.send(CORDON, self.dry_run.on(cordon_request(node, true)));
        }
        if self.finder.ask(NODES, io) {
            return;
        }
        let mut failures = std::mem::take(&mut self.finder.failures);
        failures.append(&mut self.failures);
        io.finish_with(failures);
    }

    fn list_pods(&self, io: &mut Io<'_, '_>) {
        let (Some(node), Ok(pods)) = (self.nodes.front(), targets::lookup_one("pods")) else { return };
        let selectors = Selectors {
            labels: self.pod_selector.clone(),
            ..Selectors::fields(format!("spec.nodeName={}", node.name()))
        };
        io.send(PODS, requests::list(&pods, "", &selectors, requests::JSON));
    }

    /// Chooses the pods that have to go, and asks for their eviction.
    fn choose(&mut self, response: &Response, io: &mut Io<'_, '_>) {
        let (Some(list), Ok(resource)) = (response.value(), targets::lookup_one("pods")) else { return };
        let (mut chosen, mut daemons, mut local, mut bare) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut deleting_bare = Vec::new();
        for pod in list_items(&resource, list) {
            let full_name = format!("{}/{}", pod.namespace(), pod.name());
            let mirror = pod.value.at(&["metadata", "annotations", "kubernetes.io/config.mirror"]).is_some();
            if mirror {
                continue;
            }
            let finished =
                pod.value.str_at(&["status", "phase"]).is_some_and(|p| p == "Succeeded" || p == "Failed");
            let owner = pod
                .value
                .items_at(&["metadata", "ownerReferences"])
                .iter()
                .find(|o| o.get("controller").and_then(Value::as_bool) == Some(true));
            if owner.is_some_and(|o| o.str_at(&["kind"]).is_some_and(|k| k == "DaemonSet")) && !finished {
                daemons.push(full_name);
                continue;
            }
            let empty_dir =
                pod.value.items_at(&["spec", "volumes"]).iter().any(|v| v.get("emptyDir").is_some());
            if empty_dir && !finished && !self.delete_empty_dir {
                local.push(full_name.clone());
            }
            if owner.is_none() && !finished {
                if self.force { deleting_bare.push(full_name) } else { bare.push(full_name) }
            }
            chosen.push(pod);
        }
        let mut errors = Vec::new();
        if !daemons.is_empty() && !self.ignore_daemon_sets {
            errors.push(format!(
                "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): {}",
                daemons.join(", ")
            ));
        }
        if !bare.is_empty() {
            errors.push(format!(
                // The doubled words are kubectl's.
                "cannot delete cannot delete Pods that declare no controller (use --force to override): {}",
                bare.join(", ")
            ));
        }
        if !local.is_empty() {
            errors.push(format!(
                "cannot delete Pods with local storage (use --delete-emptydir-data to override): {}",
                local.join(", ")
            ));
        }
        if !errors.is_empty() {
            return self.give_up(errors, io);
        }
        let mut warnings = Vec::new();
        if !daemons.is_empty() {
            warnings.push(format!("ignoring DaemonSet-managed Pods: {}", daemons.join(", ")));
        }
        if !deleting_bare.is_empty() {
            warnings.push(format!("deleting Pods that declare no controller: {}", deleting_bare.join(", ")));
        }
        if !warnings.is_empty() {
            io.err(format!("Warning: {}", warnings.join("; ")));
        }
        self.pods = chosen.into_iter().map(|pod| Leaving { pod, phase: Phase::Evicting }).collect();
        for i in 0..self.pods.len() {
            let name = format!("{}/{}", self.pods[i].pod.namespace(), self.pods[i].pod.name());
            if self.dry_run == DryRun::Client {
                io.line(format!("evicting pod {name}{}", self.dry_run.suffix()));
                self.pods[i].phase = Phase::Gone;
                continue;
            }
            io.line(format!("evicting pod {name}{}", self.dry_run.suffix()));
            self.evict(i as u32, io);
        }
        self.end_if_done(io);
    }

    fn evict(&mut self, number: u32, io: &mut Io<'_, '_>) {
        let Some(leaving) = self.pods.get_mut(number as usize) else { return };
        leaving.phase = Phase::Evicting;
        let pod = &leaving.pod;
        let mut options = Value::map();
        if let Some(grace) = self.grace {
            options.set(&["gracePeriodSeconds"], grace);
        }
        let request = if self.by_delete {
            requests::delete(pod.path(), options)
        } else {
            let mut eviction = object! { "apiVersion": "policy/v1", "kind": "Eviction",
            "metadata": { "name": pod.name(), "namespace": pod.namespace() } };
            if !options.is_empty() {
                eviction.set(&["deleteOptions"], options);
            }
            api::http::Request::new(api::http::Method::Post, format!("{}/eviction", pod.path()))
                .header("accept", requests::JSON)
                .header("content-type", requests::JSON)
                .body(eviction)
        };
        io.send(POD + number, self.dry_run.on(request));
    }

    fn pod_answer(&mut self, number: u32, response: &Response, io: &mut Io<'_, '_>) {
        let Some(leaving) = self.pods.get_mut(number as usize) else { return };
        let name = leaving.pod.name().to_owned();
        match (leaving.phase, response.status) {
            (Phase::Evicting, 404) => leaving.phase = Phase::Gone,
            (Phase::Evicting, 429) => {
                let namespace = leaving.pod.namespace().to_owned();
                leaving.phase = Phase::Backoff;
                io.err(format!(
                    "error when evicting pods/{name:?} -n {namespace:?} (will retry after 5s): {}",
                    response.message()
                ));
                io.timer(POD + number, RETRY);
            }
            (Phase::Evicting, status) if status < 300 => {
                if self.dry_run == DryRun::Server {
                    leaving.phase = Phase::Gone;
                } else {
                    leaving.phase = Phase::Looking;
                    let path = leaving.pod.path();
                    io.send(POD + number, requests::get(path));
                }
            }
            (Phase::Evicting, _) => {
                let namespace = leaving.pod.namespace().to_owned();
                let text =
                    format!("error when evicting pods/{name:?} -n {namespace:?}: {}", response.message());
                return self.give_up(vec![text], io);
            }
            (_, status) => {
                let same = response.value().and_then(|v| v.str_at(&["metadata", "uid"]))
                    == leaving.pod.value.str_at(&["metadata", "uid"]);
                if status == 404 || (status < 300 && !same) {
                    leaving.phase = Phase::Gone;
                    io.line(format!("{} evicted", leaving.pod.printed()));
                } else {
                    leaving.phase = Phase::Leaving;
                    io.timer(POD + number, POLL);
                }
            }
        }
        self.end_if_done(io);
    }

    fn end_if_done(&mut self, io: &mut Io<'_, '_>) {
        if self.pods.iter().any(|p| p.phase != Phase::Gone) {
            return;
        }
        if let Some(node) = self.nodes.pop_front() {
            io.line(format!("{} drained{}", node.printed(), self.dry_run.suffix()));
        }
        self.next(io);
    }

    fn give_up(&mut self, errors: Vec<String>, io: &mut Io<'_, '_>) {
        let Some(node) = self.nodes.front() else { return };
        let why = if errors.len() == 1 { errors[0].clone() } else { format!("[{}]", errors.join(", ")) };
        io.err(format!(
            "error: unable to drain node {:?} due to error: {why}, continuing command...",
            node.name()
        ));
        let waiting: Vec<String> = self.nodes.iter().map(|n| format!(" {}", n.name())).collect();
        io.err(format!("There are pending nodes to be drained:\n{}", waiting.join("\n")));
        self.failures.extend(errors.into_iter().map(Failure::bare));
        self.nodes.pop_front();
        self.next(io);
    }
}

impl Step for Drain {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => {
                if let Some(timeout) = self.timeout {
                    io.timer(TIMEOUT, timeout);
                }
                self.next(io);
            }
            Event::Response { tag: NODES, response } => match self.finder.take(&response, NODES, io) {
                Taken::More(found) => self.nodes.extend(found),
                Taken::Objects(found) => {
                    self.nodes.extend(found);
                    self.next(io);
                }
            },
            Event::Response { response, tag: CORDON | PODS } if !response.is_success() => {
                io.fail(&Failure::server(&response));
            }
            Event::Response { tag: CORDON, .. } => {
                if let Some(node) = self.nodes.front() {
                    io.line(format!("{} cordoned{}", node.printed(), self.dry_run.suffix()));
                }
                self.list_pods(io);
            }
            Event::Response { tag: PODS, response } => self.choose(&response, io),
            Event::Response { tag, response } => self.pod_answer(tag - POD, &response, io),
            Event::Timer { tag: TIMEOUT } => {
                let pending: Vec<&str> =
                    self.pods.iter().filter(|p| p.phase != Phase::Gone).map(|p| p.pod.name()).collect();
                if let Some(node) = self.nodes.front().filter(|_| !pending.is_empty()) {
                    io.err(format!(
                        "There are pending pods in node {:?} when an error occurred: context deadline exceeded\npod/{}",
                        node.name(),
                        pending.join("\npod/")
                    ));
                }
                self.give_up(vec!["context deadline exceeded".to_owned()], io);
            }
            Event::Timer { tag } => {
                let number = tag - POD;
                match self.pods.get_mut(number as usize).map(|p| p.phase) {
                    Some(Phase::Backoff) => self.evict(number, io),
                    Some(Phase::Leaving) => {
                        self.pods[number as usize].phase = Phase::Looking;
                        io.send(POD + number, requests::get(self.pods[number as usize].pod.path()));
                    }
                    _ => {}
                }
            }
            Event::Failed { reason, .. } => io.fail(&Failure::connection(&reason)),
            Event::Frame { .. } => {}
        }
    }
}
