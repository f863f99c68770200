//! `forget-leader 2`

use super::{Env, Outcome};
use crate::script::parse::Directive;

impl Env {
    pub(super) fn forget_leader(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        self.call(index, |node| node.raw.forget_leader())
    }
}
