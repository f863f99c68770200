//! `deliver-msgs 1 2 drop=(3) type=MsgApp`: the messages under way to these members arrive, or are lost.

use super::{Env, Outcome};
use crate::script::parse::Directive;
use crate::{Message, MessageKind, NodeId, describe};

impl Env {
    pub(super) fn deliver_msgs(&mut self, directive: &Directive) -> Outcome {
        let mut kind = None;
        let mut receivers: Vec<(NodeId, bool)> = Vec::new();
        let id = |word: &str| word.parse().map(NodeId).map_err(|_| format!("{word:?} is no member's number"));
        for arg in &directive.args {
            match (arg.key.as_str(), &arg.values[..]) {
                (word, []) => receivers.push((id(word)?, false)),
                ("type", [name]) => {
                    let known = MessageKind::parse(name);
                    kind = Some(known.ok_or_else(|| format!("unknown message type {name}"))?);
                }
                ("drop", values) => {
                    for value in values {
                        receivers.push((id(value)?, true));
                    }
                }
                (other, _) => return Err(format!("unknown option {other:?}")),
            }
        }
        let mut count = 0;
        for (to, lost) in receivers {
            count += self.deliver(to, kind, lost);
        }
        if count == 0 {
            self.out.line("no messages");
        }
        Ok(())
    }

    /// Delivers (or loses) the messages to one member; tells how many there were.
    pub(super) fn deliver(&mut self, to: NodeId, kind: Option<MessageKind>, lost: bool) -> usize {
        let messages = std::mem::take(&mut self.messages);
        let (arriving, staying): (Vec<_>, Vec<_>) =
            messages.into_iter().partition(|m| concerns(m, to, kind, lost));
        self.messages = staying;
        let count = arriving.len();
        for m in arriving {
            let text = describe::message(&m);
            // Messages to members that don't exist yet may get lost, too.
            if lost {
                self.out.line(&format!("dropped: {text}"));
                continue;
            }
            self.out.line(&text);
            let place = (to.0 as usize).wrapping_sub(1);
            let result = if place < self.nodes.len() {
                self.call(place, |node| node.raw.step(m))
            } else {
                Err(format!("there is no member {to}"))
            };
            if let Err(error) = result {
                self.out.line(&error);
            }
        }
        count
    }

    pub(super) fn has_messages_to(&self, to: NodeId) -> bool {
        self.messages.iter().any(|m| concerns(m, to, None, false))
    }
}

/// What a member says to itself can't get lost.
fn concerns(m: &Message, to: NodeId, kind: Option<MessageKind>, lost: bool) -> bool {
    let to_itself = m.from == m.to || m.from.is_local_thread();
    m.to == to && kind.is_none_or(|kind| m.kind == kind) && !(lost && to_itself)
}
