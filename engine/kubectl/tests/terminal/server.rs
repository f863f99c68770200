//! A tiny API server: a map of objects, tables, patches, watches. No validation beyond the schema's, no controllers.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::http::{Body, Frame, Method, Request, Response, WatchEvent, WatchKind};
use api::kinds::{self, KindInfo};
use api::selector::{FieldSelector, Selector};
use api::{Object, Value, object, schema, status, table};
use client::{Input, RequestId};
use sim::SimTime;

/// A watch that is open.
struct Watch {
    id: RequestId,
    kind: KindInfo,
    namespace: String,
    fields: FieldSelector,
    labels: Selector,
    table: bool,
}

/// The server.
#[derive(Default)]
pub struct Server {
    objects: BTreeMap<String, Value>,
    revision: u64,
    watches: Vec<Watch>,
    /// What was asked, one line a request.
    pub log: Vec<String>,
    /// What the log of any pod says.
    pub pod_log: String,
    /// Deletions only set the time stamp; [`Server::finish_deletions`] does the rest.
    pub slow_deletion: bool,
    /// Nobody answers.
    pub down: bool,
}

/// Where a path leads.
struct Route {
    kind: KindInfo,
    namespace: String,
    name: Option<String>,
    subresource: Option<String>,
}

fn route(path: &str) -> Option<Route> {
    let mut parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (group, version) = match *parts.first()? {
        "api" => ("", *parts.get(1)?),
        "apis" => (*parts.get(1)?, *parts.get(2)?),
        _ => return None,
    };
    parts.drain(..if group.is_empty() { 2 } else { 3 });
    let mut namespace = String::new();
    if parts.first() == Some(&"namespaces") && parts.len() > 2 {
        namespace = parts[1].to_owned();
        parts.drain(..2);
    }
    let kind = kinds::by_resource(group, version, parts.first()?)?.clone();
    let part = |i: usize| parts.get(i).map(|s| (*s).to_owned());
    Some(Route { kind, namespace, name: part(1), subresource: part(2) })
}

impl Server {
    /// Stores an object as it is, and tells the watchers.
    pub fn put(&mut self, mut value: Value) -> Vec<(RequestId, Frame)> {
        self.revision += 1;
        value.set(&["metadata", "resourceVersion"], self.revision.to_string());
        if value.at(&["metadata", "uid"]).is_none() {
            value.set(&["metadata", "uid"], format!("uid-{}", self.revision));
        }
        if value.at(&["metadata", "creationTimestamp"]).is_none() {
            value.set(&["metadata", "creationTimestamp"], "2026-01-01T00:00:00Z");
        }
        let key = key_of(&value);
        let kind = if self.objects.contains_key(&key) { WatchKind::Modified } else { WatchKind::Added };
        self.objects.insert(key, value.clone());
        self.tell(kind, value)
    }

    /// Takes an object away, and tells the watchers.
    pub fn take(&mut self, path: &str) -> Vec<(RequestId, Frame)> {
        let Some(value) = self.objects.remove(path) else { return Vec::new() };
        self.revision += 1;
        self.tell(WatchKind::Deleted, value)
    }

    /// Ends the objects that are being deleted.
    pub fn finish_deletions(&mut self) -> Vec<(RequestId, Frame)> {
        let dying = |value: &Value| value.at(&["metadata", "deletionTimestamp"]).is_some();
        let paths: Vec<String> =
            self.objects.iter().filter(|(_, v)| dying(v)).map(|(p, _)| p.clone()).collect();
        paths.iter().flat_map(|path| self.take(path)).collect()
    }

    /// An object by its path.
    pub fn get(&self, path: &str) -> Option<&Value> {
        self.objects.get(path)
    }

    /// Open watches.
    pub fn watchers(&self) -> usize {
        self.watches.len()
    }

    /// Forgets all watches, and says whose they were.
    pub fn hang_up(&mut self) -> Vec<RequestId> {
        self.watches.drain(..).map(|w| w.id).collect()
    }

    pub fn cancel(&mut self, id: RequestId) {
        self.watches.retain(|w| w.id != id);
    }

    fn tell(&self, kind: WatchKind, value: Value) -> Vec<(RequestId, Frame)> {
        let object = Object::new(value.clone());
        let sees = |w: &&Watch| {
            key_of(&value).starts_with(&w.kind.collection_path(&w.namespace))
                && w.kind.kind == object.kind()
                && w.fields.matches(&value)
                && w.labels.matches(value.at(&["metadata", "labels"]).unwrap_or(&Value::Null))
        };
        let frame = |w: &Watch| {
            if w.table {
                let rows =
                    table::render(&w.kind, std::slice::from_ref(&object), now(), table::Include::Metadata);
                Frame::Tree(object! { "type": kind.as_str(), "object": rows })
            } else {
                Frame::Watch(Arc::from([WatchEvent { kind, object: object.clone() }]))
            }
        };
        self.watches.iter().filter(sees).map(|w| (w.id, frame(w))).collect()
    }

    /// Answers a request: the inputs that it causes for clients.
    pub fn handle(&mut self, id: RequestId, request: &Request) -> Vec<Input> {
        let query: Vec<String> = request.query.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let body = match &request.body {
            Body::Tree(value) => format!(" {}", api::json::write(value)),
            Body::Bytes(bytes) => format!(" {}", String::from_utf8_lossy(bytes)),
            _ => String::new(),
        };
        let question = if query.is_empty() { "" } else { "?" };
        self.log.push(format!("{} {}{question}{}{body}", request.method, request.path, query.join("&")));
        if self.down {
            return vec![Input::Failed {
                id,
                reason: "dial tcp 172.18.0.2:6443: connect: connection refused".into(),
            }];
        }
        let mut frames = Vec::new();
        let response = self.respond(id, request, &mut frames);
        let mut inputs = vec![Input::Response { id, response: Arc::new(response) }];
        inputs.extend(frames.into_iter().map(|(id, frame)| Input::Frame { id, frame }));
        inputs
    }

    fn respond(
        &mut self,
        id: RequestId,
        request: &Request,
        frames: &mut Vec<(RequestId, Frame)>,
    ) -> Response {
        if request.path == "/version" {
            return Response::tree(200, object! { "gitVersion": "v1.36.0" });
        }
        if request.path.ends_with("selfsubjectaccessreviews") {
            return Response::tree(201, object! { "status": { "allowed": true } });
        }
        let Some(to) = route(&request.path) else { return status::response(status::no_such_path()) };
        if to.subresource.as_deref() == Some("log") {
            return Response::text(200, &self.pod_log);
        }
        match (request.method, &to.name) {
            (Method::Get, None) => self.list(id, &to, request),
            (Method::Post, None) => self.create(&to, request, frames),
            (_, None) => status::response(status::no_such_path()),
            (method, Some(name)) => {
                let path = to.kind.object_path(&to.namespace, name);
                let Some(old) = self.objects.get(&path).cloned() else {
                    return status::response(status::not_found(&to.kind, name));
                };
                match method {
                    Method::Get => Response::tree(200, shown(&to.kind, &old, request)),
                    Method::Patch => self.patch(&to, &old, request, frames),
                    Method::Put => self.write(&to.kind, request.body_value(), request, 200, frames),
                    Method::Delete => self.delete(&to.kind, &path, old, frames),
                    _ => {
                        // An eviction.
                        self.delete(&to.kind, &path, old, frames);
                        Response::tree(201, object! { "kind": "Status", "status": "Success" })
                    }
                }
            }
        }
    }

    fn list(&mut self, id: RequestId, to: &Route, request: &Request) -> Response {
        let text = |name| request.parameter(name).map_or("", |s| s.as_str());
        let fields = match FieldSelector::parse(text("fieldSelector")) {
            Ok(fields) => fields,
            Err(message) => return status::response(status::bad_request(message)),
        };
        let labels = match Selector::parse(text("labelSelector")) {
            Ok(labels) => labels,
            Err(message) => return status::response(status::bad_request(message)),
        };
        let table = request.header_value("accept").is_some_and(|a| a.contains("as=Table"));
        if request.is_watch() {
            let kind = to.kind.clone();
            self.watches.push(Watch { id, kind, namespace: to.namespace.clone(), fields, labels, table });
            return Response { streaming: true, ..Response::text(200, "") };
        }
        let prefix = format!("{}/", to.kind.collection_path(&to.namespace));
        let all = format!("{}/", to.kind.collection_path(""));
        let wanted = |path: &str, value: &Value| {
            let here = path.starts_with(&prefix) && !path[prefix.len()..].contains('/');
            let anywhere = to.namespace.is_empty()
                && value.str_at(&["kind"]) == Some(&to.kind.kind)
                && value.str_at(&["apiVersion"]) == Some(&to.kind.api_version);
            let _ = &all;
            here || anywhere
        };
        let objects: Vec<Object> = self
            .objects
            .iter()
            .filter(|(path, value)| wanted(path, value))
            .map(|(_, value)| value)
            .filter(|v| {
                fields.matches(v) && labels.matches(v.at(&["metadata", "labels"]).unwrap_or(&Value::Null))
            })
            .map(|v| Object::new(v.clone()))
            .collect();
        let mut answer = if table {
            let whole = request.parameter("includeObject").is_some_and(|i| i == "Object");
            let include = if whole { table::Include::Object } else { table::Include::Metadata };
            table::render(&to.kind, &objects, now(), include)
        } else {
            let items: Vec<Value> = objects.iter().map(|o| o.value().clone()).collect();
            object! { "apiVersion": to.kind.api_version.clone(), "kind": to.kind.list_kind(), "metadata": {}, "items": items }
        };
        answer.set(&["metadata", "resourceVersion"], self.revision.to_string());
        Response::tree(200, answer)
    }

    fn create(&mut self, to: &Route, request: &Request, frames: &mut Vec<(RequestId, Frame)>) -> Response {
        let mut value = request.body_value();
        if to.kind.namespaced {
            value.set(&["metadata", "namespace"], to.namespace.as_str());
        }
        let name = value.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
        if self.objects.contains_key(&to.kind.object_path(&to.namespace, &name)) {
            return status::response(status::already_exists(&to.kind, &name));
        }
        self.write(&to.kind, value, request, 201, frames)
    }

    fn patch(
        &mut self,
        to: &Route,
        old: &Value,
        request: &Request,
        frames: &mut Vec<(RequestId, Frame)>,
    ) -> Response {
        let patch = request.body_value();
        let content_type = request.header_value("content-type").map_or("", |s| s.as_str());
        let new = match content_type {
            api::patch::MERGE_PATCH | api::patch::APPLY_PATCH => Ok(api::patch::merge(old, &patch)),
            api::patch::JSON_PATCH => api::patch::json(old, &patch).map_err(|e| e.to_string()),
            _ => {
                let definition = schema::definition_of(old).expect("only kinds of the schema are tested");
                api::patch::strategic(definition, old, &patch)
            }
        };
        match new {
            Ok(new) => self.write(&to.kind, new, request, 200, frames),
            Err(message) => status::response(status::bad_request(message)),
        }
    }

    fn write(
        &mut self,
        kind: &KindInfo,
        value: Value,
        request: &Request,
        code: u16,
        frames: &mut Vec<(RequestId, Frame)>,
    ) -> Response {
        let strict = request.parameter("fieldValidation").is_some_and(|v| v == "Strict");
        let problems = schema::check(&value);
        if let Some(message) = schema::strict_error(&value, &problems, &[], strict) {
            return status::response(status::bad_request(message));
        }
        let replicas = value.int_at(&["spec", "replicas"]).unwrap_or(0);
        if replicas > 1000 {
            let name = value.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
            let message = "Invalid value: too many";
            return Response::tree(
                422,
                object! { "kind": "Status", "status": "Failure", "reason": "Invalid", "message": message, "code": 422,
                "details": { "kind": kind.kind.clone(), "name": name,
                    "causes": [{ "field": "spec.replicas", "message": message }] } },
            );
        }
        let pretend = request.parameter("dryRun").is_some();
        if pretend {
            return Response::tree(code, value);
        }
        let key = key_of(&value);
        if self.objects.get(&key) != Some(&value) {
            frames.extend(self.put(value));
        }
        let mut response = Response::tree(code, self.objects[&key].clone());
        if !strict {
            let warning = |p: &schema::Problem| format!("299 - \"{}\"", p.to_string().replace('"', "\\\""));
            response.headers.extend(problems.iter().map(|p| ("warning".into(), warning(p).into())));
        }
        response
    }

    fn delete(
        &mut self,
        kind: &KindInfo,
        path: &str,
        mut old: Value,
        frames: &mut Vec<(RequestId, Frame)>,
    ) -> Response {
        if self.slow_deletion {
            old.set(&["metadata", "deletionTimestamp"], "2026-01-01T00:00:30Z");
            frames.extend(self.put(old));
            return Response::tree(200, self.objects[path].clone());
        }
        frames.extend(self.take(path));
        let name = old.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
        let uid = old.str_at(&["metadata", "uid"]).cloned().unwrap_or_default();
        Response::tree(200, status::deleted(kind, &name, &uid))
    }
}

/// The time of all tables.
fn now() -> SimTime {
    SimTime::from_secs(65)
}

/// Tables for those who ask for them.
fn shown(kind: &KindInfo, value: &Value, request: &Request) -> Value {
    if !request.header_value("accept").is_some_and(|a| a.contains("as=Table")) {
        return value.clone();
    }
    let mut table = table::render(kind, &[Object::new(value.clone())], now(), table::Include::Metadata);
    table.set(&["metadata", "resourceVersion"], value.str_at(&["metadata", "resourceVersion"]).cloned());
    table
}

fn key_of(value: &Value) -> String {
    let text = |path: &[&str]| value.str_at(path).map_or("", |s| s.as_str());
    let kind = kinds::of(text(&["apiVersion"]), text(&["kind"])).expect("tests store known kinds");
    kind.object_path(text(&["metadata", "namespace"]), text(&["metadata", "name"]))
}

trait BodyValue {
    fn body_value(&self) -> Value;
}

impl BodyValue for Request {
    fn body_value(&self) -> Value {
        match &self.body {
            Body::Tree(value) => value.clone(),
            Body::Object(object) => object.value().clone(),
            Body::Bytes(bytes) => api::json::parse(bytes).expect("clients send JSON"),
            _ => Value::map(),
        }
    }
}
