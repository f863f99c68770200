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
    /// It is settled whether the machine was switched off since the last kubelet.
    boot_known: bool,
    lease: Option<Value>,
    lease_busy: bool,
    status_busy: bool,
    /// Something changed while a status was under way.
    status_again: bool,
    /// The node controller took this node for lost; the next status says otherwise.
    overruled: bool,
    /// The API server did not answer: before the next status, see what became of the node.
    look_first: bool,
    pressure_since: SimTime,
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
            boot_known: false,
            lease: None,
            lease_busy: false,
            status_busy: false,
            status_again: false,
            overruled: false,
            look_first: false,
            pressure_since: SimTime::ZERO,
            sent: None,
            sent_at: SimTime::ZERO,
            wait: REGISTER_FIRST,
        }
    }
}

impl NodeAgent {
    /// The kubelet starts.
    pub(crate) fn start(&mut self, host: &mut Host, context: &mut Context<'_>) {
        self.pressure_since = context.now;
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
                context.note("kubelet {0}: registered its node", [host.config.name.clone()]);
                if new {
                    tell_of_no_pressure(host, context);
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
        if !self.registered {
            return;
        }
        if self.status_busy {
            self.status_again = true;
            return;
        }
        let now = context.now;
        if self.look_first {
            self.status_busy = true;
            return host.api(context, ApiCall::GetNode, NODES.get("", &host.config.name));
        }
        if std::mem::take(&mut self.overruled) {
            self.recovered(host, context);
        }
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

    /// The node controller had made the conditions Unknown: they change back.
    fn recovered(&mut self, host: &mut Host, context: &mut Context<'_>) {
        self.sent = None;
        self.pressure_since = context.now;
        tell_of_no_pressure(host, context);
        // A kubelet that has just started has told so already.
        if self.was_ready && context.now.since(self.ready_since) > HEARTBEAT {
            self.ready_since = context.now;
            tell(host, context, "NodeReady");
        }
    }

    /// The status was taken, or not; what changed meanwhile goes at once, what failed with the next heartbeat.
    pub(crate) fn reported(&mut self, success: bool, host: &mut Host, context: &mut Context<'_>) {
        self.status_busy = false;
        let again = std::mem::take(&mut self.status_again);
        if !success {
            self.sent = None;
            self.look_first = true;
        } else if again {
            self.report(host, context);
        }
    }

    /// The API server told what became of the node (`None`: it did not answer).
    pub(crate) fn looked(&mut self, response: Option<&Response>, host: &mut Host, context: &mut Context<'_>) {
        self.status_busy = false;
        let Some(node) = response.filter(|r| r.is_success()).and_then(Response::value) else { return };
        self.look_first = false;
        let unknown =
            |c: &Value| c.get("type") == Some(&"Ready".into()) && c.get("status") == Some(&"Unknown".into());
        self.overruled = node.items_at(&["status", "conditions"]).iter().any(unknown);
        self.report(host, context);
    }

    /// The Node object changed: a range of pod addresses may have come.
    pub(crate) fn on_node(&mut self, node: Option<&Object>, host: &mut Host, context: &mut Context<'_>) {
        let Some(object) = node else {
            // Somebody deleted it. A real kubelet does not register again until it restarts; its lease goes on.
            return;
        };
        let Some(node) = object.node() else { return };
        if !self.boot_known {
            self.boot_known = true;
            let (before, id) = (node.status.node_info.boot_id.as_str(), describe::boot_id(host));
            if !before.is_empty() && before != id {
                let message = format!("Node {} has been rebooted, boot id: {id}", host.config.name);
                host.node_event(context, EventType::Warning, "Rebooted", &message);
            }
        }
        self.overruled = !self.status_busy && node.condition("Ready").is_some_and(|c| c.status == "Unknown");
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
            tell(host, context, "NodeReady");
            context.note("kubelet {0}: the network is up, the node is ready", [name]);
        }
    }
}

fn tell_of_no_pressure(host: &mut Host, context: &mut Context<'_>) {
    for what in ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"] {
        tell(host, context, what);
    }
}

fn tell(host: &mut Host, context: &mut Context<'_>, what: &str) {
    let message = format!("Node {} status is now: {what}", host.config.name);
    host.node_event(context, EventType::Normal, what, &message);
}
