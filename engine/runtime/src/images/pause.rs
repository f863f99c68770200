//! pause: holds a sandbox's namespaces and does nothing else.

use super::{Behaviour, Kind};

/// The image of every sandbox.
pub static IMAGE: Behaviour = Behaviour {
    repositories: &["pause"],
    size: 300_000,
    entrypoint: &["/pause"],
    command: &[],
    environment: &[],
    directory: "/",
    files: &[],
    programs: &[("pause", Kind::Pause)],
    shell: false,
};
