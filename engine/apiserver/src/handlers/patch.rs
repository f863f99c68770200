//! `PATCH`: a part of a new state.

use api::validate::FieldError;
use api::{Object, Value};

use super::{Change, Outcome, managers, subresources};
use crate::failure::{Failure, Result};
use crate::operation::{Next, Operation};
use crate::registry::Resource;
use crate::{ApiServer, Context, negotiate, rules};

/// How a patch is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum PatchKind {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' own: lists are merged by key.
    Strategic,
    /// Server-side apply.
    Apply,
}

const TYPES: [&str; 4] = [
    api::patch::JSON_PATCH,
    api::patch::MERGE_PATCH,
    api::patch::STRATEGIC_MERGE_PATCH,
    api::patch::APPLY_PATCH,
];

impl ApiServer {
    pub(super) fn patch(&mut self, op: &mut Operation, context: &mut Context<'_>) -> Result<Next> {
        let content_type = op.request.header_value("content-type").map_or("", |text| text.as_str());
        let kind = match content_type.split(';').next().unwrap_or("").trim() {
            api::patch::JSON_PATCH => PatchKind::Json,
            api::patch::MERGE_PATCH => PatchKind::Merge,
            api::patch::STRATEGIC_MERGE_PATCH => PatchKind::Strategic,
            api::patch::APPLY_PATCH => PatchKind::Apply,
            _ => return Err(Failure::unsupported_media_type(&TYPES)),
        };
        let body = match kind {
            PatchKind::Apply => negotiate::body(&op.request).map_err(|failure| {
                Failure::bad_request(format!("error decoding YAML: {}", failure.message()))
            })?,
            _ => negotiate::body(&op.request)?,
        };
        let patch = body.ok_or_else(|| Failure::bad_request("the patch is empty"))?;
        if kind == PatchKind::Apply && patch.as_map().is_none() {
            return Err(Failure::bad_request(format!(
                "error decoding YAML: error unmarshaling JSON: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                patch.type_name()
            )));
        }
        self.change(op, Change::Patch(kind, patch), context)
    }

    /// An apply to what does not exist creates it.
    pub(super) fn create_applied(
        &mut self,
        op: &mut Operation,
        config: &Value,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let resource = self.resources.get(op.resource).clone();
        let text = |field| config.str_at(&["metadata", field]).cloned().unwrap_or_default();
        let (name, uid) = (text("name"), text("uid"));
        if !uid.is_empty() {
            let why = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            return Err(Failure::conflict(&resource, &op.name, &why));
        }
        if name.is_empty() {
            let error = FieldError::required("metadata.name", "name or generateName is required");
            return Err(Failure::field(&resource, "", error));
        }
        if name != op.name {
            return Err(Failure::bad_request(format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                op.name
            )));
        }
        let object = managers::applied(op, &resource, config, None, context.now)?;
        self.create_object(op, object, context)
    }

    pub(super) fn patch_outcome(
        &mut self,
        op: &mut Operation,
        kind: PatchKind,
        patch: &Value,
        current: &Object,
        context: &mut Context<'_>,
    ) -> Result<Outcome> {
        let resource = self.resources.get(op.resource).clone();
        if kind == PatchKind::Apply {
            let value = managers::applied(op, &resource, patch, Some(current), context.now)?;
            if op.subresource.is_empty() {
                check_name(&resource, op, &value)?;
            }
            return self.new_state(op, value, current, true, context);
        }
        if op.subresource == "scale" {
            let scale = rules::patch(&resource, op, kind, &subresources::scale_of(current), patch)?;
            let scaled = subresources::scaled(&resource, op, &scale, current)?;
            return self.new_state(op, scaled, current, false, context);
        }
        let value = rules::patch(&resource, op, kind, current.value(), patch)?;
        if value.as_map().is_none() {
            return Err(Failure::bad_request("the patch makes something else than an object of it"));
        }
        rules::check_patched(op, &resource, kind, patch, &value, current.value())?;
        check_name(&resource, op, &value)?;
        self.new_state(op, value, current, false, context)
    }
}

fn check_name(resource: &Resource, op: &Operation, value: &Value) -> Result<()> {
    let name = value.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
    if name != op.name {
        let error = FieldError::invalid("metadata.name", name, "field is immutable");
        return Err(Failure::field(resource, &op.name, error));
    }
    Ok(())
}
