//! What a request is refused with: a `Status` body, in Kubernetes' words, and its code.

use api::validate::FieldError;
use api::{Value, object, status};

use crate::registry::Resource;

/// A refusal.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Failure {
    /// The HTTP status code.
    pub code: u16,
    /// The `Status`.
    pub body: Value,
}

/// What most steps of a request return.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl From<Value> for Failure {
    /// A `Status` from [`api::status`].
    fn from(body: Value) -> Failure {
        let code = body.int_at(&["code"]).and_then(|code| u16::try_from(code).ok()).unwrap_or(500);
        Failure { code, body }
    }
}

impl Failure {
    /// Any failure.
    pub fn new(code: u16, reason: &str, message: impl Into<String>) -> Failure {
        Failure::from(status::failure(i64::from(code), reason, message))
    }

    /// With `details` naming an object.
    pub fn about(mut self, resource: &Resource, name: &str) -> Failure {
        for (field, text) in [("name", name), ("group", &resource.group), ("kind", &resource.resource)] {
            if !text.is_empty() {
                self.body.set(&["details", field], text);
            }
        }
        self
    }

    /// With one cause.
    pub fn cause(mut self, reason: &str, message: &str) -> Failure {
        let cause = object! { "reason": reason, "message": message };
        self.body.entry(&["details", "causes"]).make_list().push(cause);
        self
    }

    /// With a hint when to try again.
    pub fn retry_after(mut self, seconds: i64) -> Failure {
        self.body.set(&["details", "retryAfterSeconds"], seconds);
        self
    }

    /// The message.
    pub fn message(&self) -> &str {
        self.body.str_at(&["message"]).map_or("", |s| s.as_str())
    }

    /// 400: the request makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Failure {
        status::bad_request(message).into()
    }

    /// 401.
    pub fn unauthorized() -> Failure {
        status::unauthorized().into()
    }

    /// 403.
    pub fn forbidden(resource: &Resource, name: &str, why: &str) -> Failure {
        status::forbidden(resource, name, why).into()
    }

    /// 404: there is no such path.
    pub fn no_such_path() -> Failure {
        status::no_such_path().into()
    }

    /// 404: there is no such object.
    pub fn not_found(resource: &Resource, name: &str) -> Failure {
        status::not_found(resource, name).into()
    }

    /// 405: there is the path, but not this verb.
    pub fn no_such_verb() -> Failure {
        Failure::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )
    }

    /// 406.
    pub fn not_acceptable() -> Failure {
        status::not_acceptable(&["application/json", "application/yaml"]).into()
    }

    /// 409: the object is there already.
    pub fn already_exists(resource: &Resource, name: &str) -> Failure {
        status::already_exists(resource, name).into()
    }

    /// 409: somebody was quicker, or a precondition does not hold.
    pub fn conflict(resource: &Resource, name: &str, why: &str) -> Failure {
        status::conflict(resource, name, why).into()
    }

    /// 409: the resourceVersion that the client read is no longer the current one.
    pub fn modified(resource: &Resource, name: &str) -> Failure {
        status::modified(resource, name).into()
    }

    /// 410: history that old is gone.
    pub fn expired(message: impl Into<String>) -> Failure {
        status::expired(message).into()
    }

    /// 413.
    pub fn too_large(limit: u64) -> Failure {
        status::too_large(&format!("limit is {limit}")).into()
    }

    /// 415.
    pub fn unsupported_media_type(accepted: &[&str]) -> Failure {
        status::unsupported_media_type(accepted).into()
    }

    /// 422: fields are invalid.
    pub fn invalid(resource: &Resource, name: &str, errors: &[FieldError]) -> Failure {
        status::invalid(resource, name, errors).into()
    }

    /// 422 for one field with a value.
    pub fn field(resource: &Resource, name: &str, error: FieldError) -> Failure {
        Failure::invalid(resource, name, &[error])
    }

    /// 500.
    pub fn internal(why: &str) -> Failure {
        status::internal(why).into()
    }

    /// 500 for what etcd said.
    pub fn etcd(message: &str) -> Failure {
        let mut failure = Failure::new(500, "", message);
        failure.body.remove(&["reason"]);
        failure
    }

    /// 504.
    pub fn timeout(why: &str) -> Failure {
        status::timeout(why).into()
    }
}
