//! A lab: one cluster put together, with its journal, checkpoints, rewind, forks and links.
//!
//! [`Lab`] is what the page and the binary hold. It owns a [`Cluster`] (plain data, one queue, one clock) and
//! the user's [`Action`]s, and gives out pictures of it ([`view`]).

pub mod action;
pub mod cluster;
pub mod event;
pub mod file;
pub mod history;
pub mod link;
pub mod narrate;
pub mod scenes;
pub mod trace;
pub mod view;

pub use action::{Action, Ends, Entry, Fault};
pub use cluster::Cluster;
pub use file::{EtcdSpec, LabFile, LabFileError, NodeSpec};
pub use history::{Answer, Lab, Opened, Opening, Progress};
pub use link::LinkError;
pub use scenes::Scene;
