//! redis: a data store on port 6379. It takes connections; its protocol is not simulated.

use sim::Str;

use super::{Behaviour, Kind, server};
use crate::process::{Server, World};
use crate::shell::text_tools::date;

/// Redis and its relatives.
pub static IMAGE: Behaviour = Behaviour {
    repositories: &["redis", "valkey"],
    size: 52_000_000,
    entrypoint: &[],
    command: &["redis-server"],
    environment: &[("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")],
    directory: "/data",
    files: &[],
    programs: &[("redis-server", Kind::Redis), ("valkey-server", Kind::Redis)],
    shell: true,
};

pub(super) fn start(argv: &[Str], world: &mut World<'_>) -> Result<Server, i32> {
    let port =
        argv.iter().position(|a| a == "--port").and_then(|i| argv.get(i + 1)?.parse().ok()).unwrap_or(6379);
    say(world, '*', &format!("Running mode=standalone, port={port}."));
    say(world, '*', "Ready to accept connections tcp");
    Ok(server(Kind::Redis, &[port], argv))
}

fn say(world: &mut World<'_>, level: char, text: &str) {
    let at = date(world.now, "%d %b %Y %H:%M:%S.000");
    world.print(&format!("1:M {at} {level} {text}\n"));
}

pub(super) fn terminate(world: &mut World<'_>) -> i32 {
    say(world, '*', "User requested shutdown...");
    say(world, '#', "Redis is now ready to exit, bye bye...");
    0
}
