//! `crash 1`, `restart 1`: a member loses all that isn't stored, and starts from what is. (Not in etcd's scripts.)

use super::{Env, Outcome};
use crate::script::parse::Directive;
use crate::{Config, HardState, Storage};

impl Env {
    pub(super) fn crash(&mut self, directive: &Directive) -> Outcome {
        for index in self.indexes(directive)? {
            let node = &mut self.nodes[index];
            node.is_down = true;
            // Writes that were not finished are lost, and so is what was to be said about them.
            node.append_work.clear();
            node.apply_work.clear();
            let id = node.config.id;
            self.messages.retain(|m| !(m.to == id && (m.from == id || m.from.is_local_thread())));
        }
        Ok(())
    }

    pub(super) fn restart(&mut self, directive: &Directive) -> Outcome {
        for index in self.indexes(directive)? {
            let node = &mut self.nodes[index];
            node.is_down = true;
            let mut storage = node.raw.storage().clone();
            let applied = storage.application.index;
            // What is applied is committed, even if nobody has stored that.
            let state = storage.log.hard_state();
            let commit = state.commit.max(applied);
            if commit > state.commit && commit <= storage.last_index() {
                storage.log.set_hard_state(HardState { commit, ..state });
            }
            let config = Config { applied, ..node.config.clone() };
            let starts = node.starts;
            self.start(config, storage, starts)?;
        }
        Ok(())
    }
}
