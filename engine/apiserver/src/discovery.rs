//! Discovery: which groups, versions and resources there are, in the legacy and the aggregated form.

use api::http::{Request, Response};
use api::{Str, Value, object};

use crate::ApiServer;
use crate::failure::Failure;
use crate::registry::Resource;

impl ApiServer {
    /// Answers `/api`, `/apis` and what lies below but is no object. `None` when the path is none of them.
    pub(crate) fn discovery(&self, request: &Request) -> Option<Response> {
        let parts: Vec<&str> = request.path.split('/').filter(|part| !part.is_empty()).collect();
        let aggregated = aggregated_version(request);
        match (parts.as_slice(), aggregated) {
            (["api"], Some(version)) => Some(self.aggregated(version, true)),
            (["apis"], Some(version)) => Some(self.aggregated(version, false)),
            (["api"], None) => {
                let address = format!("{}:{}", self.config.advertise_address, self.config.secure_port);
                let range = object! { "clientCIDR": "0.0.0.0/0", "serverAddress": address };
                Some(Response::tree(
                    200,
                    object! {
                        "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [range],
                    },
                ))
            }
            (["apis"], None) => {
                let groups: Vec<Value> = self
                    .groups()
                    .into_iter()
                    .filter(|(g, _)| !g.is_empty())
                    .map(|(g, v)| group_tree(&g, &v))
                    .collect();
                let mut tree = object! { "kind": "APIGroupList", "apiVersion": "v1" };
                tree.set(&["groups"], groups);
                Some(Response::tree(200, tree))
            }
            (["apis", group], _) => {
                let found = self.groups().into_iter().find(|(name, _)| name == group && !name.is_empty())?;
                let mut tree = group_tree(&found.0, &found.1);
                tree.set(&["kind"], "APIGroup");
                tree.set(&["apiVersion"], "v1");
                Some(Response::tree(200, tree))
            }
            (["api", version], _) => self.resource_list("", version),
            (["apis", group, version], _) => self.resource_list(group, version),
            _ => None,
        }
    }

    /// Groups with their versions, the preferred one first.
    fn groups(&self) -> Vec<(Str, Vec<Str>)> {
        let mut groups: Vec<(Str, Vec<Str>)> = Vec::new();
        for resource in self.resources.iter() {
            match groups.iter_mut().find(|(group, _)| *group == resource.group) {
                Some((_, versions)) if versions.contains(&resource.version) => {}
                Some((_, versions)) => versions.push(resource.version.clone()),
                None => groups.push((resource.group.clone(), vec![resource.version.clone()])),
            }
        }
        groups
    }

    fn in_version<'a>(&'a self, group: &'a str, version: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().map(|r| &**r).filter(move |r| r.group == group && r.version == version)
    }

    fn resource_list(&self, group: &str, version: &str) -> Option<Response> {
        let mut list: Vec<Value> = Vec::new();
        for resource in self.in_version(group, version) {
            let mut tree = object! {
                "name": &resource.resource, "singularName": &resource.singular, "namespaced": resource.namespaced,
                "kind": &resource.kind,
            };
            tree.set(&["verbs"], texts(&resource.verbs));
            if !resource.short_names.is_empty() {
                tree.set(&["shortNames"], texts(&resource.short_names));
            }
            if !resource.categories.is_empty() {
                tree.set(&["categories"], texts(&resource.categories));
            }
            list.push(tree);
            for sub in &resource.subresources {
                let mut tree = object! {
                    "name": format!("{}/{}", resource.resource, sub.name), "singularName": "",
                    "namespaced": resource.namespaced, "kind": &sub.kind,
                };
                tree.set(&["verbs"], texts(&sub.verbs));
                if sub.group != resource.group || sub.version != resource.version {
                    tree.set(&["group"], &sub.group);
                    tree.set(&["version"], &sub.version);
                }
                list.push(tree);
            }
        }
        if list.is_empty() {
            return None;
        }
        let name = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        let mut tree = object! { "kind": "APIResourceList", "groupVersion": name };
        if !group.is_empty() {
            tree.set(&["apiVersion"], "v1");
        }
        tree.set(&["resources"], list);
        Some(Response::tree(200, tree))
    }

    fn aggregated(&self, version: &str, core: bool) -> Response {
        let mut items: Vec<Value> = Vec::new();
        for (group, versions) in self.groups() {
            if group.is_empty() != core {
                continue;
            }
            let versions: Vec<Value> = versions
                .iter()
                .map(|version| {
                    let resources: Vec<Value> =
                        self.in_version(&group, version).map(aggregated_resource).collect();
                    let mut tree = object! { "version": version };
                    tree.set(&["resources"], resources);
                    tree.set(&["freshness"], "Current");
                    tree
                })
                .collect();
            let mut item = object! { "metadata": { "creationTimestamp": null } };
            if !core {
                item.set(&["metadata", "name"], &group);
            }
            item.set(&["versions"], versions);
            items.push(item);
        }
        let mut tree = object! {
            "kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{version}"), "metadata": {},
        };
        tree.set(&["items"], items);
        let mut response = Response::tree(200, tree);
        let kind = format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
        response.headers.push((api::literal!("content-type"), Str::from(kind)));
        response
    }
}

fn aggregated_resource(resource: &Resource) -> Value {
    let kind =
        |group: &Str, version: &Str, kind: &Str| object! { "group": group, "version": version, "kind": kind };
    let mut tree = object! {
        "resource": &resource.resource, "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": &resource.singular,
    };
    tree.set(&["responseKind"], kind(&resource.group, &resource.version, &resource.kind));
    tree.set(&["verbs"], texts(&resource.verbs));
    if !resource.short_names.is_empty() {
        tree.set(&["shortNames"], texts(&resource.short_names));
    }
    if !resource.categories.is_empty() {
        tree.set(&["categories"], texts(&resource.categories));
    }
    let subresources: Vec<Value> = resource
        .subresources
        .iter()
        .map(|sub| {
            let mut tree = object! { "subresource": &sub.name };
            tree.set(&["responseKind"], kind(&sub.group, &sub.version, &sub.kind));
            tree.set(&["verbs"], texts(&sub.verbs));
            tree
        })
        .collect();
    if !subresources.is_empty() {
        tree.set(&["subresources"], subresources);
    }
    tree
}

fn texts(list: &[Str]) -> Vec<Value> {
    list.iter().map(Value::from).collect()
}

fn group_tree(group: &Str, versions: &[Str]) -> Value {
    let version =
        |version: &Str| object! { "groupVersion": format!("{group}/{version}"), "version": version };
    let mut tree = object! { "name": group };
    tree.set(&["versions"], versions.iter().map(version).collect::<Vec<_>>());
    if let Some(first) = versions.first() {
        tree.set(&["preferredVersion"], version(first));
    }
    tree
}

/// The version of `APIGroupDiscoveryList` that the client accepts first; `None` when it wants the legacy form.
fn aggregated_version(request: &Request) -> Option<&'static str> {
    let header = request.header_value("accept")?;
    for range in header.split(',').map(str::trim) {
        if range.contains("as=APIGroupDiscoveryList") {
            if range.contains("v=v2beta1") {
                return Some("v2beta1");
            }
            return Some("v2");
        }
        if range == "application/json" || range == "*/*" {
            return None;
        }
    }
    None
}

impl ApiServer {
    /// Answers all paths that are no resources.
    pub(crate) fn other_path(&self, request: &Request) -> Response {
        if !matches!(request.method, api::http::Method::Get | api::http::Method::Head) {
            let failure = Failure::no_such_verb();
            return Response::tree(failure.code, failure.body);
        }
        let known = match request.path.as_str() {
            "/version" | "/version/" => Some(Response::tree(200, crate::health::version())),
            path if path.starts_with("/openapi/") => crate::openapi::answer(request),
            _ => self.discovery(request),
        };
        known.unwrap_or_else(|| {
            let failure = Failure::no_such_path();
            Response::tree(failure.code, failure.body)
        })
    }
}
