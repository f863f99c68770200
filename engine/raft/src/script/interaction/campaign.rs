//! `campaign 1`

use super::{Env, Outcome};
use crate::script::parse::Directive;

impl Env {
    pub(super) fn campaign(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        self.call(index, |node| node.raw.campaign())
    }
}
