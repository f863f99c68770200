//! `kubectl describe`'s layouts, one kind a file: from an object and what was fetched with it to text.

mod config_map;
mod container;
mod deployment;
mod endpoints;
mod events;
mod generic;
mod namespace;
mod node;
mod pod;
mod replica_set;
mod service;
mod service_account;
pub mod template;
mod text;
mod volume;

use api::Value;
use api::http::Request;
use sim::SimTime;

use crate::find::Found;
use crate::print::tabs;
use crate::requests::{self, Selectors};
use crate::targets;

/// An object, what was fetched with it, and its events.
pub struct Subject<'a> {
    /// The object.
    pub found: &'a Found,
    /// The answers to [`wants`], in order; null where there was none.
    pub answers: &'a [Value],
    /// The events about it.
    pub events: &'a [Value],
    /// The time, for ages.
    pub now: SimTime,
}

impl Subject<'_> {
    /// The object's tree.
    pub fn value(&self) -> &Value {
        &self.found.value
    }

    /// The items of an answer.
    pub fn items(&self, answer: u32) -> &[Value] {
        self.answers.get(answer as usize).map_or(&[], |list| list.items_at(&["items"]))
    }
}

/// What a description needs beside the object and its events.
pub fn wants(found: &Found) -> Vec<Request> {
    let list = |resource: &str, namespace: &str, selectors: Selectors| {
        let resource = targets::lookup_one(resource).ok()?;
        Some(requests::list(&resource, namespace, &selectors, requests::JSON))
    };
    let selected = || Selectors::labels(crate::describe::text::selector(&found.value));
    let requests = match (found.resource.group.as_str(), found.resource.kind.as_str()) {
        ("apps", "Deployment") => vec![list("replicasets.apps", found.namespace(), selected())],
        ("apps", "ReplicaSet") => vec![list("pods", found.namespace(), selected())],
        ("", "Service") => {
            let slices = Selectors::labels(format!("kubernetes.io/service-name={}", found.name()));
            vec![list("endpointslices.discovery.k8s.io", found.namespace(), slices)]
        }
        ("", "Node") => {
            let lease =
                format!("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{}", found.name());
            let pods = Selectors::fields(format!(
                "spec.nodeName={},status.phase!=Failed,status.phase!=Succeeded",
                found.name()
            ));
            vec![Some(requests::get(lease)), list("pods", "", pods)]
        }
        ("", "Namespace") => vec![
            list("resourcequotas", found.name(), Selectors::default()),
            list("limitranges", found.name(), Selectors::default()),
        ],
        _ => Vec::new(),
    };
    requests.into_iter().flatten().collect()
}

/// The request for the events about an object.
pub fn events_request(found: &Found) -> Option<Request> {
    let resource = targets::lookup_one("events").ok()?;
    let selector = if found.resource.namespaced {
        let uid = found.value.str_at(&["metadata", "uid"]).map_or("", |s| s.as_str());
        format!(
            "involvedObject.name={},involvedObject.namespace={},involvedObject.uid={uid}",
            found.name(),
            found.namespace()
        )
    } else {
        // The kubelet's events carry the node's name as uid, the node controller's its uid: both are wanted.
        format!("involvedObject.kind={},involvedObject.name={}", found.resource.kind, found.name())
    };
    Some(requests::list(&resource, found.namespace(), &Selectors::fields(selector), requests::JSON))
}

/// The description.
pub fn describe(subject: &Subject<'_>) -> String {
    let resource = &subject.found.resource;
    let text = match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => pod::describe(subject),
        ("", "Node") => node::describe(subject),
        ("", "Service") => service::describe(subject),
        ("", "Namespace") => namespace::describe(subject),
        ("", "ConfigMap") => config_map::describe(subject),
        ("", "Secret") => config_map::describe_secret(subject),
        ("", "Endpoints") => endpoints::describe(subject),
        ("discovery.k8s.io", "EndpointSlice") => endpoints::describe_slice(subject),
        ("", "ServiceAccount") => service_account::describe(subject),
        ("apps", "Deployment") => deployment::describe(subject),
        ("apps", "ReplicaSet") => replica_set::describe(subject),
        _ => generic::describe(subject),
    };
    tabs::align(&text, tabs::DESCRIBE)
}
