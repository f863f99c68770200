//! What a command of etcdctl can do while it handles one event.

use std::time::Duration;

use etcd::rpc::Request;
use sim::SimTime;

use super::client::{Client, Ring};
use super::failure::Exit;
use super::options::Globals;
use super::print::Style;
use crate::failure::Failure;
use crate::process::Io;
use crate::session::Channel;

/// A command's hands.
pub(crate) struct Ctl<'a, 'b, 'c> {
    pub(crate) io: &'a mut Io<'b, 'c>,
    pub(crate) client: &'a mut Client,
    pub(crate) globals: &'a Globals,
}

impl Ctl<'_, '_, '_> {
    /// The virtual time.
    pub(crate) fn now(&self) -> SimTime {
        self.io.now()
    }

    /// How to print.
    pub(crate) fn style(&self) -> Style {
        self.globals.style
    }

    /// Sends a request that has to be answered within `--command-timeout`.
    pub(crate) fn call(&mut self, tag: u32, request: Request) {
        self.client.call(tag, request, None, Some(self.globals.timeout), self.io);
    }

    /// Sends a request that may take as long as it takes.
    pub(crate) fn call_patiently(&mut self, tag: u32, request: Request) {
        self.client.call(tag, request, None, None, self.io);
    }

    /// Sends a request to one endpoint, counted from 0.
    pub(crate) fn call_at(&mut self, tag: u32, endpoint: u32, request: Request, timeout: Option<Duration>) {
        self.client.call(tag, request, Some(endpoint), timeout, self.io);
    }

    /// Forgets calls; ends watches.
    pub(crate) fn cancel(&mut self, tag: u32) {
        self.client.cancel(tag, self.io);
    }

    /// Calls back after a while.
    pub(crate) fn timer(&mut self, tag: u32, after: Duration) {
        self.io.timer(Ring::Own(tag).tag(), after);
    }

    /// Prints to standard output, as it stands.
    pub(crate) fn out(&mut self, text: impl Into<api::Str>) {
        self.io.out(text);
    }

    /// Prints to standard error, as it stands.
    pub(crate) fn err(&mut self, text: impl Into<api::Str>) {
        self.io.session.print(Channel::Stderr, text);
    }

    /// Prints, or ends when the format has no text for it.
    pub(crate) fn show(&mut self, text: Result<String, Failure>) {
        match text {
            Ok(text) => self.out(text),
            Err(failure) => self.io.fail(&failure),
        }
    }

    /// True once the command has ended.
    pub(crate) fn ended(&self) -> bool {
        self.io.exit.is_some()
    }

    /// Ends well.
    pub(crate) fn finish(&mut self) {
        self.io.finish(0);
    }

    /// Ends with a code and nothing said.
    pub(crate) fn exit(&mut self, exit: Exit) {
        self.io.finish(exit as u8);
    }

    /// Ends with `Error: ...`.
    pub(crate) fn fail(&mut self, exit: Exit, message: impl AsRef<str>) {
        self.io.fail(&super::failure::error(exit, message));
    }
}
