//! kube-controller-manager: one process with shared informers and one file a controller.
//!
//! A controller is a function of (key, what the informers know) to (requests to send, when to look again); see
//! [`Controller`]. [`ControllerManager`] runs them: it turns changes into keys, keys into work (one item an event, so
//! that a person can step from reconcile to reconcile), and answers into retries.
//!
//! Architecture invariant: a controller never sends anything itself; it returns an [`Outcome`].

pub mod cluster_role_aggregation;
mod config;
mod controllers;
mod item;
mod manager;
mod objects;
mod outcome;
mod runtime;
mod tally;
mod template;
pub mod world;

pub use config::Config;
pub use controllers::{Controller, Name};
pub use item::{Item, Subject};
pub use manager::ControllerManager;
pub use outcome::{Call, EventDraft, Outcome, Purpose};
pub use runtime::{Reconciled, Runtime};
pub use template::pod_template_hash;
pub use world::{Kind, World};

mod claim;
mod deployment;
mod endpoint_slice;
mod endpoints;
mod garbage_collector;
mod namespace;
mod node_ipam;
mod node_lifecycle;
mod pod_gc;
mod replica_set;
mod service_account;
mod service_pods;
mod taint_eviction;

#[cfg(test)]
mod testing;
