//! TaintNodesByCondition: a new node is not ready until it says so.

use api::{Str, Value, literal, object};

use super::Attributes;
use crate::ApiServer;
use crate::failure::Result;
use crate::operation::Operation;
use crate::registry::Special;

const NOT_READY: &str = "node.kubernetes.io/not-ready";

pub(super) fn admit(
    _: &ApiServer,
    _: &Operation,
    node: &mut Value,
    attributes: &Attributes<'_>,
) -> Result<Option<Str>> {
    if attributes.previous.is_some() || attributes.resource.strategy.special != Special::Node {
        return Ok(None);
    }
    let is_it = |taint: &Value| {
        taint.str_at(&["key"]).is_some_and(|key| key == NOT_READY)
            && taint.str_at(&["effect"]).is_some_and(|effect| effect == "NoSchedule")
    };
    if node.items_at(&["spec", "taints"]).iter().any(is_it) {
        return Ok(None);
    }
    let taint = object! { "key": NOT_READY, "effect": "NoSchedule" };
    node.entry(&["spec", "taints"]).make_list().push(taint);
    Ok(Some(literal!("spec.taints: node.kubernetes.io/not-ready:NoSchedule")))
}
