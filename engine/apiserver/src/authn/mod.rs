//! Authentication: who sends a request. Inside the lab a process is known by its connection; tokens and certificates
//! come with the issue on authentication.

use api::http::Request;
use api::{Str, literal};
use sim::Actor;

use crate::operation::Caller;

/// A user, as authorization and audit see one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct User {
    /// `system:kube-scheduler`, `kubernetes-admin`.
    pub name: Str,
    /// The groups.
    pub groups: Vec<Str>,
}

/// The user behind a request, with impersonation (`Impersonate-User`).
pub(crate) fn user(request: &Request, caller: Caller) -> User {
    let authenticated = literal!("system:authenticated");
    if let Some(name) = request.header_value("impersonate-user") {
        return User { name: name.clone(), groups: vec![authenticated] };
    }
    let (name, group) = match caller {
        Caller::Client(actor, _) => by_connection(actor),
        Caller::Part(_) | Caller::Server => (literal!("system:apiserver"), literal!("system:masters")),
    };
    User { name, groups: vec![group, authenticated] }
}

fn by_connection(actor: Actor) -> (Str, Str) {
    match actor {
        Actor::Scheduler => (literal!("system:kube-scheduler"), literal!("system:authenticated")),
        Actor::ControllerManager => {
            (literal!("system:kube-controller-manager"), literal!("system:authenticated"))
        }
        Actor::CloudControllerManager => {
            (literal!("system:cloud-controller-manager"), literal!("system:authenticated"))
        }
        Actor::Kubelet(node) => (Str::from(format!("system:node:node-{node}")), literal!("system:nodes")),
        Actor::KubeProxy(_) => {
            (literal!("system:serviceaccount:kube-system:kube-proxy"), literal!("system:serviceaccounts"))
        }
        _ => (literal!("kubernetes-admin"), literal!("kubeadm:cluster-admins")),
    }
}
