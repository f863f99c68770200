//! Kinds with few fields.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use std::collections::BTreeMap;

use sim::{SimTime, Str};

use super::{Condition, LocalObjectReference, ObjectMeta, ObjectReference, lean};
use crate::intstr::IntOrString;
use crate::selector::LabelSelector;

lean! {
    /// `v1.Namespace`.
    pub struct Namespace {
        metadata: ObjectMeta = "metadata",
        spec: NamespaceSpec = "spec",
        status: NamespaceStatus = "status",
    }

    /// `v1.NamespaceSpec`.
    pub struct NamespaceSpec {
        finalizers: Vec<Str> = "finalizers",
    }

    /// `v1.NamespaceStatus`.
    pub struct NamespaceStatus {
        phase: Str = "phase",
        conditions: Vec<Condition> = "conditions",
    }

    /// `v1.ConfigMap`; `binaryData` is base64 text.
    pub struct ConfigMap {
        metadata: ObjectMeta = "metadata",
        data: BTreeMap<Str, Str> = "data",
        binary_data: BTreeMap<Str, Str> = "binaryData",
        immutable: bool = "immutable",
    }

    /// `v1.Secret`; `data` is base64 text.
    pub struct Secret {
        metadata: ObjectMeta = "metadata",
        kind: Str = "type",
        data: BTreeMap<Str, Str> = "data",
        immutable: bool = "immutable",
    }

    /// `coordination.k8s.io/v1` `Lease`.
    pub struct Lease {
        metadata: ObjectMeta = "metadata",
        spec: LeaseSpec = "spec",
    }

    /// `coordination.k8s.io/v1` `LeaseSpec`.
    pub struct LeaseSpec {
        holder_identity: Str = "holderIdentity",
        lease_duration_seconds: i32 = "leaseDurationSeconds",
        acquire_time: Option<SimTime> = "acquireTime",
        renew_time: Option<SimTime> = "renewTime",
        lease_transitions: i32 = "leaseTransitions",
    }

    /// `v1.Event`.
    pub struct Event {
        metadata: ObjectMeta = "metadata",
        involved_object: ObjectReference = "involvedObject",
        related: Option<ObjectReference> = "related",
        reason: Str = "reason",
        message: Str = "message",
        source: EventSource = "source",
        first_timestamp: Option<SimTime> = "firstTimestamp",
        last_timestamp: Option<SimTime> = "lastTimestamp",
        event_time: Option<SimTime> = "eventTime",
        count: i32 = "count",
        kind: Str = "type",
        action: Str = "action",
        series: Option<EventSeries> = "series",
        reporting_component: Str = "reportingComponent",
        reporting_instance: Str = "reportingInstance",
    }

    /// `v1.EventSource`.
    pub struct EventSource {
        component: Str = "component",
        host: Str = "host",
    }

    /// `v1.EventSeries`.
    pub struct EventSeries {
        count: i32 = "count",
        last_observed_time: Option<SimTime> = "lastObservedTime",
    }

    /// `v1.ServiceAccount`.
    pub struct ServiceAccount {
        metadata: ObjectMeta = "metadata",
        secrets: Vec<ObjectReference> = "secrets",
        image_pull_secrets: Vec<LocalObjectReference> = "imagePullSecrets",
        automount_service_account_token: Option<bool> = "automountServiceAccountToken",
    }

    /// `policy/v1` `PodDisruptionBudget`.
    pub struct PodDisruptionBudget {
        metadata: ObjectMeta = "metadata",
        spec: PodDisruptionBudgetSpec = "spec",
        status: PodDisruptionBudgetStatus = "status",
    }

    /// `policy/v1` `PodDisruptionBudgetSpec`.
    pub struct PodDisruptionBudgetSpec {
        min_available: Option<IntOrString> = "minAvailable",
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        selector: Option<LabelSelector> = "selector",
        unhealthy_pod_eviction_policy: Str = "unhealthyPodEvictionPolicy",
    }

    /// `policy/v1` `PodDisruptionBudgetStatus`.
    pub struct PodDisruptionBudgetStatus {
        observed_generation: i64 = "observedGeneration",
        disrupted_pods: BTreeMap<Str, SimTime> = "disruptedPods",
        disruptions_allowed: i32 = "disruptionsAllowed",
        current_healthy: i32 = "currentHealthy",
        desired_healthy: i32 = "desiredHealthy",
        expected_pods: i32 = "expectedPods",
    }

    /// `scheduling.k8s.io/v1` `PriorityClass`.
    pub struct PriorityClass {
        metadata: ObjectMeta = "metadata",
        value: i32 = "value",
        global_default: bool = "globalDefault",
        preemption_policy: Str = "preemptionPolicy",
        description: Str = "description",
    }
}
