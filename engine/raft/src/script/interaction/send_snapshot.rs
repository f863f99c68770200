//! `send-snapshot 1 2`: a snapshot goes from 1 to 2 without Raft having asked for it.

use super::{Env, Outcome};
use crate::script::parse::Directive;
use crate::{Message, MessageKind, describe};

impl Env {
    pub(super) fn send_snapshot(&mut self, directive: &Directive) -> Outcome {
        let (index, to) = self.two(directive)?;
        let raw = &self.nodes[index].raw;
        let m = Message {
            kind: MessageKind::Snap,
            term: raw.raft().term(),
            from: raw.raft().id(),
            to,
            snapshot: Some(raw.storage().application.clone()),
            ..Message::default()
        };
        self.out.print(&describe::message(&m));
        self.messages.push(m);
        Ok(())
    }
}
