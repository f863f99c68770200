//! `set-log 3 terms=(1,1,4) term=7`: builds a situation, by writing a member's storage and restarting it. The
//! entries come after the start's index; `term` is the last that the member has seen. (Not in etcd's scripts.)

use sim::Blob;

use super::{Env, Outcome};
use crate::script::parse::Directive;
use crate::{Config, Entry, HardState, MemoryStorage, Storage, Term};

impl Env {
    pub(super) fn set_log(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        let values = directive.arg("terms").map(|arg| &arg.values[..]).unwrap_or_default();
        let terms: Option<Vec<u64>> = values.iter().map(|value| value.parse().ok()).collect();
        let terms = terms.ok_or("terms: numbers expected")?;
        let node = &mut self.nodes[index];
        let start = node.raw.storage().log.current_snapshot().clone();
        let mut storage = node.raw.storage().clone();
        storage.application = start.clone();
        storage.log = MemoryStorage::new();
        let failed = |error: crate::StorageError| error.to_string();
        if !start.is_empty() {
            storage.log.apply_snapshot(start.clone()).map_err(failed)?;
        }
        let mut next = storage.last_index();
        let entries: Vec<Entry> = terms
            .iter()
            .map(|term| {
                next = next.next();
                let data = Blob::from(format!("{term}/{next}").as_str());
                Entry { term: Term(*term), index: next, data, ..Entry::default() }
            })
            .collect();
        storage.log.append(&entries).map_err(failed)?;
        let last = terms.last().copied().unwrap_or(start.term.0);
        let term = directive.value("term")?.unwrap_or(last);
        storage.log.set_hard_state(HardState {
            term: Term(term),
            commit: start.index,
            ..HardState::default()
        });
        let config = Config { applied: start.index, ..node.config.clone() };
        let starts = node.starts;
        self.start(config, storage, starts)
    }
}
