//! What the Node object says.

use api::quantity::Quantity;
use api::{Value, object};
use sim::{Digest, SimTime};

use super::NodeAgent;
use crate::host::Host;

/// Images that the status lists at most (`nodeStatusMaxImages`).
const IMAGES_MAX: usize = 50;

impl NodeAgent {
    /// The Node object to register.
    pub(super) fn object(&self, host: &Host, now: SimTime) -> Value {
        let config = &host.config;
        let mut labels = object! {
            "beta.kubernetes.io/arch": "amd64",
            "beta.kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/os": "linux",
            "kubernetes.io/hostname": &config.name,
        };
        for (name, value) in &config.labels {
            labels.set(&[name.as_str()], value);
        }
        let mut node = object! {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": &config.name,
                "labels": labels,
                "annotations": { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
            },
            "spec": {},
            "status": self.status(host, now),
        };
        if !config.taints.is_empty() {
            let taint = |(key, value, effect): &(sim::Str, sim::Str, sim::Str)| {
                let mut taint = object! { "key": key, "effect": effect };
                if !value.is_empty() {
                    taint.set(&["value"], value);
                }
                taint
            };
            node.set(&["spec", "taints"], config.taints.iter().map(taint).collect::<Vec<_>>());
        }
        node
    }

    /// The status; `now` becomes the heartbeat.
    pub(super) fn status(&self, host: &Host, now: SimTime) -> Value {
        let config = &host.config;
        let amounts = object! {
            "cpu": &config.cpu,
            "ephemeral-storage": "100Gi",
            "hugepages-2Mi": "0",
            "memory": Quantity::parse(&config.memory).map_or_else(|_| config.memory.to_string(), |q| q.to_string()),
            "pods": config.pods.to_string(),
        };
        let id = |what: &str| Digest::of(&(config.seed, config.name.as_str(), what));
        let machine = format!("{}{}", id("machine"), id("id"));
        object! {
            "addresses": [
                { "type": "InternalIP", "address": &config.address },
                { "type": "Hostname", "address": &config.name },
            ],
            "capacity": amounts.clone(),
            "allocatable": amounts,
            "conditions": self.conditions(now),
            "daemonEndpoints": { "kubeletEndpoint": { "Port": 10250 } },
            "nodeInfo": {
                "architecture": "amd64",
                "bootID": boot_id(host),
                "containerRuntimeVersion": &self.runtime_version,
                "kernelVersion": "6.12.0",
                "kubeProxyVersion": "",
                "kubeletVersion": crate::VERSION,
                "machineID": machine.as_str(),
                "operatingSystem": "linux",
                "osImage": "Cluster Lab (simulated)",
                "systemUUID": machine.as_str(),
            },
            "images": images(host),
        }
    }

    fn conditions(&self, now: SimTime) -> Value {
        let pressure = [
            ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ];
        let condition = |kind: &str, status: &str, reason: &str, message: &str, since: SimTime| {
            object! {
                "type": kind,
                "status": status,
                "lastHeartbeatTime": now.rfc3339(),
                "lastTransitionTime": since.rfc3339(),
                "reason": reason,
                "message": message,
            }
        };
        let mut list: Vec<Value> = pressure
            .iter()
            .map(|(kind, reason, message)| condition(kind, "False", reason, message, self.pressure_since))
            .collect();
        list.push(if self.is_ready() {
            condition("Ready", "True", "KubeletReady", "kubelet is posting ready status", self.ready_since)
        } else {
            let message = if self.runtime_ready {
                "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady \
                 message:Network plugin returns error: cni plugin not initialized"
            } else {
                "container runtime is down"
            };
            condition("Ready", "False", "KubeletNotReady", message, self.ready_since)
        });
        Value::from(list)
    }
}

/// What tells one life of the machine from another.
pub(super) fn boot_id(host: &Host) -> String {
    let config = &host.config;
    let id = |what: &str| Digest::of(&(config.seed, config.name.as_str(), what));
    format!("{}{}", id("boot"), id(&config.booted.to_string()))
}

/// The images on the node, largest first.
fn images(host: &Host) -> Value {
    let mut images: Vec<_> = host.images.present().collect();
    images.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
    let image = |info: &runtime::cri::ImageInfo| {
        object! { "names": [&info.reference, &info.name], "sizeBytes": info.size as i64 }
    };
    Value::from(images.into_iter().take(IMAGES_MAX).map(image).collect::<Vec<_>>())
}
