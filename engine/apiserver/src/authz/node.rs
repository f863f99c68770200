//! The node authorizer: a kubelet sees what concerns its own pods, and no other's.
//!
//! What a pod refers to is looked up in the pods of the node, which are few, when a kubelet asks for it.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use api::selector::FieldSelector;
use api::{Object, Str, Value};
use imbl::{OrdMap, OrdSet};

use super::{Attributes, Rule, Target};
use crate::ApiServer;

/// The pods of each node, by their key in the cache. Derived from the cache, so no part of the state's hash.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodePods(OrdMap<Str, OrdSet<Str>>);

impl Hash for NodePods {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl NodePods {
    /// A pod changed: what it was, and what it is.
    pub fn changed(&mut self, key: &Str, old: Option<&Object>, new: Option<&Object>) {
        let (old, new) = (old.and_then(node_of), new.and_then(node_of));
        if old == new {
            return;
        }
        if let Some(node) = old
            && let Some(pods) = self.0.get_mut(node)
        {
            pods.remove(key);
            if pods.is_empty() {
                self.0.remove(node);
            }
        }
        if let Some(node) = new {
            self.0.entry(node.clone()).or_default().insert(key.clone());
        }
    }

    fn of(&self, node: &str) -> impl Iterator<Item = &Str> {
        self.0.get(node).into_iter().flatten()
    }
}

fn node_of(pod: &Object) -> Option<&Str> {
    pod.value().str_at(&["spec", "nodeName"]).filter(|node| !node.is_empty())
}

/// The rules of `system:node`, which hold for what is not divided by node.
fn node_rules() -> &'static Arc<[Rule]> {
    static RULES: OnceLock<Arc<[Rule]>> = OnceLock::new();
    RULES.get_or_init(|| {
        let role = super::bootstrap_policy().into_iter().find(|object| {
            object.resource == "clusterroles"
                && object.value.str_at(&["metadata", "name"]).is_some_and(|name| name == "system:node")
        });
        role.map_or_else(Vec::new, |role| Rule::all(&role.value)).into()
    })
}

type Judged = Result<(), String>;

fn no(why: &str) -> Judged {
    Err(why.to_owned())
}

impl ApiServer {
    /// Whether a kubelet may; if not, the reason, which may be empty.
    pub(super) fn judge_node(&self, node: &str, attributes: &Attributes<'_>) -> Judged {
        let verb = attributes.verb;
        if node.is_empty() {
            return Err(format!("unknown node for user {:?}", attributes.user.name.as_str()));
        }
        if let Target::Resource { group, resource, subresource, namespace, name, fields } = attributes.target
        {
            let part = subresource;
            let related = |kind: &str| match name {
                "" => no("No Object name found"),
                _ if self.concerns(node, kind, namespace, name) => Ok(()),
                _ => Err(format!("no relationship found between node '{node}' and this object")),
            };
            let get = |kind: &str| match (verb, part) {
                ("get", "") => related(kind),
                ("get", _) => no("cannot get subresource"),
                _ => no("can only get individual resources of this type"),
            };
            match (group, resource) {
                ("", "secrets" | "configmaps") => {
                    return match (verb, part) {
                        ("get" | "list" | "watch", "") if namespace.is_empty() => {
                            no("can only read namespaced object of this type")
                        }
                        ("get" | "list" | "watch", "") => related(resource),
                        ("get" | "list" | "watch", _) => no("cannot read subresource"),
                        _ => no("can only read resources of this type"),
                    };
                }
                ("", "persistentvolumeclaims") if part == "status" => {
                    return match verb {
                        "update" | "patch" => related(resource),
                        _ => no("can only get/update/patch this type"),
                    };
                }
                ("", "persistentvolumeclaims" | "persistentvolumes")
                | ("resource.k8s.io", "resourceclaims")
                | ("storage.k8s.io", "volumeattachments") => return get(resource),
                ("", "serviceaccounts") => {
                    return match (verb, part) {
                        ("create", "token") if !name.is_empty() => related(resource),
                        ("get", "") => related(resource),
                        ("create", _) if !name.is_empty() => {
                            no("can only create token subresource of serviceaccount")
                        }
                        _ => no("can only create tokens for individual service accounts"),
                    };
                }
                ("coordination.k8s.io", "leases") => return lease(node, verb, namespace, name),
                ("storage.k8s.io", "csinodes") => {
                    return match verb {
                        _ if !part.is_empty() => no("cannot authorize CSINode subresources"),
                        "create" => Ok(()),
                        "get" | "update" | "patch" | "delete" if name == node => Ok(()),
                        "get" | "update" | "patch" | "delete" => {
                            no("can only access CSINode with the same name as the requesting node")
                        }
                        _ => no("can only get, create, update, patch, or delete a CSINode"),
                    };
                }
                ("", "nodes") => return own_node(node, verb, part, name),
                ("", "pods") => {
                    return match (part, verb) {
                        ("", "get") => related("pods"),
                        ("", "list" | "watch") if selects_node(fields, node) => Ok(()),
                        ("", "list" | "watch") if !name.is_empty() => related("pods"),
                        ("", "list" | "watch") => {
                            no("can only list/watch pods with spec.nodeName field selector")
                        }
                        ("", "create" | "delete")
                        | ("status", "update" | "patch")
                        | ("eviction", "create") => Ok(()),
                        _ => no(""),
                    };
                }
                _ => {}
            }
        }
        let allowed = node_rules().iter().any(|rule| rule.allows(attributes));
        if allowed { Ok(()) } else { no("") }
    }

    /// True when some pod of the node is this, or refers to it.
    pub(crate) fn concerns(&self, node: &str, kind: &str, namespace: &str, name: &str) -> bool {
        let Some(pods) = self.resources.find_plural("", "pods").and_then(|id| self.caches.get(&id)) else {
            return false;
        };
        self.node_pods.of(node).filter_map(|key| pods.objects.get(key)).any(|pod| {
            if kind == "persistentvolumes" {
                return self.mounts_volume(pod, name);
            }
            *pod.namespace() == namespace && refers(pod, kind, name)
        })
    }

    /// True when a claim of the pod is bound to this volume.
    fn mounts_volume(&self, pod: &Object, volume: &str) -> bool {
        let Some(claims) = self.resources.find_plural("", "persistentvolumeclaims") else { return false };
        claims_of(pod).any(|claim| {
            let claim = self.cached_object(claims, pod.namespace(), claim);
            claim.and_then(|claim| claim.value().str_at(&["spec", "volumeName"])).is_some_and(|v| v == volume)
        })
    }
}

fn claims_of(pod: &Object) -> impl Iterator<Item = &str> {
    let volumes = pod.value().items_at(&["spec", "volumes"]).iter();
    volumes.filter_map(|v| v.str_at(&["persistentVolumeClaim", "claimName"])).map(|name| name.as_str())
}

/// True when the pod is, or names, the object.
fn refers(pod: &Object, kind: &str, name: &str) -> bool {
    let spec = |path: &[&str]| pod.value().str_at(path).is_some_and(|text| text == name);
    match kind {
        "pods" => *pod.name() == name,
        "serviceaccounts" => spec(&["spec", "serviceAccountName"]),
        "persistentvolumeclaims" => claims_of(pod).any(|claim| claim == name),
        "secrets" => {
            let pulls = pod.value().items_at(&["spec", "imagePullSecrets"]);
            names(pulls, name) || mentions(pod, name, "secretName", "secret", "secretRef", "secretKeyRef")
        }
        "configmaps" => mentions(pod, name, "name", "configMap", "configMapRef", "configMapKeyRef"),
        _ => false,
    }
}

fn names(list: &[Value], name: &str) -> bool {
    list.iter().any(|item| item.str_at(&["name"]).is_some_and(|text| text == name))
}

/// True when a volume or an environment of the pod takes something from the object.
fn mentions(pod: &Object, name: &str, field: &str, volume: &str, all: &str, key: &str) -> bool {
    let is = |value: Option<&Str>| value.is_some_and(|text| text == name);
    let in_volume = |v: &Value| {
        is(v.str_at(&[volume, field]))
            || v.items_at(&["projected", "sources"]).iter().any(|s| is(s.str_at(&[volume, "name"])))
    };
    let in_container = |c: &Value| {
        c.items_at(&["envFrom"]).iter().any(|e| is(e.str_at(&[all, "name"])))
            || c.items_at(&["env"]).iter().any(|e| is(e.str_at(&["valueFrom", key, "name"])))
    };
    let spec = |list| pod.value().items_at(&["spec", list]).iter();
    spec("volumes").any(in_volume)
        || ["containers", "initContainers", "ephemeralContainers"]
            .into_iter()
            .any(|list| spec(list).any(in_container))
}

fn lease(node: &str, verb: &str, namespace: &str, name: &str) -> Judged {
    if !matches!(verb, "get" | "create" | "update" | "patch" | "delete") {
        return no("can only get, create, update, patch, or delete a node lease");
    }
    if namespace != "kube-node-lease" {
        return no("can only access leases in the \"kube-node-lease\" system namespace");
    }
    if verb != "create" && name != node {
        return no("can only access node lease with the same name as the requesting node");
    }
    Ok(())
}

fn own_node(node: &str, verb: &str, part: &str, name: &str) -> Judged {
    match (part, verb) {
        ("", "create" | "update" | "patch") | ("status", "update" | "patch") => Ok(()),
        ("", "get" | "list" | "watch") if name == node => Ok(()),
        ("", "get" | "list" | "watch") if name.is_empty() => {
            Err(format!("node '{node}' cannot read all nodes, only its own Node object"))
        }
        ("", "get" | "list" | "watch") => {
            Err(format!("node '{node}' cannot read '{name}', only its own Node object"))
        }
        _ => no(""),
    }
}

fn selects_node(fields: &str, node: &str) -> bool {
    // The usual text first: this is asked for every watch of every kubelet.
    fields.strip_prefix("spec.nodeName=").is_some_and(|rest| rest == node)
        || FieldSelector::parse(fields)
            .is_ok_and(|selector| selector.required("spec.nodeName").is_some_and(|name| name == node))
}
