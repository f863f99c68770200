//! The container runtime of a node: images, pod sandboxes, containers, their processes, files and shell.
//!
//! One [`Runtime`] is one containerd. The kubelet speaks to it in [`cri`] (the Container Runtime Interface as
//! data) and hears [`cri::Event`]s; the network asks it what a container's server answers ([`Runtime::http`]).
//!
//! Containers run no Linux: the catalogue in [`images`] says what an image's programs do, and [`shell`] runs
//! scripts over a simulated file system.
//!
//! Architecture invariant: nothing here knows a pod's specification, the API or the API server. A runtime knows
//! sandboxes and containers, as containerd does.

pub mod cni;
mod container;
pub mod cri;
mod exec;
pub mod files;
pub mod images;
mod life;
pub mod logs;
pub mod process;
mod pull;
mod runtime;
mod sandbox;
mod serve;
pub mod shell;

pub use container::{Container, ContainerState};
pub use process::Refusal;
pub use pull::StoredImage;
pub use runtime::{Input, Message, Runtime};
pub use sandbox::Sandbox;
