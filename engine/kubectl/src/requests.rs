//! Requests with the queries and headers that a real kubectl sends (recorded from 1.34).

use api::http::{Method, Request};
use api::{Str, Value, literal};

use crate::resource::Resource;

/// Asks for rows, and takes objects from servers that have none.
pub const TABLE: Str = literal!(
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
);
/// Asks for objects.
pub const JSON: Str = literal!("application/json");
/// How many objects kubectl asks for at a time.
pub const CHUNK: u32 = 500;

/// The content type of a kind of patch.
pub const STRATEGIC: Str = literal!("application/strategic-merge-patch+json");
/// JSON merge patch (RFC 7386).
pub const MERGE: Str = literal!("application/merge-patch+json");
/// JSON patch (RFC 6902).
pub const JSON_PATCH: Str = literal!("application/json-patch+json");
/// Server-side apply.
pub const APPLY: Str = literal!("application/apply-patch+yaml");

/// Which objects of a collection.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Selectors {
    /// `labelSelector`.
    pub labels: Option<Str>,
    /// `fieldSelector`.
    pub fields: Option<Str>,
}

impl Selectors {
    /// By fields alone.
    pub fn fields(text: impl Into<Str>) -> Selectors {
        Selectors { labels: None, fields: Some(text.into()) }
    }

    /// By labels alone.
    pub fn labels(text: impl Into<Str>) -> Selectors {
        Selectors { labels: Some(text.into()), fields: None }
    }

    /// True when everything is selected.
    pub fn is_empty(&self) -> bool {
        self.labels.is_none() && self.fields.is_none()
    }

    fn add(&self, mut request: Request) -> Request {
        if let Some(fields) = &self.fields {
            request = request.query("fieldSelector", fields.clone());
        }
        if let Some(labels) = &self.labels {
            request = request.query("labelSelector", labels.clone());
        }
        request
    }
}

/// GET of one object or of anything else.
pub fn get(path: impl Into<Str>) -> Request {
    Request::new(Method::Get, path).header("accept", JSON)
}

/// GET of a collection, its first chunk.
pub fn list(resource: &Resource, namespace: &str, selectors: &Selectors, accept: Str) -> Request {
    let request = Request::new(Method::Get, resource.collection(namespace)).header("accept", accept);
    selectors.add(request).query("limit", CHUNK.to_string())
}

/// Watches a collection from a revision.
pub fn watch(
    resource: &Resource,
    namespace: &str,
    selectors: &Selectors,
    accept: Str,
    revision: &str,
) -> Request {
    let request = Request::new(Method::Get, resource.collection(namespace)).header("accept", accept);
    selectors.add(request).query("resourceVersion", revision).query("watch", "true")
}

/// POST to a collection.
pub fn create(path: impl Into<Str>, manager: &str, body: Value) -> Request {
    body_request(Method::Post, path, body)
        .header("content-type", JSON)
        .query("fieldManager", manager)
        .query("fieldValidation", "Strict")
}

/// PATCH of an object.
pub fn patch(path: impl Into<Str>, content_type: Str, manager: &str, body: Value) -> Request {
    let request = body_request(Method::Patch, path, body).header("content-type", content_type);
    if manager.is_empty() { request } else { request.query("fieldManager", manager) }
}

/// PUT of an object.
pub fn replace(path: impl Into<Str>, manager: &str, body: Value) -> Request {
    body_request(Method::Put, path, body)
        .header("content-type", JSON)
        .query("fieldManager", manager)
        .query("fieldValidation", "Strict")
}

/// DELETE with options.
pub fn delete(path: impl Into<Str>, options: Value) -> Request {
    body_request(Method::Delete, path, options).header("content-type", JSON)
}

fn body_request(method: Method, path: impl Into<Str>, body: Value) -> Request {
    Request::new(method, path).header("accept", JSON).body(body)
}
