//! Where the server meets the rules of `api`: schema, defaults, validation, patches, tables.

use api::http::Body;
use api::validate::{self, FieldError};
use api::{Object, Str, Value, patch, schema};
use sim::SimTime;

use crate::failure::{Failure, Result};
use crate::handlers::PatchKind;
use crate::negotiate::{self, Include};
use crate::operation::Operation;
use crate::registry::Resource;
use crate::request_info::Verb;

/// What the client wants to hear about fields that don't exist (`fieldValidation`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum FieldValidation {
    Ignore,
    Warn,
    Strict,
}

fn field_validation(op: &Operation) -> Result<FieldValidation> {
    match op.request.parameter("fieldValidation").map(|text| text.as_str()) {
        Some("Ignore") => Ok(FieldValidation::Ignore),
        Some("Strict") => Ok(FieldValidation::Strict),
        Some("Warn" | "") | None => Ok(FieldValidation::Warn),
        Some(other) => Err(Failure::bad_request(format!(
            "fieldValidation: Unsupported value: {other:?}: supported values: \"Ignore\", \"Strict\", \"Warn\""
        ))),
    }
}

/// Checks types, and as the client asks for it, names of fields. What is shared with `trusted`, a state that was
/// checked before, is not looked at again.
pub(crate) fn check_fields(
    op: &mut Operation,
    resource: &Resource,
    object: &Value,
    trusted: Option<&Value>,
) -> Result<()> {
    let validation = field_validation(op)?;
    let Some(definition) = resource.definition else { return Ok(()) };
    let problems = schema::check_changed(definition, object, trusted);
    let duplicates = match &op.request.body {
        Body::Bytes(bytes) if validation != FieldValidation::Ignore => {
            // In YAML they are errors anyway.
            if negotiate::is_yaml(&op.request) { Vec::new() } else { api::json::duplicates(bytes) }
        }
        _ => Vec::new(),
    };
    let strict = validation == FieldValidation::Strict;
    if let Some(message) = schema::strict_error(object, &problems, &duplicates, strict) {
        return Err(Failure::bad_request(message));
    }
    if validation == FieldValidation::Warn {
        op.warnings.clear();
        op.warnings.extend(duplicates.iter().map(|path| Str::from(format!("duplicate field {path:?}"))));
        op.warnings.extend(problems.iter().map(|problem| Str::from(problem.to_string())));
    }
    Ok(())
}

/// Checks what a patch made of an object. Kubernetes says it as an invalid value of the patch.
pub(crate) fn check_patched(
    op: &mut Operation,
    resource: &Resource,
    kind: PatchKind,
    patch: &Value,
    patched: &Value,
    trusted: &Value,
) -> Result<()> {
    let validation = field_validation(op)?;
    let Some(definition) = resource.definition else { return Ok(()) };
    let problems = schema::check_changed(definition, patched, Some(trusted));
    if problems.is_empty() {
        return Ok(());
    }
    let shown = || match kind {
        PatchKind::Strategic => api::managed::go_text(patch),
        _ => api::json::write(patched),
    };
    if let Some(mistyped) = problems.iter().find(|problem| !problem.is_unknown()) {
        return Err(api::status::invalid_patch(&shown(), &mistyped.to_string()).into());
    }
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    match validation {
        FieldValidation::Ignore => {}
        FieldValidation::Warn => op.warnings = texts.into_iter().map(Str::from).collect(),
        FieldValidation::Strict => {
            let why = format!("strict decoding error: {}", texts.join(", "));
            return Err(api::status::invalid_patch(&shown(), &why).into());
        }
    }
    Ok(())
}

/// Puts an object where its URL says: namespace and name agree, or are filled in.
pub(crate) fn place(op: &mut Operation, resource: &Resource, object: &mut Value) -> Result<()> {
    let text = |field| object.str_at(&["metadata", field]).cloned().unwrap_or_default();
    let (namespace, name, base) = (text("namespace"), text("name"), text("generateName"));
    if resource.namespaced {
        if namespace.is_empty() {
            object.set(&["metadata", "namespace"], &op.namespace);
        } else if namespace != op.namespace {
            return Err(Failure::bad_request(format!(
                "the namespace of the provided object does not match the namespace sent on the request ({namespace} != {})",
                op.namespace
            )));
        }
    } else if !namespace.is_empty() {
        return Err(Failure::bad_request("namespace may not be set on cluster-scoped objects".to_owned()));
    }
    if op.verb == Verb::Create && op.name.is_empty() {
        op.name = name.clone();
    }
    if name.is_empty() && op.name.is_empty() && base.is_empty() {
        let error = FieldError::required("metadata.name", "name or generateName is required");
        return Err(Failure::field(resource, "", error));
    }
    Ok(())
}

/// Drops what an object can't have and fills in what it must have.
pub(crate) fn defaults(resource: &Resource, object: &mut Value) {
    if let Some(definition) = resource.definition {
        schema::normalize_as(definition, object);
    }
    api::defaults::apply(resource, object);
}

/// All that is wrong with a new object.
pub(crate) fn validate_create(resource: &Resource, op: &Operation, object: &Value) -> Result<()> {
    refuse(resource, op, &validate::create(resource, object))
}

/// All that is wrong with a new state.
pub(crate) fn validate_update(resource: &Resource, op: &Operation, new: &Value, old: &Value) -> Result<()> {
    let errors = match op.subresource.as_str() {
        "status" => validate::update_status(new, old),
        _ => validate::update(resource, new, old),
    };
    refuse(resource, op, &errors)
}

fn refuse(resource: &Resource, op: &Operation, errors: &[FieldError]) -> Result<()> {
    if errors.is_empty() { Ok(()) } else { Err(Failure::invalid(resource, &op.name, errors)) }
}

/// Applies a patch.
pub(crate) fn patch(
    resource: &Resource,
    op: &Operation,
    kind: PatchKind,
    target: &Value,
    patch: &Value,
) -> Result<Value> {
    match kind {
        PatchKind::Json => patch::json(target, patch).map_err(json_refused),
        PatchKind::Merge if patch.as_map().is_none() => Err(Failure::bad_request("Invalid JSON Patch")),
        PatchKind::Merge => Ok(patch::merge(target, patch)),
        PatchKind::Strategic => {
            let definition = match op.subresource.as_str() {
                "scale" => schema::definition("autoscaling", "v1", "Scale"),
                _ => resource.definition,
            };
            let definition = definition
                .ok_or_else(|| Failure::unsupported_media_type(&[patch::JSON_PATCH, patch::MERGE_PATCH]))?;
            if patch.as_map().is_none() {
                return Err(Failure::bad_request("invalid JSON document"));
            }
            patch::strategic(definition, target, patch).map_err(strategic_refused)
        }
        // The managers decide: `handlers::managers`.
        PatchKind::Apply => Ok(target.clone()),
    }
}

/// Kubernetes has no words of its own for most of these.
fn strategic_refused(why: String) -> Failure {
    match why.as_str() {
        patch::BAD_ORDER | patch::BAD_RETAIN_KEYS | "invalid patch format of primitive list" => {
            Failure::bad_request(why)
        }
        patch::NO_LISTS_OF_LISTS => api::status::patch_failed().into(),
        _ => api::status::unknown(why).into(),
    }
}

fn json_refused(error: patch::JsonPatchError) -> Failure {
    match error {
        patch::JsonPatchError::Malformed(why) => Failure::bad_request(why),
        patch::JsonPatchError::TooMany(why) => api::status::too_large(&why).into(),
        patch::JsonPatchError::Failed(_) => api::status::patch_failed().into(),
    }
}

/// Reads a YAML body of one document.
pub(crate) fn yaml(bytes: &[u8]) -> std::result::Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    api::yaml::read_one(text).map_err(|error| error.to_string())
}

/// Objects as a table, with or without the definitions of its columns.
pub(crate) fn table(
    resource: &Resource,
    objects: &[Object],
    include: Include,
    columns: bool,
    now: SimTime,
) -> Value {
    let include = match include {
        Include::None => api::table::Include::None,
        Include::Metadata => api::table::Include::Metadata,
        Include::Object => api::table::Include::Object,
    };
    let mut table = api::table::render(resource, objects, now, include);
    if !columns {
        table.set(&["columnDefinitions"], Value::Null);
    }
    table
}
