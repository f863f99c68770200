//! The runtime itself: calls in, answers and events out.

use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;
use sim::{Actor, SimTime, Str, Stream, Token};

use crate::cni::AddressRange;
use crate::container::{Container, ContainerState, Place};
use crate::cri::{
    CallId, Code, ContainerConfig, ContainerId, Event, Failure, Request, Response, SandboxConfig, SandboxId,
};
use crate::exec::Exec;
use crate::files::{Entry, Files, normalize};
use crate::images::ImageName;
use crate::logs::Log;
use crate::process::{self, Process, Started};
use crate::pull::{self, StoredImage};
use crate::sandbox::Sandbox;

/// The version that the runtime says it is.
pub const VERSION: &str = "2.2.0";

/// What happens to a runtime.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Input {
    /// The process starts. Containers that ran go on running.
    Start,
    /// The kubelet calls.
    Cri {
        /// The call's number.
        id: CallId,
        /// What it asks.
        request: Arc<Request>,
    },
    /// A timer of its own.
    Timer(Token),
}

/// What a runtime sends to its kubelet.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Message {
    /// The answer to a call.
    Response {
        /// The call's number.
        id: CallId,
        /// The answer.
        response: Arc<Response>,
    },
    /// Something happened.
    Event(Arc<Event>),
}

/// The context of a runtime.
pub type Context<'a> = sim::Context<'a, Message>;

/// The runtime's timers.
pub(crate) mod timer {
    use sim::Token;

    pub const WORK: u16 = 1;
    pub const WAKE: u16 = 2;
    pub const KILL: u16 = 3;
    pub const EXEC: u16 = 4;

    pub fn exec(number: u64) -> Token {
        Token::new(EXEC, number)
    }
}

/// Work that takes a while.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Work {
    RunSandbox { call: CallId, config: Arc<SandboxConfig> },
    Pull { calls: Vec<CallId>, image: Arc<ImageName> },
    Create { call: CallId, sandbox: SandboxId, config: Arc<ContainerConfig> },
    Start { call: CallId, container: u64 },
    End { container: u64, code: i32 },
}

/// One node's container runtime.
#[derive(Clone, Debug, Hash)]
pub struct Runtime {
    node: u32,
    random: Stream,
    numbers: u64,
    off_since: Option<SimTime>,
    range: Option<AddressRange>,
    images: OrdMap<Str, StoredImage>,
    sandboxes: OrdMap<u64, Arc<Sandbox>>,
    containers: OrdMap<u64, Arc<Container>>,
    host: Files,
    work: OrdMap<u64, Work>,
    pub(crate) execs: OrdMap<u64, Exec>,
}

const fn millis(from: u64, to: u64) -> std::ops::Range<Duration> {
    Duration::from_millis(from)..Duration::from_millis(to)
}

impl Runtime {
    /// The runtime of node `node`; its random stream is derived from the lab's `seed`.
    pub fn new(node: u32, seed: u64) -> Runtime {
        Runtime {
            node,
            random: Stream::derive(seed, &format!("runtime/{node}")),
            numbers: 0,
            off_since: None,
            range: None,
            images: OrdMap::new(),
            sandboxes: OrdMap::new(),
            containers: OrdMap::new(),
            host: Files::default(),
            work: OrdMap::new(),
            execs: OrdMap::new(),
        }
    }

    /// Handles one thing that happened.
    pub fn handle(&mut self, input: Input, context: &mut Context<'_>) {
        match input {
            Input::Start => {
                self.work.clear();
                self.execs.clear();
                self.off_since = None;
                self.find_the_lost(context.now);
                for (number, container) in &self.containers {
                    if let Some(at) = container.process.as_ref().and_then(Process::wake) {
                        context.timer_at(at, Token::new(timer::WAKE, *number));
                    }
                }
                self.tell(Event::Started, context);
            }
            Input::Cri { id, request } => self.call(id, Request::clone(&request), context),
            Input::Timer(token) => match token.kind {
                timer::WORK => self.work_done(token.arg, context),
                timer::WAKE => self.wakes(token.arg, context),
                timer::KILL => self.kill(token.arg, context),
                timer::EXEC => self.exec_wakes(token.arg, context),
                _ => {}
            },
        }
    }

    /// The machine loses power at `now`: every process is gone, what is on disk stays. Which containers ran is found
    /// out at the next start.
    pub fn power_off(&mut self, now: SimTime) {
        self.off_since = Some(now);
        self.work.clear();
        self.execs.clear();
        let numbers: Vec<u64> = self.containers.keys().copied().collect();
        for number in numbers {
            let Some(container) = self.containers.get_mut(&number).filter(|c| c.is_running()) else {
                continue;
            };
            let container = Arc::make_mut(container);
            container.process = None;
            container.stop_calls.clear();
            container.followed = None;
        }
        let numbers: Vec<u64> = self.sandboxes.keys().copied().collect();
        for number in numbers {
            self.take_down(number);
        }
    }

    /// Containers that ran when the power went have ended for a reason that nobody knows: containerd says so, with
    /// exit code 255 and the time at which it noticed.
    fn find_the_lost(&mut self, now: SimTime) {
        let lost = |c: &Container| c.is_running() && c.process.is_none();
        let numbers: Vec<u64> = self.containers.iter().filter(|(_, c)| lost(c)).map(|(n, _)| *n).collect();
        for number in numbers {
            let Some(container) = self.containers.get_mut(&number) else { continue };
            let ContainerState::Running { started_at } = container.state else { continue };
            Arc::make_mut(container).state = ContainerState::Exited {
                started_at,
                finished_at: now,
                code: 255,
                reason: sim::literal!("Unknown"),
                message: Str::new(),
            };
        }
    }

    // What the page may look at.

    /// Since when the machine is without power.
    pub fn off_since(&self) -> Option<SimTime> {
        self.off_since
    }

    /// The range of pod addresses, once the kubelet has told it.
    pub fn addresses(&self) -> Option<&AddressRange> {
        self.range.as_ref()
    }

    /// The images on the node, by name.
    pub fn images(&self) -> impl Iterator<Item = &StoredImage> {
        self.images.values()
    }

    /// The images that are being pulled.
    pub fn pulling(&self) -> impl Iterator<Item = &ImageName> {
        self.work.values().filter_map(|work| match work {
            Work::Pull { image, .. } => Some(&**image),
            _ => None,
        })
    }

    /// The sandboxes, oldest first.
    pub fn sandboxes(&self) -> impl Iterator<Item = &Sandbox> {
        self.sandboxes.values().map(|s| &**s)
    }

    /// The containers, oldest first.
    pub fn containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.values().map(|c| &**c)
    }

    /// A container by its number on this node.
    pub fn container(&self, number: u64) -> Option<&Container> {
        self.containers.get(&number).map(|c| &**c)
    }

    /// A sandbox.
    pub fn sandbox(&self, id: SandboxId) -> Option<&Sandbox> {
        self.sandboxes.get(&id.number).map(|s| &**s).filter(|s| s.id == id)
    }

    /// The node's disk: volumes.
    pub fn disk(&self) -> &Files {
        &self.host
    }

    // Calls.

    fn call(&mut self, id: CallId, request: Request, context: &mut Context<'_>) {
        let response = match request {
            Request::Version => Response::Version {
                name: sim::literal!("containerd"),
                version: Str::from(VERSION),
                network_ready: self.range.is_some(),
            },
            Request::UpdateRuntimeConfig { pod_cidr } => {
                if self.range.as_ref().is_none_or(|range| range.cidr() != pod_cidr) {
                    self.range = AddressRange::parse(&pod_cidr);
                }
                Response::Done
            }
            Request::RunPodSandbox(config) => {
                return self.later(Work::RunSandbox { call: id, config }, millis(100, 300), context);
            }
            Request::StopPodSandbox(sandbox) => {
                self.stop_sandbox(sandbox, context);
                Response::Done
            }
            Request::RemovePodSandbox(sandbox) => {
                self.stop_sandbox(sandbox, context);
                if let Some(sandbox) = self.sandboxes.remove(&sandbox.number) {
                    sandbox.containers.iter().for_each(|number| {
                        self.containers.remove(number);
                    });
                }
                Response::Done
            }
            Request::PullImage { image } => return self.pull(id, &image, context),
            Request::ImageStatus { image } => match ImageName::parse(&image) {
                Ok(name) => Response::Image(self.images.get(&name.full()).map(StoredImage::info)),
                Err(error) => Response::Failed(Failure::new(Code::InvalidArgument, error)),
            },
            Request::ListImages => Response::Images(self.images.values().map(StoredImage::info).collect()),
            Request::RemoveImage { image } => {
                if let Ok(name) = ImageName::parse(&image) {
                    self.images.remove(&name.full());
                }
                Response::Done
            }
            Request::CreateContainer { sandbox, config } => {
                return self.later(Work::Create { call: id, sandbox, config }, millis(40, 60), context);
            }
            Request::StartContainer(container) => {
                let work = Work::Start { call: id, container: container.number };
                return self.later(work, millis(50, 100), context);
            }
            Request::StopContainer { container, grace } => return self.stop(id, container, grace, context),
            Request::RemoveContainer(container) => self.remove(container),
            Request::ContainerStatus(container) => match self.find(container) {
                Ok(container) => Response::Status(Box::new(container.status())),
                Err(failure) => Response::Failed(failure),
            },
            Request::List => Response::List {
                sandboxes: self.sandboxes.values().map(|s| s.status()).collect(),
                containers: self.containers.values().map(|c| c.status()).collect(),
            },
            Request::ExecSync { container, command, timeout } => {
                return self.exec(id, container.number, &command, timeout, context);
            }
            Request::ReadLog { container, tail, follow } => match self.find_mut(container) {
                Ok(container) => {
                    if follow && container.is_running() {
                        container.followed = Some(container.log.written());
                    }
                    Response::Log(container.log.tail(tail))
                }
                Err(failure) => Response::Failed(failure),
            },
            Request::UnfollowLog(container) => {
                if let Ok(container) = self.find_mut(container) {
                    container.followed = None;
                }
                Response::Done
            }
            Request::Probe { sandbox, port, path } => return self.probe(id, sandbox, port, path, context),
            Request::WriteVolume { path, files } => {
                self.host.remove(&path);
                self.host.put(&path, Entry::Directory);
                for (name, content) in files {
                    self.host.put(&normalize(&path, &name), Entry::File(content));
                }
                Response::Done
            }
            Request::RemoveVolume { path } => {
                self.host.remove(&path);
                Response::Done
            }
        };
        self.respond(id, response, context);
    }

    pub(crate) fn respond(&mut self, id: CallId, response: Response, context: &mut Context<'_>) {
        context.send(Actor::Kubelet(self.node), Message::Response { id, response: Arc::new(response) });
    }

    pub(crate) fn fail(&mut self, id: CallId, failure: Failure, context: &mut Context<'_>) {
        self.respond(id, Response::Failed(failure), context);
    }

    fn tell(&self, event: Event, context: &mut Context<'_>) {
        context.send(Actor::Kubelet(self.node), Message::Event(Arc::new(event)));
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn later(&mut self, work: Work, span: std::ops::Range<Duration>, context: &mut Context<'_>) {
        let after = self.random.duration(span);
        self.after(work, after, context);
    }

    fn after(&mut self, work: Work, after: Duration, context: &mut Context<'_>) {
        let number = self.number();
        self.work.insert(number, work);
        context.timer(after, Token::new(timer::WORK, number));
    }

    fn work_done(&mut self, number: u64, context: &mut Context<'_>) {
        match self.work.remove(&number) {
            None => {}
            Some(Work::RunSandbox { call, config }) => self.run_sandbox(call, config, context),
            Some(Work::Pull { calls, image }) => self.pulled(&calls, &image, context),
            Some(Work::Create { call, sandbox, config }) => self.create(call, sandbox, config, context),
            Some(Work::Start { call, container }) => self.start(call, container, context),
            Some(Work::End { container, code }) => self.end(container, code, context),
        }
    }

    // Sandboxes.

    fn run_sandbox(&mut self, call: CallId, config: Arc<SandboxConfig>, context: &mut Context<'_>) {
        let ip = config.host_ip.or_else(|| self.range.as_mut().and_then(AddressRange::allocate));
        let Some(ip) = ip else {
            let why = match &self.range {
                None => "cni plugin not initialized".to_owned(),
                Some(range) => format!("no IP addresses available in range set: {}", range.cidr()),
            };
            let message =
                format!("failed to setup network for sandbox: plugin type=\"bridge\" failed (add): {why}");
            return self.fail(call, Failure::new(Code::Unknown, message), context);
        };
        let number = self.number();
        let id = SandboxId { number, salt: self.random.next_u64() };
        let sandbox = Sandbox {
            id,
            config,
            ready: true,
            ip: Some(ip),
            created_at: context.now,
            containers: Vec::new(),
        };
        self.sandboxes.insert(number, Arc::new(sandbox));
        self.respond(call, Response::Sandbox { id, ip }, context);
    }

    fn stop_sandbox(&mut self, id: SandboxId, context: &mut Context<'_>) {
        let Some(sandbox) = self.sandbox(id) else { return };
        for number in sandbox.containers.clone() {
            self.kill(number, context);
        }
        self.take_down(id.number);
    }

    /// Takes a sandbox's network away.
    fn take_down(&mut self, number: u64) {
        let Some(sandbox) = self.sandboxes.get_mut(&number) else { return };
        if !sandbox.ready {
            return;
        }
        let sandbox = Arc::make_mut(sandbox);
        sandbox.ready = false;
        if let (Some(ip), Some(range), false) =
            (sandbox.ip.take(), &mut self.range, sandbox.config.host_ip.is_some())
        {
            range.release(ip);
        }
    }

    // Images.

    fn pull(&mut self, call: CallId, image: &str, context: &mut Context<'_>) {
        let name = match ImageName::parse(image) {
            Ok(name) => Arc::new(name),
            Err(error) => {
                let message = format!("failed to parse image reference \"{image}\": {error}");
                return self.fail(call, Failure::new(Code::InvalidArgument, message), context);
            }
        };
        let same = |work: &&mut Work| matches!(work, Work::Pull { image, .. } if *image == name);
        let pulling: Option<u64> = self
            .work
            .iter()
            .find(|(_, w)| matches!(w, Work::Pull { image, .. } if *image == name))
            .map(|(n, _)| *n);
        if let Some(number) = pulling
            && let Some(Work::Pull { calls, .. }) = self.work.get_mut(&number).filter(same)
        {
            calls.push(call);
            return;
        }
        let present = self.images.contains_key(&name.full());
        let after = pull::duration(&name, present, &mut self.random);
        self.after(Work::Pull { calls: vec![call], image: name }, after, context);
    }

    fn pulled(&mut self, calls: &[CallId], image: &Arc<ImageName>, context: &mut Context<'_>) {
        let response = match image.missing() {
            Some(missing) => Response::Failed(pull::failure(image, missing)),
            None => {
                let stored = StoredImage {
                    name: image.clone(),
                    size: crate::images::size(image),
                    pulled_at: context.now,
                };
                let info = stored.info();
                self.images.insert(info.name.clone(), stored);
                Response::Image(Some(info))
            }
        };
        for call in calls {
            self.respond(*call, response.clone(), context);
        }
    }

    // Containers.

    fn find(&self, id: ContainerId) -> Result<&Container, Failure> {
        let found = self.containers.get(&id.number).filter(|c| c.id == id);
        found.map(|c| &**c).ok_or_else(|| not_found(id))
    }

    fn find_mut(&mut self, id: ContainerId) -> Result<&mut Container, Failure> {
        let found = self.containers.get_mut(&id.number).filter(|c| c.id == id);
        found.map(Arc::make_mut).ok_or_else(|| not_found(id))
    }

    /// A running container, taken out so that it can act without its log being copied, and where it runs;
    /// [`Runtime::put`] puts it back.
    pub(crate) fn running(&mut self, number: u64, now: SimTime) -> Option<(Container, Place<'_>)> {
        let container = self.containers.get(&number)?;
        if !container.is_running() || !self.sandboxes.contains_key(&container.sandbox.number) {
            return None;
        }
        let container = Arc::unwrap_or_clone(self.containers.remove(&number)?);
        let place = self.place(container.sandbox, now)?;
        Some((container, place))
    }

    fn place(&mut self, sandbox: SandboxId, now: SimTime) -> Option<Place<'_>> {
        let sandbox = self.sandboxes.get(&sandbox.number)?;
        Some(Place { now, host: &mut self.host, hostname: &sandbox.config.name, ip: sandbox.ip })
    }

    pub(crate) fn put(&mut self, container: Container) {
        self.containers.insert(container.id.number, Arc::new(container));
    }

    fn create(
        &mut self,
        call: CallId,
        sandbox: SandboxId,
        config: Arc<ContainerConfig>,
        context: &mut Context<'_>,
    ) {
        let image =
            ImageName::parse(&config.image).ok().filter(|name| self.images.contains_key(&name.full()));
        let Some(image) = image else {
            let message = format!("failed to get image \"{}\": not found", config.image);
            return self.fail(call, Failure::new(Code::NotFound, message), context);
        };
        let number = self.number();
        let salt = self.random.next_u64();
        let Some(home) = self.sandboxes.get_mut(&sandbox.number).filter(|s| s.id == sandbox && s.ready)
        else {
            let message = format!("failed to find sandbox id \"{sandbox}\": not found");
            return self.fail(call, Failure::new(Code::NotFound, message), context);
        };
        Arc::make_mut(home).containers.push(number);
        let id = ContainerId { number, salt };
        let container = Container {
            id,
            sandbox,
            config,
            image: Arc::new(image),
            state: ContainerState::Created,
            created_at: context.now,
            process: None,
            files: Files::default(),
            log: Log::default(),
            stop_calls: Vec::new(),
            stopping: false,
            followed: None,
        };
        self.containers.insert(number, Arc::new(container));
        self.respond(call, Response::Container(id), context);
    }

    fn start(&mut self, call: CallId, number: u64, context: &mut Context<'_>) {
        let now = context.now;
        let Some(container) = self.containers.get(&number).map(|c| Container::clone(c)) else {
            return self.fail(call, Failure::new(Code::NotFound, "container not found"), context);
        };
        let mut container = container;
        let Some(place) = self.place(container.sandbox, now) else {
            return self.fail(call, Failure::new(Code::NotFound, "sandbox not found"), context);
        };
        if container.state != ContainerState::Created {
            return self.fail(
                call,
                Failure::new(Code::FailedPrecondition, "container is not created"),
                context,
            );
        }
        let argv = container.command_line();
        let environment = container.environment(place.hostname);
        let directory = container.directory().to_owned();
        let started =
            container.in_world(place, |_, world| process::start(&argv, &environment, &directory, world));
        container.state = ContainerState::Running { started_at: now };
        match started {
            Err(error) => {
                container.state = ContainerState::Exited {
                    started_at: SimTime::ZERO,
                    finished_at: now,
                    code: 128,
                    reason: sim::literal!("StartError"),
                    message: error.0.clone(),
                };
                self.put(container);
                self.fail(call, Failure::new(Code::Unknown, error.0), context);
            }
            Ok(started) => {
                let code = match started {
                    Started::Ended(code) => Some(code),
                    Started::Process(process) => {
                        let code = process.ended();
                        container.process = Some(process);
                        code
                    }
                };
                self.put(container);
                self.respond(call, Response::Done, context);
                match code {
                    Some(code) => self.end(number, code, context),
                    None => self.sleep(number, context),
                }
            }
        }
    }

    /// Sets the timer for what a process waits for.
    fn sleep(&self, number: u64, context: &mut Context<'_>) {
        if let Some(at) = self.container(number).and_then(|c| c.process.as_ref()?.wake()) {
            context.timer_at(at, Token::new(timer::WAKE, number));
        }
    }

    fn wakes(&mut self, number: u64, context: &mut Context<'_>) {
        let due = self.container(number).and_then(|c| c.process.as_ref()?.wake());
        if due.is_none_or(|at| at > context.now) {
            return;
        }
        let Some((mut container, place)) = self.running(number, context.now) else { return };
        container.in_world(place, |process, world| {
            if let Some(process) = process {
                process.run(world);
            }
        });
        self.acted(container, context);
    }

    /// Puts a container back after its process acted, and sees what came of it.
    fn acted(&mut self, mut container: Container, context: &mut Context<'_>) {
        let number = container.id.number;
        if let Some(from) = container.followed {
            let lines = container.log.since(from);
            if !lines.is_empty() {
                container.followed = Some(container.log.written());
                self.tell(Event::Log { container: container.id, lines, ended: false }, context);
            }
        }
        let ended = container.process.as_ref().and_then(Process::ended);
        self.put(container);
        match ended {
            Some(code) => self.end(number, code, context),
            None => self.sleep(number, context),
        }
    }

    fn stop(&mut self, call: CallId, id: ContainerId, grace: Duration, context: &mut Context<'_>) {
        let already = match self.find_mut(id) {
            Ok(container) if container.is_running() => {
                container.stop_calls.push(call);
                std::mem::replace(&mut container.stopping, true)
            }
            // Stopping what does not run is no error.
            _ => return self.respond(call, Response::Done, context),
        };
        if grace.is_zero() {
            return self.kill(id.number, context);
        }
        context.timer(grace, Token::new(timer::KILL, id.number));
        if already {
            return;
        }
        let Some((mut container, place)) = self.running(id.number, context.now) else { return };
        let code =
            container.in_world(place, |process, world| process.as_mut().and_then(|p| p.terminate(world)));
        match code {
            Some(code) => {
                self.put(container);
                self.later(Work::End { container: id.number, code }, millis(20, 80), context);
            }
            None => self.acted(container, context),
        }
    }

    /// SIGKILL.
    fn kill(&mut self, number: u64, context: &mut Context<'_>) {
        if self.container(number).is_some_and(Container::is_running) {
            self.end(number, 137, context);
        }
    }

    /// A process has ended.
    fn end(&mut self, number: u64, code: i32, context: &mut Context<'_>) {
        let Some(container) = self.containers.get_mut(&number) else { return };
        let ContainerState::Running { started_at } = container.state else { return };
        let container = Arc::make_mut(container);
        let message = match container.files.get(&container.config.termination_message_path) {
            Some(Entry::File(text)) => text.clone(),
            _ => Str::new(),
        };
        container.state = ContainerState::Exited {
            started_at,
            finished_at: context.now,
            code,
            reason: if code == 0 { sim::literal!("Completed") } else { sim::literal!("Error") },
            message,
        };
        container.process = None;
        let calls = std::mem::take(&mut container.stop_calls);
        let status = container.status();
        let followed = container.followed.take().map(|from| container.log.since(from));
        if let Some(lines) = followed {
            self.tell(Event::Log { container: status.id, lines, ended: true }, context);
        }
        self.tell(Event::ContainerStopped(Box::new(status)), context);
        for call in calls {
            self.respond(call, Response::Done, context);
        }
    }

    fn remove(&mut self, id: ContainerId) -> Response {
        match self.find(id) {
            Ok(container) if container.is_running() => {
                Response::Failed(Failure::new(Code::FailedPrecondition, "container is running"))
            }
            Ok(container) => {
                let sandbox = container.sandbox.number;
                self.containers.remove(&id.number);
                if let Some(sandbox) = self.sandboxes.get_mut(&sandbox) {
                    Arc::make_mut(sandbox).containers.retain(|number| *number != id.number);
                }
                Response::Done
            }
            // Removing what is not there is no error.
            Err(_) => Response::Done,
        }
    }
}

fn not_found(id: ContainerId) -> Failure {
    Failure::new(Code::NotFound, format!("an error occurred when try to find container \"{id}\": not found"))
}
