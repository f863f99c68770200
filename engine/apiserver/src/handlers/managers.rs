//! Who manages which fields of an object, where the server meets the rules of `api::managed`.

use std::sync::LazyLock;

use api::managed::{self, ApplyError, FieldSet, Manager, Operation as How, Writer};
use api::{Object, Value, literal, schema};
use sim::SimTime;

use super::{flag, subresources};
use crate::failure::{Failure, Result};
use crate::operation::Operation;
use crate::registry::Resource;

/// As many parts are remembered at most; then it begins anew.
const KNOWN_MAX: usize = 20_000;

/// Parts of sets of fields that objects have in common: a thousand pods of one template share what they have alike.
/// A matter of memory only: it says nothing that the objects don't, and is no part of the server's state.
#[derive(Clone, Default)]
pub(crate) struct Known(imbl::OrdMap<u64, Value>);

impl Known {
    fn share(&mut self, part: Value) -> Value {
        let digest = part.digest().0;
        match self.0.get(&digest) {
            Some(known) if *known == part => known.clone(),
            _ => {
                if self.0.len() >= KNOWN_MAX {
                    self.0.clear();
                }
                self.0.insert(digest, part.clone());
                part
            }
        }
    }
}

impl std::hash::Hash for Known {
    fn hash<H: std::hash::Hasher>(&self, _state: &mut H) {}
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} parts", self.0.len())
    }
}

/// The client behind a request, as a manager of fields.
fn writer(op: &Operation, resource: &Resource, how: How, now: SimTime) -> Writer {
    let given = op.request.parameter("fieldManager").filter(|name| !name.is_empty());
    let name = given.cloned().unwrap_or_else(|| {
        managed::manager_of(op.request.header_value("user-agent").map_or("", |agent| agent.as_str()))
    });
    let manager = Manager {
        name,
        operation: how,
        api_version: resource.api_version.clone(),
        subresource: op.subresource.clone(),
    };
    Writer { definition: resource.definition, manager, time: now }
}

/// Works out the managers of a new state that was not applied.
pub(super) fn updated(
    known: &mut Known,
    op: &Operation,
    resource: &Resource,
    current: Option<&Value>,
    value: &mut Value,
    now: SimTime,
) {
    managed::update(current, value, &writer(op, resource, How::Update, now), &mut |part| known.share(part));
}

/// What the path of a request never writes, so that nobody comes to manage it there.
fn ignored(op: &Operation, resource: &Resource) -> FieldSet {
    static STATUS: LazyLock<FieldSet> = LazyLock::new(|| FieldSet::of_paths(&[&["f:status"]]));
    static SPEC: LazyLock<FieldSet> =
        LazyLock::new(|| FieldSet::of_paths(&[&["f:spec"], &["f:metadata", "f:ownerReferences"]]));
    match op.subresource.as_str() {
        "status" => SPEC.clone(),
        "" if resource.strategy.has_status => STATUS.clone(),
        _ => FieldSet::default(),
    }
}

/// The object that an applied configuration makes of the current one (or makes anew), with its managers.
///
/// # Errors
///
/// 400 for a configuration of another kind, 409 for fields of others, 500 for one that does not fit the schema.
pub(super) fn applied(
    op: &Operation,
    resource: &Resource,
    config: &Value,
    current: Option<&Object>,
    now: SimTime,
) -> Result<Value> {
    let force = flag(&op.request, "force");
    let scale = op.subresource == "scale";
    let (api_version, kind) = if scale {
        ("autoscaling/v1", "Scale")
    } else {
        (resource.api_version.as_str(), resource.kind.as_str())
    };
    check_header(config, api_version, kind)?;
    let writer = writer(op, resource, How::Apply, now);
    if let Some(current) = current.filter(|_| scale) {
        return scaled(config, current, &writer, force);
    }
    let live = current.map(Object::value);
    let applied = managed::apply(live, config, &writer, &ignored(op, resource), force).map_err(refused)?;
    Ok(applied.0)
}

/// Applies to the `Scale` of an object: only the number of replicas counts, and its managers are the object's.
fn scaled(config: &Value, current: &Object, writer: &Writer, force: bool) -> Result<Value> {
    let scale = Writer { definition: schema::definition("autoscaling", "v1", "Scale"), ..writer.clone() };
    let live = subresources::scale_of(current);
    // Whether it fits; nobody manages a Scale's own fields.
    managed::apply(Some(&live), config, &scale, &FieldSet::default(), true).map_err(refused)?;
    let mut part = Value::map();
    for name in ["apiVersion", "kind"] {
        part.set(&[name], current.value().get(name).cloned());
    }
    if let Some(replicas) = config.at(&["spec", "replicas"]) {
        part.set(&["spec", "replicas"], replicas.clone());
    }
    let applied = managed::apply(Some(current.value()), &part, writer, &FieldSet::default(), force).map_err(
        |mut error| {
            if let ApplyError::Conflicts(conflicts) = &mut error {
                for conflict in conflicts {
                    conflict.manager.api_version = literal!("autoscaling/v1");
                }
            }
            refused(error)
        },
    )?;
    Ok(applied.0)
}

fn check_header(config: &Value, api_version: &str, kind: &str) -> Result<()> {
    let text = |name| config.str_at(&[name]).map_or("", |text| text.as_str());
    let (given_version, given_kind) = (text("apiVersion"), text("kind"));
    if given_version != api_version || given_kind != kind {
        let slash = if given_version.contains('/') { "" } else { "/" };
        return Err(Failure::bad_request(format!(
            "invalid object type: {slash}{given_version}, Kind={given_kind}"
        )));
    }
    if config.at(&["metadata", "managedFields"]).is_some_and(|fields| !fields.is_null()) {
        return Err(Failure::bad_request("metadata.managedFields must be nil"));
    }
    Ok(())
}

fn refused(error: ApplyError) -> Failure {
    let message = error.to_string();
    match error {
        ApplyError::Untyped(_) => api::status::unknown(message).into(),
        ApplyError::Conflicts(conflicts) => {
            let causes = conflicts.into_iter().map(|conflict| (conflict.message(), conflict.field)).collect();
            api::status::apply_conflict(message, causes).into()
        }
    }
}
