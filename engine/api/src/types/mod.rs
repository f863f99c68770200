//! Lean typed views of the kinds that the lab acts on: what components read. They write trees and patches, so that
//! no field they don't know is lost.

pub mod affinity;
pub mod container;
mod daemon_set;
mod decode;
mod deployment;
mod endpoints;
mod job;
mod meta;
pub mod node;
pub mod pod;
mod replica_set;
pub mod service;
mod small;
mod stateful_set;
mod storage;
pub mod volume;

pub use affinity::*;
pub use container::*;
pub use daemon_set::*;
pub use decode::{Decode, DecodeError};
pub(crate) use decode::{lean, push_field};
pub use deployment::*;
pub use endpoints::*;
pub use job::*;
pub use meta::*;
pub use node::*;
pub use pod::*;
pub use replica_set::*;
pub use service::*;
pub use small::*;
pub use stateful_set::*;
pub use storage::*;
pub use volume::*;

pub use crate::selector::{LabelSelector, LabelSelectorRequirement};
use crate::{Object, Value};

/// Decodes a typed struct from a tree.
pub fn decode<T: Decode>(value: &Value) -> Result<T, DecodeError> {
    T::decode(value)
}

macro_rules! typed {
    ($($(#[$doc:meta])* $variant:ident, $accessor:ident, $version:literal;)*) => {
        /// The typed form of an object, by kind. Boxed, so that an object of an unknown kind stays small.
        #[derive(Clone, Debug)]
        pub enum Typed {
            $($(#[$doc])* $variant(Box<$variant>),)*
            /// A kind without a typed form: its metadata.
            Other(Box<ObjectMeta>),
            /// An object of a known kind that would not decode: its metadata (as far as that decodes) and why.
            Invalid(Box<(ObjectMeta, DecodeError)>),
        }

        impl Typed {
            /// Decodes a tree by its `apiVersion` and `kind`.
            pub fn decode(value: &Value) -> Typed {
                let text = |name| value.str_at(&[name]).map_or("", |s| s.as_str());
                let decoded = match (text("apiVersion"), text("kind")) {
                    $(($version, stringify!($variant)) => Decode::decode(value).map(Typed::$variant),)*
                    _ => value.get("metadata").map_or(Ok(Box::default()), Decode::decode).map(Typed::Other),
                };
                decoded.unwrap_or_else(|error| {
                    let meta = value.get("metadata").and_then(|meta| ObjectMeta::decode(meta).ok());
                    Typed::Invalid(Box::new((meta.unwrap_or_default(), error)))
                })
            }

            /// The metadata.
            pub fn meta(&self) -> &ObjectMeta {
                match self {
                    $(Typed::$variant(typed) => &typed.metadata,)*
                    Typed::Other(meta) => meta,
                    Typed::Invalid(parts) => &parts.0,
                }
            }
        }

        impl Object {
            $($(#[$doc])* ///
            /// `None` for any other kind, and for one that would not decode.
            pub fn $accessor(&self) -> Option<&$variant> {
                match self.typed() {
                    Typed::$variant(typed) => Some(typed),
                    _ => None,
                }
            })*
        }
    };
}

typed! {
    /// A Pod.
    Pod, pod, "v1";
    /// A Node.
    Node, node, "v1";
    /// A Namespace.
    Namespace, namespace_object, "v1";
    /// A Service.
    Service, service, "v1";
    /// Endpoints.
    Endpoints, endpoints, "v1";
    /// An EndpointSlice.
    EndpointSlice, endpoint_slice, "discovery.k8s.io/v1";
    /// A ConfigMap.
    ConfigMap, config_map, "v1";
    /// A Secret.
    Secret, secret, "v1";
    /// A Deployment.
    Deployment, deployment, "apps/v1";
    /// A ReplicaSet.
    ReplicaSet, replica_set, "apps/v1";
    /// A StatefulSet.
    StatefulSet, stateful_set, "apps/v1";
    /// A DaemonSet.
    DaemonSet, daemon_set, "apps/v1";
    /// A Job.
    Job, job, "batch/v1";
    /// A CronJob.
    CronJob, cron_job, "batch/v1";
    /// A PersistentVolume.
    PersistentVolume, persistent_volume, "v1";
    /// A PersistentVolumeClaim.
    PersistentVolumeClaim, persistent_volume_claim, "v1";
    /// A StorageClass.
    StorageClass, storage_class, "storage.k8s.io/v1";
    /// A Lease.
    Lease, lease, "coordination.k8s.io/v1";
    /// An Event.
    Event, event, "v1";
    /// A ServiceAccount.
    ServiceAccount, service_account, "v1";
    /// A PodDisruptionBudget.
    PodDisruptionBudget, pod_disruption_budget, "policy/v1";
    /// A PriorityClass.
    PriorityClass, priority_class, "scheduling.k8s.io/v1";
}

impl Object {
    /// The metadata, decoded at most once for this version of the object.
    pub fn meta(&self) -> &ObjectMeta {
        self.typed().meta()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn a_pod_shares_its_strings() {
        let object = Object::new(object!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web-1", "namespace": "default", "creationTimestamp": "2026-01-01T00:00:07Z"},
            "spec": {
                "containers": [{"name": "web", "image": "nginx", "resources": {"requests": {"cpu": "250m"}},
                    "ports": [{"containerPort": 80}], "livenessProbe": {"httpGet": {"port": "http"}}}],
                "volumes": [{"name": "data", "emptyDir": {}}, {"name": "cfg", "configMap": {"name": "c"}}, {"name": "n", "nfs": {}}],
            },
            "status": {"phase": "Running", "unknown": 1, "conditions": [{"type": "Ready", "status": "True"}]},
        }));
        let pod = object.pod().unwrap();
        assert!(sim::Str::ptr_eq(&pod.metadata.name, object.name()));
        assert_eq!(pod.metadata.creation_timestamp, Some(sim::SimTime::from_secs(7)));
        assert_eq!(pod.spec.containers[0].resources.requests["cpu"].milli_value(), 250);
        assert!(pod.is_ready() && pod.is_active());
        assert!(matches!(pod.spec.volumes[0].source, VolumeSource::EmptyDir(_)));
        assert!(matches!(&pod.spec.volumes[2].source, VolumeSource::Other(kind, _) if kind == "nfs"));
        assert!(object.node().is_none());
        assert_eq!(object.meta().name, "web-1");
    }

    #[test]
    fn an_invalid_object_says_why_and_keeps_its_metadata() {
        let object = Object::new(object!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
            "spec": {"containers": [{"name": "a"}, {"name": 5}]},
        }));
        let Typed::Invalid(parts) = object.typed() else { panic!("{object:?}") };
        assert_eq!(parts.1.to_string(), "spec.containers[1].name: expected a string, found integer");
        assert_eq!(object.meta().name, "web");
    }

    #[test]
    fn tolerations() {
        let taint =
            Taint { key: "k".into(), value: "v".into(), effect: "NoSchedule".into(), time_added: None };
        let toleration = |key: &str, operator: &str, value: &str, effect: &str| Toleration {
            key: key.into(),
            operator: operator.into(),
            value: value.into(),
            effect: effect.into(),
            toleration_seconds: None,
        };
        assert!(toleration("", "Exists", "", "").tolerates(&taint));
        assert!(toleration("k", "", "v", "NoSchedule").tolerates(&taint));
        assert!(!toleration("k", "Equal", "w", "").tolerates(&taint));
        assert!(!toleration("k", "Exists", "", "NoExecute").tolerates(&taint));
    }
}
