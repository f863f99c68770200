//! What all objects have.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use std::collections::BTreeMap;

use sim::{SimTime, Str};

use super::lean;

/// Labels or annotations.
pub type Labels = BTreeMap<Str, Str>;

lean! {
    /// `metav1.ObjectMeta`. Times are whole seconds in the object, virtual time here.
    pub struct ObjectMeta {
        name: Str = "name",
        generate_name: Str = "generateName",
        namespace: Str = "namespace",
        uid: Str = "uid",
        resource_version: Str = "resourceVersion",
        generation: i64 = "generation",
        creation_timestamp: Option<SimTime> = "creationTimestamp",
        deletion_timestamp: Option<SimTime> = "deletionTimestamp",
        deletion_grace_period_seconds: Option<i64> = "deletionGracePeriodSeconds",
        labels: Labels = "labels",
        annotations: Labels = "annotations",
        owner_references: Vec<OwnerReference> = "ownerReferences",
        finalizers: Vec<Str> = "finalizers",
    }

    /// `metav1.OwnerReference`.
    pub struct OwnerReference {
        api_version: Str = "apiVersion",
        kind: Str = "kind",
        name: Str = "name",
        uid: Str = "uid",
        controller: bool = "controller",
        block_owner_deletion: bool = "blockOwnerDeletion",
    }

    /// `v1.ObjectReference`.
    pub struct ObjectReference {
        api_version: Str = "apiVersion",
        kind: Str = "kind",
        namespace: Str = "namespace",
        name: Str = "name",
        uid: Str = "uid",
        resource_version: Str = "resourceVersion",
        field_path: Str = "fieldPath",
    }

    /// `v1.LocalObjectReference`.
    pub struct LocalObjectReference {
        name: Str = "name",
    }

    /// A condition, of any kind of object: each has a part of these fields.
    pub struct Condition {
        kind: Str = "type",
        status: Str = "status",
        reason: Str = "reason",
        message: Str = "message",
        observed_generation: i64 = "observedGeneration",
        last_transition_time: Option<SimTime> = "lastTransitionTime",
        last_update_time: Option<SimTime> = "lastUpdateTime",
        last_heartbeat_time: Option<SimTime> = "lastHeartbeatTime",
        last_probe_time: Option<SimTime> = "lastProbeTime",
    }
}

impl ObjectMeta {
    /// The owner with `controller: true`.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller)
    }

    /// Namespace and name.
    pub fn key(&self) -> crate::ObjectKey {
        crate::ObjectKey { namespace: self.namespace.clone(), name: self.name.clone() }
    }
}

/// The condition of a type.
pub fn condition<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|c| c.kind == kind)
}
