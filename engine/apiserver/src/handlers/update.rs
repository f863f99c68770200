//! `PUT`: a whole new state of an object or its subresource; and what all new states go through.

use api::validate::FieldError;
use api::{Map, Object, Str, Value};

use super::{Change, Outcome, managers, subresources};
use crate::admission::Attributes;
use crate::failure::{Failure, Result};
use crate::operation::{Next, Operation};
use crate::registry::Special;
use crate::{ApiServer, Context, negotiate, rules};

impl ApiServer {
    pub(super) fn update(&mut self, op: &mut Operation, context: &mut Context<'_>) -> Result<Next> {
        let resource = self.resources.get(op.resource).clone();
        let mut object = negotiate::object(&op.request, &resource)?;
        let cached = self.cached_object(op.resource, &op.namespace, &op.name).cloned();
        rules::check_fields(op, &resource, &object, cached.as_ref().map(Object::value))?;
        let name = object.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
        if name.is_empty() {
            return Err(Failure::bad_request("name must be provided"));
        }
        if name != op.name {
            return Err(Failure::bad_request(format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                op.name
            )));
        }
        rules::place(op, &resource, &mut object)?;
        self.change(op, Change::Put(object), context)
    }

    pub(super) fn put_outcome(
        &mut self,
        op: &mut Operation,
        value: Value,
        current: &Object,
        context: &mut Context<'_>,
    ) -> Result<Outcome> {
        if op.subresource == "scale" {
            let resource = self.resources.get(op.resource).clone();
            let scaled = subresources::scaled(&resource, op, &value, current)?;
            return self.new_state(op, scaled, current, false, context);
        }
        self.new_state(op, value, current, false, context)
    }

    /// Makes a wanted state into what is stored: the parts that clients can't change are carried over, admission and
    /// validation have their say, and an object without reason to stay goes. `applied`: the state comes from an apply and
    /// has its managers already.
    pub(super) fn new_state(
        &mut self,
        op: &mut Operation,
        mut value: Value,
        current: &Object,
        applied: bool,
        context: &mut Context<'_>,
    ) -> Result<Outcome> {
        let resource = self.resources.get(op.resource).clone();
        let wanted = value.str_at(&["metadata", "resourceVersion"]).cloned().unwrap_or_default();
        let now = current.value().str_at(&["metadata", "resourceVersion"]).cloned().unwrap_or_default();
        if wanted.is_empty() || wanted == "0" {
            if !resource.strategy.unconditional_update {
                let error =
                    FieldError::invalid("metadata.resourceVersion", 0, "must be specified for an update");
                return Err(Failure::field(&resource, &op.name, error));
            }
        } else if wanted != now {
            return Err(Failure::modified(&resource, &op.name));
        }
        check_uid(&resource, op, &value, current)?;

        let managers = if applied { value.at(&["metadata", "managedFields"]).cloned() } else { None };
        self.carry_over(op, &resource, &mut value, current);
        if op.subresource != "status" {
            rules::defaults(&resource, &mut value);
        }
        // What the server hands out (addresses, ports) has no manager; what it refuses to change was not changed.
        let hands_out = resource.strategy.special == Special::Service;
        if !hands_out {
            self.prepare_update(op, &resource, &mut value, current)?;
        }
        match managers {
            Some(managers) => value.set(&["metadata", "managedFields"], managers),
            None if applied => drop(value.remove(&["metadata", "managedFields"])),
            None => managers::updated(
                &mut self.known,
                op,
                &resource,
                Some(current.value()),
                &mut value,
                context.now,
            ),
        }
        if hands_out {
            self.prepare_update(op, &resource, &mut value, current)?;
        }
        if op.subresource.is_empty() {
            self.admit(op, &mut value, Attributes { resource: &resource, previous: Some(current) }, context)?;
        }
        if let Err(failure) = rules::validate_update(&resource, op, &value, current.value()) {
            self.give_back(&resource, Some(current.value()), &value);
            return Err(failure);
        }
        if resource.strategy.generation && op.subresource != "status" && spec_differs(&value, current.value())
        {
            let generation = current.value().int_at(&["metadata", "generation"]).unwrap_or(0) + 1;
            value.set(&["metadata", "generation"], generation);
        }
        if may_go(&resource, &value) {
            return Ok(Outcome::Remove(value));
        }
        if api::managed::same_but_times(current.value(), &value) {
            return Ok(Outcome::Unchanged);
        }
        Ok(Outcome::Write(value))
    }

    /// Copies into a new state what the client may not, or did not mean to, change.
    fn carry_over(
        &self,
        op: &Operation,
        resource: &crate::registry::Resource,
        value: &mut Value,
        current: &Object,
    ) {
        let old = current.value();
        if op.subresource == "status" {
            // Only the status counts, and for a few kinds labels and annotations.
            let mut state = old.clone();
            match value.get("status") {
                Some(status) => state.set(&["status"], status.clone()),
                None => {
                    state.remove(&["status"]);
                }
            }
            if resource.strategy.status_takes_metadata {
                for field in ["labels", "annotations"] {
                    copy(&mut state, value, &["metadata", field]);
                }
            }
            *value = state;
            return;
        }
        for field in [
            "uid",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation",
            "resourceVersion",
            "generateName",
        ] {
            copy(value, old, &["metadata", field]);
        }
        value.remove(&["metadata", "selfLink"]);
        if resource.strategy.has_status {
            copy(value, old, &["status"]);
        }
    }
}

/// Makes `to` like `from` at a path, copying nothing when they agree.
pub(crate) fn copy(to: &mut Value, from: &Value, path: &[&str]) {
    match (from.at(path), to.at(path)) {
        (Some(theirs), Some(ours)) if theirs.same(ours) => {}
        (Some(theirs), _) => {
            let theirs = theirs.clone();
            to.set(path, theirs);
        }
        (None, Some(_)) => {
            to.remove(path);
        }
        (None, None) => {}
    }
}

fn check_uid(
    resource: &crate::registry::Resource,
    op: &Operation,
    value: &Value,
    current: &Object,
) -> Result<()> {
    let wanted = value.str_at(&["metadata", "uid"]).map_or("", |uid| uid.as_str());
    let uid = current.uid().0;
    if !wanted.is_empty() && wanted != uid {
        let why = format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid}");
        return Err(Failure::conflict(resource, &op.name, &why));
    }
    Ok(())
}

/// True when something other than metadata and status differs.
fn spec_differs(new: &Value, old: &Value) -> bool {
    fn parts(value: &Value) -> impl Iterator<Item = (&Str, &Value)> {
        let fields = value.as_map().into_iter().flat_map(Map::iter);
        fields.filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status" | "kind" | "apiVersion"))
    }
    let mut old = parts(old);
    let differs = |((a, x), (b, y)): ((&Str, &Value), (&Str, &Value))| a != b || !(x.same(y) || x == y);
    parts(new).any(|part| old.next().is_none_or(|other| differs((part, other)))) || old.next().is_some()
}

/// True for an object that only waited for its finalizers, and they are gone.
fn may_go(resource: &crate::registry::Resource, value: &Value) -> bool {
    value.str_at(&["metadata", "deletionTimestamp"]).is_some()
        && value.items_at(&["metadata", "finalizers"]).is_empty()
        && value.int_at(&["metadata", "deletionGracePeriodSeconds"]).unwrap_or(0) == 0
        && (!resource.is_namespace() || value.items_at(&["spec", "finalizers"]).is_empty())
}
