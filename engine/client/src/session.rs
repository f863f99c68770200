//! What all parts of one client process share: its name, its request numbers, its dice.

use api::http::{Credential, Request};
use sim::{Str, Stream, literal};

use crate::component::{Context, Message, RequestId, send};
use sim::Actor;

/// One process' way of sending: informers, recorders and the process itself draw request numbers from here.
#[derive(Clone, Debug, Hash)]
pub struct Session {
    /// The `user-agent` header of its requests.
    agent: Str,
    /// Who it is, when its requests don't say otherwise.
    credential: Credential,
    last: RequestId,
    random: Stream,
}

impl Session {
    /// A session of the client called `agent` (`kube-scheduler`, `kubelet/node-1`); `random` gives its jitter.
    pub fn new(agent: impl Into<Str>, random: Stream) -> Session {
        Session {
            agent: agent.into(),
            credential: Credential::Connection,
            last: RequestId::default(),
            random,
        }
    }

    /// With a credential other than the connection's own.
    #[must_use]
    pub fn with_credential(mut self, credential: Credential) -> Session {
        self.credential = credential;
        self
    }

    /// The client's name.
    pub fn agent(&self) -> &Str {
        &self.agent
    }

    /// The number of requests sent so far.
    pub fn sent(&self) -> u64 {
        self.last.0
    }

    /// The process' random numbers.
    pub fn random(&mut self) -> &mut Stream {
        &mut self.random
    }

    /// Sends a request to the API server and returns its number.
    pub fn send(&mut self, context: &mut Context<'_>, request: Request) -> RequestId {
        let agent = self.agent.clone();
        self.send_as(context, agent, request)
    }

    /// Sends a request in the name of a part of the process (`kube-controller-manager/deployment-controller`).
    pub fn send_as(&mut self, context: &mut Context<'_>, agent: Str, mut request: Request) -> RequestId {
        self.last = RequestId(self.last.0 + 1);
        request.headers.push((literal!("user-agent"), agent));
        if request.credential == Credential::Connection {
            request.credential = self.credential.clone();
        }
        send(context, self.last, request);
        self.last
    }

    /// Closes a stream, or stops waiting for a response.
    pub fn cancel(&self, context: &mut Context<'_>, id: RequestId) {
        context.send(Actor::ApiServer, Message::Cancel { id });
    }
}
