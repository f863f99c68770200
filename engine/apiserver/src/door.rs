//! The door: until the roles and bindings are loaded, and the default ones written, nobody can be judged. Requests that
//! come before wait. (A real server answers them with 403 for that moment, and its clients try again.)

use std::sync::Arc;
use std::time::Duration;

use api::Str;
use api::http::{Request, Response};
use etcd::rpc;
use sim::{Actor, SimTime, Stream};

use crate::authz::{Bootstrap, bootstrap_policy};
use crate::deadlines::Deadline;
use crate::failure::{Failure, Result};
use crate::handlers::txn_of;
use crate::operation::{Next, Reply};
use crate::registry::{ResourceId, Special};
use crate::storage;
use crate::watch_cache::Cache;
use crate::{ApiServer, Context, RequestId};

/// How long a request waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// Those who wait, in the order in which they came.
#[derive(Clone, Debug, Hash, Default)]
pub(crate) struct Door {
    open: bool,
    waiting: Vec<Waiting>,
}

#[derive(Clone, Debug, Hash)]
struct Waiting {
    from: Actor,
    id: RequestId,
    request: Arc<Request>,
    until: SimTime,
}

impl Door {
    /// True once there was a policy.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// A client no longer waits.
    pub fn forget(&mut self, from: Actor, id: RequestId) {
        if !self.open {
            self.waiting.retain(|waiting| (waiting.from, waiting.id) != (from, id));
        }
    }
}

impl ApiServer {
    pub(crate) fn keep_waiting(
        &mut self,
        from: Actor,
        id: RequestId,
        request: Arc<Request>,
        context: &mut Context<'_>,
    ) {
        let until = context.now + PATIENCE;
        self.door.waiting.push(Waiting { from, id, request, until });
        self.deadlines.set(until, Deadline::Door, context);
    }

    /// Turns away who has waited long enough.
    pub(crate) fn door_stays_shut(&mut self, context: &mut Context<'_>) {
        let (gone, waiting) = self.door.waiting.drain(..).partition(|waiting| waiting.until <= context.now);
        self.door.waiting = waiting;
        let gone: Vec<Waiting> = gone;
        for Waiting { from, id, request, .. } in gone {
            let failure = Failure::etcd("etcdserver: request timed out");
            let response = Response::tree(failure.code, failure.body);
            self.respond(from, id, "", &request, response, context);
        }
    }

    /// Opens the door when the policy is there.
    pub(crate) fn try_door(&mut self, context: &mut Context<'_>) {
        if self.door.open || !self.policy_is_listed() || !self.missing_policy().is_empty() {
            return;
        }
        self.door.open = true;
        for Waiting { from, id, request, .. } in std::mem::take(&mut self.door.waiting) {
            self.accept(from, id, request, context);
        }
    }

    fn policy_is_listed(&self) -> bool {
        let policy = |id: &ResourceId| self.resources.get(*id).strategy.special == Special::Policy;
        self.resources
            .core()
            .filter(policy)
            .all(|resource| self.caches.get(&resource).is_some_and(Cache::is_ready))
    }

    /// The roles and bindings that every cluster has and this one does not.
    fn missing_policy(&self) -> Vec<(ResourceId, Bootstrap)> {
        let group = crate::authz::GROUP;
        let find = |object: Bootstrap| Some((self.resources.find_plural(group, object.resource)?, object));
        let mut all: Vec<(ResourceId, Bootstrap)> = bootstrap_policy().into_iter().filter_map(find).collect();
        all.retain(|(id, object)| self.cached_object(*id, &object.namespace, object.name()).is_none());
        all
    }

    /// The transactions that write what is missing of the default policy: one for each resource, instead of one for each
    /// object as a real server does, so that a lab starts quickly.
    pub(crate) fn policy_requests(&self, context: &Context<'_>) -> Vec<(ResourceId, Arc<rpc::Request>)> {
        // A stream of its own: the names and numbers that follow are the same, however many roles there are.
        let mut uids = Stream::derive(self.config.seed, "apiserver/policy");
        let mut requests: Vec<(ResourceId, rpc::Txn)> = Vec::new();
        for (id, object) in self.missing_policy() {
            let key = storage::object_key(&self.resources.get(id).prefix, &object.namespace, object.name());
            let mut value = object.value;
            value.set(&["metadata", "uid"], uids.uuid());
            value.set(&["metadata", "creationTimestamp"], Str::from(context.now.rfc3339()));
            let one = storage::create(&key, storage::blob(value), Default::default());
            match requests.iter_mut().find(|(known, _)| *known == id) {
                Some((_, txn)) => {
                    txn.compare.extend(one.compare);
                    txn.then.extend(one.then);
                }
                None => requests.push((id, rpc::Txn { otherwise: Vec::new(), ..one })),
            }
        }
        let request = |(id, txn)| (id, Arc::new(rpc::Request::Txn(Arc::new(txn))));
        requests.into_iter().map(request).collect()
    }

    /// A transaction of the policy came back.
    pub(crate) fn policy_written(&self, response: &rpc::Response) -> Result<Next> {
        match txn_of(response)? {
            (_, Ok(())) => Ok(Next::Reply(Reply::Tree(200, api::Value::Null))),
            // Somebody else was quicker with some of it: what is still missing then is written with the next try.
            (_, Err(_)) => Err(Failure::internal("the default policy changed meanwhile")),
        }
    }
}
