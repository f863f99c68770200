//! DaemonSets.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use sim::Str;

use super::deployment::RollingUpdate;
use super::pod::PodTemplateSpec;
use super::{Condition, ObjectMeta, lean};
use crate::selector::LabelSelector;

lean! {
    /// `apps/v1` `DaemonSet`.
    pub struct DaemonSet {
        metadata: ObjectMeta = "metadata",
        spec: DaemonSetSpec = "spec",
        status: DaemonSetStatus = "status",
    }

    /// `apps/v1` `DaemonSetSpec`.
    pub struct DaemonSetSpec {
        selector: LabelSelector = "selector",
        template: PodTemplateSpec = "template",
        update_strategy: DaemonSetUpdateStrategy = "updateStrategy",
        min_ready_seconds: i32 = "minReadySeconds",
        revision_history_limit: Option<i32> = "revisionHistoryLimit",
    }

    /// `apps/v1` `DaemonSetUpdateStrategy`.
    pub struct DaemonSetUpdateStrategy {
        kind: Str = "type",
        rolling_update: Option<RollingUpdate> = "rollingUpdate",
    }

    /// `apps/v1` `DaemonSetStatus`.
    pub struct DaemonSetStatus {
        observed_generation: i64 = "observedGeneration",
        current_number_scheduled: i32 = "currentNumberScheduled",
        desired_number_scheduled: i32 = "desiredNumberScheduled",
        number_misscheduled: i32 = "numberMisscheduled",
        number_ready: i32 = "numberReady",
        number_available: i32 = "numberAvailable",
        number_unavailable: i32 = "numberUnavailable",
        updated_number_scheduled: i32 = "updatedNumberScheduled",
        collision_count: Option<i32> = "collisionCount",
        conditions: Vec<Condition> = "conditions",
    }
}
