//! `clusterlab serve`: the API server of a live lab on a loopback port.

mod body;
mod driver;
mod protobuf;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;

use body::Streamed;
use bytes::{Bytes, BytesMut};
use driver::Driver;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use lab::{Action, Lab, LabFile, NodeSpec};
use tokio::net::TcpListener;
use tokio::task::LocalSet;

use crate::arguments::ServeOptions;
use crate::{run, say, until};

/// Kubernetes' own limit for a request's body.
const BODY_MAX: usize = 3 << 20;
/// How much of a body that is too large is read all the same: who is cut off while writing does not see the answer.
const DRAINED_MAX: usize = 64 << 20;

pub fn serve(options: ServeOptions) -> Result<ExitCode, String> {
    let address: SocketAddr = options
        .listen
        .parse()
        .map_err(|_| format!("--listen takes ADDRESS:PORT, not {:?}", options.listen))?;
    if !address.ip().is_loopback() {
        return Err(format!(
            "{address} is no loopback address; the lab has no authentication and listens on loopback only"
        ));
    }
    let mut file = match &options.lab {
        Some(path) => run::read_lab(path)?,
        None => LabFile::default(),
    };
    if let Some(nodes) = options.nodes {
        if nodes > lab::file::NODES_MAX {
            return Err(format!("--nodes takes at most {}", lab::file::NODES_MAX));
        }
        file.nodes = NodeSpec::count(nodes);
    }
    let mut lab = Lab::new(file);
    // Clients want an answer at once: the boot is not waited for in real time.
    until::ready(&mut lab)?;
    run::report_setup(&lab);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    LocalSet::new().block_on(&runtime, listen(address, Driver::new(lab, options.speed)))?;
    Ok(ExitCode::SUCCESS)
}

async fn listen(address: SocketAddr, driver: Driver) -> Result<(), String> {
    let listener = TcpListener::bind(address).await.map_err(|e| format!("{address}: {e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    say(&format!(
        "the lab's API server listens on http://{address}\ntry: kubectl --server http://{address} get nodes\n"
    ));
    let driver = Rc::new(RefCell::new(driver));
    tokio::task::spawn_local(driver::drive(driver.clone()));
    loop {
        let (stream, _) = listener.accept().await.map_err(|e| e.to_string())?;
        // Small frames of a watch should not wait for each other.
        let _ = stream.set_nodelay(true);
        let driver = driver.clone();
        tokio::task::spawn_local(async move {
            let service = service_fn(move |request| answer(driver.clone(), request));
            // A client that hangs up is no error of ours.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

type Answer = Response<Streamed>;

async fn answer(
    driver: Rc<RefCell<Driver>>,
    request: Request<Incoming>,
) -> Result<Answer, std::convert::Infallible> {
    let (head, body) = request.into_parts();
    let Some(body) = read(body).await else {
        return Ok(refusal(api::status::too_large(&format!("limit is {BODY_MAX}"))));
    };
    let path = head.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let action = match path.strip_prefix("/lab/v1/") {
        Some(rest) => match fetch_url(rest) {
            Ok(url) => Action::Fetch { id: 0, url },
            Err(message) => return Ok(plain(404, &message)),
        },
        None => match request_action(&head, path, &body) {
            Ok(action) => action,
            Err(status) => return Ok(refusal(status)),
        },
    };
    let ticket = driver.borrow_mut().act(action);
    // The body hangs up when the client does, even before there is a head.
    let body = Streamed::new(driver.clone(), ticket.clone());
    let head = driver::head(&driver, &ticket).await;
    Ok(match head {
        Ok(head) => {
            let mut response = Response::builder().status(head.status);
            for (name, value) in &head.headers {
                if let (Ok(name), Ok(value)) = (
                    hyper::header::HeaderName::from_bytes(name.as_bytes()),
                    hyper::header::HeaderValue::from_bytes(value.as_bytes()),
                ) {
                    response = response.header(name, value);
                }
            }
            if !head.headers.iter().any(|(name, _)| name == "content-type") {
                response = response.header("content-type", "application/json");
            }
            response.body(body).unwrap_or_else(|e| plain(500, &e.to_string()))
        }
        Err(reason) => plain(502, &reason),
    })
}

fn request_action(
    head: &hyper::http::request::Parts,
    path: String,
    body: &Bytes,
) -> Result<Action, api::Value> {
    let text =
        |name: &str| head.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let is_protobuf = text("content-type").starts_with(protobuf::CONTENT_TYPE);
    let body = match std::str::from_utf8(body) {
        _ if body.is_empty() => None,
        _ if is_protobuf => {
            let object = protobuf::read(body).map_err(|e| api::status::bad_request(&e))?;
            Some(api::json::write(&object))
        }
        Ok(text) => Some(text.to_owned()),
        Err(_) => {
            let types = ["application/json", "application/yaml", protobuf::CONTENT_TYPE];
            return Err(api::status::unsupported_media_type(&types));
        }
    };
    // What the simulation acts on; everything else (cookies, encodings) would only bloat the journal.
    const KEPT: [&str; 5] = ["accept", "content-type", "user-agent", "authorization", "impersonate-user"];
    let value = |name: &str| match name {
        "content-type" if is_protobuf => "application/json".to_owned(),
        name => text(name),
    };
    let headers =
        KEPT.iter().map(|name| ((*name).to_owned(), value(name))).filter(|(_, v)| !v.is_empty()).collect();
    Ok(Action::Request { id: 0, method: head.method.as_str().to_owned(), path, headers, body })
}

/// The whole body; nothing when it is too large or the client went away.
async fn read(mut body: Incoming) -> Option<Bytes> {
    let (mut whole, mut seen) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        seen += data.len();
        if seen > DRAINED_MAX {
            return None;
        }
        if seen <= BODY_MAX {
            whole.extend_from_slice(&data);
        }
    }
    (seen <= BODY_MAX).then(|| whole.freeze())
}

/// The URL of `/lab/v1/fetch?url=...`.
fn fetch_url(rest: &str) -> Result<String, String> {
    let query =
        rest.strip_prefix("fetch?").ok_or("the lab serves /lab/v1/fetch?url=http://node-1:31000/path")?;
    let url = query.split('&').find_map(|pair| pair.strip_prefix("url="));
    url.map(lab::cluster::decode_query).ok_or_else(|| "fetch needs ?url=".to_owned())
}

/// An answer that the API server would give, given without it.
fn refusal(status: api::Value) -> Answer {
    let code = status.int_at(&["code"]).and_then(|code| u16::try_from(code).ok()).unwrap_or(500);
    let mut response = plain(code, &api::json::write(&status));
    response
        .headers_mut()
        .insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    response
}

fn plain(status: u16, text: &str) -> Answer {
    let mut response = Response::new(Streamed::whole(text.to_owned()));
    *response.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    response
}
