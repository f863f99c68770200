//! Any image outside of the catalogue: a server on the ports that its container declares.

use api::http::{Request, Response};

use super::{Behaviour, Kind, reply};
use crate::process::{Server, World};

/// What is assumed of an image that the lab does not know.
pub static IMAGE: Behaviour = Behaviour {
    repositories: &["*"],
    size: 0,
    entrypoint: &["/server"],
    command: &[],
    environment: &[("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")],
    directory: "/",
    files: &[],
    programs: &[("server", Kind::Unknown)],
    shell: true,
};

/// The server that stands for the image's program.
pub(crate) fn server(world: &mut World<'_>) -> Server {
    if !world.ports.is_empty() {
        let ports: Vec<String> = world.ports.iter().map(u16::to_string).collect();
        world.print(&format!("{} (simulated) listening on {}\n", world.image, ports.join(", ")));
    }
    Server { kind: Kind::Unknown, ports: world.ports.to_vec(), arguments: Vec::new() }
}

pub(super) fn answer(port: u16, request: &Request, world: &mut World<'_>) -> Response {
    let (image, hostname) = (world.image, world.hostname);
    world.print(&format!("{} {} -> 200\n", request.method, request.path));
    reply(
        200,
        "text/plain",
        &format!(
            "{image} (simulated)\nHostname: {hostname}\nPort: {port}\nRequest: {} {}\n",
            request.method, request.path
        ),
    )
}
