//! Pod sandboxes.

use std::net::Ipv4Addr;
use std::sync::Arc;

use sim::SimTime;

use crate::cni::AddressRange;
use crate::cri::{CallId, Code, Failure, Response, SandboxConfig, SandboxId, SandboxStatus};
use crate::runtime::{Context, Runtime};

/// A pod's sandbox: what its containers share.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Sandbox {
    /// Its id.
    pub id: SandboxId,
    /// What it was made from.
    pub config: Arc<SandboxConfig>,
    /// False once stopped.
    pub ready: bool,
    /// Its address, until it is stopped.
    pub ip: Option<Ipv4Addr>,
    /// When it was made.
    pub created_at: SimTime,
    /// Its containers by number.
    pub containers: Vec<u64>,
}

impl Sandbox {
    /// As the kubelet gets to know it.
    pub fn status(&self) -> SandboxStatus {
        SandboxStatus {
            id: self.id,
            config: self.config.clone(),
            ready: self.ready,
            ip: self.ip,
            created_at: self.created_at,
        }
    }
}

impl Runtime {
    pub(crate) fn run_sandbox(
        &mut self,
        call: CallId,
        config: Arc<SandboxConfig>,
        context: &mut Context<'_>,
    ) {
        let ip = config.host_ip.or_else(|| self.range.as_mut().and_then(AddressRange::allocate));
        let Some(ip) = ip else {
            let why = match &self.range {
                None => "cni plugin not initialized".to_owned(),
                Some(range) => format!("no IP addresses available in range set: {}", range.cidr()),
            };
            let message =
                format!("failed to setup network for sandbox: plugin type=\"bridge\" failed (add): {why}");
            return self.fail(call, Failure::new(Code::Unknown, message), context);
        };
        let number = self.number();
        let id = SandboxId { number, salt: self.random.next_u64() };
        let sandbox = Sandbox {
            id,
            config,
            ready: true,
            ip: Some(ip),
            created_at: context.now,
            containers: Vec::new(),
        };
        self.sandboxes.insert(number, Arc::new(sandbox));
        self.respond(call, Response::Sandbox { id, ip }, context);
    }

    pub(crate) fn stop_sandbox(&mut self, id: SandboxId, context: &mut Context<'_>) {
        let Some(sandbox) = self.sandbox(id) else { return };
        for number in sandbox.containers.clone() {
            self.kill(number, context);
        }
        self.take_down(id.number);
    }

    /// Takes a sandbox's network away.
    pub(crate) fn take_down(&mut self, number: u64) {
        let Some(sandbox) = self.sandboxes.get_mut(&number) else { return };
        if !sandbox.ready {
            return;
        }
        let sandbox = Arc::make_mut(sandbox);
        sandbox.ready = false;
        if let (Some(ip), Some(range), false) =
            (sandbox.ip.take(), &mut self.range, sandbox.config.host_ip.is_some())
        {
            range.release(ip);
        }
    }
}
