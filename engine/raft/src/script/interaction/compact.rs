//! `compact 1 17`: forgets the log up to an index and prints what is left.

use super::{Env, Outcome};
use crate::script::parse::Directive;
use crate::{LogIndex, RaftError};

impl Env {
    pub(super) fn compact(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        let up_to =
            directive.words().nth(1).and_then(|word| word.parse().ok()).ok_or("up to which index?")?;
        self.call(index, |node| {
            node.raw.storage_mut().log.compact(LogIndex(up_to)).map_err(RaftError::Storage)
        })?;
        self.print_raft_log(index);
        Ok(())
    }
}
