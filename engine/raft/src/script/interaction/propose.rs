//! `propose 1 foo`

use sim::Blob;

use super::{Env, Outcome};
use crate::script::parse::Directive;

impl Env {
    pub(super) fn propose(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        let data = directive.args.get(1).map(|arg| arg.key.as_str()).ok_or("what?")?;
        self.call(index, |node| node.raw.propose(Blob::from(data)))
    }
}
