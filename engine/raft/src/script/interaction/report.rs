//! `report-unreachable 1 2`, `report-snapshot 1 2 ok=false`: the application tells member 1 about member 2.

use super::{Env, Outcome};
use crate::NodeId;
use crate::script::parse::Directive;

impl Env {
    pub(super) fn report_unreachable(&mut self, directive: &Directive) -> Outcome {
        let (index, about) = self.two(directive)?;
        self.call(index, |node| {
            node.raw.report_unreachable(about);
            node.raw.alive()
        })
    }

    pub(super) fn report_snapshot(&mut self, directive: &Directive) -> Outcome {
        let (index, about) = self.two(directive)?;
        let ok = directive.value("ok")?.unwrap_or(true);
        self.call(index, |node| {
            node.raw.report_snapshot(about, ok);
            node.raw.alive()
        })
    }

    pub(super) fn two(&self, directive: &Directive) -> Result<(usize, NodeId), String> {
        match self.indexes(directive)?[..] {
            [index, about] => Ok((index, NodeId(about as u64 + 1))),
            _ => Err("must specify exactly two nodes".to_owned()),
        }
    }
}
