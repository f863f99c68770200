//! `transfer-leadership from=1 to=4`

use super::{Env, Outcome};
use crate::NodeId;
use crate::script::parse::Directive;

impl Env {
    pub(super) fn transfer_leadership(&mut self, directive: &Directive) -> Outcome {
        let id = |key: &str| directive.value::<usize>(key)?.ok_or(format!("{key} is missing"));
        let (from, to) = (id("from")?, id("to")?);
        if from == 0 || from > self.nodes.len() {
            return Err("expected valid \"from\" argument".to_owned());
        }
        if to == 0 || to > self.nodes.len() {
            return Err("expected valid \"to\" argument".to_owned());
        }
        self.call(from - 1, |node| {
            node.raw.transfer_leader(NodeId(to as u64));
            node.raw.alive()
        })
    }
}
