//! Events go after an hour (`--event-ttl`): they are put under a lease. A lease is shared by all events of a minute,
//! so that etcd need not keep one for each.

use std::sync::Arc;
use std::time::Duration;

use etcd::rpc::{LeaseId, Request, Response};
use sim::SimTime;

use crate::operation::{OperationId, Pending};
use crate::storage::Owner;
use crate::{ApiServer, Context};

/// How long an Event stays at least.
const TTL: Duration = Duration::from_secs(3600);

/// How long new Events are put under the same lease; it lasts so much longer.
const REUSE: Duration = Duration::from_secs(60);

/// How many Events one lease takes.
const USES_MAX: u32 = 1000;

/// The lease of the moment.
#[derive(Clone, Debug, Hash, Default)]
pub(crate) struct EventLease {
    current: Option<(LeaseId, SimTime)>,
    uses: u32,
    /// Requests that wait for a new one.
    waiting: Vec<OperationId>,
}

impl EventLease {
    /// A lease for one more Event, if there is one that is young enough.
    pub fn take(&mut self, now: SimTime) -> Option<LeaseId> {
        let (id, granted) = self.current?;
        if now.since(granted) >= REUSE || self.uses >= USES_MAX {
            return None;
        }
        self.uses += 1;
        Some(id)
    }

    /// etcd does not know the lease any more.
    pub fn forget(&mut self) {
        self.current = None;
    }
}

impl ApiServer {
    /// Lets a request wait for a new lease.
    pub(crate) fn wait_for_lease(&mut self, id: OperationId, context: &mut Context<'_>) {
        self.event_lease.waiting.push(id);
        if self.event_lease.waiting.len() == 1 {
            let request = Request::LeaseGrant { id: LeaseId(0), ttl_seconds: (TTL + REUSE).as_secs() as i64 };
            self.etcd.call(Owner::Lease, Arc::new(request), &mut self.deadlines, context);
        }
    }

    /// etcd has granted a lease, or (`None`) has not: then the Events stay until somebody deletes them.
    pub(crate) fn lease_granted(&mut self, response: Option<&Response>, context: &mut Context<'_>) {
        let granted = match response {
            Some(Response::LeaseGrant { id, .. }) => Some(*id),
            _ => None,
        };
        self.event_lease.current = granted.map(|id| (id, context.now));
        self.event_lease.uses = 0;
        for id in std::mem::take(&mut self.event_lease.waiting) {
            let Some(mut operation) = self.operations.remove(&id) else { continue };
            let Pending::Lease { object, generated } =
                std::mem::replace(&mut operation.pending, Pending::Begin)
            else {
                continue;
            };
            self.event_lease.uses += 1;
            let next = self.put_new(&mut operation, object, generated, granted.unwrap_or_default());
            self.proceed(id, operation, next, context);
        }
    }
}
