//! What a picture of the lab needs, as plain values. Views read the cluster and never change it.

mod detail;
mod happened;
mod names;
mod picture;
mod pods;
mod raft_types;
mod raft_view;
mod store_find;
mod store_types;
mod store_view;
mod terminal;
mod types;

pub use kubectl::{Channel, Problem};
pub use raft_types::*;
pub use store_types::*;
pub use terminal::{SessionView, TerminalLine};
pub use types::*;
