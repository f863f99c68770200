//! ReplicaSets, and what resembles them.

use super::container::never_negative;
use super::pod_spec::lasting_template;
use super::{Errors, FieldError, Path, labels};
use crate::Value;

/// ReplicaSets, StatefulSets, DaemonSets.
pub(super) fn check(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    never_negative(spec, &["replicas", "minReadySeconds", "revisionHistoryLimit"], path, errors);
    labels::workload_selector(spec, path, errors);
    lasting_template(spec.get("template"), &path.child("template"), errors);
}

/// ReplicationControllers select by plain labels.
pub(super) fn controller(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    never_negative(spec, &["replicas", "minReadySeconds"], path, errors);
    let selector = spec.get("selector").and_then(Value::as_map).cloned().unwrap_or_default();
    if selector.is_empty() {
        errors.push(FieldError::required(&path.child("selector"), ""));
    }
    let labels = spec.at(&["template", "metadata", "labels"]);
    if selector.iter().any(|(key, value)| labels.and_then(|l| l.get(key)) != Some(value)) {
        let template = path.child("template");
        let metadata = template.child("metadata");
        let why = "`selector` does not match template `labels`";
        errors.push(FieldError::invalid(&metadata.child("labels"), labels.cloned(), why));
    }
    lasting_template(spec.get("template"), &path.child("template"), errors);
}

/// Most of a StatefulSet's spec cannot change.
pub(super) fn stateful_update(new: &Value, old: &Value, errors: &mut Errors) {
    const FREE: [&str; 7] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let bare = |object: &Value| {
        let mut spec = object.get("spec").cloned().unwrap_or_default();
        FREE.iter().for_each(|field| drop(spec.remove(&[field])));
        spec
    };
    if bare(new) != bare(old) {
        let why = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
        errors.push(FieldError::forbidden("spec", why));
    }
}
