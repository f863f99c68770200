//! The life of a container: made, started, woken, asked to end, ended, removed.

use std::sync::Arc;
use std::time::Duration;

use sim::{SimTime, Str, Token};

use crate::container::{Container, ContainerState, Place};
use crate::cri::{CallId, Code, ContainerConfig, ContainerId, Event, Failure, Response, SandboxId};
use crate::files::{Entry, Files};
use crate::images::ImageName;
use crate::logs::Log;
use crate::process::{self, Process, Started};
use crate::runtime::{Context, Runtime, Work, millis, timer};

impl Runtime {
    pub(crate) fn find(&self, id: ContainerId) -> Result<&Container, Failure> {
        let found = self.containers.get(&id.number).filter(|c| c.id == id);
        found.map(|c| &**c).ok_or_else(|| not_found(id))
    }

    pub(crate) fn find_mut(&mut self, id: ContainerId) -> Result<&mut Container, Failure> {
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

    pub(crate) fn place(&mut self, sandbox: SandboxId, now: SimTime) -> Option<Place<'_>> {
        let sandbox = self.sandboxes.get(&sandbox.number)?;
        Some(Place { now, host: &mut self.host, hostname: &sandbox.config.name, ip: sandbox.ip })
    }

    pub(crate) fn put(&mut self, container: Container) {
        self.containers.insert(container.id.number, Arc::new(container));
    }

    pub(crate) fn create(
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

    pub(crate) fn start(&mut self, call: CallId, number: u64, context: &mut Context<'_>) {
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
    pub(crate) fn sleep(&self, number: u64, context: &mut Context<'_>) {
        if let Some(at) = self.container(number).and_then(|c| c.process.as_ref()?.wake()) {
            context.timer_at(at, Token::new(timer::WAKE, number));
        }
    }

    pub(crate) fn wakes(&mut self, number: u64, context: &mut Context<'_>) {
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
    pub(crate) fn acted(&mut self, mut container: Container, context: &mut Context<'_>) {
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

    pub(crate) fn stop(&mut self, call: CallId, id: ContainerId, grace: Duration, context: &mut Context<'_>) {
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
    pub(crate) fn kill(&mut self, number: u64, context: &mut Context<'_>) {
        if self.container(number).is_some_and(Container::is_running) {
            self.end(number, 137, context);
        }
    }

    /// A process has ended.
    pub(crate) fn end(&mut self, number: u64, code: i32, context: &mut Context<'_>) {
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

    pub(crate) fn remove(&mut self, id: ContainerId) -> Response {
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
