//! kube-scheduler: a queue of pods, a cache of nodes, and a framework of plugins that filter and score.
//!
//! One pod is scheduled per event. For every decision the scheduler keeps who was filtered by what, who scored what and
//! why this node ([`Decision`]). Not simulated yet: preemption, volume binding, extenders, several profiles.

mod cache;
mod cycle;
mod decision;
mod framework;
mod node_info;
mod plugins;
mod pod_info;
mod queue;
mod scheduler;
mod spread;

pub use cache::Cache;
pub use decision::{Decision, Decisions, NodeVerdict};
pub use framework::{Plugin, SCORE_MAX};
pub use node_info::NodeInfo;
pub use pod_info::{PodInfo, Request};
pub use queue::{Queue, QueuedPod};
pub use scheduler::Scheduler;
