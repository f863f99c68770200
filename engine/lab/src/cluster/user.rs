//! The person: what becomes of an action.

use std::sync::Arc;

use kubectl::{SessionId, Terminal};
use sim::{Actor, Context, Str};

use super::Cluster;
use crate::action::Action;

/// The terminal session of the manifest editor.
pub const EDITOR: SessionId = SessionId(1_000_000);
/// The terminal session in which the file's own manifests are applied.
pub const SETUP: SessionId = SessionId(1_000_001);

impl Cluster {
    pub(super) fn user_acts(&mut self, action: &Action) {
        match action {
            Action::Kubectl { session, line, stdin } => {
                let stdin = stdin.as_deref().map(Str::from);
                self.with_terminal(|terminal, context| {
                    terminal.start(SessionId(*session), line, stdin, context)
                });
            }
            Action::Apply { text } => {
                self.with_terminal(|terminal, context| terminal.apply(EDITOR, text, context));
            }
            Action::Interrupt { session } => {
                self.with_terminal(|terminal, context| terminal.interrupt(SessionId(*session), context));
            }
            Action::Fault(fault) => self.apply_fault(fault),
            Action::Request { id, method, path, headers, body } => {
                self.host_request(*id, method, path, headers, body.as_deref());
            }
            Action::Fetch { id, url } => self.fetch(*id, url),
            Action::HangUp { id } => self.host_hangs_up(*id),
        }
    }

    pub(super) fn with_terminal(&mut self, act: impl FnOnce(&mut Terminal, &mut kubectl::Context<'_>)) {
        let mut effects = Vec::new();
        let mut context = Context::new(self.now, Actor::User, &mut effects);
        act(Arc::make_mut(&mut self.terminal), &mut context);
        self.carry_out(Actor::User, effects);
    }

    /// Something comes back to the terminal.
    pub(super) fn tell_terminal(&mut self, input: kubectl::Input) {
        self.with_terminal(|terminal, context| terminal.handle(input, context));
    }
}
