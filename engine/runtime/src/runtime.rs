//! The runtime itself: calls in, answers and events out.

use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;
use sim::{Actor, SimTime, Str, Stream, Token};

use crate::cni::AddressRange;
use crate::container::{Container, ContainerState};
use crate::cri::{
    CallId, Code, ContainerConfig, Event, Failure, Request, Response, SandboxConfig, SandboxId,
};
use crate::exec::Exec;
use crate::files::{Entry, Files, normalize};
use crate::images::ImageName;
use crate::process::Process;
use crate::pull::StoredImage;
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
pub(crate) enum Work {
    RunSandbox { call: CallId, config: Arc<SandboxConfig> },
    Pull { calls: Vec<CallId>, image: Arc<ImageName> },
    Create { call: CallId, sandbox: SandboxId, config: Arc<ContainerConfig> },
    Start { call: CallId, container: u64 },
    End { container: u64, code: i32 },
}

/// One node's container runtime.
#[derive(Clone, Debug, Hash)]
pub struct Runtime {
    pub(crate) node: u32,
    pub(crate) random: Stream,
    pub(crate) numbers: u64,
    pub(crate) off_since: Option<SimTime>,
    pub(crate) range: Option<AddressRange>,
    pub(crate) images: OrdMap<Str, StoredImage>,
    pub(crate) sandboxes: OrdMap<u64, Arc<Sandbox>>,
    pub(crate) containers: OrdMap<u64, Arc<Container>>,
    pub(crate) host: Files,
    pub(crate) work: OrdMap<u64, Work>,
    pub(crate) execs: OrdMap<u64, Exec>,
}

pub(crate) const fn millis(from: u64, to: u64) -> std::ops::Range<Duration> {
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

    pub(crate) fn tell(&self, event: Event, context: &mut Context<'_>) {
        context.send(Actor::Kubelet(self.node), Message::Event(Arc::new(event)));
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(crate) fn later(&mut self, work: Work, span: std::ops::Range<Duration>, context: &mut Context<'_>) {
        let after = self.random.duration(span);
        self.after(work, after, context);
    }

    pub(crate) fn after(&mut self, work: Work, after: Duration, context: &mut Context<'_>) {
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
}
