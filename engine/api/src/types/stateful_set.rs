//! StatefulSets.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use sim::Str;

use super::pod::PodTemplateSpec;
use super::{Condition, ObjectMeta, lean};
use crate::Value;
use crate::intstr::IntOrString;
use crate::selector::LabelSelector;

lean! {
    /// `apps/v1` `StatefulSet`.
    pub struct StatefulSet {
        metadata: ObjectMeta = "metadata",
        spec: StatefulSetSpec = "spec",
        status: StatefulSetStatus = "status",
    }

    /// `apps/v1` `StatefulSetSpec`. Claim templates stay trees: claims are made of them.
    pub struct StatefulSetSpec {
        replicas: Option<i32> = "replicas",
        selector: LabelSelector = "selector",
        template: PodTemplateSpec = "template",
        volume_claim_templates: Vec<Value> = "volumeClaimTemplates",
        service_name: Str = "serviceName",
        pod_management_policy: Str = "podManagementPolicy",
        update_strategy: StatefulSetUpdateStrategy = "updateStrategy",
        revision_history_limit: Option<i32> = "revisionHistoryLimit",
        min_ready_seconds: i32 = "minReadySeconds",
        retention: ClaimRetentionPolicy = "persistentVolumeClaimRetentionPolicy",
        ordinals: Ordinals = "ordinals",
    }

    /// `apps/v1` `StatefulSetUpdateStrategy`.
    pub struct StatefulSetUpdateStrategy {
        kind: Str = "type",
        rolling_update: Option<RollingUpdateStatefulSet> = "rollingUpdate",
    }

    /// `apps/v1` `RollingUpdateStatefulSetStrategy`.
    pub struct RollingUpdateStatefulSet {
        partition: i32 = "partition",
        max_unavailable: Option<IntOrString> = "maxUnavailable",
    }

    /// `apps/v1` `StatefulSetPersistentVolumeClaimRetentionPolicy`.
    pub struct ClaimRetentionPolicy {
        when_deleted: Str = "whenDeleted",
        when_scaled: Str = "whenScaled",
    }

    /// `apps/v1` `StatefulSetOrdinals`.
    pub struct Ordinals {
        start: i32 = "start",
    }

    /// `apps/v1` `StatefulSetStatus`.
    pub struct StatefulSetStatus {
        observed_generation: i64 = "observedGeneration",
        replicas: i32 = "replicas",
        ready_replicas: i32 = "readyReplicas",
        current_replicas: i32 = "currentReplicas",
        updated_replicas: i32 = "updatedReplicas",
        available_replicas: i32 = "availableReplicas",
        current_revision: Str = "currentRevision",
        update_revision: Str = "updateRevision",
        collision_count: Option<i32> = "collisionCount",
        conditions: Vec<Condition> = "conditions",
    }
}
