//! NodeRestriction: a kubelet changes only its own Node, its own Lease, and the pods that are bound to it.
//!
//! What a request says by its path is checked before it begins ([`ApiServer::restrict_node`]); what only its body says,
//! in the chain.

use api::{Object, Str, Value};

use super::Attributes;
use crate::ApiServer;
use crate::failure::{Failure, Result};
use crate::operation::Operation;
use crate::request_info::Verb;

const MIRROR: &str = "kubernetes.io/config.mirror";
const LEASE: &str = "can only access node lease with the same name as the requesting node";

/// Labels of Kubernetes' own that a kubelet may set on its Node.
const OWN_LABELS: [&str; 12] = [
    "kubernetes.io/hostname",
    "kubernetes.io/arch",
    "kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/instance-type",
    "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "node.kubernetes.io/windows-build",
];

pub(super) fn admit(
    _: &ApiServer,
    op: &Operation,
    object: &mut Value,
    attributes: &Attributes<'_>,
) -> Result<Option<Str>> {
    let Some(node) = op.user.node() else { return Ok(None) };
    let resource = attributes.resource;
    let no = |why: String| Err(Failure::forbidden(resource, &op.name, &why));
    let creates = attributes.previous.is_none();
    match (resource.group.as_str(), resource.resource.as_str()) {
        ("", "pods") if creates => {
            if object.str_at(&["metadata", "annotations", MIRROR]).is_none() {
                return no(format!(
                    "pod does not have {MIRROR:?} annotation, node {node:?} can only create mirror pods"
                ));
            }
            if object.str_at(&["spec", "nodeName"]).is_none_or(|name| name != node) {
                return no(format!("node {node:?} can only create pods with spec.nodeName set to itself"));
            }
            if object.str_at(&["spec", "serviceAccountName"]).is_some_and(|name| !name.is_empty()) {
                return no(format!("node {node:?} can not create pods that reference a service account"));
            }
        }
        ("", "nodes") if creates && op.name != node => {
            return no(format!("node {node:?} is not allowed to modify node {:?}", op.name.as_str()));
        }
        ("", "nodes") => {
            if let Some(old) = attributes.previous
                && old.value().at(&["spec", "taints"]) != object.at(&["spec", "taints"])
            {
                return no(format!("node {node:?} is not allowed to modify taints"));
            }
            let labels = changed_labels(attributes.previous, object);
            if !labels.is_empty() {
                return no(format!("is not allowed to modify labels: {}", labels.join(", ")));
            }
        }
        ("coordination.k8s.io", "leases") if creates && op.name != node => return no(LEASE.to_owned()),
        _ => {}
    }
    Ok(None)
}

/// The labels that a kubelet changes and may not. A new Node's are the machine's own business: a real kubelet refuses
/// to start with others.
fn changed_labels(old: Option<&Object>, new: &Value) -> Vec<String> {
    let Some(old) = old else { return Vec::new() };
    let labels = |value: &Value| value.at(&["metadata", "labels"]).and_then(Value::as_map).cloned();
    let (old, new) = (labels(old.value()).unwrap_or_default(), labels(new).unwrap_or_default());
    let keys = old.iter().chain(new.iter()).map(|(key, _)| key);
    let mut changed: Vec<String> = keys
        .filter(|key| old.get(key) != new.get(key) && is_reserved(key))
        .map(|key| key.to_string())
        .collect();
    changed.sort();
    changed.dedup();
    changed
}

fn is_reserved(label: &str) -> bool {
    let domain = label.split_once('/').map_or("", |(domain, _)| domain);
    let of = |name: &str| domain == name || domain.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
    if of("node-restriction.kubernetes.io") {
        return true;
    }
    let kubelets = of("kubelet.kubernetes.io") || of("node.kubernetes.io");
    (of("kubernetes.io") || of("k8s.io")) && !kubelets && !OWN_LABELS.contains(&label)
}

impl ApiServer {
    /// What a kubelet may not do whatever the body says.
    pub(crate) fn restrict_node(&self, op: &Operation) -> Result<()> {
        let Some(node) = op.user.node() else { return Ok(()) };
        let resource = self.resources.get(op.resource);
        let writes = !matches!(op.verb, Verb::Get | Verb::List | Verb::Watch);
        let no = |why: String| Err(Failure::forbidden(resource, &op.name, &why));
        match (resource.resource.as_str(), op.subresource.as_str(), op.verb) {
            ("nodes", _, Verb::Update | Verb::Patch) if op.name != node => {
                no(format!("node {node:?} is not allowed to modify node {:?}", op.name.as_str()))
            }
            ("pods", "", Verb::Delete) if !self.is_on(op, node) => {
                no(format!("node {node:?} can only delete pods with spec.nodeName set to itself"))
            }
            ("pods", "status", _) if writes && !self.is_on(op, node) => no(format!(
                "node {node:?} can only update pod status for pods with spec.nodeName set to itself"
            )),
            ("pods", "eviction", _) if !self.is_on(op, node) => {
                no(format!("node {node} can only evict pods with spec.nodeName set to itself"))
            }
            ("serviceaccounts", "token", _) => self.restrict_token(op, node),
            _ => Ok(()),
        }
    }

    /// A token is for a pod of the node.
    fn restrict_token(&self, op: &Operation, node: &str) -> Result<()> {
        let resource = self.resources.get(op.resource);
        let body = crate::negotiate::body(&op.request)?.unwrap_or_default();
        let reference = |field: &str| body.str_at(&["spec", "boundObjectRef", field]).cloned();
        if reference("kind").is_none_or(|kind| kind != "Pod") {
            return Err(Failure::forbidden(resource, &op.name, "node requested token not bound to a pod"));
        }
        let pod = reference("name").unwrap_or_default();
        if !self.concerns(node, "pods", &op.namespace, &pod) {
            let why = "node requested token bound to a pod scheduled on a different node";
            return Err(Failure::forbidden(resource, &op.name, why));
        }
        Ok(())
    }

    /// True for a pod of the node, and for one that the cache does not have: then there is nothing to change.
    fn is_on(&self, op: &Operation, node: &str) -> bool {
        let pod = self.cached_object(op.resource, &op.namespace, &op.name);
        pod.is_none_or(|pod| pod.value().str_at(&["spec", "nodeName"]).is_some_and(|name| name == node))
    }
}

#[cfg(test)]
mod tests {
    use super::is_reserved;

    #[test]
    fn labels_that_are_not_the_kubelets() {
        for (label, reserved) in [
            ("team", false),
            ("example.com/a", false),
            ("kubernetes.io/hostname", false),
            ("node.kubernetes.io/anything", false),
            ("topology.kubernetes.io/zone", false),
            ("kubernetes.io/other", true),
            ("node-role.kubernetes.io/control-plane", true),
            ("a.node-restriction.kubernetes.io/x", true),
            ("notkubernetes.io/x", false),
        ] {
            assert_eq!(is_reserved(label), reserved, "{label}");
        }
    }
}
