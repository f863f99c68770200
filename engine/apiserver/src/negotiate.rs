//! What bodies mean and how answers are written: content types, lists, tables, metadata only.

use std::sync::Arc;

use api::http::{Body, Frame, Headers, Request, WatchEvent, WatchKind};
use api::{Object, Value, literal, object};
use sim::SimTime;

use crate::failure::{Failure, Result};
use crate::handlers::list_tree;
use crate::registry::Resource;

/// The largest body that is taken.
const BODY_BYTES_MAX: u64 = 3 * 1024 * 1024;

/// How objects are written in an answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) enum Form {
    /// As they are.
    #[default]
    Object,
    /// As rows of a `meta.k8s.io/v1 Table`.
    Table {
        /// How much of the object a row carries.
        include: Include,
        /// In a stream: the columns were sent already.
        headed: bool,
    },
    /// Only their metadata (`PartialObjectMetadata`).
    Metadata,
}

/// `includeObject` of a table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[allow(missing_docs)]
pub(crate) enum Include {
    #[default]
    Metadata,
    None,
    Object,
}

impl Form {
    /// The headers of a stream in this form.
    pub fn stream_headers(self) -> Headers {
        vec![(literal!("content-type"), literal!("application/json;stream=watch"))]
    }
}

/// The form that the client accepts first of those that the server can write.
pub(crate) fn accept(request: &Request) -> Result<Form> {
    let Some(header) = request.header_value("accept").filter(|text| !text.is_empty()) else {
        return Ok(Form::Object);
    };
    for range in header.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or("");
        if !matches!(
            media,
            "application/json" | "application/yaml" | "application/*" | "*/*" | "text/plain" | "text/*"
        ) {
            continue;
        }
        let parameter = |name: &str| {
            let mut found = range.split(';').map(str::trim).filter_map(|part| part.split_once('='));
            found.find(|(key, _)| *key == name).map_or("", |(_, value)| value)
        };
        let version = matches!(parameter("v"), "v1" | "") && matches!(parameter("g"), "meta.k8s.io" | "");
        match parameter("as") {
            "" => return Ok(Form::Object),
            "Table" if version => {
                let include = match request.parameter("includeObject").map(|text| text.as_str()) {
                    None | Some("" | "Metadata") => Include::Metadata,
                    Some("None") => Include::None,
                    Some("Object") => Include::Object,
                    Some(other) => {
                        return Err(Failure::bad_request(format!(
                            "unrecognized includeObject value: {other:?}"
                        )));
                    }
                };
                return Ok(Form::Table { include, headed: false });
            }
            "PartialObjectMetadata" | "PartialObjectMetadataList" if version => return Ok(Form::Metadata),
            _ => {}
        }
    }
    Err(Failure::not_acceptable())
}

/// The body as a tree; `None` when there is none.
pub(crate) fn body(request: &Request) -> Result<Option<Value>> {
    let bytes = match &request.body {
        Body::Empty => return Ok(None),
        Body::Tree(value) => return Ok(Some(value.clone())),
        Body::Object(object) => return Ok(Some(object.value().clone())),
        Body::Bytes(bytes) if bytes.is_empty() => return Ok(None),
        Body::Bytes(bytes) => bytes,
    };
    if bytes.len() as u64 > BODY_BYTES_MAX {
        return Err(Failure::too_large(BODY_BYTES_MAX));
    }
    match media_type(request) {
        _ if is_yaml(request) => crate::rules::yaml(bytes).map(Some).map_err(|why| unreadable(&why)),
        "" | "application/json" | "*/*" => {
            api::json::parse(bytes).map(Some).map_err(|e| unreadable(&e.message))
        }
        patch if patch.ends_with("+json") => {
            api::json::parse(bytes).map(Some).map_err(|e| unreadable(&e.message))
        }
        _ => Err(Failure::unsupported_media_type(&["application/json", "application/yaml"])),
    }
}

fn media_type(request: &Request) -> &str {
    let content_type = request.header_value("content-type").map_or("", |text| text.as_str());
    content_type.split(';').next().unwrap_or("").trim()
}

/// True when the body is YAML.
pub(crate) fn is_yaml(request: &Request) -> bool {
    matches!(media_type(request), "application/yaml" | "application/x-yaml" | "application/apply-patch+yaml")
}

fn unreadable(why: &str) -> Failure {
    Failure::bad_request(format!(
        "the object provided is unrecognized (must be of type the server knows): {why}"
    ))
}

/// The body as an object of a resource, with its kind and version.
pub(crate) fn object(request: &Request, resource: &Resource) -> Result<Value> {
    let mut value = body(request)?.ok_or_else(|| unreadable("the request has no body"))?;
    if value.as_map().is_none() {
        return Err(unreadable(&format!(
            "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value",
            value.type_name()
        )));
    }
    for name in ["kind", "apiVersion"] {
        if let Some(other) = value.get(name).filter(|v| !matches!(v, Value::Str(_) | Value::Null)) {
            return Err(unreadable(&format!(
                "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go struct field .{name} of type string",
                other.type_name()
            )));
        }
    }
    let text = |name| value.str_at(&[name]).cloned().unwrap_or_default();
    let (kind, version) = (text("kind"), text("apiVersion"));
    if version.is_empty() {
        value.set(&["apiVersion"], &resource.api_version);
    } else if version != resource.api_version {
        return Err(Failure::bad_request(format!(
            "the API version in the data ({version}) does not match the expected API version ({})",
            resource.api_version
        )));
    }
    if kind.is_empty() {
        value.set(&["kind"], &resource.kind);
    } else if kind != resource.kind {
        let (group, version) = (&resource.group, &resource.version);
        let slash = if group.is_empty() { "" } else { "/" };
        return Err(Failure::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {}: no kind {kind:?} is registered for {group}{slash}{version} here",
            resource.kind
        )));
    }
    if value.get("metadata").is_some_and(|metadata| !matches!(metadata, Value::Map(_) | Value::Null)) {
        return Err(unreadable("json: cannot unmarshal metadata into Go struct field of type v1.ObjectMeta"));
    }
    Ok(value)
}

/// One object as the body of an answer.
pub(crate) fn body_of(form: &mut Form, resource: &Resource, object: Object, now: SimTime) -> Body {
    match form {
        Form::Object => Body::Object(object),
        Form::Table { .. } => {
            let metadata = object! { "resourceVersion": object.revision().to_string() };
            Body::Tree(list(form, resource, metadata, &[object], now))
        }
        Form::Metadata => Body::Tree(metadata_of(&object)),
    }
}

/// A list in a form.
pub(crate) fn list(
    form: &mut Form,
    resource: &Resource,
    metadata: Value,
    objects: &[Object],
    now: SimTime,
) -> Value {
    match form {
        Form::Object => {
            list_tree(resource, metadata, objects.iter().map(|object| object.value().clone()).collect())
        }
        Form::Table { include, headed } => {
            let mut table = crate::rules::table(resource, objects, *include, !*headed, now);
            table.set(&["metadata"], metadata);
            table
        }
        Form::Metadata => {
            let mut tree = object! { "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1" };
            tree.set(&["metadata"], metadata);
            tree.set(&["items"], objects.iter().map(metadata_of).collect::<Vec<_>>());
            tree
        }
    }
}

fn metadata_of(object: &Object) -> Value {
    let mut tree = object! { "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1" };
    tree.set(&["metadata"], object.value().get("metadata").cloned().unwrap_or_else(Value::map));
    tree
}

/// Watch events in a form. In a table stream the first table has the columns.
pub(crate) fn frames(
    form: &mut Form,
    resource: &Resource,
    events: &Arc<[WatchEvent]>,
    now: SimTime,
) -> Vec<Frame> {
    match form {
        Form::Object => vec![Frame::Watch(events.clone())],
        Form::Metadata => {
            let change = |event: &WatchEvent| match event.kind {
                WatchKind::Error => event.clone(),
                kind => WatchEvent { kind, object: Object::new(metadata_of(&event.object)) },
            };
            vec![Frame::Watch(events.iter().map(change).collect())]
        }
        Form::Table { .. } => {
            events.iter().map(|event| Frame::Tree(row(form, resource, event, now))).collect()
        }
    }
}

fn row(form: &mut Form, resource: &Resource, event: &WatchEvent, now: SimTime) -> Value {
    let revision = event.object.value().str_at(&["metadata", "resourceVersion"]).cloned().unwrap_or_default();
    let object = match event.kind {
        WatchKind::Error => event.object.value().clone(),
        WatchKind::Bookmark => {
            let mut table = list(form, resource, object! { "resourceVersion": revision }, &[], now);
            let metadata = event.object.value().get("metadata").cloned().unwrap_or_default();
            table.set(&["rows"], vec![object! { "cells": [], "object": { "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": (metadata) } }]);
            table
        }
        _ => list(
            form,
            resource,
            object! { "resourceVersion": revision },
            std::slice::from_ref(&event.object),
            now,
        ),
    };
    if let Form::Table { headed, .. } = form {
        *headed = true;
    }
    object! { "type": event.kind.as_str(), "object": object }
}

#[cfg(test)]
mod tests {
    use api::http::Method;

    use super::*;

    #[test]
    fn forms() {
        let form = |accept: &str| accept_of(accept).map_err(|failure| failure.code);
        fn accept_of(header: &str) -> Result<Form> {
            accept(&Request::new(Method::Get, "/api/v1/pods").header("accept", header))
        }
        let table = Form::Table { include: Include::Metadata, headed: false };
        for (header, want) in [
            ("", Ok(Form::Object)),
            ("application/json, */*", Ok(Form::Object)),
            ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", Ok(table)),
            ("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", Ok(Form::Object)),
            ("application/vnd.kubernetes.protobuf,application/json", Ok(Form::Object)),
            ("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", Ok(Form::Metadata)),
            ("application/vnd.kubernetes.protobuf", Err(406)),
            ("text/html", Err(406)),
        ] {
            assert_eq!(form(header), want, "{header}");
        }
    }
}
