//! `propose-conf-change 1 v1=true transition=explicit`, with the changes as input: `v2 l3 r1`.

use super::{Env, Outcome};
use crate::script::parse::Directive;
use crate::{AnyConfChange, ConfChange, ConfChangeV2, Transition, parse_changes};

impl Env {
    pub(super) fn propose_conf_change(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        let mut old_form = false;
        let mut transition = Transition::Auto;
        for arg in directive.args.iter().filter(|arg| !arg.values.is_empty()) {
            match arg.key.as_str() {
                "v1" => old_form = directive.value("v1")?.unwrap_or_default(),
                "transition" => {
                    transition = match arg.values[0].as_str() {
                        "auto" => Transition::Auto,
                        "implicit" => Transition::JointImplicit,
                        "explicit" => Transition::JointExplicit,
                        other => return Err(format!("unknown transition {other}")),
                    }
                }
                other => return Err(format!("unknown command {other}")),
            }
        }
        let changes = parse_changes(&directive.input)?;
        let change: AnyConfChange = if old_form {
            match changes[..] {
                [one] if transition == Transition::Auto => {
                    ConfChange { kind: one.kind, node: one.node, ..ConfChange::default() }.into()
                }
                _ => return Err("v1 conf change can only have one operation and no transition".to_owned()),
            }
        } else {
            ConfChangeV2 { transition, changes, context: None }.into()
        };
        self.call(index, |node| node.raw.propose_conf_change(change))
    }
}
