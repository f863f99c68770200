//! What a write may say about itself in its query (`CreateOptions`, `UpdateOptions`, `PatchOptions`, `DeleteOptions`).

use api::validate::FieldError;
use api::{Str, Value};

use crate::failure::Result;
use crate::operation::Operation;
use crate::request_info::Verb;

/// The longest name of a field manager, in bytes.
const MANAGER_BYTES_MAX: usize = 128;

/// Checks the options of a write, all at once.
///
/// # Errors
///
/// 422, as the API server says it: `PatchOptions.meta.k8s.io "" is invalid: ...`.
pub(super) fn check(op: &Operation) -> Result<()> {
    let kind = match op.verb {
        Verb::Create => "CreateOptions",
        Verb::Update => "UpdateOptions",
        Verb::Patch => "PatchOptions",
        Verb::Delete | Verb::DeleteCollection => "DeleteOptions",
        Verb::Get | Verb::List | Verb::Watch => return Ok(()),
    };
    let given = |name: &str| op.request.parameter(name).map_or("", |text| text.as_str());
    let mut errors = Vec::new();
    if op.verb == Verb::Patch {
        if is_apply(op) {
            if given("fieldManager").is_empty() {
                errors.push(FieldError::required("fieldManager", "is required for apply patch"));
            }
        } else if op.request.parameter("force").is_some() {
            errors.push(FieldError::forbidden("force", "may not be specified for non-apply patch"));
        }
    }
    errors.extend(manager_errors(given("fieldManager")));
    let dry_run: Vec<&Str> =
        op.request.query.iter().filter(|(name, _)| name == "dryRun").map(|(_, value)| value).collect();
    if dry_run.iter().any(|value| !matches!(value.as_str(), "All" | "")) {
        errors.push(dry_run_error(dry_run.iter().map(|value| value.as_str())));
    }
    if !matches!(given("fieldValidation"), "" | "Ignore" | "Warn" | "Strict") {
        let supported = ["", "Ignore", "Strict", "Warn"];
        errors.push(FieldError::not_supported("fieldValidation", given("fieldValidation"), &supported));
    }
    refuse(kind, &errors)
}

/// True when the body is an applied configuration.
pub(super) fn is_apply(op: &Operation) -> bool {
    let content_type = op.request.header_value("content-type").map_or("", |text| text.as_str());
    content_type.split(';').next().unwrap_or("").trim() == api::patch::APPLY_PATCH
}

/// 422 with these errors, when there are any.
pub(super) fn refuse(kind: &str, errors: &[FieldError]) -> Result<()> {
    if errors.is_empty() { Ok(()) } else { Err(api::status::invalid_options(kind, errors).into()) }
}

/// What `dryRun` is refused with.
pub(super) fn dry_run_error<'a>(values: impl Iterator<Item = &'a str>) -> FieldError {
    let shown: Vec<String> = values.map(|value| format!("{value:?}")).collect();
    FieldError::go("dryRun", format!("[]string{{{}}}", shown.join(", ")), &["All"])
}

fn manager_errors(manager: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if manager.len() > MANAGER_BYTES_MAX {
        errors.push(FieldError::too_long("fieldManager", MANAGER_BYTES_MAX));
    }
    for (at, c) in manager.char_indices().filter(|(_, c)| c.is_control()) {
        let why = format!("invalid character U+{:04X} (at position {at})", u32::from(c));
        errors.push(FieldError::invalid("fieldManager", Value::from(manager), why));
    }
    errors
}
