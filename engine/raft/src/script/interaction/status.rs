//! `status 1`: what a leader knows of each member.

use super::{Env, Outcome};
use crate::script::parse::Directive;
use crate::tracker::progress_text;

impl Env {
    pub(super) fn status(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        let status = self.nodes[index].raw.status();
        self.out.print(&progress_text(&status.progress));
        Ok(())
    }
}
