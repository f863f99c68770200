//! `process-ready 1 2 3`: the members do what there is to do.

use super::{Env, Outcome};
use crate::script::parse::Directive;
use crate::{LOCAL_APPEND_THREAD, LOCAL_APPLY_THREAD, describe};

impl Env {
    pub(super) fn process_ready(&mut self, directive: &Directive) -> Outcome {
        let indexes = self.indexes(directive)?;
        self.each(&indexes, "handling Ready", Env::ready_once)
    }

    pub(super) fn ready_once(&mut self, index: usize) -> Outcome {
        let ready = self.call(index, |node| Ok(node.raw.ready()))?;
        self.out.print(&describe::ready(&ready));
        let asynchronous = self.nodes[index].config.async_storage_writes;
        if !asynchronous {
            self.call(index, |node| node.store(ready.hard_state, &ready.entries, ready.snapshot.as_ref()))?;
            self.call(index, |node| node.apply(&ready.committed_entries))?;
        }
        for m in ready.messages {
            let node = &mut self.nodes[index];
            match m.to {
                LOCAL_APPEND_THREAD => node.append_work.push_back(m),
                LOCAL_APPLY_THREAD => node.apply_work.push_back(m),
                _ => self.messages.push(m),
            }
        }
        if !asynchronous {
            self.call(index, |node| {
                node.raw.advance();
                node.raw.alive()
            })?;
        }
        Ok(())
    }
}
