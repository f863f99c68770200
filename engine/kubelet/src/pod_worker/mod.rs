//! One worker a pod: from the pod's specification, step by step, to running containers, and back.
//!
//! A worker has at most one step of the way up under way ([`Busy`]); whatever happens leads to [`Worker::sync`], which
//! looks where the pod stands and takes the next step. Probes and stops go on beside it.

pub mod backoff;
mod config;
mod environment;
mod hooks;
pub mod probes;
mod pulling;
mod record;
mod start;
mod terminate;
mod volumes;

use std::net::Ipv4Addr;
use std::time::Duration;

use api::types::{Container, Pod};
use api::{Object, ObjectKey};
use client::EventType;
use runtime::cri::{ContainerStatus, Request, Response, SandboxConfig, SandboxId, SandboxStatus};
use sim::{Digest, SimTime, Str, Token};

pub use probes::{ProbeKind, ProbeState, Probes};
pub use record::{Exit, Record, Stage};

use crate::host::{ApiCall, CriCall, Host, timer};
use crate::message::Context;
use crate::status::{self, conditions::Memory};

/// Where a pod's worker stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Prepares the volumes.
    Volumes,
    /// Makes the sandbox.
    Sandbox,
    /// Runs the init containers.
    Initializing,
    /// Starts the containers and keeps them running.
    Running,
    /// Ends everything.
    Terminating,
    /// Nothing runs any more, and nothing will.
    Finished,
}

/// The step under way. Numbers are places in [`Worker::records`] or of volumes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Busy {
    Volume(u32),
    Sandbox,
    Pulling(u32),
    Creating(u32),
    Starting(u32),
    PostStart(u32),
    StopSandbox,
}

/// What a call to the runtime was for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum PodCall {
    Volume(u32),
    Sandbox,
    Create(u32),
    Start(u32),
    Stop(u32),
    PostStart(u32),
    PreStop(u32),
    Probe(u32, ProbeKind),
    StopSandbox,
}

/// What was told to the API server.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Report {
    /// The digest of the status sent last.
    pub sent: Option<Digest>,
    /// A patch is under way.
    pub in_flight: bool,
    /// After a failure: when to try again.
    pub retry_at: Option<SimTime>,
}

/// A request for deletion.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Deletion {
    /// How long the containers have.
    pub grace: Duration,
    /// When the kubelet learned of it.
    pub since: SimTime,
    /// The final DELETE was sent.
    pub confirmed: bool,
}

/// A pod's worker.
#[derive(Clone, Hash, Debug)]
pub struct Worker {
    /// Its number in this kubelet.
    pub number: u64,
    /// The pod, as last seen.
    pub pod: Object,
    /// Where it stands.
    pub phase: Phase,
    /// The step under way.
    pub busy: Option<Busy>,
    /// The sandbox and its address.
    pub sandbox: Option<(SandboxId, Ipv4Addr)>,
    /// The containers, init containers first.
    pub records: Vec<Record>,
    /// When the kubelet took the pod up.
    pub started_at: SimTime,
    /// Why the kubelet refused or gave up the pod: reason and message.
    pub failed: Option<(Str, Str)>,
    /// Deletion was asked for.
    pub deletion: Option<Deletion>,
    /// The pod is gone from the API: only cleaning up is left.
    pub orphan: bool,
    /// The pod had ended before this kubelet started: its status stays as it is.
    pub settled: bool,
    attempt: u32,
    /// How many volumes are ready: they are prepared in order.
    volumes_ready: u32,
    mount_failures: u32,
    retry_at: Option<SimTime>,
    delayed_stops: Vec<(SimTime, u32)>,
    pub(crate) report: Report,
    pub(crate) conditions: Vec<Memory>,
    wake: Option<SimTime>,
}

impl Worker {
    /// A worker for a pod that was bound to this node. `None` when the pod would not decode.
    pub(crate) fn new(number: u64, pod: Object, now: SimTime) -> Option<Worker> {
        let typed = pod.pod()?;
        let init = typed
            .spec
            .init_containers
            .iter()
            .map(|c| Record::new(c.name.clone(), true, c.restart_policy == "Always"));
        let main = typed.spec.containers.iter().map(|c| Record::new(c.name.clone(), false, false));
        let records = init.chain(main).collect();
        let settled = typed.is_terminal();
        Some(Worker {
            number,
            phase: if settled { Phase::Finished } else { Phase::Volumes },
            busy: None,
            sandbox: None,
            records,
            started_at: typed.status.start_time.unwrap_or(now),
            failed: None,
            deletion: None,
            orphan: false,
            settled,
            attempt: 0,
            volumes_ready: 0,
            mount_failures: 0,
            retry_at: None,
            delayed_stops: Vec::new(),
            report: Report::default(),
            conditions: Memory::of(typed),
            wake: None,
            pod,
        })
    }

    /// Namespace and name.
    pub fn key(&self) -> &ObjectKey {
        self.pod.key()
    }

    /// The pod, decoded. Workers exist only for pods that decode.
    pub(crate) fn typed(&self) -> Option<&Pod> {
        self.pod.pod()
    }

    /// The specification of a container by its place.
    pub(crate) fn spec(&self, index: u32) -> Option<&Container> {
        let spec = &self.typed()?.spec;
        spec.init_containers.iter().chain(&spec.containers).nth(index as usize)
    }

    /// `spec.containers{web}` as events name it.
    pub(crate) fn field(&self, index: u32) -> Option<(&'static str, Str)> {
        let record = self.records.get(index as usize)?;
        Some((if record.init { "initContainers" } else { "containers" }, record.name.clone()))
    }

    pub(crate) fn container_event(
        &self,
        host: &mut Host,
        context: &mut Context<'_>,
        index: u32,
        kind: EventType,
        reason: &str,
        message: &str,
    ) {
        let field = self.field(index);
        let field = field.as_ref().map(|(list, name)| (*list, name.as_str()));
        host.event(context, &self.pod, field, kind, reason, message);
    }

    pub(crate) fn restart_policy(&self) -> &str {
        self.typed().map_or("Always", |p| {
            if p.spec.restart_policy.is_empty() { "Always" } else { &p.spec.restart_policy }
        })
    }

    /// Whether a container that ended is started again.
    pub(crate) fn restarts(&self, record: &Record, code: i32) -> bool {
        if record.sidecar {
            return true;
        }
        match self.restart_policy() {
            "Never" => false,
            "OnFailure" => code != 0,
            // An init container that succeeded is done whatever the policy says.
            _ => !(record.init && code == 0),
        }
    }

    /// True once all init containers have done their work.
    pub fn is_initialized(&self) -> bool {
        self.records.iter().filter(|r| r.init).all(|r| r.is_initialized() || (r.sidecar && r.restarts > 0))
    }

    /// True once the pod has ended by itself: nothing will be started any more.
    pub fn has_ended(&self) -> bool {
        if self.failed.is_some() {
            return true;
        }
        let over = |record: &Record| match &record.stage {
            Stage::Exited(exit) => !self.restarts(record, exit.code),
            _ => false,
        };
        let init_failed = self.records.iter().any(|r| r.init && over(r) && !r.is_initialized());
        init_failed || self.records.iter().filter(|r| !r.init).all(over)
    }

    /// The pod has a new version; true when it asks for something. The kubelet's own reports come back as new versions
    /// too, and ask for nothing.
    pub(crate) fn update(&mut self, pod: Object, now: SimTime) -> bool {
        let before = self.deletion;
        let same_spec = match (pod.value().get("spec"), self.pod.value().get("spec")) {
            (Some(new), Some(old)) => new.same(old) || new.digest() == old.digest(),
            _ => false,
        };
        let gated = pod.pod().is_some_and(|p| !p.spec.readiness_gates.is_empty());
        if let Some(typed) = pod.pod()
            && typed.metadata.deletion_timestamp.is_some()
        {
            let grace = typed.metadata.deletion_grace_period_seconds.unwrap_or(30);
            let grace = Duration::from_secs(u64::try_from(grace).unwrap_or(0));
            let before = self.deletion.unwrap_or(Deletion { grace, since: now, confirmed: false });
            self.deletion = Some(Deletion { grace: grace.min(before.grace), ..before });
        }
        self.pod = pod;
        gated || !same_spec || self.deletion != before
    }

    /// Looks where the pod stands, takes the next step, tells the API server, and sets the next alarm.
    pub(crate) fn sync(&mut self, host: &mut Host, context: &mut Context<'_>) {
        self.step(host, context);
        self.tell(host, context);
        self.confirm(host, context);
        self.arm(context);
    }

    fn step(&mut self, host: &mut Host, context: &mut Context<'_>) {
        if self.phase == Phase::Finished {
            return;
        }
        self.past_deadline(context.now);
        if self.deletion.is_some() || self.orphan || self.phase == Phase::Terminating || self.has_ended() {
            self.phase = Phase::Terminating;
            return self.terminate(host, context);
        }
        self.delayed_stops(host, context);
        self.probe(host, context);
        if self.busy.is_some() || self.retry_at.is_some_and(|at| at > context.now) {
            return;
        }
        self.retry_at = None;
        if !self.mount(host, context) {
            return;
        }
        if self.sandbox.is_none() {
            return self.run_sandbox(host, context);
        }
        self.containers(host, context);
    }

    fn past_deadline(&mut self, now: SimTime) {
        if let Some(seconds) = self.typed().and_then(|p| p.spec.active_deadline_seconds)
            && now >= self.started_at + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
            && self.failed.is_none()
            && !self.has_ended()
        {
            self.failed = Some((
                sim::literal!("DeadlineExceeded"),
                sim::literal!("Pod was active on the node longer than the specified deadline"),
            ));
        }
    }

    /// Prepares the volumes, in order; true when all are ready.
    fn mount(&mut self, host: &mut Host, context: &mut Context<'_>) -> bool {
        let count = self.typed().map_or(0, |p| p.spec.volumes.len()) as u32;
        while self.volumes_ready < count {
            match volumes::prepare(host, context, self.number, &self.pod, self.volumes_ready as usize) {
                volumes::Prepared::Empty => self.volumes_ready += 1,
                volumes::Prepared::Wait => return false,
                volumes::Prepared::Files(path, files) => {
                    let call = PodCall::Volume(self.volumes_ready);
                    self.busy = Some(Busy::Volume(self.volumes_ready));
                    host.cri(context, CriCall::Pod(self.number, call), Request::WriteVolume { path, files });
                    return false;
                }
                volumes::Prepared::Failed(message) => {
                    host.event(context, &self.pod, None, EventType::Warning, "FailedMount", &message);
                    // Like nestedpendingoperations: 500 ms, doubling, up to about two minutes.
                    let wait = Duration::from_millis(500 << self.mount_failures.min(8));
                    self.mount_failures += 1;
                    self.retry_at = Some(context.now + wait.min(Duration::from_secs(122)));
                    return false;
                }
            }
        }
        true
    }

    fn run_sandbox(&mut self, host: &mut Host, context: &mut Context<'_>) {
        self.phase = Phase::Sandbox;
        self.busy = Some(Busy::Sandbox);
        let host_network = self.typed().is_some_and(|p| p.spec.host_network);
        let config = SandboxConfig {
            namespace: self.pod.namespace().clone(),
            name: self.pod.name().clone(),
            uid: self.pod.uid().0,
            attempt: self.attempt,
            host_ip: if host_network { host.config.ip() } else { None },
        };
        let request = Request::RunPodSandbox(std::sync::Arc::new(config));
        host.cri(context, CriCall::Pod(self.number, PodCall::Sandbox), request);
    }

    /// The runtime answered one of this worker's calls.
    pub(crate) fn on_cri(
        &mut self,
        call: PodCall,
        response: &Response,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        match call {
            PodCall::Volume(index) => {
                self.busy = None;
                self.volumes_ready = index + 1;
            }
            PodCall::Sandbox => {
                self.busy = None;
                self.on_sandbox(response, host, context);
            }
            PodCall::Create(index) => self.on_created(index, response, host, context),
            PodCall::Start(index) => self.on_started(index, response, host, context),
            PodCall::PostStart(index) => self.on_post_start(index, response, host, context),
            PodCall::PreStop(index) => self.on_pre_stop(index, response, host, context),
            PodCall::Probe(index, kind) => self.on_probe(index, kind, response, host, context),
            PodCall::Stop(_) => {}
            PodCall::StopSandbox => {
                self.busy = None;
                self.phase = Phase::Finished;
            }
        }
        self.sync(host, context);
    }

    fn on_sandbox(&mut self, response: &Response, host: &mut Host, context: &mut Context<'_>) {
        match response {
            Response::Sandbox { id, ip } => {
                self.sandbox = Some((*id, *ip));
                self.attempt += 1;
                self.phase = Phase::Initializing;
                let who = Str::from(self.key().to_string());
                let node = host.config.name.clone();
                context.note("kubelet {0}: {1} sandbox ready, IP {2}", [node, who, ip.to_string().into()]);
            }
            Response::Failed(failure) => {
                let message = format!("Failed to create pod sandbox: {failure}");
                host.event(context, &self.pod, None, EventType::Warning, "FailedCreatePodSandBox", &message);
                self.retry_at = Some(context.now + Duration::from_secs(10));
            }
            _ => {}
        }
    }

    /// A container of this pod has ended.
    pub(crate) fn on_stopped(
        &mut self,
        status: &ContainerStatus,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        if let Some(record) = self.records.iter_mut().find(|r| r.id == Some(status.id)) {
            record.learn(status);
            record.probes = Probes::default();
            if let Stage::Exited(exit) = &record.stage {
                let (node, code) = (host.config.name.clone(), exit.code);
                let what = format!("{}/{}", self.pod.key(), record.name);
                context.note(
                    "kubelet {0}: container {1} ended with exit code {2}",
                    [node, what.into(), code.to_string().into()],
                );
            }
        }
        self.sync(host, context);
    }

    /// Takes over what the runtime has of this pod: after a restart of either.
    pub(crate) fn adopt(
        &mut self,
        sandboxes: &[SandboxStatus],
        containers: &[ContainerStatus],
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        self.busy = None;
        let uid = self.pod.uid().0;
        let mine: Vec<&SandboxStatus> = sandboxes.iter().filter(|s| s.config.uid == uid).collect();
        self.attempt = mine.iter().map(|s| s.config.attempt + 1).max().unwrap_or(self.attempt);
        let had = self.sandbox.is_some();
        self.sandbox = mine.iter().rev().find(|s| s.ready).and_then(|s| Some((s.id, s.ip?)));
        if self.sandbox.is_some() {
            self.volumes_ready = self.typed().map_or(0, |p| p.spec.volumes.len()) as u32;
            self.phase = self.phase.max(Phase::Initializing);
        } else if had || !mine.is_empty() {
            let message = "Pod sandbox changed, it will be killed and re-created.";
            host.event(context, &self.pod, None, EventType::Normal, "SandboxChanged", message);
        }
        let ready_before: Vec<Str> = self.typed().map_or(Vec::new(), |pod| {
            let all = &pod.status.container_statuses;
            all.iter().filter(|c| c.ready).map(|c| c.name.clone()).collect()
        });
        for index in 0..self.records.len() {
            let spec = self.spec(index as u32).cloned();
            let record = &mut self.records[index];
            // Whoever was asked to stop it may have forgotten.
            record.stopping = false;
            let mut own: Vec<&ContainerStatus> = containers
                .iter()
                .filter(|c| c.name == record.name && mine.iter().any(|s| s.id == c.sandbox))
                .collect();
            own.sort_by_key(|c| c.attempt);
            if let [.., before, _] = own.as_slice() {
                record.learn(before);
                record.wait("ContainerCreating", "");
                record.previous = Some(before.id);
            }
            match own.last() {
                Some(status) => record.learn(status),
                None if record.is_running() => {
                    record.stage = Stage::Exited(Exit {
                        code: 137,
                        reason: sim::literal!("ContainerStatusUnknown"),
                        message: sim::literal!(
                            "The container could not be located when the pod was terminated"
                        ),
                        started_at: SimTime::ZERO,
                        finished_at: context.now,
                        id: record.id,
                    });
                }
                None => {}
            }
            if record.is_running()
                && record.probes.states.is_empty()
                && let Some(spec) = &spec
            {
                record.probes = Probes::start(spec, context.now);
                let ready = ready_before.contains(&record.name);
                record.probes.states.iter_mut().for_each(|s| s.result |= ready);
            }
        }
        // In a new sandbox the init containers run again.
        if self.sandbox.is_none() && !mine.is_empty() && !self.has_ended() {
            for record in self.records.iter_mut().filter(|r| r.init && !r.is_running()) {
                record.wait("ContainerCreating", "");
                record.last = None;
            }
        }
    }

    /// Sends the pod's status when it has changed. One patch a pod at a time.
    fn tell(&mut self, host: &mut Host, context: &mut Context<'_>) {
        if self.settled || self.orphan || self.report.in_flight {
            return;
        }
        if self.report.retry_at.is_some_and(|at| at > context.now) {
            return;
        }
        self.report.retry_at = None;
        let status = status::status(self, &host.config, context.now);
        let digest = status.digest();
        if self.report.sent == Some(digest) {
            return;
        }
        self.report.sent = Some(digest);
        self.report.in_flight = true;
        let patch = api::object! { "metadata": { "uid": self.pod.uid().0 }, "status": status };
        let request = client::resource::PODS.patch_status(self.key(), client::PatchType::Strategic, patch);
        host.api(context, ApiCall::PodStatus(self.number), request);
    }

    /// The API server answered a status patch (`None`: it did not answer).
    pub(crate) fn told(&mut self, code: Option<u16>, host: &mut Host, context: &mut Context<'_>) {
        self.report.in_flight = false;
        match code {
            Some(200..300) => {}
            // The pod is gone, or another one stands in its place: the watch will say so.
            Some(404 | 409) => {}
            _ => {
                self.report.sent = None;
                self.report.retry_at = Some(context.now + Duration::from_secs(10));
            }
        }
        self.sync(host, context);
    }

    /// Sets the alarm for what comes next by time.
    fn arm(&mut self, context: &mut Context<'_>) {
        let now = context.now;
        let deadline = self.typed().and_then(|p| p.spec.active_deadline_seconds);
        let deadline = deadline.map(|s| self.started_at + Duration::from_secs(u64::try_from(s).unwrap_or(0)));
        let times = self
            .records
            .iter()
            .flat_map(|r| [r.probes.next(), r.retry_at])
            .chain([self.retry_at, self.report.retry_at, deadline.filter(|at| *at > now)])
            .flatten()
            .chain(self.delayed_stops.iter().map(|(at, _)| *at));
        // What is due now was looked at just before; what waits for the step under way is looked at when that ends.
        let Some(next) = times.filter(|at| *at > now).min() else { return };
        if self.wake.is_none_or(|at| at > next || at < now) {
            self.wake = Some(next);
            context.timer_at(next, Token::new(timer::WORKER, self.number));
        }
    }

    /// The alarm rings; true when it is the one that was set last.
    pub(crate) fn rings(&mut self, now: SimTime) -> bool {
        let mine = self.wake.is_some_and(|at| at <= now);
        if mine {
            self.wake = None;
        }
        mine
    }
}
