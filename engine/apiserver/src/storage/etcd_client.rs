//! The connection to etcd: which member is asked, what was asked, and who waits for the answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use etcd::rpc::{self, CallId};
use sim::{Actor, SimTime, Stream};

use crate::deadlines::{Deadline, Deadlines};
use crate::operation::OperationId;
use crate::registry::ResourceId;
use crate::{Context, Message};

/// How long a call may take before another member is asked. etcd itself gives a request up after
/// 5 s and two elections (7 s with its defaults); gRPC's keep-alive needs up to 20 s to find a silent member.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who waits for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Owner {
    /// A request in flight.
    Operation(OperationId),
    /// A watch cache reads its resource.
    List(ResourceId),
    /// A watch cache's watch; has no deadline and stays.
    Watch(ResourceId),
    /// The Events that wait for a lease.
    Lease,
    /// The probes that wait to hear whether etcd has a quorum.
    Health,
    /// All caches whose watches were there when it was asked: how new they are.
    Progress,
}

/// A call in flight.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Call {
    pub member: u32,
    pub owner: Owner,
    pub request: Arc<rpc::Request>,
    /// `None` for watches.
    pub deadline: Option<SimTime>,
}

/// The client.
#[derive(Clone, Hash, Debug)]
pub(crate) struct EtcdClient {
    members: u32,
    /// The member that is asked now; stays until it fails.
    endpoint: u32,
    last_call: u64,
    calls: BTreeMap<CallId, Call>,
    /// Members that failed one after the other without an answer in between.
    failures: u32,
}

impl EtcdClient {
    /// A client that begins with a member drawn at random.
    pub fn new(members: u32, random: &mut Stream) -> EtcdClient {
        let endpoint = random.range(0..u64::from(members.max(1))) as u32;
        EtcdClient { members: members.max(1), endpoint, last_call: 0, calls: BTreeMap::new(), failures: 0 }
    }

    /// The client of the next process: without calls, and with numbers that were not used.
    pub fn restarted(self, random: &mut Stream) -> EtcdClient {
        EtcdClient { last_call: self.last_call, ..EtcdClient::new(self.members, random) }
    }

    /// The member that is asked now.
    pub fn endpoint(&self) -> u32 {
        self.endpoint
    }

    /// Asks the member of the moment.
    pub fn call(
        &mut self,
        owner: Owner,
        request: Arc<rpc::Request>,
        deadlines: &mut Deadlines,
        context: &mut Context<'_>,
    ) -> CallId {
        self.last_call += 1;
        let call = CallId(self.last_call);
        let deadline = (!matches!(owner, Owner::Watch(_))).then(|| context.now + PATIENCE);
        if let Some(at) = deadline {
            deadlines.set(at, Deadline::Call(call), context);
        }
        self.calls.insert(call, Call { member: self.endpoint, owner, request: request.clone(), deadline });
        context.send(Actor::Etcd(self.endpoint), Message::Etcd { call, request });
        call
    }

    /// Who waits for a call; watches stay, other calls are over with the answer.
    pub fn answered(&mut self, member: u32, call: CallId, deadlines: &mut Deadlines) -> Option<Owner> {
        let entry = self.calls.get(&call).filter(|entry| entry.member == member)?;
        let owner = entry.owner;
        self.failures = 0;
        if let Some(at) = entry.deadline {
            deadlines.clear(at, Deadline::Call(call));
            self.calls.remove(&call);
        }
        Some(owner)
    }

    /// Takes a call (or watch) that failed, was cancelled, or ran out.
    pub fn take(&mut self, call: CallId, deadlines: &mut Deadlines) -> Option<Call> {
        let entry = self.calls.remove(&call)?;
        if let Some(at) = entry.deadline {
            deadlines.clear(at, Deadline::Call(call));
        }
        Some(entry)
    }

    /// Forgets a request's calls: nobody waits any more.
    pub fn abandon(&mut self, operation: OperationId, deadlines: &mut Deadlines) {
        let owner = Owner::Operation(operation);
        let calls: Vec<CallId> =
            self.calls.iter().filter(|(_, c)| c.owner == owner).map(|(id, _)| *id).collect();
        for call in calls {
            self.take(call, deadlines);
        }
    }

    /// The resources whose watches a member had before it got a call.
    pub fn watches_before(&self, member: u32, call: CallId) -> Vec<ResourceId> {
        let earlier = self.calls.range(..call).filter(|(_, call)| call.member == member);
        let watch = |call: &Call| match call.owner {
            Owner::Watch(resource) => Some(resource),
            _ => None,
        };
        earlier.filter_map(|(_, call)| watch(call)).collect()
    }

    /// True while somebody waits for an answer.
    pub fn is_waiting(&self, owner: Owner) -> bool {
        self.calls.values().any(|call| call.owner == owner)
    }

    /// Asks the next member from now on. The watches on the old one end; returns their resources.
    pub fn leave(&mut self, member: u32, context: &mut Context<'_>) -> Vec<ResourceId> {
        self.failures += 1;
        self.endpoint = (member + 1) % self.members;
        let watch = |(id, call): (&CallId, &Call)| match call.owner {
            Owner::Watch(resource) if call.member == member => Some((*id, resource)),
            _ => None,
        };
        let watches: Vec<(CallId, ResourceId)> = self.calls.iter().filter_map(watch).collect();
        for (watch, _) in &watches {
            self.calls.remove(watch);
            // It may only have been slow: then it need not go on for nobody.
            self.last_call += 1;
            let request = Arc::new(rpc::Request::WatchCancel { watch: *watch });
            context.send(Actor::Etcd(member), Message::Etcd { call: CallId(self.last_call), request });
        }
        watches.into_iter().map(|(_, resource)| resource).collect()
    }

    /// How long to wait before the next attempt: nothing while there is a member that was not tried.
    pub fn pause(&self) -> Duration {
        if self.failures < self.members { Duration::ZERO } else { Duration::from_secs(1) }
    }
}
