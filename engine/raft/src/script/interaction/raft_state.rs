//! `raft-state`: one line a member.

use super::{Env, Outcome};

impl Env {
    pub(super) fn raft_state(&mut self) -> Outcome {
        for node in &self.nodes {
            let raft = node.raw.raft();
            let votes = raft.tracker().config.voters.contains(raft.id());
            let line = format!(
                "{}: {} ({}) Term:{} Lead:{}",
                raft.id(),
                if node.is_down { "down".to_owned() } else { raft.role().to_string() },
                if votes { "Voter" } else { "Non-Voter" },
                raft.term(),
                raft.lead()
            );
            self.out.line(&line);
        }
        Ok(())
    }
}
