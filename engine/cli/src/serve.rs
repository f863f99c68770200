//! `clusterlab serve`: the API server of a live lab on a loopback port.

mod body;
mod driver;
mod protobuf;
mod tls;

use std::cell::RefCell;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
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
use tokio_rustls::TlsAcceptor;

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
    let secure: Option<SocketAddr> = match &options.tls {
        Some(listen) => {
            Some(listen.parse().map_err(|_| format!("--tls-listen takes ADDRESS:PORT, not {listen:?}"))?)
        }
        None => None,
    };
    for address in [Some(address), secure].into_iter().flatten() {
        if !address.ip().is_loopback() && !options.remote_clients_are_admins {
            return Err(format!(
                "{address} is no loopback address: whoever reaches it could do anything in the lab. If that is \
                 what you want, say --remote-clients-are-admins"
            ));
        }
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
    if !file.control_plane {
        return Err(
            "the lab has no control plane (controlPlane: false), and so no API server to serve".to_owned()
        );
    }
    let mut lab = Lab::new(file);
    // Clients want an answer at once: the boot is not waited for in real time.
    until::ready(&mut lab)?;
    run::report_setup(&lab);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let secure = secure.map(|address| (address, options.kubeconfig.as_deref()));
    LocalSet::new().block_on(&runtime, listen(address, secure, Driver::new(lab, options.speed)))?;
    Ok(ExitCode::SUCCESS)
}

async fn listen(
    address: SocketAddr,
    secure: Option<(SocketAddr, Option<&Path>)>,
    driver: Driver,
) -> Result<(), String> {
    let (listener, address) = bind(address).await?;
    say(&format!(
        "the lab's API server listens on http://{address}\ntry: kubectl --server http://{address} get nodes\n"
    ));
    let driver = Rc::new(RefCell::new(driver));
    tokio::task::spawn_local(driver::drive(driver.clone()));
    if let Some((address, kubeconfig)) = secure {
        tokio::task::spawn_local(accept(bind_secure(address, kubeconfig).await?, driver.clone()));
    }
    accept(Door { listener, tls: None }, driver).await;
    Ok(())
}

/// A port, and how it is spoken on.
struct Door {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), String> {
    let listener = TcpListener::bind(address).await.map_err(|e| format!("{address}: {e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    Ok((listener, address))
}

async fn bind_secure(address: SocketAddr, kubeconfig: Option<&Path>) -> Result<Door, String> {
    let (listener, address) = bind(address).await?;
    let authority = tls::Authority::new(address.ip())?;
    let config = authority.kubeconfig(address);
    match kubeconfig {
        Some(path) => {
            write_private(path, &config).map_err(|e| format!("{}: {e}", path.display()))?;
            let path = path.display();
            say(&format!("and on https://{address}\ntry: kubectl --kubeconfig {path} get nodes\n"));
        }
        None => say(&format!("and on https://{address}; its kubeconfig:\n{config}")),
    }
    Ok(Door { listener, tls: Some(authority.acceptor()?) })
}

/// A file that holds a key: nobody else may read it.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

/// Takes connections for as long as the program runs.
async fn accept(door: Door, driver: Rc<RefCell<Driver>>) {
    loop {
        // A connection that broke before it was taken, or too many open files: the next one may do better.
        let Ok((stream, _)) = door.listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        // Small frames of a watch should not wait for each other.
        let _ = stream.set_nodelay(true);
        let (driver, tls) = (driver.clone(), door.tls.clone());
        tokio::task::spawn_local(async move {
            match tls {
                None => converse(stream, driver, Rc::default()).await,
                Some(tls) => {
                    // Who does not trust the certificate hangs up: no error of ours.
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
                    let headers = tls::remote_headers(shown);
                    converse(stream, driver, headers.into()).await;
                }
            }
        });
    }
}

/// `remote` are the headers that say who the client's certificate speaks for.
async fn converse<S>(stream: S, driver: Rc<RefCell<Driver>>, remote: Rc<[(String, String)]>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
{
    let service = service_fn(move |request| answer(driver.clone(), request, remote.clone()));
    // A client that hangs up is no error of ours.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

type Answer = Response<Streamed>;

async fn answer(
    driver: Rc<RefCell<Driver>>,
    request: Request<Incoming>,
    remote: Rc<[(String, String)]>,
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
        None => match request_action(&head, path, &body, &remote) {
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
    remote: &[(String, String)],
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
    const KEPT: [&str; 4] = ["accept", "content-type", "user-agent", "authorization"];
    let kept = |name: &str| KEPT.contains(&name) || name.starts_with("impersonate-");
    let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        let name = name.as_str();
        let value = match name {
            "content-type" if is_protobuf => "application/json",
            _ => value.to_str().ok().filter(|value| !value.is_empty())?,
        };
        kept(name).then(|| (name.to_owned(), value.to_owned()))
    };
    let headers = head.headers.iter().filter_map(header).chain(remote.iter().cloned()).collect();
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
