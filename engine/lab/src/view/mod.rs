//! What a picture of the lab needs, as plain values. Views read the cluster and never change it.

mod detail;
mod happened;
mod names;
mod picture;
mod pods;
mod terminal;
mod types;

pub use kubectl::{Channel, Problem};
pub use terminal::{SessionView, TerminalLine};
pub use types::*;
