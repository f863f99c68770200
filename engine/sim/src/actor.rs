//! Who acts: the addresses between which messages travel.

use std::fmt;

/// A process of the simulated cluster, or a person in front of it.
///
/// Node numbers count from 1 in the order in which the machines joined the lab and are never reused; the
/// same for etcd members from 0. `Display` gives the name that the page and the lab file use (`etcd-0`,
/// `node-1/kubelet`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Actor {
    /// The person at the terminal (kubectl, etcdctl).
    User,
    /// A real client outside of the lab, through `clusterlab serve` or `window.clusterlab.request`.
    Client,
    /// kube-apiserver.
    ApiServer,
    /// One etcd member.
    Etcd(u32),
    /// kube-scheduler.
    Scheduler,
    /// kube-controller-manager.
    ControllerManager,
    /// cloud-controller-manager.
    CloudControllerManager,
    /// The kubelet of a node.
    Kubelet(u32),
    /// The container runtime (CRI) of a node.
    Runtime(u32),
    /// The kube-proxy of a node.
    KubeProxy(u32),
}

impl Actor {
    /// The node that this process runs on, if it is a node's.
    pub const fn node(self) -> Option<u32> {
        match self {
            Actor::Kubelet(n) | Actor::Runtime(n) | Actor::KubeProxy(n) => Some(n),
            _ => None,
        }
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Actor> {
        Some(match text {
            "user" => Actor::User,
            "client" => Actor::Client,
            "apiserver" => Actor::ApiServer,
            "scheduler" => Actor::Scheduler,
            "controller-manager" => Actor::ControllerManager,
            "cloud-controller-manager" => Actor::CloudControllerManager,
            _ => {
                if let Some(member) = text.strip_prefix("etcd-") {
                    return member.parse().ok().map(Actor::Etcd);
                }
                let (node, process) = text.strip_prefix("node-")?.split_once('/')?;
                let node = node.parse().ok()?;
                match process {
                    "kubelet" => Actor::Kubelet(node),
                    "containerd" => Actor::Runtime(node),
                    "kube-proxy" => Actor::KubeProxy(node),
                    _ => return None,
                }
            }
        })
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::User => f.write_str("user"),
            Actor::Client => f.write_str("client"),
            Actor::ApiServer => f.write_str("apiserver"),
            Actor::Etcd(n) => write!(f, "etcd-{n}"),
            Actor::Scheduler => f.write_str("scheduler"),
            Actor::ControllerManager => f.write_str("controller-manager"),
            Actor::CloudControllerManager => f.write_str("cloud-controller-manager"),
            Actor::Kubelet(n) => write!(f, "node-{n}/kubelet"),
            Actor::Runtime(n) => write!(f, "node-{n}/containerd"),
            Actor::KubeProxy(n) => write!(f, "node-{n}/kube-proxy"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for actor in [
            Actor::User,
            Actor::ApiServer,
            Actor::Etcd(2),
            Actor::Kubelet(14),
            Actor::Runtime(1),
            Actor::KubeProxy(3),
            Actor::CloudControllerManager,
        ] {
            assert_eq!(Actor::parse(&actor.to_string()), Some(actor));
        }
        assert_eq!(Actor::parse("node-x/kubelet"), None);
    }
}
