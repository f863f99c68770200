//! ReplicaSets.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use super::pod::PodTemplateSpec;
use super::{Condition, ObjectMeta, lean};
use crate::selector::LabelSelector;

lean! {
    /// `apps/v1` `ReplicaSet`.
    pub struct ReplicaSet {
        metadata: ObjectMeta = "metadata",
        spec: ReplicaSetSpec = "spec",
        status: ReplicaSetStatus = "status",
    }

    /// `apps/v1` `ReplicaSetSpec`.
    pub struct ReplicaSetSpec {
        replicas: Option<i32> = "replicas",
        selector: LabelSelector = "selector",
        template: PodTemplateSpec = "template",
        min_ready_seconds: i32 = "minReadySeconds",
    }

    /// `apps/v1` `ReplicaSetStatus`.
    pub struct ReplicaSetStatus {
        observed_generation: i64 = "observedGeneration",
        replicas: i32 = "replicas",
        fully_labeled_replicas: i32 = "fullyLabeledReplicas",
        ready_replicas: i32 = "readyReplicas",
        available_replicas: i32 = "availableReplicas",
        terminating_replicas: Option<i32> = "terminatingReplicas",
        conditions: Vec<Condition> = "conditions",
    }
}
