//! `duplicate-msgs 2`, `reverse-msgs 2`: what a network may do to the messages under way to a member. (Not in etcd's
//! scripts.)

use super::{Env, Outcome};
use crate::script::parse::Directive;
use crate::{Message, NodeId};

impl Env {
    pub(super) fn duplicate_msgs(&mut self, directive: &Directive) -> Outcome {
        self.reshape(directive, |messages| messages.into_iter().flat_map(|m| [m.clone(), m]).collect())
    }

    pub(super) fn reverse_msgs(&mut self, directive: &Directive) -> Outcome {
        self.reshape(directive, |messages| messages.into_iter().rev().collect())
    }

    /// Changes the list of messages from others to each of the named members.
    fn reshape(&mut self, directive: &Directive, change: impl Fn(Vec<Message>) -> Vec<Message>) -> Outcome {
        for index in self.indexes(directive)? {
            let to = NodeId(index as u64 + 1);
            let messages = std::mem::take(&mut self.messages);
            let (theirs, others): (Vec<_>, Vec<_>) =
                messages.into_iter().partition(|m| m.to == to && m.from != to && !m.from.is_local_thread());
            self.messages = others;
            self.messages.extend(change(theirs));
        }
        Ok(())
    }
}
