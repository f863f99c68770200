//! `process-append-thread 1`: the member's storage finishes its next write.

use super::{Env, Outcome};
use crate::describe;
use crate::script::parse::Directive;

impl Env {
    pub(super) fn process_append_thread(&mut self, directive: &Directive) -> Outcome {
        let indexes = self.indexes(directive)?;
        self.each(&indexes, "processing append thread", Env::append_once)
    }

    pub(super) fn append_once(&mut self, index: usize) -> Outcome {
        let Some(mut work) = self.nodes[index].append_work.pop_front() else {
            self.out.print("no append work to perform");
            return Ok(());
        };
        let responses = std::mem::take(&mut work.responses);
        self.out.line("Processing:");
        self.out.line(&describe::message(&work));
        self.call(index, |node| node.store(work.hard_state(), &work.entries, work.snapshot.as_ref()))?;
        self.out.line("Responses:");
        for response in &responses {
            self.out.line(&describe::message(response));
        }
        self.messages.extend(responses);
        Ok(())
    }
}
