//! The lab file: seed, configuration and journal as YAML.

use api::Value;
use serde::{Deserialize, Serialize};

use crate::action::Entry;

mod etcd;
mod faults;
mod read;
mod write;

pub use etcd::EtcdSpec;
pub use read::LabFileError;

/// `apiVersion` of lab files.
pub const API_VERSION: &str = "clusterlab.dev/v1";

/// Machines at the most: Kubernetes' own limit.
pub const NODES_MAX: u32 = 5_000;
/// etcd members at the most: what etcd's documentation advises.
pub const MEMBERS_MAX: u32 = 7;

/// Everything that a lab starts from.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct LabFile {
    /// A name for people; may be empty.
    pub name: String,
    /// All random streams come from it.
    pub seed: u64,
    /// etcd members.
    pub etcd_members: u32,
    /// etcd's command line, disks and first logs.
    pub etcd: EtcdSpec,
    /// False for a lab of etcd members alone: no API server, no controllers, no machines.
    pub control_plane: bool,
    /// The machines.
    pub nodes: Vec<NodeSpec>,
    /// Applied when the control plane is ready: texts of any number of documents.
    pub manifests: Vec<String>,
    /// What the user does, in order.
    pub journal: Vec<Entry>,
}

impl Default for LabFile {
    fn default() -> Self {
        LabFile {
            name: String::new(),
            seed: 1,
            etcd_members: 3,
            etcd: EtcdSpec::default(),
            control_plane: true,
            nodes: NodeSpec::count(3),
            manifests: Vec::new(),
            journal: Vec::new(),
        }
    }
}

/// A machine of the lab.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct NodeSpec {
    /// Its name.
    pub name: String,
    /// Labels beside those that the kubelet sets.
    pub labels: Vec<(String, String)>,
    /// CPU, as a quantity.
    pub cpu: String,
    /// Memory, as a quantity.
    pub memory: String,
    /// Pods at the most.
    pub pods: u32,
    /// Taints that the kubelet registers with: key, value, effect.
    pub taints: Vec<(String, String, String)>,
}

impl NodeSpec {
    /// A machine of the usual size: 4 CPUs, 8 GiB, 110 pods (the kubelet's default).
    pub fn usual(name: impl Into<String>) -> NodeSpec {
        NodeSpec {
            name: name.into(),
            labels: Vec::new(),
            cpu: "4".into(),
            memory: "8Gi".into(),
            pods: 110,
            taints: Vec::new(),
        }
    }

    /// `node-1` to `node-n`.
    pub fn count(n: u32) -> Vec<NodeSpec> {
        (1..=n).map(|i| NodeSpec::usual(format!("node-{i}"))).collect()
    }
}

impl LabFile {
    /// Reads a lab file.
    pub fn parse_yaml(text: &str) -> Result<LabFile, LabFileError> {
        read::parse(text)
    }

    /// Reads a lab file that is a tree already.
    pub fn from_value(value: &Value) -> Result<LabFile, LabFileError> {
        read::from_value(value)
    }

    /// Writes it as YAML; reading that gives the same lab.
    pub fn to_yaml(&self) -> String {
        write::to_yaml(self)
    }
}
