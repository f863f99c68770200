//! Deployments.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use sim::Str;

use super::pod::PodTemplateSpec;
use super::{Condition, ObjectMeta, lean};
use crate::intstr::IntOrString;
use crate::selector::LabelSelector;

lean! {
    /// `apps/v1` `Deployment`.
    pub struct Deployment {
        metadata: ObjectMeta = "metadata",
        spec: DeploymentSpec = "spec",
        status: DeploymentStatus = "status",
    }

    /// `apps/v1` `DeploymentSpec`.
    pub struct DeploymentSpec {
        replicas: Option<i32> = "replicas",
        selector: LabelSelector = "selector",
        template: PodTemplateSpec = "template",
        strategy: DeploymentStrategy = "strategy",
        min_ready_seconds: i32 = "minReadySeconds",
        revision_history_limit: Option<i32> = "revisionHistoryLimit",
        paused: bool = "paused",
        progress_deadline_seconds: Option<i32> = "progressDeadlineSeconds",
    }

    /// `apps/v1` `DeploymentStrategy`.
    pub struct DeploymentStrategy {
        kind: Str = "type",
        rolling_update: Option<RollingUpdate> = "rollingUpdate",
    }

    /// `apps/v1` `RollingUpdateDeployment`.
    pub struct RollingUpdate {
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        max_surge: Option<IntOrString> = "maxSurge",
    }

    /// `apps/v1` `DeploymentStatus`.
    pub struct DeploymentStatus {
        observed_generation: i64 = "observedGeneration",
        replicas: i32 = "replicas",
        updated_replicas: i32 = "updatedReplicas",
        ready_replicas: i32 = "readyReplicas",
        available_replicas: i32 = "availableReplicas",
        unavailable_replicas: i32 = "unavailableReplicas",
        terminating_replicas: Option<i32> = "terminatingReplicas",
        conditions: Vec<Condition> = "conditions",
        collision_count: Option<i32> = "collisionCount",
    }
}

impl Deployment {
    /// The condition of a type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        super::condition(&self.status.conditions, kind)
    }
}
