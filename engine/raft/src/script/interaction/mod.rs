//! Scripts about whole members: one verb a file.
//!
//! The environment holds the members (ids 1, 2, ...), and one list of messages that are under way, in the order
//! in which they were sent. Nothing moves by itself.

mod add_nodes;
mod campaign;
mod compact;
mod deliver_msgs;
mod forget_leader;
mod log_level;
mod node;
mod output;
mod process_append_thread;
mod process_apply_thread;
mod process_ready;
mod propose;
mod propose_conf_change;
mod raft_log;
mod raft_state;
mod read_index;
mod report;
mod restart;
mod send_snapshot;
mod set_log;
mod set_randomized_election_timeout;
mod shuffle_msgs;
mod stabilize;
mod status;
mod tick;
mod transfer_leadership;

use node::Node;
use output::Output;

use super::parse::Directive;
use crate::{Message, RaftError};

/// What a verb gives when it fails: the text to print.
type Outcome = Result<(), String>;

#[derive(Default)]
pub(super) struct Env {
    nodes: Vec<Node>,
    /// Messages under way.
    messages: Vec<Message>,
    out: Output,
}

impl Env {
    pub(super) fn handle(&mut self, directive: &Directive) -> String {
        self.out.text.clear();
        let outcome = self.run(directive);
        if let Err(error) = outcome {
            // Errors are printed even when nothing else is.
            if self.out.is_quiet() {
                return error;
            }
            self.out.text.push_str(&error);
        }
        if self.out.text.is_empty() { "ok".to_owned() } else { std::mem::take(&mut self.out.text) }
    }

    fn run(&mut self, directive: &Directive) -> Outcome {
        match directive.verb.as_str() {
            "add-nodes" => self.add_nodes(directive),
            "campaign" => self.campaign(directive),
            "compact" => self.compact(directive),
            "crash" => self.crash(directive),
            "deliver-msgs" => self.deliver_msgs(directive),
            "duplicate-msgs" => self.duplicate_msgs(directive),
            "forget-leader" => self.forget_leader(directive),
            "log-level" => self.log_level(directive),
            "process-append-thread" => self.process_append_thread(directive),
            "process-apply-thread" => self.process_apply_thread(directive),
            "process-ready" => self.process_ready(directive),
            "propose" => self.propose(directive),
            "propose-conf-change" => self.propose_conf_change(directive),
            "raft-log" => self.raft_log(directive),
            "raft-state" => self.raft_state(),
            "read-index" => self.read_index(directive),
            "report-snapshot" => self.report_snapshot(directive),
            "report-unreachable" => self.report_unreachable(directive),
            "restart" => self.restart(directive),
            "reverse-msgs" => self.reverse_msgs(directive),
            "send-snapshot" => self.send_snapshot(directive),
            "set-log" => self.set_log(directive),
            "set-randomized-election-timeout" => self.set_randomized_election_timeout(directive),
            "stabilize" => self.stabilize(directive),
            "status" => self.status(directive),
            "tick" => self.tick(directive),
            "tick-election" => self.tick_election(directive),
            "tick-heartbeat" => self.tick_heartbeat(directive),
            "transfer-leadership" => self.transfer_leadership(directive),
            // For stopping a debugger at.
            "_breakpoint" => Ok(()),
            _ => Err("unknown command".to_owned()),
        }
    }

    /// The members named by plain numbers, as places in the list.
    fn indexes(&self, directive: &Directive) -> Result<Vec<usize>, String> {
        directive.words().map(|word| self.index(word)).collect()
    }

    fn first_index(&self, directive: &Directive) -> Result<usize, String> {
        let word = directive.words().next().ok_or("a member's number is missing")?;
        self.index(word)
    }

    fn index(&self, word: &str) -> Result<usize, String> {
        let id: usize = word.parse().map_err(|_| format!("{word:?} is no member's number"))?;
        if id == 0 || id > self.nodes.len() {
            return Err(format!("there is no member {id}"));
        }
        Ok(id - 1)
    }

    /// Calls a member and prints what it logs.
    fn call<T>(
        &mut self,
        index: usize,
        f: impl FnOnce(&mut Node) -> Result<T, RaftError>,
    ) -> Result<T, String> {
        let node = &mut self.nodes[index];
        if node.is_down {
            return Err(format!("{} is down", index + 1));
        }
        let result = f(node);
        let id = node.raw.raft().id();
        for event in node.raw.take_trace() {
            if let Some((level, line)) = event.log_line(id) {
                self.out.log(level, &line);
            }
        }
        result.map_err(|error| error.to_string())
    }

    /// Runs `f` for each member; with a headline each when there are several.
    fn each(
        &mut self,
        indexes: &[usize],
        headline: &str,
        mut f: impl FnMut(&mut Env, usize) -> Outcome,
    ) -> Outcome {
        for &index in indexes {
            if indexes.len() > 1 {
                self.under_headline(index, headline, |env| f(env, index))?;
            } else {
                f(self, index)?;
            }
        }
        Ok(())
    }

    fn under_headline(
        &mut self,
        index: usize,
        headline: &str,
        f: impl FnOnce(&mut Env) -> Outcome,
    ) -> Outcome {
        self.out.line(&format!("> {} {headline}", index + 1));
        let outer = std::mem::take(&mut self.out.text);
        let outcome = f(self);
        let inner = std::mem::replace(&mut self.out.text, outer);
        for line in inner.lines() {
            self.out.text.push_str("  ");
            self.out.text.push_str(line);
            self.out.text.push('\n');
        }
        outcome
    }
}
