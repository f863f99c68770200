//! Persistent volumes, claims on them, and their classes.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use sim::Str;

use super::affinity::NodeSelector;
use super::container::{ResourceRequirements, Resources};
use super::volume::HostPath;
use super::{Condition, Labels, ObjectMeta, ObjectReference, lean};
use crate::selector::LabelSelector;

lean! {
    /// `v1.PersistentVolume`.
    pub struct PersistentVolume {
        metadata: ObjectMeta = "metadata",
        spec: PersistentVolumeSpec = "spec",
        status: PersistentVolumeStatus = "status",
    }

    /// `v1.PersistentVolumeSpec`, with the sources that the lab acts on.
    pub struct PersistentVolumeSpec {
        capacity: Resources = "capacity",
        access_modes: Vec<Str> = "accessModes",
        claim_ref: Option<ObjectReference> = "claimRef",
        reclaim_policy: Str = "persistentVolumeReclaimPolicy",
        storage_class_name: Str = "storageClassName",
        volume_mode: Str = "volumeMode",
        node_affinity: Option<VolumeNodeAffinity> = "nodeAffinity",
        host_path: Option<HostPath> = "hostPath",
        local: Option<HostPath> = "local",
        csi: Option<CsiVolume> = "csi",
    }

    /// `v1.VolumeNodeAffinity`.
    pub struct VolumeNodeAffinity {
        required: Option<NodeSelector> = "required",
    }

    /// `v1.CSIPersistentVolumeSource`.
    pub struct CsiVolume {
        driver: Str = "driver",
        volume_handle: Str = "volumeHandle",
        volume_attributes: Labels = "volumeAttributes",
    }

    /// `v1.PersistentVolumeStatus`.
    pub struct PersistentVolumeStatus {
        phase: Str = "phase",
        message: Str = "message",
        reason: Str = "reason",
    }

    /// `v1.PersistentVolumeClaim`.
    pub struct PersistentVolumeClaim {
        metadata: ObjectMeta = "metadata",
        spec: PersistentVolumeClaimSpec = "spec",
        status: PersistentVolumeClaimStatus = "status",
    }

    /// `v1.PersistentVolumeClaimSpec`. No class and the empty class are different things.
    pub struct PersistentVolumeClaimSpec {
        access_modes: Vec<Str> = "accessModes",
        selector: Option<LabelSelector> = "selector",
        resources: ResourceRequirements = "resources",
        volume_name: Str = "volumeName",
        storage_class_name: Option<Str> = "storageClassName",
        volume_mode: Str = "volumeMode",
    }

    /// `v1.PersistentVolumeClaimStatus`.
    pub struct PersistentVolumeClaimStatus {
        phase: Str = "phase",
        access_modes: Vec<Str> = "accessModes",
        capacity: Resources = "capacity",
        conditions: Vec<Condition> = "conditions",
    }

    /// `storage.k8s.io/v1` `StorageClass`.
    pub struct StorageClass {
        metadata: ObjectMeta = "metadata",
        provisioner: Str = "provisioner",
        parameters: Labels = "parameters",
        reclaim_policy: Str = "reclaimPolicy",
        volume_binding_mode: Str = "volumeBindingMode",
        allow_volume_expansion: bool = "allowVolumeExpansion",
    }
}
