//! What images do: the catalogue. One image a file; what is not here is [`unknown`].

pub mod agnhost;
pub mod busybox;
pub mod httpd;
mod name;
pub mod nginx;
pub mod pause;
pub mod redis;
pub mod unknown;

use api::http::{Request, Response};
use sim::{Digest, Str};

pub use name::{ImageName, Missing};

use crate::process::{Refusal, Server, World};

/// What is known of an image.
#[derive(Debug)]
pub struct Behaviour {
    /// The repositories it lies in, by the last part of their path. `["*"]` for the image outside the catalogue.
    pub repositories: &'static [&'static str],
    /// Compressed size in bytes (0: made up from the name).
    pub size: u64,
    /// The entry point.
    pub entrypoint: &'static [&'static str],
    /// The arguments.
    pub command: &'static [&'static str],
    /// The environment.
    pub environment: &'static [(&'static str, &'static str)],
    /// Where the process starts.
    pub directory: &'static str,
    /// Files.
    pub files: &'static [(&'static str, &'static str)],
    /// The servers in it, by program name.
    pub programs: &'static [(&'static str, Kind)],
    /// True when there is a shell with the usual tools.
    pub shell: bool,
}

/// The servers of the catalogue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Kind {
    Pause,
    Nginx,
    Httpd,
    BusyboxHttpd,
    Redis,
    Agnhost,
    Unknown,
}

const CATALOGUE: [&Behaviour; 6] =
    [&nginx::IMAGE, &busybox::IMAGE, &httpd::IMAGE, &redis::IMAGE, &agnhost::IMAGE, &pause::IMAGE];

/// The behaviour of an image.
pub fn behaviour(image: &ImageName) -> &'static Behaviour {
    let last = image.repository.rsplit('/').next().unwrap_or_default();
    CATALOGUE.into_iter().find(|b| b.repositories.contains(&last)).unwrap_or(&unknown::IMAGE)
}

/// An image's compressed size in bytes: the catalogue's, or 20 to 150 MB by its name.
pub fn size(image: &ImageName) -> u64 {
    match behaviour(image).size {
        0 => 20_000_000 + Digest::of(image.full().as_str()).0 % 130_000_000,
        // Tags differ a little.
        size => size + Digest::of(image.full().as_str()).0 % 100_000,
    }
}

pub(crate) fn start(kind: Kind, argv: &[Str], world: &mut World<'_>) -> Result<Server, i32> {
    match kind {
        Kind::Pause => Ok(server(kind, &[], argv)),
        Kind::Nginx => nginx::start(argv, world),
        Kind::Httpd => httpd::start(argv, world),
        Kind::BusyboxHttpd => busybox::start(argv),
        Kind::Redis => redis::start(argv, world),
        Kind::Agnhost => agnhost::start(argv, world),
        Kind::Unknown => Ok(unknown::server(world)),
    }
}

pub(crate) fn answer(
    server: &Server,
    port: u16,
    request: &Request,
    world: &mut World<'_>,
) -> Result<Response, Refusal> {
    match server.kind {
        Kind::Pause => Err(Refusal::ConnectionRefused),
        Kind::Redis => Err(Refusal::NotHttp),
        Kind::Nginx => Ok(nginx::answer(request, world)),
        Kind::Httpd => Ok(httpd::answer(request, world)),
        Kind::BusyboxHttpd => Ok(busybox::answer(server, request, world)),
        Kind::Agnhost => Ok(agnhost::answer(server, request, world)),
        Kind::Unknown => Ok(unknown::answer(port, request, world)),
    }
}

/// Ends a server in order: its exit code.
pub(crate) fn terminate(server: &Server, world: &mut World<'_>) -> i32 {
    match server.kind {
        Kind::Nginx => nginx::terminate(world),
        Kind::Redis => redis::terminate(world),
        Kind::Httpd => httpd::terminate(world),
        Kind::Pause | Kind::BusyboxHttpd | Kind::Agnhost | Kind::Unknown => 0,
    }
}

fn server(kind: Kind, ports: &[u16], argv: &[Str]) -> Server {
    Server { kind, ports: ports.to_vec(), arguments: argv.get(1..).unwrap_or_default().to_vec() }
}

/// A response with a body of a type.
fn reply(status: u16, content_type: &'static str, body: &str) -> Response {
    let mut response = Response::text(status, body);
    response.headers = vec![(sim::literal!("content-type"), Str::from(content_type))];
    response
}

/// The file that a static server sends for a path below its root; directories give their `index.html`.
fn static_file(root: &str, request: &Request, world: &World<'_>) -> Option<(Str, &'static str)> {
    let mut path = crate::files::normalize("/", &request.path);
    if world.view.is_directory(&crate::files::normalize("/", &format!("{root}{path}"))) {
        path = format!("{}/index.html", path.trim_end_matches('/'));
    }
    let content = world.view.read(&format!("{root}{path}")).ok()?;
    let content_type = match path.rsplit('.').next() {
        Some("html" | "htm") => "text/html",
        Some("css") => "text/css",
        Some("js") => "application/javascript",
        Some("json") => "application/json",
        Some("txt") => "text/plain",
        _ => "application/octet-stream",
    };
    Some((content, content_type))
}

/// A line of an access log in the common format that nginx and httpd share.
fn access_line(request: &Request, status: u16, size: usize, world: &World<'_>) -> String {
    let client = request.header_value("x-lab-client").map_or("10.244.0.1", |c| c.as_str());
    let at = crate::shell::text_tools::date(world.now, "%d/%b/%Y:%H:%M:%S +0000");
    format!("{client} - - [{at}] \"{} {} HTTP/1.1\" {status} {size}", request.method, request.path)
}
