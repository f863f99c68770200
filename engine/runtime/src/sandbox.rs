//! Pod sandboxes.

use std::net::Ipv4Addr;
use std::sync::Arc;

use sim::SimTime;

use crate::cri::{SandboxConfig, SandboxId, SandboxStatus};

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
