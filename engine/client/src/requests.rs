//! Builders for the requests that clients send, one method a verb.

use api::http::{Body, Method, Request};
use api::{Object, ObjectKey, Value, object};
use sim::{Str, literal};

use crate::resource::{PODS, Resource};

/// The patch formats and their content types.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PatchType {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' strategic merge patch.
    Strategic,
    /// Server-side apply.
    Apply,
}

impl PatchType {
    /// The `content-type` of such a patch.
    pub const fn content_type(self) -> Str {
        match self {
            PatchType::Json => literal!("application/json-patch+json"),
            PatchType::Merge => literal!("application/merge-patch+json"),
            PatchType::Strategic => literal!("application/strategic-merge-patch+json"),
            PatchType::Apply => literal!("application/apply-patch+yaml"),
        }
    }
}

/// What a deletion asks for besides the name; `default()` leaves all to the server.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct DeleteOptions {
    /// Seconds of grace; `Some(0)` deletes at once.
    pub grace_seconds: Option<u32>,
    /// `Background`, `Foreground` or `Orphan`.
    pub propagation: Option<&'static str>,
    /// Only this incarnation of the object.
    pub uid: Option<Str>,
    /// Only this version of the object.
    pub resource_version: Option<Str>,
}

impl DeleteOptions {
    /// The `DeleteOptions` body; nothing when all is left to the server.
    fn body(&self) -> Body {
        if *self == DeleteOptions::default() {
            return Body::Empty;
        }
        let mut body = object! { "apiVersion": "v1", "kind": "DeleteOptions" };
        if let Some(grace) = self.grace_seconds {
            body.set(&["gracePeriodSeconds"], grace);
        }
        if let Some(propagation) = self.propagation {
            body.set(&["propagationPolicy"], propagation);
        }
        if let Some(uid) = &self.uid {
            body.set(&["preconditions", "uid"], uid);
        }
        if let Some(version) = &self.resource_version {
            body.set(&["preconditions", "resourceVersion"], version);
        }
        Body::Tree(body)
    }
}

/// Requests to a resource. `namespace` is ignored for cluster-scoped resources; the `user-agent` header is set when
/// the request is sent ([`crate::Session::send`]).
impl Resource {
    /// Lists a namespace, or all when `namespace` is empty.
    pub fn list(&self, namespace: &str) -> Request {
        Request::new(Method::Get, self.path(namespace))
    }

    /// Watches what [`Resource::list`] lists, from a revision on, with bookmarks.
    pub fn watch(&self, namespace: &str, resource_version: &str) -> Request {
        self.list(namespace)
            .query(literal!("watch"), literal!("true"))
            .query(literal!("resourceVersion"), resource_version)
            .query(literal!("allowWatchBookmarks"), literal!("true"))
    }

    /// Gets one object.
    pub fn get(&self, namespace: &str, name: &str) -> Request {
        Request::new(Method::Get, self.object_path(namespace, name))
    }

    /// Creates an object; `object` carries its own name or `generateName`.
    pub fn create(&self, namespace: &str, object: impl Into<Value>) -> Request {
        Request::new(Method::Post, self.path(namespace)).body(object)
    }

    /// Replaces an object; the name comes from its metadata, a `resourceVersion` in there makes it conditional.
    pub fn update(&self, object: impl Into<Value>) -> Request {
        self.replace(object.into(), "")
    }

    /// Replaces an object's status.
    pub fn update_status(&self, object: impl Into<Value>) -> Request {
        self.replace(object.into(), "/status")
    }

    /// Replaces an object through a subresource.
    fn replace(&self, object: Value, subresource: &str) -> Request {
        let part = |name| object.str_at(&["metadata", name]).map_or("", |s| s.as_str());
        let mut path = self.object_path(part("namespace"), part("name"));
        path.push_str(subresource);
        Request::new(Method::Put, path).body(object)
    }

    /// Patches an object.
    pub fn patch(&self, key: &ObjectKey, kind: PatchType, patch: impl Into<Value>) -> Request {
        self.patch_subresource(key, "", kind, patch)
    }

    /// Patches an object's status.
    pub fn patch_status(&self, key: &ObjectKey, kind: PatchType, patch: impl Into<Value>) -> Request {
        self.patch_subresource(key, "/status", kind, patch)
    }

    fn patch_subresource(
        &self,
        key: &ObjectKey,
        sub: &str,
        kind: PatchType,
        patch: impl Into<Value>,
    ) -> Request {
        let mut path = self.object_path(&key.namespace, &key.name);
        path.push_str(sub);
        Request::new(Method::Patch, path).header(literal!("content-type"), kind.content_type()).body(patch)
    }

    /// Deletes an object.
    pub fn delete(&self, key: &ObjectKey, options: &DeleteOptions) -> Request {
        let mut request = Request::new(Method::Delete, self.object_path(&key.namespace, &key.name));
        request.body = options.body();
        request
    }

    /// Deletes all objects of a namespace.
    pub fn delete_collection(&self, namespace: &str, options: &DeleteOptions) -> Request {
        let mut request = Request::new(Method::Delete, self.path(namespace));
        request.body = options.body();
        request
    }

    /// `POST .../{name}/{subresource}`.
    pub fn post_subresource(&self, key: &ObjectKey, subresource: &str, body: impl Into<Value>) -> Request {
        let mut path = self.object_path(&key.namespace, &key.name);
        path.push('/');
        path.push_str(subresource);
        Request::new(Method::Post, path).body(body)
    }
}

/// Binds a pod to a node: the scheduler's `pods/binding` request.
pub fn bind(pod: &Object, node: &str) -> Request {
    let key = pod.key();
    let binding = object! {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": { "name": &key.name, "namespace": &key.namespace, "uid": &pod.uid().0 },
        "target": { "kind": "Node", "name": node },
    };
    PODS.post_subresource(key, "binding", binding)
}

/// Asks for a pod's eviction: `pods/eviction`, which respects PodDisruptionBudgets.
pub fn evict(pod: &ObjectKey, grace_seconds: Option<u32>) -> Request {
    let mut eviction = object! {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": { "name": &pod.name, "namespace": &pod.namespace },
    };
    if let Some(grace) = grace_seconds {
        eviction.set(&["deleteOptions", "gracePeriodSeconds"], grace);
    }
    PODS.post_subresource(pod, "eviction", eviction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{DEPLOYMENTS, NODES};

    #[test]
    fn verbs_make_the_paths_of_the_api() {
        let web = object! { "metadata": { "namespace": "a", "name": "web" } };
        let key = ObjectKey::new("a", "web");
        let cases = [
            (DEPLOYMENTS.create("a", web.clone()), Method::Post, "/apis/apps/v1/namespaces/a/deployments"),
            (DEPLOYMENTS.update(web.clone()), Method::Put, "/apis/apps/v1/namespaces/a/deployments/web"),
            (
                DEPLOYMENTS.update_status(web),
                Method::Put,
                "/apis/apps/v1/namespaces/a/deployments/web/status",
            ),
            (NODES.get("", "n"), Method::Get, "/api/v1/nodes/n"),
            (evict(&key, None), Method::Post, "/api/v1/namespaces/a/pods/web/eviction"),
        ];
        for (request, method, path) in cases {
            assert_eq!((request.method, request.path.as_str()), (method, path));
        }
        let patch = DEPLOYMENTS.patch_status(&key, PatchType::Merge, object! { "status": {} });
        assert_eq!(patch.header_value("content-type").unwrap(), "application/merge-patch+json");
        assert!(PODS.watch("", "7").is_watch());
    }

    #[test]
    fn delete_options_say_only_what_was_asked() {
        let key = ObjectKey::new("a", "web");
        assert_eq!(PODS.delete(&key, &DeleteOptions::default()).body, Body::Empty);
        let options = DeleteOptions { uid: Some("u".into()), grace_seconds: Some(0), ..Default::default() };
        let Body::Tree(body) = PODS.delete(&key, &options).body else { panic!("no body") };
        assert_eq!(body.int_at(&["gracePeriodSeconds"]), Some(0));
        assert_eq!(body.str_at(&["preconditions", "uid"]).unwrap(), "u");
        assert_eq!(body.at(&["propagationPolicy"]), None);
    }
}
