//! agnhost: the test image of Kubernetes' own documentation and tests.

use api::http::{Request, Response};
use sim::Str;

use super::{Behaviour, Kind, reply, server};
use crate::process::{Server, World};

/// agnhost, and the older images that it replaced.
pub static IMAGE: Behaviour = Behaviour {
    repositories: &["agnhost"],
    size: 52_000_000,
    entrypoint: &["/agnhost"],
    command: &["pause"],
    environment: &[("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")],
    directory: "/",
    files: &[],
    programs: &[("agnhost", Kind::Agnhost)],
    shell: true,
};

fn option<'a>(argv: &'a [Str], flag: &str) -> Option<&'a str> {
    argv.iter().enumerate().find_map(|(i, arg)| {
        let rest = arg.strip_prefix(flag)?;
        if rest.is_empty() { argv.get(i + 1).map(|v| v.as_str()) } else { rest.strip_prefix('=') }
    })
}

pub(super) fn start(argv: &[Str], world: &mut World<'_>) -> Result<Server, i32> {
    let command = argv.get(1).map_or("pause", |c| c.as_str());
    let port = |flag, default| option(argv, flag).and_then(|p| p.parse().ok()).unwrap_or(default);
    match command {
        "pause" => {
            world.print("Paused\n");
            Ok(server(Kind::Agnhost, &[], argv))
        }
        "netexec" => {
            let port = port("--http-port", 8080);
            world.error(&format!("Started HTTP server on port {port}\n"));
            Ok(server(Kind::Agnhost, &[port], argv))
        }
        "serve-hostname" => {
            let port = port("--port", 9376);
            world.error("Serving on port 9376.\n");
            Ok(server(Kind::Agnhost, &[port], argv))
        }
        "test-webserver" => Ok(server(Kind::Agnhost, &[port("--port", 80)], argv)),
        "porter" | "fake-gitserver" | "guestbook" | "liveness" | "webhook" => {
            Ok(server(Kind::Agnhost, &[port("--http-port", 8080)], argv))
        }
        other => {
            world.error(&format!("Error: unknown command \"{other}\" for \"app\"\n"));
            Err(1)
        }
    }
}

pub(super) fn answer(server: &Server, request: &Request, world: &mut World<'_>) -> Response {
    let hostname = world.hostname;
    if server.arguments.first().is_some_and(|c| c == "serve-hostname") {
        return reply(200, "text/plain", hostname);
    }
    match request.path.trim_start_matches('/').split('/').next().unwrap_or("") {
        "hostname" | "hostName" => reply(200, "text/plain", hostname),
        "healthz" | "readyz" => reply(200, "text/plain", ""),
        "echo" => {
            let code = request.parameter("code").and_then(|c| c.parse().ok()).unwrap_or(200);
            reply(code, "text/plain", request.parameter("msg").map_or("", |m| m))
        }
        "clientip" => {
            reply(200, "text/plain", request.header_value("x-lab-client").map_or("127.0.0.1:0", |c| c))
        }
        "" => reply(200, "text/plain", &format!("NOW: {}", world.now.rfc3339())),
        _ => reply(404, "text/plain", "404 page not found\n"),
    }
}
