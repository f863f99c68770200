//! `stabilize 1 2 log-level=none`: everything that can happen among these members happens, until nothing can.

use super::{Env, Outcome};
use crate::NodeId;
use crate::script::parse::Directive;

/// Rounds after which a group counts as never coming to rest.
const ROUNDS_MAX: u32 = 10_000;

impl Env {
    pub(super) fn stabilize(&mut self, directive: &Directive) -> Outcome {
        let mut indexes = self.indexes(directive)?;
        if indexes.is_empty() {
            indexes = (0..self.nodes.len()).collect();
        }
        let level = self.out.level;
        if let Some(name) = directive.value::<String>("log-level")? {
            self.set_log_level(&name)?;
        }
        let outcome = self.run_to_rest(&indexes);
        self.out.level = level;
        outcome
    }

    fn run_to_rest(&mut self, indexes: &[usize]) -> Outcome {
        for _ in 0..ROUNDS_MAX {
            if !self.one_round(indexes)? {
                return Ok(());
            }
        }
        Err(format!("not at rest after {ROUNDS_MAX} rounds"))
    }

    /// Every Ready, then every delivery, then every write, then every application. False when there was
    /// nothing.
    fn one_round(&mut self, indexes: &[usize]) -> Result<bool, String> {
        let mut busy = false;
        for &index in indexes {
            if !self.nodes[index].is_down && self.nodes[index].raw.has_ready() {
                self.under_headline(index, "handling Ready", |env| env.ready_once(index))?;
                busy = true;
            }
        }
        for &index in indexes {
            let id = NodeId(index as u64 + 1);
            if self.has_messages_to(id) {
                self.under_headline(index, "receiving messages", |env| {
                    env.deliver(id, None, false);
                    Ok(())
                })?;
                busy = true;
            }
        }
        for &index in indexes {
            if !self.nodes[index].append_work.is_empty() {
                self.under_headline(index, "processing append thread", |env| {
                    while !env.nodes[index].append_work.is_empty() {
                        env.append_once(index)?;
                    }
                    Ok(())
                })?;
                busy = true;
            }
        }
        for &index in indexes {
            if !self.nodes[index].apply_work.is_empty() {
                self.under_headline(index, "processing apply thread", |env| {
                    while !env.nodes[index].apply_work.is_empty() {
                        env.apply_once(index)?;
                    }
                    Ok(())
                })?;
                busy = true;
            }
        }
        Ok(busy)
    }
}
