//! What a kubelet hears and says.

use std::sync::Arc;

use api::http::{Frame, Request, Response};
use client::RequestId;
use runtime::cri;
use sim::Effect;

/// What happens to a kubelet.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Input {
    /// Everything between it and the API server.
    Api(client::Input),
    /// The process starts.
    Start,
    /// A timer of its own.
    Timer(sim::Token),
    /// The runtime answers.
    Cri {
        /// Which call.
        id: cri::CallId,
        /// The answer.
        response: Arc<cri::Response>,
    },
    /// The runtime tells something.
    CriEvent(Arc<cri::Event>),
    /// The API server asks (for logs).
    Http {
        /// The request's number.
        id: RequestId,
        /// What it asks.
        request: Arc<Request>,
    },
    /// The API server no longer wants the answer.
    HttpCancel {
        /// To which request.
        id: RequestId,
    },
}

/// What a kubelet sends.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Message {
    /// To the API server, as its client.
    Api(client::Message),
    /// To the runtime.
    Cri {
        /// The call's number.
        id: cri::CallId,
        /// What it asks.
        request: Arc<cri::Request>,
    },
    /// The answer to a request of the API server.
    Http {
        /// To which request.
        id: RequestId,
        /// The answer.
        response: Arc<Response>,
    },
    /// A piece of a streaming answer.
    HttpFrame {
        /// To which request.
        id: RequestId,
        /// The piece.
        frame: Frame,
    },
}

/// The context of a kubelet.
pub type Context<'a> = sim::Context<'a, Message>;

/// Lets `act` talk to the API server as a client process does.
pub(crate) fn as_client<R>(context: &mut Context<'_>, act: impl FnOnce(&mut client::Context<'_>) -> R) -> R {
    let mut effects = Vec::new();
    let result = act(&mut client::Context::new(context.now, context.actor, &mut effects));
    for effect in effects {
        match effect {
            Effect::Send { to, message } => context.send(to, Message::Api(message)),
            Effect::Timer { after, token } => context.timer(after, token),
            Effect::Note(note) => context.note(note.template, note.args),
        }
    }
    result
}
