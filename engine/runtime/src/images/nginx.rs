//! nginx: a web server on port 80.

use api::http::{Request, Response};
use sim::Str;

use super::{Behaviour, Kind, access_line, reply, server, static_file};
use crate::process::{Server, World};
use crate::shell::text_tools::date;

const ROOT: &str = "/usr/share/nginx/html";
const CONFIG: &str = "/etc/nginx/conf.d/default.conf";

/// The version behind tags that name none.
const LATEST: &str = "1.29.3";

/// nginx and what is built on it.
pub static IMAGE: Behaviour = Behaviour {
    repositories: &["nginx", "nginx-unprivileged", "nginx-slim"],
    size: 72_000_000,
    entrypoint: &[],
    command: &["nginx", "-g", "daemon off;"],
    environment: &[
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("NGINX_VERSION", LATEST),
    ],
    directory: "/",
    files: &[
        (
            "/usr/share/nginx/html/index.html",
            "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n\
             <h1>Welcome to nginx!</h1>\n<p>The simulated nginx of this lab is up and serving.</p>\n</body>\n</html>\n",
        ),
        (
            CONFIG,
            "server {\n    listen       80;\n    location / {\n        root   /usr/share/nginx/html;\n    }\n}\n",
        ),
    ],
    programs: &[("nginx", Kind::Nginx)],
    shell: true,
};

pub(super) fn start(argv: &[Str], world: &mut World<'_>) -> Result<Server, i32> {
    if argv.iter().any(|a| a == "-t") {
        world.error("nginx: configuration file /etc/nginx/nginx.conf test is successful\n");
        return Err(0);
    }
    if argv.iter().any(|a| a == "-v") {
        let line = format!("nginx version: {}\n", version(world.image));
        world.error(&line);
        return Err(0);
    }
    let mut ports: Vec<u16> = Vec::new();
    for file in world.view.list("/etc/nginx/conf.d") {
        if let Ok(config) = world.view.read(&format!("/etc/nginx/conf.d/{file}")) {
            ports.extend(listens(&config));
        }
    }
    ports.sort_unstable();
    ports.dedup();
    notice(world, "using the \"epoll\" event method");
    let name = version(world.image);
    notice(world, &name);
    notice(world, "start worker processes");
    Ok(server(Kind::Nginx, &ports, argv))
}

/// The ports of the `listen` directives.
fn listens(config: &str) -> Vec<u16> {
    config
        .lines()
        .filter_map(|line| {
            line.split('#').next()?.trim().strip_prefix("listen")?.split([';', ' ']).find(|w| !w.is_empty())
        })
        .filter_map(|address| address.trim().rsplit(':').next()?.parse().ok())
        .collect()
}

fn notice(world: &mut World<'_>, text: &str) {
    let at = date(world.now, "%Y/%m/%d %H:%M:%S");
    world.error(&format!("{at} [notice] 1#1: {text}\n"));
}

pub(super) fn answer(request: &Request, world: &mut World<'_>) -> Response {
    let name = version(world.image);
    let mut response = match static_file(ROOT, request, world) {
        Some((content, content_type)) => reply(200, content_type, &content),
        None => reply(
            404,
            "text/html",
            &format!(
                "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\
                 \r\n<hr><center>{name}</center>\r\n</body>\r\n</html>\r\n"
            ),
        ),
    };
    response.headers.push((sim::literal!("server"), Str::from(name)));
    let size = match &response.body {
        api::http::Body::Bytes(bytes) => bytes.len(),
        _ => 0,
    };
    if response.status == 404 {
        let at = date(world.now, "%Y/%m/%d %H:%M:%S");
        let path = crate::files::normalize("/", &request.path);
        world.error(&format!(
            "{at} [error] 29#29: *1 open() \"{ROOT}{path}\" failed (2: No such file or directory)\n"
        ));
    }
    let agent = request.header_value("user-agent").map_or("-", |a| a.as_str());
    let line = access_line(request, response.status, size, world);
    world.print(&format!("{line} \"-\" \"{agent}\" \"-\"\n"));
    response
}

/// What the server calls itself: `nginx/` and the image's tag, when that begins with a version.
fn version(image: &str) -> String {
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    let number = tag.split(['-', '@']).next().filter(|n| n.starts_with(|c: char| c.is_ascii_digit()));
    format!("nginx/{}", number.filter(|n| n.contains('.')).unwrap_or(LATEST))
}

pub(super) fn terminate(world: &mut World<'_>) -> i32 {
    notice(world, "signal 3 (SIGQUIT) received, shutting down");
    notice(world, "exit");
    0
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions() {
        for (image, name) in [
            ("nginx", "nginx/1.29.3"),
            ("nginx:1.27", "nginx/1.27"),
            ("docker.io/library/nginx:1.28.0-alpine", "nginx/1.28.0"),
            ("nginx:stable", "nginx/1.29.3"),
            ("registry:5000/nginx", "nginx/1.29.3"),
        ] {
            assert_eq!(super::version(image), name, "{image}");
        }
    }

    #[test]
    fn listen_directives() {
        let config = "server {\n listen 8080;\n # listen 1;\n listen [::]:81 default_server;\n}";
        assert_eq!(super::listens(config), [8080, 81]);
    }
}
