//! Volumes, claims and classes.

use super::tools::{default, default_text, within};
use crate::Value;

pub(super) fn claim(object: &mut Value) {
    within(object, &["spec"], |spec| default_text(spec, &["volumeMode"], "Filesystem"));
    default_text(object, &["status", "phase"], "Pending");
}

pub(super) fn volume(object: &mut Value) {
    within(object, &["spec"], |spec| {
        default_text(spec, &["persistentVolumeReclaimPolicy"], "Retain");
        default_text(spec, &["volumeMode"], "Filesystem");
        within(spec, &["hostPath"], |path| default(path, &["type"], ""));
    });
    default_text(object, &["status", "phase"], "Pending");
}

pub(super) fn class(object: &mut Value) {
    default_text(object, &["reclaimPolicy"], "Delete");
    default_text(object, &["volumeBindingMode"], "Immediate");
}
