//! `PATCH`: a part of a new state.

use api::validate::FieldError;
use api::{Object, Value};

use super::{Change, Outcome, subresources};
use crate::failure::{Failure, Result};
use crate::operation::{Next, Operation};
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
}

const TYPES: [&str; 3] = [api::patch::JSON_PATCH, api::patch::MERGE_PATCH, api::patch::STRATEGIC_MERGE_PATCH];

impl ApiServer {
    pub(super) fn patch(&mut self, op: &mut Operation, context: &mut Context<'_>) -> Result<Next> {
        let content_type = op.request.header_value("content-type").map_or("", |text| text.as_str());
        let kind = match content_type.split(';').next().unwrap_or("").trim() {
            api::patch::JSON_PATCH => PatchKind::Json,
            api::patch::MERGE_PATCH => PatchKind::Merge,
            api::patch::STRATEGIC_MERGE_PATCH => PatchKind::Strategic,
            _ => return Err(Failure::unsupported_media_type(&TYPES)),
        };
        let body = negotiate::body(&op.request)?;
        let patch = body.ok_or_else(|| Failure::bad_request("the patch is empty"))?;
        self.change(op, Change::Patch(kind, patch), context)
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
        if op.subresource == "scale" {
            let scale = rules::patch(&resource, op, kind, &subresources::scale_of(current), patch)?;
            let scaled = subresources::scaled(&resource, op, &scale, current)?;
            return self.new_state(op, scaled, current, context);
        }
        let value = rules::patch(&resource, op, kind, current.value(), patch)?;
        if value.as_map().is_none() {
            return Err(Failure::bad_request("the patch makes something else than an object of it"));
        }
        rules::check_fields(op, &resource, &value)?;
        let name = value.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
        if name != op.name {
            let error = FieldError::invalid("metadata.name", name, "field is immutable");
            return Err(Failure::field(&resource, &op.name, error));
        }
        self.new_state(op, value, current, context)
    }
}
