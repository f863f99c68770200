//! Requests and responses as they cross the simulated network: HTTP, with bodies that may stay trees.

use std::fmt;
use std::sync::Arc;

use sim::Str;

use crate::{Object, Value};

/// An HTTP method that the API server knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// The method called so, in capitals.
    pub fn parse(text: &str) -> Option<Method> {
        Some(match text {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "PATCH" => Method::Patch,
            "DELETE" => Method::Delete,
            "OPTIONS" => Method::Options,
            _ => return None,
        })
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
        })
    }
}

/// A body. Components inside the lab pass trees; the native edge passes bytes, with a `Content-Type`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Body {
    /// No body.
    #[default]
    Empty,
    /// A JSON value that nobody had to write and read.
    Tree(Value),
    /// One object of the store, shared with everybody who has it.
    Object(Object),
    /// Bytes.
    Bytes(Arc<[u8]>),
}

/// Header names are lower case.
pub type Headers = Vec<(Str, Str)>;

/// Who sends a request, as far as its headers do not say so.
///
/// Only processes of the lab can set it: what comes from outside has headers. It stands for what TLS tells a server
/// of a connection, and for the tokens that kube-controller-manager has for its controllers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Credential {
    /// The client certificate of the process at the other end.
    #[default]
    Connection,
    /// A kubelet's client certificate: `CN=system:node:NAME, O=system:nodes`.
    Node(Str),
    /// The token of a service account in kube-system (`--use-service-account-credentials`).
    ServiceAccount(Str),
}

/// A request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, decoded, without the query: `/api/v1/namespaces/default/pods`.
    pub path: Str,
    /// The query's parameters, decoded, in order.
    pub query: Vec<(Str, Str)>,
    /// Headers. `user-agent` names the client, `content-type` the kind of a patch.
    pub headers: Headers,
    /// The body.
    pub body: Body,
    /// Who sends it, when no header says so.
    pub credential: Credential,
}

impl Request {
    /// A request without query, headers or body.
    pub fn new(method: Method, path: impl Into<Str>) -> Request {
        Request {
            method,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            credential: Credential::Connection,
        }
    }

    /// With a query parameter more.
    #[must_use]
    pub fn query(mut self, name: impl Into<Str>, value: impl Into<Str>) -> Request {
        self.query.push((name.into(), value.into()));
        self
    }

    /// With a header more.
    #[must_use]
    pub fn header(mut self, name: impl Into<Str>, value: impl Into<Str>) -> Request {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With a tree as body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Value>) -> Request {
        self.body = Body::Tree(body.into());
        self
    }

    /// A query parameter's first value.
    pub fn parameter(&self, name: &str) -> Option<&Str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// A header's first value.
    pub fn header_value(&self, name: &str) -> Option<&Str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// True when the query says `watch=true` (or `1`).
    pub fn is_watch(&self) -> bool {
        self.parameter("watch").is_some_and(|v| v == "true" || v == "1")
    }
}

/// A response, or the beginning of one: when `streaming`, [`Frame`]s follow.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers.
    pub headers: Headers,
    /// The body; empty when frames follow.
    pub body: Body,
    /// True when the body comes in frames.
    pub streaming: bool,
}

impl Response {
    /// A response with a tree.
    pub fn tree(status: u16, body: impl Into<Value>) -> Response {
        Response { status, headers: Vec::new(), body: Body::Tree(body.into()), streaming: false }
    }

    /// A response with plain text.
    pub fn text(status: u16, text: &str) -> Response {
        Response {
            status,
            headers: vec![(sim::literal!("content-type"), sim::literal!("text/plain"))],
            body: Body::Bytes(text.as_bytes().into()),
            streaming: false,
        }
    }

    /// True for 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as a tree, whether it came as a tree or as an object; `None` for bytes or no body.
    pub fn value(&self) -> Option<&Value> {
        match &self.body {
            Body::Tree(value) => Some(value),
            Body::Object(object) => Some(object.value()),
            Body::Empty | Body::Bytes(_) => None,
        }
    }

    /// The `message` of a `Status` body, or the status code when there is none.
    pub fn message(&self) -> Str {
        match self.value().and_then(|v| v.str_at(&["message"])) {
            Some(message) => message.clone(),
            None => Str::from(format!("the server answered with status code {}", self.status)),
        }
    }

    /// The `reason` of a `Status` body (`NotFound`, `Conflict`, `AlreadyExists`, ...).
    pub fn reason(&self) -> &str {
        self.value().and_then(|v| v.str_at(&["reason"])).map_or("", |s| s.as_str())
    }
}

/// What a watch says about one object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum WatchKind {
    Added,
    Modified,
    Deleted,
    Bookmark,
    Error,
}

impl WatchKind {
    /// As in the stream: `ADDED`, `MODIFIED`, ...
    pub const fn as_str(self) -> &'static str {
        match self {
            WatchKind::Added => "ADDED",
            WatchKind::Modified => "MODIFIED",
            WatchKind::Deleted => "DELETED",
            WatchKind::Bookmark => "BOOKMARK",
            WatchKind::Error => "ERROR",
        }
    }
}

/// One event of a watch. For [`WatchKind::Error`] the object is a `Status`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct WatchEvent {
    /// What happened.
    pub kind: WatchKind,
    /// To which object, as it is after (for deletes: as it was at the end).
    pub object: Object,
}

/// A piece of a streaming response.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Frame {
    /// Watch events, in order. Shared: one allocation serves all watchers of the same thing.
    Watch(Arc<[WatchEvent]>),
    /// Rows of a table watch (`as=Table`), one tree an event: `{"type", "object"}`.
    Tree(Value),
    /// Raw bytes (a log being followed, a shell's output).
    Data(Arc<[u8]>),
    /// The stream ended in order.
    End,
}
