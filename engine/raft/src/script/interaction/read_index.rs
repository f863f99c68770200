//! `read-index 2 name`: asks for the index that a linearisable read has to see. (Not in etcd's scripts.)

use sim::Blob;

use super::{Env, Outcome};
use crate::script::parse::Directive;

impl Env {
    pub(super) fn read_index(&mut self, directive: &Directive) -> Outcome {
        let index = self.first_index(directive)?;
        let name = directive.args.get(1).map(|arg| arg.key.as_str()).ok_or("under which name?")?;
        self.call(index, |node| {
            node.raw.read_index(Blob::from(name));
            node.raw.alive()
        })
    }
}
