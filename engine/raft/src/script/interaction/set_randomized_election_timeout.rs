//! `set-randomized-election-timeout 1 timeout=5`

use super::{Env, Outcome};
use crate::script::parse::Directive;

impl Env {
    pub(super) fn set_randomized_election_timeout(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        let timeout = directive.value("timeout")?.ok_or("timeout is missing")?;
        if timeout == 0 {
            return Err("timeout must be > 0".to_owned());
        }
        self.call(index, |node| {
            node.raw.set_randomized_election_timeout(timeout);
            Ok(())
        })
    }
}
