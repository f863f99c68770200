//! The node's lease: a small object that says "I am alive" every ten seconds.

use api::http::Response;
use api::object;
use client::resource::LEASES;

use super::NodeAgent;
use crate::host::{ApiCall, Host};
use crate::message::Context;

/// How long a lease is good for (`nodeLeaseDurationSeconds`).
pub const LEASE_SECONDS: u32 = 40;
const NAMESPACE: &str = "kube-node-lease";

impl NodeAgent {
    /// Renews the lease; fetches or makes it first when it is not known.
    pub(super) fn renew(&mut self, host: &mut Host, context: &mut Context<'_>) {
        if !self.registered || self.lease_busy {
            return;
        }
        self.lease_busy = true;
        match &self.lease {
            Some(lease) => {
                let mut lease = lease.clone();
                lease.set(&["spec", "renewTime"], context.now.rfc3339_micro());
                lease.set(&["spec", "leaseDurationSeconds"], LEASE_SECONDS);
                lease.set(&["spec", "holderIdentity"], &host.config.name);
                host.api(context, ApiCall::RenewLease, LEASES.update(lease));
            }
            None => {
                let request = LEASES.get(NAMESPACE, &host.config.name);
                host.api(context, ApiCall::GetLease, request);
            }
        }
    }

    /// The API server answered (`None`: it did not) about the lease.
    pub(crate) fn on_lease(
        &mut self,
        call: &ApiCall,
        response: Option<&Response>,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        self.lease_busy = false;
        self.lease = response.filter(|r| r.is_success()).and_then(Response::value).cloned();
        match (call, response.map(|r| r.status)) {
            (ApiCall::GetLease, Some(404)) => {
                self.lease_busy = true;
                let name = &host.config.name;
                let lease = object! {
                    "apiVersion": "coordination.k8s.io/v1",
                    "kind": "Lease",
                    "metadata": { "name": name, "namespace": NAMESPACE },
                    "spec": {
                        "holderIdentity": name,
                        "leaseDurationSeconds": LEASE_SECONDS,
                        "renewTime": context.now.rfc3339_micro(),
                    },
                };
                host.api(context, ApiCall::CreateLease, LEASES.create(NAMESPACE, lease));
            }
            (ApiCall::GetLease, Some(200)) => self.renew(host, context),
            // What failed is tried again with the next heartbeat, from the start.
            _ => {}
        }
    }
}
