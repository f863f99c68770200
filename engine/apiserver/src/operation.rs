//! A request on its way: what a real server keeps on a goroutine's stack.

use std::sync::Arc;

use api::http::{Headers, Request, Response};
use api::{Object, Revision, Str, Value, literal};
use etcd::rpc;
use sim::{Actor, SimTime};

use crate::RequestId;
use crate::admission::Step;
use crate::authn::User;
use crate::failure::Failure;
use crate::handlers::{Change, ListQuery, WatchQuery};
use crate::message::ProxyId;
use crate::negotiate::Form;
use crate::registry::ResourceId;
use crate::request_info::Verb;

/// The server's number for a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct OperationId(pub u64);

/// Who gets the answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Caller {
    /// A client, over the network.
    Client(Actor, RequestId),
    /// Another request that this one is a part of (the deletes of a delete collection).
    Part(OperationId),
    /// The server itself (what it creates at its start).
    Server,
}

/// A request on its way.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Operation {
    /// Who gets the answer.
    pub caller: Caller,
    /// In whose name.
    pub user: Arc<User>,
    /// What is asked for.
    pub verb: Verb,
    /// Of which resource.
    pub resource: ResourceId,
    /// In which namespace; empty for cluster-scoped objects and for all namespaces.
    pub namespace: Str,
    /// Which object; empty for collections.
    pub name: Str,
    /// `status`, `scale`, ...; empty for the object itself.
    pub subresource: Str,
    /// The request as it came.
    pub request: Arc<Request>,
    /// When it came.
    pub started: SimTime,
    /// Nothing is written (`dryRun=All`).
    pub dry_run: bool,
    /// How the answer is written.
    pub form: Form,
    /// `Warning` headers for the answer.
    pub warnings: Vec<Str>,
    /// What admission did.
    pub steps: Vec<Step>,
    /// How often it was tried (conflicts on retry, names that were taken, members that were silent).
    pub attempts: u32,
    /// When its wait for the cache is over, while it waits.
    pub waits_until: Option<SimTime>,
    /// Where it is.
    pub pending: Pending,
}

/// Where a request is: what it waits for, and what it needs to go on.
#[derive(Clone, Debug, Hash)]
pub(crate) enum Pending {
    /// It has just begun.
    Begin,
    /// etcd reads the object.
    Get,
    /// etcd says how new it is; the cache has to be as new.
    Freshness(After),
    /// The cache gets as new as needed.
    Cache(After, Revision),
    /// etcd reads a page of a list whose revision the cache no longer has.
    Page(ListQuery),
    /// etcd is asked for a namespace that the cache does not know (it may be brand-new).
    Namespace {
        /// The object to create.
        object: Value,
    },
    /// etcd creates the object.
    Create {
        /// The object.
        object: Value,
        /// True when the server made the name up.
        generated: bool,
    },
    /// An Event waits for the lease that ends it.
    Lease {
        /// The Event.
        object: Value,
        /// True when the server made the name up.
        generated: bool,
    },
    /// etcd is asked whether the name is taken, and nothing is written.
    DryCreate {
        /// The object.
        object: Value,
    },
    /// etcd reads the current state of the object to change.
    Read(Change),
    /// etcd writes the new state.
    Write {
        /// What is wanted, for the next try.
        change: Change,
        /// The new state.
        object: Value,
    },
    /// etcd deletes the object.
    Remove {
        /// What is wanted, for the next try.
        change: Change,
        /// The last state.
        last: Object,
    },
    /// The deletes of a collection are on their way.
    Collection {
        /// How many are not done.
        left: u32,
        /// What was deleted.
        deleted: Vec<Value>,
        /// The first that could not be.
        failure: Option<Failure>,
    },
    /// A kubelet answers.
    Kubelet(ProxyId),
    /// etcd writes the default roles and bindings that are missing.
    Policy,
    /// etcd reads the service account that a token is wanted for; the value is the `TokenRequest`.
    Token(Value),
}

impl Pending {
    /// What is waited for, in a few words.
    pub fn describe(&self) -> &'static str {
        match self {
            Pending::Begin => "its turn",
            Pending::Get | Pending::Read(_) | Pending::Token(_) => "etcd to read the object",
            Pending::Freshness(_) => "etcd to say how new it is",
            Pending::Cache(..) => "the watch cache to be as new",
            Pending::Page(_) => "etcd to read the list",
            Pending::Namespace { .. } => "etcd to read the namespace",
            Pending::Create { .. } => "etcd to create the object",
            Pending::Lease { .. } => "etcd to grant a lease",
            Pending::DryCreate { .. } => "etcd to say whether the name is free",
            Pending::Write { .. } => "etcd to write the object",
            Pending::Remove { .. } => "etcd to delete the object",
            Pending::Collection { .. } => "the deletes of its objects",
            Pending::Kubelet(_) => "the kubelet",
            Pending::Policy => "etcd to write the default policy",
        }
    }
}

/// What comes when the cache is new enough.
#[derive(Clone, Debug, Hash)]
pub(crate) enum After {
    /// An object is read.
    Get,
    /// A list is answered.
    List(ListQuery),
    /// A watch begins.
    Watch(WatchQuery),
    /// A collection is deleted.
    DeleteCollection(ListQuery, Value),
}

/// What a request does next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Asks etcd.
    Etcd(Arc<rpc::Request>),
    /// Waits until the resource's cache is at least this new.
    Cache(Revision),
    /// Waits for a lease.
    Lease,
    /// Waits for somebody who will say when.
    Wait,
    /// Its parts go on for it.
    Parts,
    /// Is done.
    Reply(Reply),
    /// Is done: a stream has begun.
    Streaming,
}

/// What a request waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer<'a> {
    /// etcd's answer.
    Etcd(&'a rpc::Response),
    /// The cache is new enough.
    Cache,
}

/// A request's good end.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// An object of the request's resource.
    Object(u16, Object),
    /// Any other tree.
    Tree(u16, Value),
}

impl Operation {
    /// The headers of the answer.
    pub fn headers(&self) -> Headers {
        let mut headers = vec![(literal!("content-type"), literal!("application/json"))];
        for warning in &self.warnings {
            let text = warning.replace('\\', "\\\\").replace('"', "\\\"");
            headers.push((literal!("warning"), Str::from(format!("299 - \"{text}\""))));
        }
        headers
    }

    /// The response that a refusal becomes.
    pub fn refuse(&self, failure: &Failure) -> Response {
        let mut response = Response::tree(failure.code, failure.body.clone());
        response.headers = self.headers();
        if let Some(seconds) = failure.body.int_at(&["details", "retryAfterSeconds"]) {
            response.headers.push((literal!("retry-after"), Str::from(seconds.to_string())));
        }
        response
    }
}
