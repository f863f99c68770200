//! Defaulting: what the API server fills in before an object is admitted and stored. One file a group of kinds.
//!
//! Only what Kubernetes' `SetDefaults_*` functions (and conversions between versions) do is here. What a kind's
//! registry does on creation (a pod's `status.phase`, a namespace's finalizer, a service's cluster IP) is the API
//! server's, and what admission plugins add (tolerations, priorities, service accounts) is theirs.

mod config;
mod network;
mod others;
mod pod;
mod policy;
mod storage;
mod tools;
mod workload;

pub use pod::{pod_spec, pull_policy};

use crate::Value;
use crate::kinds::KindInfo;

/// Fills in the defaults of an object of the kind. Does nothing to what is complete: its parts stay shared.
pub fn apply(kind: &KindInfo, object: &mut Value) {
    let group = kind.group.as_str();
    match (group, kind.kind.as_str()) {
        ("", "Pod") => pod::pod(object),
        ("", "PodTemplate") => workload::pod_template(object),
        ("", "ReplicationController") => workload::replication_controller(object),
        ("apps", "Deployment") => workload::deployment(object),
        ("apps", "ReplicaSet") => workload::replica_set(object),
        ("apps", "StatefulSet") => workload::stateful_set(object),
        ("apps", "DaemonSet") => workload::daemon_set(object),
        ("batch", "Job") => workload::job(object),
        ("batch", "CronJob") => workload::cron_job(object),
        ("autoscaling", "HorizontalPodAutoscaler") => workload::autoscaler(object, &kind.version),
        ("", "Service") => network::service(object),
        ("", "Endpoints") => network::endpoints(object),
        ("discovery.k8s.io", "EndpointSlice") => network::endpoint_slice(object),
        ("networking.k8s.io", "NetworkPolicy") => network::network_policy(object),
        ("", "Secret") => config::secret(object),
        ("", "LimitRange") => config::limit_range(object),
        ("", "Namespace") => config::namespace(object),
        ("", "Node") => config::node(object),
        ("", "PersistentVolume") => storage::volume(object),
        ("", "PersistentVolumeClaim") => storage::claim(object),
        ("storage.k8s.io", "StorageClass") => storage::class(object),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => policy::binding(object),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class(object),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") => policy::webhooks(object, false),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => policy::webhooks(object, true),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy") => {
            policy::admission_policy(object);
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => others::custom_resource_definition(object),
        _ => {}
    }
}
