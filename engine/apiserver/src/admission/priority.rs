//! Priority: the number and the preemption policy of a pod's priority class.

use api::{Object, Str, Value, literal};

use super::Attributes;
use crate::ApiServer;
use crate::failure::{Failure, Result};
use crate::operation::Operation;
use crate::watch_cache::Cache;

pub(super) fn admit(
    server: &ApiServer,
    op: &Operation,
    pod: &mut Value,
    attributes: &Attributes<'_>,
) -> Result<Option<Str>> {
    if !attributes.is_new_pod() {
        return Ok(None);
    }
    let name = pod.str_at(&["spec", "priorityClassName"]).cloned().unwrap_or_default();
    let class = if name.is_empty() { default_class(server) } else { class_of(server, &name) };
    let (value, policy) = match &class {
        Some(class) => (
            class.value().int_at(&["value"]).unwrap_or(0),
            class.value().str_at(&["preemptionPolicy"]).cloned().unwrap_or(literal!("PreemptLowerPriority")),
        ),
        None if !name.is_empty() => {
            let id = server.resources.find_plural("scheduling.k8s.io", "priorityclasses");
            let known = id.and_then(|id| server.caches.get(&id)).is_some_and(Cache::is_ready);
            let why = match known {
                true => format!("no PriorityClass with name {name} was found"),
                false => "not yet ready to handle request".to_owned(),
            };
            return Err(Failure::forbidden(attributes.resource, &op.name, &why));
        }
        None => (0, literal!("PreemptLowerPriority")),
    };
    if let Some(given) = pod.int_at(&["spec", "priority"]).filter(|given| *given != value) {
        let why = format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {value} from the given PriorityClass name"
        );
        return Err(Failure::forbidden(attributes.resource, &op.name, &why));
    }
    if name.is_empty()
        && let Some(class) = &class
    {
        pod.set(&["spec", "priorityClassName"], class.name());
    }
    let spec = pod.entry(&["spec"]).make_map();
    spec.insert(literal!("priority"), value);
    if !spec.contains("preemptionPolicy") {
        spec.insert(literal!("preemptionPolicy"), policy);
    }
    if value == 0 {
        return Ok(Some(literal!("spec.priority: 0")));
    }
    Ok(Some(Str::from(format!("spec.priority: {value}"))))
}

fn class_of<'a>(server: &'a ApiServer, name: &str) -> Option<&'a Object> {
    let id = server.resources.find_plural("scheduling.k8s.io", "priorityclasses")?;
    server.cached_object(id, "", name)
}

/// The class that pods without one get: of those marked so, the lowest.
fn default_class(server: &ApiServer) -> Option<&Object> {
    let id = server.resources.find_plural("scheduling.k8s.io", "priorityclasses")?;
    let classes = server.caches.get(&id)?.objects.values();
    classes
        .filter(|class| class.value().get("globalDefault").and_then(Value::as_bool) == Some(true))
        .min_by_key(|class| class.value().int_at(&["value"]).unwrap_or(0))
}
