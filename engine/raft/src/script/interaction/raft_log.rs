//! `raft-log 1`: the stable log.

use super::{Env, Outcome};
use crate::script::parse::Directive;
use crate::{Storage, describe};

impl Env {
    pub(super) fn raft_log(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        self.print_raft_log(index);
        Ok(())
    }

    pub(super) fn print_raft_log(&mut self, index: usize) {
        let log = &self.nodes[index].raw.storage().log;
        let (first, last) = (log.first_index(), log.last_index());
        let text = if last < first {
            format!("log is empty: first index={first}, last index={last}")
        } else {
            log.iter().map(|entry| describe::entry(entry) + "\n").collect()
        };
        self.out.print(&text);
    }
}
