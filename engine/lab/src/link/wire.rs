//! What stands in a link, byte by byte. The order of the fields is the format: a change is a new version.

use serde::{Deserialize, Serialize};
use sim::{EventNumber, SimTime};

use super::{LinkError, Shared};
use crate::action::Entry;
use crate::file::{EtcdSpec, LabFile, NODES_MAX, NodeSpec};

/// Version 2: version 1, and how etcd is started.
#[derive(Serialize, Deserialize)]
pub(super) struct Wire {
    first: Wire1,
    /// Nothing for etcd's defaults.
    etcd: Option<EtcdSpec>,
    control_plane: bool,
}

/// Version 1. Old links are read for ever.
#[derive(Serialize, Deserialize)]
pub(super) struct Wire1 {
    name: String,
    seed: u64,
    etcd_members: u32,
    nodes: Nodes,
    manifests: Vec<String>,
    journal: Vec<Entry>,
    cursor: EventNumber,
    now: SimTime,
    hash: u64,
}

/// Most labs have machines of the usual kind: a number says it all.
#[derive(Serialize, Deserialize)]
enum Nodes {
    Usual(u32),
    Listed(Vec<NodeSpec>),
}

impl From<&Shared> for Wire {
    fn from(shared: &Shared) -> Self {
        let file = shared.file.clone();
        let count = file.nodes.len() as u32;
        let usual = file.nodes == NodeSpec::count(count);
        let first = Wire1 {
            name: file.name,
            seed: file.seed,
            etcd_members: file.etcd_members,
            nodes: if usual { Nodes::Usual(count) } else { Nodes::Listed(file.nodes) },
            manifests: file.manifests,
            journal: file.journal,
            cursor: shared.cursor,
            now: shared.now,
            hash: shared.hash,
        };
        Wire {
            first,
            etcd: (file.etcd != EtcdSpec::default()).then_some(file.etcd),
            control_plane: file.control_plane,
        }
    }
}

impl Wire {
    pub(super) fn into_shared(self) -> Result<Shared, LinkError> {
        let mut shared = self.first.into_shared()?;
        shared.file.etcd = self.etcd.unwrap_or_default();
        shared.file.control_plane = self.control_plane;
        Ok(shared)
    }
}

impl Wire1 {
    pub(super) fn into_shared(self) -> Result<Shared, LinkError> {
        let nodes = match self.nodes {
            Nodes::Usual(count) if count <= NODES_MAX => NodeSpec::count(count),
            Nodes::Usual(count) => {
                return Err(LinkError::NoLab(format!("{count} machines; at most {NODES_MAX}")));
            }
            Nodes::Listed(nodes) => nodes,
        };
        let file = LabFile {
            name: self.name,
            seed: self.seed,
            etcd_members: self.etcd_members,
            nodes,
            manifests: self.manifests,
            journal: self.journal,
            ..LabFile::default()
        };
        Ok(Shared { file, cursor: self.cursor, now: self.now, hash: self.hash })
    }
}
