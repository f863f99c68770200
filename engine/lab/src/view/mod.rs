//! What a picture of the lab needs, as plain values. Views read the cluster and never change it.

mod types;

pub use types::*;
