//! A pod's volumes.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use sim::Str;

use super::container::{ObjectFieldSelector, ResourceFieldSelector};
use super::{Decode, DecodeError, lean};
use crate::Value;
use crate::quantity::Quantity;

/// `v1.Volume`: a name and exactly one source.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Volume {
    pub name: Str,
    pub source: VolumeSource,
}

/// Where a volume comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VolumeSource {
    EmptyDir(EmptyDir),
    HostPath(HostPath),
    ConfigMap(ConfigMapVolume),
    Secret(SecretVolume),
    Projected(Projected),
    DownwardApi(DownwardApiVolume),
    PersistentVolumeClaim(ClaimVolume),
    /// A claim made for the pod, named `<pod>-<volume>`; the template is kept as a tree.
    Ephemeral(Value),
    /// Any other source, by its field's name (`nfs`, `csi`, ...), with its content.
    Other(Str, Value),
}

impl Default for VolumeSource {
    /// A volume without source is an empty directory.
    fn default() -> Self {
        VolumeSource::EmptyDir(EmptyDir::default())
    }
}

impl Decode for Volume {
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        let Some(map) = value.as_map() else {
            return Err(DecodeError::new(format!("expected an object, found {}", value.type_name())));
        };
        let name = Str::field(map, "name")?;
        let source = map.iter().find(|(field, content)| *field != "name" && !content.is_null());
        let Some((field, content)) = source else {
            return Ok(Volume { name, source: VolumeSource::default() });
        };
        let source = match field.as_str() {
            "emptyDir" => EmptyDir::decode(content).map(VolumeSource::EmptyDir),
            "hostPath" => HostPath::decode(content).map(VolumeSource::HostPath),
            "configMap" => ConfigMapVolume::decode(content).map(VolumeSource::ConfigMap),
            "secret" => SecretVolume::decode(content).map(VolumeSource::Secret),
            "projected" => Projected::decode(content).map(VolumeSource::Projected),
            "downwardAPI" => DownwardApiVolume::decode(content).map(VolumeSource::DownwardApi),
            "persistentVolumeClaim" => ClaimVolume::decode(content).map(VolumeSource::PersistentVolumeClaim),
            "ephemeral" => Ok(VolumeSource::Ephemeral(content.clone())),
            _ => Ok(VolumeSource::Other(field.clone(), content.clone())),
        };
        Ok(Volume { name, source: source.map_err(|e| e.in_field(field))? })
    }
}

lean! {
    /// `v1.EmptyDirVolumeSource`.
    pub struct EmptyDir {
        medium: Str = "medium",
        size_limit: Option<Quantity> = "sizeLimit",
    }

    /// `v1.HostPathVolumeSource`.
    pub struct HostPath {
        path: Str = "path",
        kind: Str = "type",
    }

    /// `v1.ConfigMapVolumeSource` and `v1.ConfigMapProjection`.
    pub struct ConfigMapVolume {
        name: Str = "name",
        items: Vec<KeyToPath> = "items",
        default_mode: Option<i32> = "defaultMode",
        optional: bool = "optional",
    }

    /// `v1.SecretVolumeSource`.
    pub struct SecretVolume {
        secret_name: Str = "secretName",
        items: Vec<KeyToPath> = "items",
        default_mode: Option<i32> = "defaultMode",
        optional: bool = "optional",
    }

    /// `v1.KeyToPath`.
    pub struct KeyToPath {
        key: Str = "key",
        path: Str = "path",
        mode: Option<i32> = "mode",
    }

    /// `v1.DownwardAPIVolumeSource`.
    pub struct DownwardApiVolume {
        items: Vec<DownwardApiFile> = "items",
        default_mode: Option<i32> = "defaultMode",
    }

    /// `v1.DownwardAPIVolumeFile`.
    pub struct DownwardApiFile {
        path: Str = "path",
        field_ref: Option<ObjectFieldSelector> = "fieldRef",
        resource_field_ref: Option<ResourceFieldSelector> = "resourceFieldRef",
        mode: Option<i32> = "mode",
    }

    /// `v1.ProjectedVolumeSource`.
    pub struct Projected {
        sources: Vec<Projection> = "sources",
        default_mode: Option<i32> = "defaultMode",
    }

    /// `v1.VolumeProjection`. A secret's projection names it by `name`, so it has a config map's shape.
    pub struct Projection {
        config_map: Option<ConfigMapVolume> = "configMap",
        secret: Option<ConfigMapVolume> = "secret",
        downward_api: Option<DownwardApiVolume> = "downwardAPI",
        service_account_token: Option<TokenProjection> = "serviceAccountToken",
    }

    /// `v1.ServiceAccountTokenProjection`.
    pub struct TokenProjection {
        audience: Str = "audience",
        expiration_seconds: Option<i64> = "expirationSeconds",
        path: Str = "path",
    }

    /// `v1.PersistentVolumeClaimVolumeSource`.
    pub struct ClaimVolume {
        claim_name: Str = "claimName",
        read_only: bool = "readOnly",
    }
}
