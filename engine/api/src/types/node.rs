//! Nodes.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use sim::{SimTime, Str};

use super::container::Resources;
use super::{Condition, ObjectMeta, lean};

lean! {
    /// `v1.Node`.
    pub struct Node {
        metadata: ObjectMeta = "metadata",
        spec: NodeSpec = "spec",
        status: NodeStatus = "status",
    }

    /// `v1.NodeSpec`.
    pub struct NodeSpec {
        pod_cidr: Str = "podCIDR",
        pod_cidrs: Vec<Str> = "podCIDRs",
        provider_id: Str = "providerID",
        taints: Vec<Taint> = "taints",
        unschedulable: bool = "unschedulable",
    }

    /// `v1.Taint`.
    pub struct Taint {
        key: Str = "key",
        value: Str = "value",
        effect: Str = "effect",
        time_added: Option<SimTime> = "timeAdded",
    }

    /// `v1.NodeStatus`.
    pub struct NodeStatus {
        capacity: Resources = "capacity",
        allocatable: Resources = "allocatable",
        conditions: Vec<Condition> = "conditions",
        addresses: Vec<NodeAddress> = "addresses",
        node_info: NodeInfo = "nodeInfo",
        images: Vec<ContainerImage> = "images",
        volumes_in_use: Vec<Str> = "volumesInUse",
        volumes_attached: Vec<AttachedVolume> = "volumesAttached",
    }

    /// `v1.NodeAddress`.
    pub struct NodeAddress {
        kind: Str = "type",
        address: Str = "address",
    }

    /// `v1.NodeSystemInfo`.
    pub struct NodeInfo {
        machine_id: Str = "machineID",
        system_uuid: Str = "systemUUID",
        boot_id: Str = "bootID",
        kernel_version: Str = "kernelVersion",
        os_image: Str = "osImage",
        container_runtime_version: Str = "containerRuntimeVersion",
        kubelet_version: Str = "kubeletVersion",
        kube_proxy_version: Str = "kubeProxyVersion",
        operating_system: Str = "operatingSystem",
        architecture: Str = "architecture",
    }

    /// `v1.ContainerImage`.
    pub struct ContainerImage {
        names: Vec<Str> = "names",
        size_bytes: i64 = "sizeBytes",
    }

    /// `v1.AttachedVolume`.
    pub struct AttachedVolume {
        name: Str = "name",
        device_path: Str = "devicePath",
    }
}

impl Node {
    /// The condition of a type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        super::condition(&self.status.conditions, kind)
    }

    /// True when the `Ready` condition is `True`.
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|c| c.status == "True")
    }

    /// The first address of a type: `InternalIP`, `ExternalIP`, `Hostname`.
    pub fn address(&self, kind: &str) -> Option<&Str> {
        self.status.addresses.iter().find(|a| a.kind == kind).map(|a| &a.address)
    }
}

impl super::affinity::Toleration {
    /// True when this toleration tolerates the taint, as `v1.Toleration.ToleratesTaint` says.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        if !self.effect.is_empty() && self.effect != taint.effect {
            return false;
        }
        if !self.key.is_empty() && self.key != taint.key {
            return false;
        }
        match self.operator.as_str() {
            "" | "Equal" => self.value == taint.value,
            "Exists" => true,
            _ => false,
        }
    }
}
