//! The service network: kube-proxy's tables, and the walk of a packet through them.
//!
//! Now: the iptables mode, as data ([`Table`]); ClusterIP, NodePort, external and load balancer addresses; traffic
//! policies; session affinity by client. Later: IPVS and nftables, DNS, ingress, policies.
//!
//! Architecture invariant: kube-proxy knows services and endpoint slices only from the API server; it never sees a pod.

mod proxy;
mod table;
mod walk;

pub use proxy::KubeProxy;
pub use table::{Backend, PortName, ServicePort, Table};
pub use walk::{Destination, Way, walk};
