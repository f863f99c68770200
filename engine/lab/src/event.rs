//! What happens in a lab: every event, and every message that crosses a link.

use std::sync::Arc;

use api::http::{Frame, Request, Response};
use client::RequestId;
use etcd::rpc::{self, CallId};
use runtime::cri;
use sim::{Actor, EventNumber, Medium, SimTime, Str, Token};

use crate::action::Action;

/// Something that happens at a moment of virtual time.
#[derive(Clone, Hash, Debug)]
pub enum Event {
    /// A process starts, with empty memory.
    Start(Actor),
    /// A process' own timer.
    Timer(Actor, Token),
    /// A message arrives.
    Deliver(Envelope),
    /// A client learns that its call failed without an answer.
    Failed {
        /// Which call.
        call: Call,
        /// Why, in the words that a Go client would use.
        reason: Str,
    },
    /// A server learns that a client's connection is gone.
    Disconnected {
        /// The server.
        server: Actor,
        /// The client.
        client: Actor,
    },
    /// Nothing came over a connection for so long that both ends give it up.
    ConnectionTimeout(Actor, Actor),
    /// The user did something.
    Action(Arc<Action>),
    /// The lab looks whether the control plane is ready for the file's manifests.
    Bootstrap,
}

/// A pending event and the event that caused it.
#[derive(Clone, Hash, Debug)]
pub struct Queued {
    /// What will happen.
    pub event: Event,
    /// Because of which event.
    pub cause: EventNumber,
}

/// A message on its way.
#[derive(Clone, Hash, Debug)]
pub struct Envelope {
    /// The sender.
    pub from: Actor,
    /// The receiver.
    pub to: Actor,
    /// When it was sent.
    pub sent: SimTime,
    /// What it says.
    pub message: Message,
}

/// A call that a client waits for: the connection between the two carries it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Call {
    /// Who called.
    pub client: Actor,
    /// Whom.
    pub server: Actor,
    /// The client's number for it.
    pub id: u64,
}

/// Everything that one process can say to another.
#[derive(Clone, Hash, Debug)]
pub enum Message {
    /// Between etcd members.
    Raft(Arc<raft::Message>),
    /// Between etcd members: calls that only the leader can answer.
    Forward(Arc<etcd::Forward>),
    /// To an etcd member.
    EtcdRequest(CallId, Arc<rpc::Request>),
    /// From an etcd member.
    EtcdResponse(CallId, Arc<rpc::Response>),
    /// To the API server, or from it to a kubelet.
    Request(RequestId, Arc<Request>),
    /// The client gives the call up.
    Cancel(RequestId),
    /// The answer.
    Response(RequestId, Arc<Response>),
    /// A piece of a streaming answer.
    Frame(RequestId, Frame),
    /// From a kubelet to its container runtime.
    CriRequest(cri::CallId, Arc<cri::Request>),
    /// The runtime's answer.
    CriResponse(cri::CallId, Arc<cri::Response>),
    /// The runtime tells its kubelet that a container's state changed.
    CriEvent(Arc<cri::Event>),
}

impl Message {
    /// What carries it.
    pub fn medium(&self) -> Medium {
        match self {
            Message::Raft(_) | Message::Forward(_) => Medium::Datagram,
            _ => Medium::Stream,
        }
    }

    /// True for Raft's messages.
    pub fn is_raft(&self) -> bool {
        matches!(self, Message::Raft(_))
    }
}

impl Envelope {
    /// The call that this message opens, if it does.
    pub fn opens(&self) -> Option<Call> {
        let id = match &self.message {
            Message::EtcdRequest(call, request) if has_answer(request) => call.0,
            Message::Request(id, _) => id.0,
            _ => return None,
        };
        Some(Call { client: self.from, server: self.to, id })
    }

    /// The call that this message ends, if it does.
    pub fn ends(&self) -> Option<Call> {
        let answered = |id| Some(Call { client: self.to, server: self.from, id });
        match &self.message {
            Message::EtcdResponse(call, response) if ends_call(response) => answered(call.0),
            Message::Response(id, response) if !response.streaming => answered(id.0),
            Message::Frame(id, Frame::End) => answered(id.0),
            Message::Cancel(id) => Some(Call { client: self.from, server: self.to, id: id.0 }),
            Message::EtcdRequest(_, request) => match **request {
                rpc::Request::Cancel { call } => {
                    Some(Call { client: self.from, server: self.to, id: call.0 })
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// The end of a watch is answered on the watch itself, and nobody waits for that of a call.
fn has_answer(request: &rpc::Request) -> bool {
    !matches!(request, rpc::Request::WatchCancel { .. } | rpc::Request::Cancel { .. })
}

/// A watch stays open after its creation and its events; everything else is one answer.
fn ends_call(response: &rpc::Response) -> bool {
    !matches!(response, rpc::Response::WatchCreated { .. } | rpc::Response::WatchEvents { .. })
}
