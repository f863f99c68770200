//! Admission: the chain of plugins that may refuse or change what is about to be stored, one file each.

mod default_toleration_seconds;
mod limit_ranger;
mod namespace_lifecycle;
mod node_restriction;
mod priority;
mod resource_quota;
mod service_account;
mod taint_nodes_by_condition;

pub(crate) use default_toleration_seconds::tolerations;

use std::sync::Arc;

use api::{Object, Str, Value};

use crate::failure::Result;
use crate::operation::Operation;
use crate::registry::Resource;
use crate::{ApiServer, Context};

/// What one plugin did to one request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Step {
    /// The plugin, by its flag's name: `DefaultTolerationSeconds`.
    pub plugin: &'static str,
    /// What it changed.
    pub change: Str,
}

/// What a plugin gets to know of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attributes<'a> {
    /// What kind of object.
    pub resource: &'a Arc<Resource>,
    /// The object as it is; `None` for a new one.
    pub previous: Option<&'a Object>,
}

impl Attributes<'_> {
    /// True for a new pod.
    fn is_new_pod(&self) -> bool {
        self.resource.is_pod() && self.previous.is_none()
    }
}

/// Says what was changed; `None` when nothing was.
type Admit = fn(&ApiServer, &Operation, &mut Value, &Attributes<'_>) -> Result<Option<Str>>;

/// The plugins that are on, in kube-apiserver's order.
const CHAIN: [(&str, Admit); 8] = [
    ("NamespaceLifecycle", namespace_lifecycle::admit),
    ("LimitRanger", limit_ranger::admit),
    ("ServiceAccount", service_account::admit),
    ("NodeRestriction", node_restriction::admit),
    ("TaintNodesByCondition", taint_nodes_by_condition::admit),
    ("Priority", priority::admit),
    ("DefaultTolerationSeconds", default_toleration_seconds::admit),
    ("ResourceQuota", resource_quota::admit),
];

impl ApiServer {
    /// Sends an object through the chain.
    pub(crate) fn admit(
        &self,
        op: &mut Operation,
        object: &mut Value,
        attributes: Attributes<'_>,
        context: &mut Context<'_>,
    ) -> Result<()> {
        for (plugin, admit) in CHAIN {
            let change = match admit(self, op, object, &attributes) {
                Ok(change) => change,
                Err(failure) => {
                    let names = [Str::from(plugin), attributes.resource.resource.clone(), op.name.clone()];
                    context.note("admission plugin {0} refuses {1} {2}", names);
                    return Err(failure);
                }
            };
            if let Some(change) = change {
                op.steps.push(Step { plugin, change });
            }
        }
        if let Some(last) = op.steps.last() {
            let changes = match op.steps.as_slice() {
                [_] => last.change.clone(),
                steps => {
                    Str::from(steps.iter().map(|step| step.change.as_str()).collect::<Vec<_>>().join(", "))
                }
            };
            context.note(
                "admission sets on {0} {1}: {2}",
                [attributes.resource.singular.clone(), op.name.clone(), changes],
            );
        }
        Ok(())
    }

    /// The names of the plugins that are on, in order.
    pub fn admission_plugins() -> impl Iterator<Item = &'static str> {
        CHAIN.iter().map(|(name, _)| *name)
    }
}
