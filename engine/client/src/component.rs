//! The contract between the lab and every process that talks to the API server.

use std::sync::Arc;

use api::http::{Frame, Request, Response};
use sim::{Actor, Str, Token};

/// A request's number; each process counts its own from 1. The answer carries the same number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RequestId(pub u64);

/// What a client process sends to the API server over its link.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Message {
    /// A request; watches and followed logs are requests whose response streams.
    Request {
        /// Its number.
        id: RequestId,
        /// The request.
        request: Arc<Request>,
    },
    /// The client closes the stream (or no longer waits for the response) of a request.
    Cancel {
        /// Which.
        id: RequestId,
    },
}

/// What happens to a client process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Input {
    /// The process starts, with empty memory.
    Start,
    /// The answer to a request arrived.
    Response {
        /// Of which request.
        id: RequestId,
        /// The answer. When it is `streaming`, frames follow.
        response: Arc<Response>,
    },
    /// A piece of a streaming response arrived.
    Frame {
        /// Of which request.
        id: RequestId,
        /// The piece.
        frame: Frame,
    },
    /// The connection broke before the answer was complete: refused, reset, or silent for too long.
    /// Whether the server carried the request out is not known.
    Failed {
        /// Of which request.
        id: RequestId,
        /// In the words a Go client would use: `dial tcp 10.0.0.1:6443: connect: connection refused`.
        reason: Str,
    },
    /// A timer the process set.
    Timer(Token),
}

/// The context of a process that talks to the API server.
pub type Context<'a> = sim::Context<'a, Message>;

/// A process that talks to the API server: controller manager, scheduler, kube-proxy, kubectl.
/// (The kubelet talks to the runtime, too, and has its own message type that wraps this one.)
pub trait Component {
    /// Handles one thing that happened. Everything it wants done goes into the context, in order.
    fn handle(&mut self, input: Input, context: &mut Context<'_>);
}

/// Sends a request to the API server.
pub fn send(context: &mut Context<'_>, id: RequestId, request: Request) {
    context.send(Actor::ApiServer, Message::Request { id, request: Arc::new(request) });
}
