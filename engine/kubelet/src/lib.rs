//! The kubelet: makes a node's containers what the pods bound to it say, and tells the API server how it went.
//!
//! - [`node`] registers the Node object and keeps its lease and status fresh.
//! - [`pod_worker`] has one [`pod_worker::Worker`] a pod: volumes, sandbox, init containers, images, containers, probes,
//!   restarts, termination.
//! - [`status`] computes a pod's status; changes go out as patches, one at a time a pod.
//! - [`images`] pulls images, one at a time, as `serializeImagePulls` says by default.
//!
//! Architecture invariant: a kubelet touches containers only through [`runtime::cri`] and the cluster only through
//! the API server. It keeps no state across a restart: what runs is what the runtime lists.

mod admission;
mod config;
mod events;
mod host;
mod http;
pub mod images;
mod kubelet;
mod message;
pub mod node;
pub mod pod_worker;
mod rebuild;
pub mod status;

pub use config::Config;
pub use host::timer_says;
pub use kubelet::Kubelet;
pub use message::{Context, Input, Message};
pub use pod_worker::{Phase, Worker};

/// The version of Kubernetes that the kubelet says it is.
pub const VERSION: &str = "v1.36.0";
