//! busybox, alpine, debian and the like: a shell with tools, and busybox' small web server.

use api::http::{Request, Response};
use sim::Str;

use super::{Behaviour, Kind, reply, server, static_file};
use crate::process::{Server, World};

/// Images that are a shell and little more.
pub static IMAGE: Behaviour = Behaviour {
    repositories: &["busybox", "alpine", "debian", "ubuntu", "bash", "centos", "fedora", "curl", "bitnami"],
    size: 2_200_000,
    entrypoint: &[],
    command: &["sh"],
    environment: &[("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")],
    directory: "/",
    files: &[("/etc/os-release", "NAME=\"BusyBox\"\n")],
    programs: &[("httpd", Kind::BusyboxHttpd)],
    shell: true,
};

pub(super) fn start(argv: &[Str]) -> Result<Server, i32> {
    let port = option(argv, "-p").and_then(|p| p.rsplit(':').next()?.parse().ok()).unwrap_or(80);
    Ok(server(Kind::BusyboxHttpd, &[port], argv))
}

/// The value of `-x value` or `-xvalue`.
fn option<'a>(argv: &'a [Str], flag: &str) -> Option<&'a str> {
    argv.iter().enumerate().find_map(|(i, arg)| match arg.strip_prefix(flag)? {
        "" => argv.get(i + 1).map(|v| v.as_str()),
        value => Some(value),
    })
}

pub(super) fn answer(server: &Server, request: &Request, world: &mut World<'_>) -> Response {
    let root = option(&server.arguments, "-h").unwrap_or("/");
    match static_file(root.trim_end_matches('/'), request, world) {
        Some((content, content_type)) => reply(200, content_type, &content),
        None => reply(
            404,
            "text/html",
            "<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n<BODY><H1>404 Not Found</H1>\nThe requested URL was not found\n</BODY></HTML>\n",
        ),
    }
}
