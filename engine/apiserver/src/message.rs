//! What happens to the API server, and what it sends.

use std::sync::Arc;

use api::http::{Frame, Request, Response};
use etcd::rpc::{self, CallId};
use sim::{Actor, Str, Token};

/// A request's number; each client process counts its own from 1, and the answer carries it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RequestId(pub u64);

/// The server's own number for a call to a kubelet (logs, exec).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ProxyId(pub u64);

/// What happens to the API server.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Input {
    /// The process starts, with empty memory.
    Start,
    /// A request arrived.
    Request {
        /// From whom.
        from: Actor,
        /// The client's number for it.
        id: RequestId,
        /// The request.
        request: Arc<Request>,
    },
    /// A client no longer waits for a response, or closes a stream.
    Cancel {
        /// Who.
        from: Actor,
        /// Which of its requests.
        id: RequestId,
    },
    /// All connections of a client broke.
    Disconnected {
        /// Whose.
        from: Actor,
    },
    /// An etcd member answered a call, or said something on a watch.
    Etcd {
        /// The member's index.
        member: u32,
        /// The call.
        call: CallId,
        /// The answer.
        response: Arc<rpc::Response>,
    },
    /// The connection to a member broke before the call was answered (or the watch ended). Whether a mutation was
    /// carried out is not known, unless the reason says that there was no connection at all (`dial ...`).
    EtcdFailed {
        /// The member's index.
        member: u32,
        /// The call.
        call: CallId,
        /// In the words that a Go client would use.
        reason: Str,
    },
    /// A kubelet answered a proxied request (logs, exec). When it is `streaming`, frames follow.
    Kubelet {
        /// The node's number.
        node: u32,
        /// Which call.
        id: ProxyId,
        /// The answer.
        response: Arc<Response>,
    },
    /// A piece of a kubelet's streaming answer.
    KubeletFrame {
        /// The node's number.
        node: u32,
        /// Which call.
        id: ProxyId,
        /// The piece.
        frame: Frame,
    },
    /// The kubelet could not be reached, or the connection to it broke.
    KubeletFailed {
        /// The node's number.
        node: u32,
        /// Which call.
        id: ProxyId,
        /// In the words that a Go client would use.
        reason: Str,
    },
    /// A timer the server set.
    Timer(Token),
}

/// What the API server sends.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Message {
    /// The answer to a client's request. When it is `streaming`, frames follow.
    Response {
        /// The client's number of the request.
        id: RequestId,
        /// The answer.
        response: Arc<Response>,
    },
    /// A piece of a streaming answer.
    Frame {
        /// The client's number of the request.
        id: RequestId,
        /// The piece.
        frame: Frame,
    },
    /// A call to an etcd member.
    Etcd {
        /// The server's number for it.
        call: CallId,
        /// The call.
        request: Arc<rpc::Request>,
    },
    /// A request to a kubelet's own HTTP server.
    Kubelet {
        /// The server's number for it.
        id: ProxyId,
        /// The request.
        request: Arc<Request>,
    },
    /// The server closes a stream from a kubelet.
    KubeletCancel {
        /// The server's number for it.
        id: ProxyId,
    },
}

/// The context of the API server.
pub type Context<'a> = sim::Context<'a, Message>;
