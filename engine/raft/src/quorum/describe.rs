//! A picture of who has acknowledged how much, for the scripts and for whoever wonders why an index is not
//! committed.

use std::fmt::Write;

use super::{JointConfig, MajorityConfig};
use crate::{LogIndex, NodeId};

impl MajorityConfig {
    /// One line a voter: a bar as long as there are voters with less, and the index; `?` for the silent.
    pub fn describe(&self, acked: impl Fn(NodeId) -> Option<LogIndex>) -> String {
        if self.is_empty() {
            return "<empty majority quorum>".to_owned();
        }
        let n = self.len();
        let index = |id: NodeId| acked(id).unwrap_or_default();
        let mut text = format!("{:n$}    idx\n", "");
        for id in self.ids() {
            let bar = self.ids().iter().filter(|other| index(**other) < index(*id)).count();
            // Writing to a string can't fail.
            let _ = match acked(*id) {
                None => write!(text, "?{:n$}", ""),
                Some(_) => write!(text, "{:x<bar$}>{:rest$}", "", "", rest = n - bar),
            };
            let _ = writeln!(text, " {:>5}    (id={id})", index(*id).0);
        }
        text
    }
}

impl JointConfig {
    /// The same for all voters of both halves.
    pub fn describe(&self, acked: impl Fn(NodeId) -> Option<LogIndex>) -> String {
        self.union().describe(acked)
    }
}
