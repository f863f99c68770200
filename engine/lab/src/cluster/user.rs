//! The person: what becomes of an action.

use std::sync::Arc;

use kubectl::{SessionId, Terminal};
use sim::{Actor, Context, Effect, Note, Str, literal};

use super::Cluster;
use crate::action::Action;
use crate::event::Message;

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
        let mut restores = Vec::new();
        let mut others: Vec<Effect<Message>> = Vec::new();
        for effect in effects {
            let (to, message) = match effect {
                Effect::Send { to, message } => (to, message),
                Effect::Timer { after, token } => {
                    others.push(Effect::Timer { after, token });
                    continue;
                }
                Effect::Note(note) => {
                    others.push(Effect::Note(note));
                    continue;
                }
            };
            let message = match message {
                kubectl::Message::Api(message) => message.into(),
                kubectl::Message::Etcd { call, request } => Message::EtcdRequest(call, request),
                kubectl::Message::Restore { call, disk, replace } => {
                    restores.push((to, call, disk, replace));
                    continue;
                }
            };
            others.push(Effect::Send { to, message });
        }
        self.carry_out(Actor::User, others);
        for (to, call, disk, replace) in restores {
            let result = self.restore(to, &disk, replace);
            self.tell_terminal(kubectl::Input::Restored { call, result });
        }
    }

    /// Puts a restored data directory onto the disk of a member that is not running.
    fn restore(&mut self, to: Actor, disk: &etcd::Disk, replace: bool) -> Result<(), Str> {
        let Actor::Etcd(index) = to else { return Err(Str::from(format!("{to} has no data directory"))) };
        let running = self.is_up(to);
        let place = self.disks.get_mut(index as usize);
        let place = place.ok_or_else(|| Str::from(format!("the lab has no {to}")))?;
        if running {
            return Err(Str::from(format!(
                "{to} is running: stop it first, it reads its directory when it starts"
            )));
        }
        if !replace && place.as_ref().is_some_and(|old| !old.is_empty()) {
            return Err(literal!("data-dir \"/var/lib/etcd\" not empty or could not be read"));
        }
        *place = Some(disk.clone());
        self.current.push(Note::new("{0} will start from a restored snapshot", [to.to_string()]));
        Ok(())
    }

    /// Something comes back to the terminal.
    pub(super) fn tell_terminal(&mut self, input: kubectl::Input) {
        self.with_terminal(|terminal, context| terminal.handle(input, context));
    }
}
