//! `Status` bodies, with Kubernetes' own texts (`k8s.io/apimachinery/pkg/api/errors`).
//!
//! Each function gives the tree; [`response`] puts it into a response with its code.

use crate::http::Response;
use crate::kinds::KindInfo;
use crate::validate::FieldError;
use crate::{Value, object};

/// What optimistic locking says.
pub const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// A response with a `Status` body and the code that stands in it (200 when there is none).
pub fn response(status: Value) -> Response {
    let code = status.int_at(&["code"]).and_then(|code| u16::try_from(code).ok()).unwrap_or(200);
    Response::tree(code, status)
}

/// A failure with any reason and code.
pub fn failure(code: i64, reason: &str, message: impl Into<String>) -> Value {
    object!({
        "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure",
        "message": message.into(), "reason": reason, "code": code,
    })
}

fn about(mut status: Value, name: &str, group: &str, kind: &str) -> Value {
    let mut details = Value::map();
    for (field, text) in [("name", name), ("group", group), ("kind", kind)] {
        if !text.is_empty() {
            details.set(&[field], text);
        }
    }
    status.set(&["details"], details);
    status
}

fn resource_failure(code: i64, reason: &str, kind: &KindInfo, name: &str, message: String) -> Value {
    about(failure(code, reason, message), name, &kind.group, &kind.resource)
}

/// 404: `pods "x" not found`.
pub fn not_found(kind: &KindInfo, name: &str) -> Value {
    resource_failure(404, "NotFound", kind, name, format!("{} {name:?} not found", kind.group_resource()))
}

/// 404 for a path that leads nowhere.
pub fn no_such_path() -> Value {
    about(failure(404, "NotFound", "the server could not find the requested resource"), "", "", "")
}

/// 409: `pods "x" already exists`.
pub fn already_exists(kind: &KindInfo, name: &str) -> Value {
    resource_failure(
        409,
        "AlreadyExists",
        kind,
        name,
        format!("{} {name:?} already exists", kind.group_resource()),
    )
}

/// 409: `Operation cannot be fulfilled on deployments.apps "web": <why>`.
pub fn conflict(kind: &KindInfo, name: &str, why: &str) -> Value {
    let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", kind.group_resource());
    resource_failure(409, "Conflict", kind, name, message)
}

/// 409 for an update with an old `resourceVersion`.
pub fn modified(kind: &KindInfo, name: &str) -> Value {
    conflict(kind, name, MODIFIED)
}

/// 403: `pods "x" is forbidden: <why>`; without a name: `pods is forbidden: <why>`.
pub fn forbidden(kind: &KindInfo, name: &str, why: &str) -> Value {
    let resource = kind.group_resource();
    let message = if name.is_empty() {
        format!("{resource} is forbidden: {why}")
    } else {
        format!("{resource} {name:?} is forbidden: {why}")
    };
    resource_failure(403, "Forbidden", kind, name, message)
}

/// 422: `Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be ...`, with a cause an error.
pub fn invalid(kind: &KindInfo, name: &str, errors: &[FieldError]) -> Value {
    invalid_of(&kind.group_kind(), name, &kind.group, &kind.kind, errors)
}

/// 422 for the options of a request: `PatchOptions.meta.k8s.io "" is invalid: ...`.
pub fn invalid_options(kind: &str, errors: &[FieldError]) -> Value {
    invalid_of(&format!("{kind}.meta.k8s.io"), "", "meta.k8s.io", kind, errors)
}

/// 422 for a patch that does not lead to an object of the kind: ` "" is invalid: patch: Invalid value: ...`.
pub fn invalid_patch(patch: &str, why: &str) -> Value {
    invalid_of("", "", "", "", &[FieldError::invalid("patch", patch, why)])
}

/// 422 in the words that stand for any failure of a patch.
pub fn patch_failed() -> Value {
    about(
        failure(422, "Invalid", "the server rejected our request due to an error in our request"),
        "",
        "",
        "",
    )
}

/// 500 without a reason: what the API server says of errors that it has no words of its own for.
pub fn unknown(message: impl Into<String>) -> Value {
    let mut status = failure(500, "", message);
    status.remove(&["reason"]);
    status
}

/// 409 for an apply: a cause for each field, with `Conflict`'s words.
pub fn apply_conflict(message: impl Into<String>, causes: Vec<(String, String)>) -> Value {
    let mut status = failure(409, "Conflict", message);
    let causes = causes.into_iter().map(
        |(message, field)| object!({"reason": "FieldManagerConflict", "message": message, "field": field}),
    );
    status.set(&["details", "causes"], causes.collect::<Vec<Value>>());
    status
}

/// 409 when each generated name was taken.
pub fn names_taken(kind: &KindInfo, name: &str) -> Value {
    let message = format!(
        "{} {name:?} already exists, the server was not able to generate a unique name for the object",
        kind.group_resource()
    );
    let mut status = resource_failure(409, "AlreadyExists", kind, name, message);
    status.set(&["details", "retryAfterSeconds"], 1);
    status
}

fn invalid_of(group_kind: &str, name: &str, group: &str, kind: &str, errors: &[FieldError]) -> Value {
    let mut texts: Vec<String> = Vec::new();
    for error in errors {
        let text = error.to_string();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let list = if texts.len() == 1 { texts.remove(0) } else { format!("[{}]", texts.join(", ")) };
    let message = format!("{group_kind} {name:?} is invalid: {list}");
    let mut status = about(failure(422, "Invalid", message), name, group, kind);
    let causes = errors.iter().map(
        |error| object!({"reason": error.reason(), "message": error.body(), "field": error.field.as_str()}),
    );
    status.set(&["details", "causes"], causes.collect::<Vec<Value>>());
    status
}

/// 400.
pub fn bad_request(message: impl Into<String>) -> Value {
    failure(400, "BadRequest", message)
}

/// 401.
pub fn unauthorized() -> Value {
    failure(401, "Unauthorized", "Unauthorized")
}

/// 405: `delete is not supported on resources of kind "pods"`.
pub fn method_not_allowed(kind: &KindInfo, verb: &str) -> Value {
    let message = format!("{verb} is not supported on resources of kind {:?}", kind.group_resource());
    resource_failure(405, "MethodNotAllowed", kind, "", message)
}

/// 406.
pub fn not_acceptable(accepted: &[&str]) -> Value {
    let message = format!("only the following media types are accepted: {}", accepted.join(", "));
    failure(406, "NotAcceptable", message)
}

/// 410: the revision asked for is compacted or too old.
pub fn expired(message: impl Into<String>) -> Value {
    failure(410, "Expired", message)
}

/// 410 for a watch or list from a revision that is gone: `too old resource version: 5 (9)`.
pub fn too_old(asked: crate::Revision, oldest: crate::Revision) -> Value {
    expired(format!("too old resource version: {asked} ({oldest})"))
}

/// 413.
pub fn too_large(why: &str) -> Value {
    failure(413, "RequestEntityTooLarge", format!("Request entity is too large: {why}"))
}

/// 415.
pub fn unsupported_media_type(accepted: &[&str]) -> Value {
    let accepted = accepted.join(", ");
    let message = format!(
        "the body of the request was in an unknown format - accepted media types include: {accepted}"
    );
    failure(415, "UnsupportedMediaType", message)
}

/// 429.
pub fn too_many_requests(message: impl Into<String>, retry_after_seconds: i64) -> Value {
    let mut status = failure(429, "TooManyRequests", message);
    status.set(&["details", "retryAfterSeconds"], retry_after_seconds);
    status
}

/// 429 for an eviction that a disruption budget does not allow.
pub fn disruption_budget(why: &str) -> Value {
    let mut status =
        failure(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.");
    let cause = object!({"reason": "DisruptionBudget", "message": why});
    status.set(&["details", "causes"], vec![cause]);
    status
}

/// 500.
pub fn internal(why: &str) -> Value {
    let mut status = failure(500, "InternalError", format!("Internal error occurred: {why}"));
    status.set(&["details", "causes"], vec![object!({"message": why})]);
    status
}

/// 504: the server gave up waiting.
pub fn timeout(why: &str) -> Value {
    failure(504, "Timeout", format!("Timeout: {why}"))
}

/// 500: the server asks for another try.
pub fn server_timeout(kind: &KindInfo, operation: &str, retry_after_seconds: i64) -> Value {
    let message = format!(
        "The {operation} operation against {} could not be completed at this time, please try again.",
        kind.group_resource()
    );
    let mut status = resource_failure(500, "ServerTimeout", kind, operation, message);
    status.set(&["details", "retryAfterSeconds"], retry_after_seconds);
    status
}

/// 503.
pub fn unavailable(message: impl Into<String>) -> Value {
    failure(503, "ServiceUnavailable", message)
}

/// Success, about an object that is gone.
pub fn deleted(kind: &KindInfo, name: &str, uid: &str) -> Value {
    let status = object!({"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Success"});
    let mut status = about(status, name, &kind.group, &kind.resource);
    status.set(&["details", "uid"], uid);
    status
}

/// True for a `Status` that says failure.
pub fn is_failure(value: &Value) -> bool {
    value.str_at(&["kind"]).is_some_and(|k| k == "Status")
        && value.str_at(&["status"]).is_some_and(|s| s == "Failure")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    #[test]
    fn texts() {
        let message = |status: Value| status.str_at(&["message"]).unwrap().to_string();
        assert_eq!(message(not_found(&kinds::PODS, "x")), "pods \"x\" not found");
        assert_eq!(
            message(modified(&kinds::DEPLOYMENTS, "web")),
            "Operation cannot be fulfilled on deployments.apps \"web\": the object has been modified; please apply your changes to the latest version and try again"
        );
        let errors = [FieldError::invalid("spec.replicas", -1, "must be greater than or equal to 0")];
        let status = invalid(&kinds::DEPLOYMENTS, "web", &errors);
        assert_eq!(
            status.at(&["details", "causes"]).unwrap().items()[0].str_at(&["reason"]).unwrap(),
            "FieldValueInvalid"
        );
        assert_eq!(response(status.clone()).status, 422);
        assert_eq!(
            message(status),
            "Deployment.apps \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"
        );
        let two = [FieldError::required("a", ""), FieldError::required("b", "why")];
        assert_eq!(
            message(invalid(&kinds::PODS, "p", &two)),
            "Pod \"p\" is invalid: [a: Required value, b: Required value: why]"
        );
    }
}
