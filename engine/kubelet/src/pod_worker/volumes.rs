//! A pod's volumes: where they lie on the node's disk, and what is in them.

use api::types::{ConfigMapVolume, KeyToPath, Pod, VolumeSource};
use api::{Object, ObjectKey, Value};
use runtime::cri::Mount;
use sim::Str;

use super::environment::field;
use crate::host::{Host, Lookup, ObjectRef};
use crate::message::Context;

/// What came of preparing a volume.
pub(super) enum Prepared {
    /// Nothing to write.
    Empty,
    /// These files are to be written to this directory.
    Files(Str, Vec<(Str, Str)>),
    /// Objects were asked for.
    Wait,
    /// It can't be: the event's message.
    Failed(String),
}

/// The pod's own directory.
pub(super) fn directory(uid: &str) -> String {
    format!("/var/lib/kubelet/pods/{uid}")
}

/// Where a volume lies on the node's disk.
pub(super) fn path(uid: &str, name: &str, source: &VolumeSource) -> Str {
    let plugin = match source {
        VolumeSource::HostPath(host) => return host.path.clone(),
        VolumeSource::EmptyDir(_) => "empty-dir",
        VolumeSource::ConfigMap(_) => "configmap",
        VolumeSource::Secret(_) => "secret",
        VolumeSource::Projected(_) => "projected",
        VolumeSource::DownwardApi(_) => "downward-api",
        VolumeSource::PersistentVolumeClaim(claim) => {
            // Until the lab attaches disks, a claim is a directory of its node that outlives the pod.
            return Str::from(format!("/var/lib/kubelet/claims/{}", claim.claim_name));
        }
        VolumeSource::Ephemeral(_) | VolumeSource::Other(..) => "other",
    };
    Str::from(format!("{}/volumes/kubernetes.io~{plugin}/{name}", directory(uid)))
}

/// True when the volume's content is written by the kubelet, so that containers only read it.
fn written_by_kubelet(source: &VolumeSource) -> bool {
    matches!(
        source,
        VolumeSource::ConfigMap(_)
            | VolumeSource::Secret(_)
            | VolumeSource::Projected(_)
            | VolumeSource::DownwardApi(_)
    )
}

/// The mounts of a container.
pub(super) fn mounts(pod: &Pod, container: &api::types::Container) -> Vec<Mount> {
    let uid = &pod.metadata.uid;
    let mount = |m: &api::types::VolumeMount| {
        let volume = pod.spec.volumes.iter().find(|v| v.name == m.name)?;
        let mut host_path = path(uid, &volume.name, &volume.source).to_string();
        if !m.sub_path.is_empty() {
            host_path = runtime::files::normalize(&host_path, &m.sub_path);
        }
        Some(Mount {
            container_path: Str::from(runtime::files::normalize("/", &m.mount_path)),
            host_path: host_path.into(),
            read_only: m.read_only || written_by_kubelet(&volume.source),
        })
    };
    container.volume_mounts.iter().filter_map(mount).collect()
}

/// Finds out what is in a volume.
pub(super) fn prepare(
    host: &mut Host,
    context: &mut Context<'_>,
    worker: u64,
    pod: &Object,
    index: usize,
) -> Prepared {
    let Some(typed) = pod.pod() else { return Prepared::Empty };
    let Some(volume) = typed.spec.volumes.get(index) else { return Prepared::Empty };
    let mut reader = Reader { host, context, worker, pod, files: Vec::new() };
    let read = match &volume.source {
        VolumeSource::ConfigMap(source) => reader.keys(false, source),
        VolumeSource::Secret(source) => {
            let source = ConfigMapVolume {
                name: source.secret_name.clone(),
                items: source.items.clone(),
                default_mode: source.default_mode,
                optional: source.optional,
            };
            reader.keys(true, &source)
        }
        VolumeSource::DownwardApi(source) => reader.downward(&source.items),
        VolumeSource::Projected(source) => reader.projected(source),
        _ => return Prepared::Empty,
    };
    match read {
        Ok(()) => Prepared::Files(path(&typed.metadata.uid, &volume.name, &volume.source), reader.files),
        Err(None) => Prepared::Wait,
        Err(Some(why)) => {
            Prepared::Failed(format!("MountVolume.SetUp failed for volume \"{}\" : {why}", volume.name))
        }
    }
}

struct Reader<'a, 'b> {
    host: &'a mut Host,
    context: &'a mut Context<'b>,
    worker: u64,
    pod: &'a Object,
    files: Vec<(Str, Str)>,
}

impl Reader<'_, '_> {
    /// The keys of a ConfigMap or Secret as files. `Err(None)`: wait.
    fn keys(&mut self, secret: bool, source: &ConfigMapVolume) -> Result<(), Option<String>> {
        let key = ObjectKey::new(self.pod.namespace().clone(), source.name.clone());
        let what = ObjectRef { secret, key };
        let kind = if secret { "secret" } else { "configmap" };
        let object = match self.host.object(self.context, &what, self.worker) {
            Lookup::Found(object) => object,
            Lookup::Wait => return Err(None),
            Lookup::Missing if source.optional => return Ok(()),
            Lookup::Missing => return Err(Some(format!("{kind} \"{}\" not found", source.name))),
        };
        let data = data(&object, secret);
        if source.items.is_empty() {
            self.files.extend(data);
            return Ok(());
        }
        for KeyToPath { key, path, .. } in &source.items {
            match data.iter().find(|(name, _)| name == key) {
                Some((_, content)) => self.files.push((path.clone(), content.clone())),
                None if source.optional => {}
                None => return Err(Some(format!("references non-existent config key: {key}"))),
            }
        }
        Ok(())
    }

    fn downward(&mut self, items: &[api::types::DownwardApiFile]) -> Result<(), Option<String>> {
        for item in items {
            let content = match &item.field_ref {
                Some(selector) => field(self.pod, &selector.field_path, &self.host.config),
                None => Some(Str::new()),
            };
            let content = content.ok_or_else(|| Some(format!("unsupported fieldPath in {}", item.path)))?;
            self.files.push((item.path.clone(), content));
        }
        Ok(())
    }

    fn projected(&mut self, source: &api::types::Projected) -> Result<(), Option<String>> {
        for projection in &source.sources {
            if let Some(source) = &projection.config_map {
                self.keys(false, source)?;
            }
            if let Some(source) = &projection.secret {
                self.keys(true, source)?;
            }
            if let Some(source) = &projection.downward_api {
                self.downward(&source.items)?;
            }
            if let Some(token) = &projection.service_account_token {
                // Tokens are not verified yet: one that names its pod will do.
                let content = format!("simulated-token-of-{}", self.pod.uid());
                self.files.push((token.path.clone(), content.into()));
            }
        }
        Ok(())
    }
}

/// A ConfigMap's or Secret's data, decoded.
pub(super) fn data(object: &Object, secret: bool) -> Vec<(Str, Str)> {
    let Some(map) = object.value().get("data").and_then(Value::as_map) else { return Vec::new() };
    let text = |value: &Value| {
        let text = value.as_str().cloned().unwrap_or_default();
        if secret { Str::from(base64(&text)) } else { text }
    };
    map.iter().map(|(key, value)| (key.clone(), text(value))).collect()
}

/// Standard base64 to text; what is no UTF-8 becomes replacement characters.
fn base64(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0u32);
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn secrets_are_decoded() {
        for (text, plain) in [("aGVsbG8=", "hello"), ("", ""), ("cGFzcw==", "pass"), ("YWI=", "ab")] {
            assert_eq!(super::base64(text), plain);
        }
    }
}
