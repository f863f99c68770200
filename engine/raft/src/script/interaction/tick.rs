//! `tick-heartbeat 1`, `tick-election 1` (as many ticks as their timeouts), `tick 1 4`.

use super::{Env, Outcome};
use crate::script::parse::Directive;

impl Env {
    pub(super) fn tick(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        let ticks = directive.words().nth(1).and_then(|word| word.parse().ok()).unwrap_or(1);
        self.let_pass(index, ticks)
    }

    pub(super) fn tick_heartbeat(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        self.let_pass(index, self.nodes[index].config.heartbeat_tick)
    }

    pub(super) fn tick_election(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        self.let_pass(index, self.nodes[index].config.election_tick)
    }

    fn let_pass(&mut self, index: usize, ticks: u32) -> Outcome {
        for _ in 0..ticks.min(100_000) {
            self.call(index, |node| {
                node.raw.tick();
                node.raw.alive()
            })?;
        }
        Ok(())
    }
}
