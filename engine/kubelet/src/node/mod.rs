//! The Node object: registration, lease, status.

mod describe;
mod lease;

use api::http::Response;
use api::{Object, Value, object};
use client::resource::NODES;
use client::{EventType, PatchType};
use runtime::cri;
use sim::{Digest, SimTime, Token};
use std::time::Duration;

pub use lease::LEASE_SECONDS;

use crate::host::{ApiCall, CriCall, Host, timer};
use crate::message::Context;

/// How often the lease is renewed and the status looked at (`nodeStatusUpdateFrequency`).
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How often the status is sent though nothing changed (`nodeStatusReportFrequency`).
const REPORT: Duration = Duration::from_secs(300);
/// The first wait after a failed registration, doubling to seven seconds.
const REGISTER_FIRST: Duration = Duration::from_millis(100);
const REGISTER_MAX: Duration = Duration::from_secs(7);

/// What the kubelet knows and told about its node.
#[derive(Clone, Hash, Debug)]
pub struct NodeAgent {
    /// The Node object exists.
    pub registered: bool,
    /// The runtime answers.
    pub runtime_ready: bool,
    /// The runtime has the node's range of pod addresses.
    pub network_ready: bool,
    /// The range of pod addresses that the runtime was told.
    pub pod_cidr: sim::Str,
    /// Since when the node is (or is not) ready.
    pub ready_since: SimTime,
    runtime_version: sim::Str,
    was_ready: bool,
    booted: SimTime,
    lease: Option<Value>,
    lease_busy: bool,
    status_busy: bool,
    sent: Option<Digest>,
    sent_at: SimTime,
    wait: Duration,
}

impl Default for NodeAgent {
    fn default() -> Self {
        NodeAgent {
            registered: false,
            runtime_ready: false,
            network_ready: false,
            pod_cidr: sim::literal!(""),
            ready_since: SimTime::ZERO,
            runtime_version: sim::literal!("unknown"),
            was_ready: false,
            booted: SimTime::ZERO,
            lease: None,
            lease_busy: false,
            status_busy: false,
            sent: None,
            sent_at: SimTime::ZERO,
            wait: REGISTER_FIRST,
        }
    }
}

impl NodeAgent {
    /// The kubelet starts.
    pub(crate) fn start(&mut self, host: &mut Host, context: &mut Context<'_>) {
        self.booted = context.now;
        self.ready_since = context.now;
        host.node_event(context, EventType::Normal, "Starting", "Starting kubelet.");
        host.cri(context, CriCall::Version, cri::Request::Version);
    }

    /// True when pods can run here.
    pub fn is_ready(&self) -> bool {
        self.runtime_ready && self.network_ready
    }

    /// The runtime told its version: time to register, or to tell that the network came up.
    pub(crate) fn on_version(
        &mut self,
        response: &cri::Response,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        let cri::Response::Version { name, version, network_ready } = response else { return };
        self.runtime_ready = true;
        self.network_ready = *network_ready;
        self.runtime_version = format!("{name}://{version}").into();
        self.became(host, context);
        if !self.registered {
            self.register(host, context);
        }
    }

    pub(crate) fn register(&mut self, host: &mut Host, context: &mut Context<'_>) {
        if self.registered {
            return;
        }
        let node = self.object(host, context.now);
        host.api(context, ApiCall::RegisterNode, NODES.create("", node));
    }

    /// The API server answered the registration (`None`: it did not).
    pub(crate) fn on_registered(
        &mut self,
        response: Option<&Response>,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        match response {
            Some(response) if response.is_success() || response.status == 409 => {
                let new = response.status != 409;
                self.registered = true;
                let name = host.config.name.clone();
                context.note("kubelet {0}: registered its node", [name.clone()]);
                if new {
                    for (reason, what) in [
                        ("NodeHasSufficientMemory", "NodeHasSufficientMemory"),
                        ("NodeHasNoDiskPressure", "NodeHasNoDiskPressure"),
                        ("NodeHasSufficientPID", "NodeHasSufficientPID"),
                    ] {
                        let message = format!("Node {name} status is now: {what}");
                        host.node_event(context, EventType::Normal, reason, &message);
                    }
                }
                let jitter = host.random.duration(Duration::ZERO..Duration::from_secs(1));
                context.timer(HEARTBEAT + jitter, Token::new(timer::HEARTBEAT, 0));
                self.heartbeat_now(host, context);
            }
            _ => {
                context.timer(self.wait, Token::new(timer::REGISTER, 0));
                self.wait = (self.wait * 2).min(REGISTER_MAX);
            }
        }
    }

    /// The 10-second tick.
    pub(crate) fn tick(&mut self, host: &mut Host, context: &mut Context<'_>) {
        context.timer(HEARTBEAT, Token::new(timer::HEARTBEAT, 0));
        self.heartbeat_now(host, context);
    }

    fn heartbeat_now(&mut self, host: &mut Host, context: &mut Context<'_>) {
        self.renew(host, context);
        self.report(host, context);
    }

    /// Sends the status when it has changed, or when the last is five minutes old.
    pub(crate) fn report(&mut self, host: &mut Host, context: &mut Context<'_>) {
        if !self.registered || self.status_busy {
            return;
        }
        let now = context.now;
        let digest = self.status(host, SimTime::ZERO).digest();
        if self.sent == Some(digest) && now.since(self.sent_at) < REPORT {
            return;
        }
        self.sent = Some(digest);
        self.sent_at = now;
        self.status_busy = true;
        let patch = object! { "status": self.status(host, now) };
        let key = api::ObjectKey::new("", host.config.name.clone());
        host.api(context, ApiCall::NodeStatus, NODES.patch_status(&key, PatchType::Strategic, patch));
    }

    pub(crate) fn reported(&mut self, success: bool) {
        self.status_busy = false;
        if !success {
            self.sent = None;
        }
    }

    /// The Node object changed: a range of pod addresses may have come.
    pub(crate) fn on_node(&mut self, node: Option<&Object>, host: &mut Host, context: &mut Context<'_>) {
        let Some(object) = node else {
            // Somebody deleted it. A real kubelet does not register again until it restarts; its lease goes on.
            return;
        };
        let Some(node) = object.node() else { return };
        if !node.spec.pod_cidr.is_empty() && node.spec.pod_cidr != self.pod_cidr {
            self.pod_cidr = node.spec.pod_cidr.clone();
            let request = cri::Request::UpdateRuntimeConfig { pod_cidr: self.pod_cidr.clone() };
            host.cri(context, CriCall::Configure, request);
        }
    }

    /// The runtime has the range of pod addresses.
    pub(crate) fn on_configured(&mut self, host: &mut Host, context: &mut Context<'_>) {
        self.network_ready = true;
        self.became(host, context);
        self.report(host, context);
    }

    fn became(&mut self, host: &mut Host, context: &mut Context<'_>) {
        if self.is_ready() == self.was_ready {
            return;
        }
        self.was_ready = self.is_ready();
        self.ready_since = context.now;
        if self.was_ready {
            let name = host.config.name.clone();
            let message = format!("Node {name} status is now: NodeReady");
            host.node_event(context, EventType::Normal, "NodeReady", &message);
            context.note("kubelet {0}: the network is up, the node is ready", [name]);
        }
    }
}
