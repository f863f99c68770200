//! The contract between the lab and the terminal: what happens to it, and what it sends.

use std::sync::Arc;

use etcd::rpc::{CallId, Request, Response};
use sim::Str;

/// What happens to the terminal.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Input {
    /// From the API server, or one of the terminal's own timers.
    Api(client::Input),
    /// An etcd member answers.
    Etcd {
        /// The member's number (`Actor::Etcd(member)`).
        member: u32,
        /// The call that it answers.
        call: CallId,
        /// The answer; a watch has many.
        response: Arc<Response>,
    },
    /// A call to an etcd member broke: refused, reset, or silent for too long. Whether the member carried the request
    /// out is not known.
    EtcdFailed {
        /// The member's number.
        member: u32,
        /// Which call.
        call: CallId,
        /// In the words a Go client would use: `dial tcp 172.18.0.3:2379: connect: connection refused`.
        reason: Str,
    },
    /// What became of a [`Message::Restore`].
    Restored {
        /// Whose it was: the call's number.
        call: CallId,
        /// Why the disk is not in place, when it is not.
        result: Result<(), Str>,
    },
}

impl From<client::Input> for Input {
    fn from(input: client::Input) -> Input {
        Input::Api(input)
    }
}

/// What the terminal sends.
#[derive(Clone, Debug)]
pub enum Message {
    /// To the API server.
    Api(client::Message),
    /// To an etcd member, by its client port.
    Etcd {
        /// The terminal's number for the call.
        call: CallId,
        /// The request.
        request: Arc<Request>,
    },
    /// To the lab: puts a data directory onto the disk of a member that is not running. Answered at once by
    /// [`Input::Restored`].
    Restore {
        /// The terminal's number for it.
        call: CallId,
        /// What is put there.
        disk: Arc<etcd::Disk>,
        /// In the place of what is there; else the disk has to be empty.
        replace: bool,
    },
}

/// The context of the terminal.
pub type Context<'a> = sim::Context<'a, Message>;
