//! httpd: the Apache web server on port 80.

use api::http::{Request, Response};
use sim::Str;

use super::{Behaviour, Kind, access_line, reply, server, static_file};
use crate::process::{Server, World};
use crate::shell::text_tools::date;

const ROOT: &str = "/usr/local/apache2/htdocs";

/// The Apache HTTP server.
pub static IMAGE: Behaviour = Behaviour {
    repositories: &["httpd"],
    size: 57_000_000,
    entrypoint: &[],
    command: &["httpd-foreground"],
    environment: &[(
        "PATH",
        "/usr/local/apache2/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    )],
    directory: "/usr/local/apache2",
    files: &[("/usr/local/apache2/htdocs/index.html", "<html><body><h1>It works!</h1></body></html>\n")],
    programs: &[("httpd-foreground", Kind::Httpd), ("httpd", Kind::Httpd)],
    shell: true,
};

pub(super) fn start(argv: &[Str], world: &mut World<'_>) -> Result<Server, i32> {
    let at = date(world.now, "%a %b %d %H:%M:%S.000000 %Y");
    world.error(&format!(
        "[{at}] [mpm_event:notice] [pid 1:tid 1] AH00489: Apache/2.4.65 (Unix) configured -- resuming normal operations\n"
    ));
    Ok(server(Kind::Httpd, &[80], argv))
}

pub(super) fn answer(request: &Request, world: &mut World<'_>) -> Response {
    let response = match static_file(ROOT, request, world) {
        Some((content, content_type)) => (reply(200, content_type, &content), content.len()),
        None => (
            reply(
                404,
                "text/html",
                "<!DOCTYPE HTML>\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n</body></html>\n",
            ),
            196,
        ),
    };
    let line = access_line(request, response.0.status, response.1, world);
    world.print(&format!("{line}\n"));
    response.0
}

pub(super) fn terminate(world: &mut World<'_>) -> i32 {
    let at = date(world.now, "%a %b %d %H:%M:%S.000000 %Y");
    world.error(&format!(
        "[{at}] [mpm_event:notice] [pid 1:tid 1] AH00492: caught SIGWINCH, shutting down gracefully\n"
    ));
    0
}
