//! From what a worker knows to the pod's status.

pub mod compute;
pub mod conditions;
pub mod qos;
pub mod resources;

pub use compute::{phase, status};
pub use qos::qos_class;
