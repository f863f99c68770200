//! `process-apply-thread 1`: the member's application applies its next batch.

use super::{Env, Outcome};
use crate::describe;
use crate::script::parse::Directive;

impl Env {
    pub(super) fn process_apply_thread(&mut self, directive: &Directive) -> Outcome {
        let indexes = self.indexes(directive)?;
        self.each(&indexes, "processing apply thread", Env::apply_once)
    }

    pub(super) fn apply_once(&mut self, index: usize) -> Outcome {
        let Some(mut work) = self.nodes[index].apply_work.pop_front() else {
            self.out.print("no apply work to perform");
            return Ok(());
        };
        let responses = std::mem::take(&mut work.responses);
        self.out.line("Processing:");
        self.out.line(&describe::message(&work));
        self.call(index, |node| node.apply(&work.entries))?;
        self.out.line("Responses:");
        for response in &responses {
            self.out.line(&describe::message(response));
        }
        self.messages.extend(responses);
        Ok(())
    }
}
