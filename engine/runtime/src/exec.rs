//! Commands run beside a container's process: `ExecSync`.

use sim::{SimTime, Str};

use crate::cri::{CallId, Code, Failure, Response};
use crate::process::{self, Process, Started};
use crate::runtime::{Context, Runtime, timer};

/// A command that waits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Exec {
    call: CallId,
    container: u64,
    process: Option<Process>,
    written: Vec<(bool, String)>,
    deadline: SimTime,
}

impl Runtime {
    pub(crate) fn exec(
        &mut self,
        call: CallId,
        container: u64,
        command: &[Str],
        timeout: std::time::Duration,
        context: &mut Context<'_>,
    ) {
        let Some((mut running, place)) = self.running(container, context.now) else {
            let message = format!("container {container} is not running");
            return self.fail(call, Failure::new(Code::FailedPrecondition, message), context);
        };
        let environment = running.environment(place.hostname);
        let directory = running.directory().to_owned();
        let (started, written) =
            running.look(place, |_, world| process::start(command, &environment, &directory, world));
        self.put(running);
        match started {
            Err(error) => {
                let message = format!("failed to exec in container: {}", error.0);
                self.fail(call, Failure::new(Code::Unknown, message), context);
            }
            Ok(Started::Ended(code)) => self.exec_done(call, code, written, context),
            Ok(Started::Process(process)) => match process.ended() {
                Some(code) => self.exec_done(call, code, written, context),
                None => {
                    let number = self.number();
                    let deadline = context.now + timeout;
                    let wake = process.wake().map_or(deadline, |at| at.min(deadline));
                    self.execs
                        .insert(number, Exec { call, container, process: Some(process), written, deadline });
                    context.timer_at(wake, timer::exec(number));
                }
            },
        }
    }

    pub(crate) fn exec_wakes(&mut self, number: u64, context: &mut Context<'_>) {
        let Some(mut exec) = self.execs.remove(&number) else { return };
        let Some((mut container, place)) = self.running(exec.container, context.now) else {
            return self.fail(exec.call, Failure::new(Code::NotFound, "container not running"), context);
        };
        let (_, mut written) = container.look(place, |_, world| {
            if let Some(process) = &mut exec.process {
                process.run(world);
            }
        });
        self.put(container);
        exec.written.append(&mut written);
        match exec.process.as_ref().and_then(Process::ended) {
            Some(code) => self.exec_done(exec.call, code, exec.written, context),
            None if context.now >= exec.deadline => {
                let message = "failed to exec in container: timeout exceeded: context deadline exceeded";
                self.fail(exec.call, Failure::new(Code::DeadlineExceeded, message), context);
            }
            None => {
                let wake =
                    exec.process.as_ref().and_then(Process::wake).unwrap_or(exec.deadline).min(exec.deadline);
                context.timer_at(wake, timer::exec(number));
                self.execs.insert(number, exec);
            }
        }
    }

    fn exec_done(
        &mut self,
        call: CallId,
        code: i32,
        written: Vec<(bool, String)>,
        context: &mut Context<'_>,
    ) {
        let stream = |wanted: bool| {
            written
                .iter()
                .filter(|(err, _)| *err == wanted)
                .map(|(_, text)| text.as_str())
                .collect::<String>()
                .into()
        };
        self.respond(call, Response::Exec { code, stdout: stream(false), stderr: stream(true) }, context);
    }
}
