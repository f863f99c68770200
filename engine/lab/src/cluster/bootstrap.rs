//! The file's manifests, applied when the control plane is ready.

use std::time::Duration;

use api::ObjectKey;
use sim::{Actor, SimTime};

use super::{Cluster, SETUP};
use crate::event::Event;

/// How often the lab looks whether the control plane is ready.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Machines that are not Ready by then are not waited for.
const NODES_PATIENCE: Duration = Duration::from_secs(30);

/// How far the start is.
#[derive(Clone, Debug, Default, Hash)]
pub struct Bootstrap {
    /// True once the control plane answered for the first time and the manifests were handed over.
    pub done: bool,
}

impl Cluster {
    pub(super) fn try_bootstrap(&mut self) {
        if !self.file.control_plane {
            if !self.etcd_ready() {
                return self.cause(self.now + LOOK_AGAIN, Event::Bootstrap);
            }
            self.bootstrap.done = true;
            return;
        }
        let waits_for_nodes = self.now < SimTime::ZERO + NODES_PATIENCE && !self.nodes_ready();
        if !self.control_plane_ready() || waits_for_nodes {
            return self.cause(self.now + LOOK_AGAIN, Event::Bootstrap);
        }
        self.bootstrap.done = true;
        let text = self.file.manifests.join("\n---\n");
        if !text.trim().is_empty() {
            self.with_terminal(|terminal, context| terminal.apply(SETUP, &text, context));
        }
    }

    /// True when every machine that is on has registered and is Ready.
    fn nodes_ready(&self) -> bool {
        self.machines().filter(|(_, machine)| machine.powered).all(|(_, machine)| {
            let key = ObjectKey::new("", machine.spec.name.as_str());
            self.stored("", "nodes", &key).is_some_and(|node| node.node().is_some_and(|n| n.is_ready()))
        })
    }

    /// True when etcd has a leader and serves.
    pub fn etcd_ready(&self) -> bool {
        let leads =
            |index| self.member(index).is_some_and(|m| m.role() == raft::Role::Leader && m.is_ready());
        self.member_indexes().any(leads)
    }

    /// True when the API server is ready and pods can be created: the default namespace has its service account.
    pub fn control_plane_ready(&self) -> bool {
        self.is_up(Actor::Scheduler)
            && self.is_up(Actor::ControllerManager)
            && self.api_server().is_some_and(|server| {
                let account = ObjectKey::new("default", "default");
                server.is_ready() && server.cached("", "serviceaccounts", &account).is_some()
            })
    }
}
