//! A small file server on loopback: the site as any web server would serve it, under a path of its own.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The site must work under any path: the tests use this one.
const PREFIX: &str = "/some/where/";

/// Serves a folder until the program ends; returns the URL.
pub async fn serve(folder: PathBuf) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let folder = folder.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(folder.clone(), request));
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok(format!("http://{address}{PREFIX}"))
}

async fn answer(folder: PathBuf, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    let name = match path.strip_prefix(PREFIX) {
        Some("") => "index.html",
        Some(name) => name,
        None => "",
    };
    let inside = !name.is_empty() && !name.contains("..");
    let content = if inside { std::fs::read(folder.join(name)).ok() } else { None };
    let mut response = Response::new(Full::new(Bytes::new()));
    match content {
        Some(content) => {
            let kind = hyper::header::HeaderValue::from_static(kind_of(Path::new(name)));
            response.headers_mut().insert("content-type", kind);
            *response.body_mut() = Full::new(Bytes::from(content));
        }
        None => *response.status_mut() = hyper::StatusCode::NOT_FOUND,
    }
    Ok(response)
}

fn kind_of(path: &Path) -> &'static str {
    match path.extension().and_then(|e| e.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

/// A port of loopback that nobody listens on.
pub fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
