//! ServiceAccount: a pod that names none runs as `default`. (The token volume comes with tokens.)

use api::{Str, Value, literal};

use super::Attributes;
use crate::ApiServer;
use crate::failure::Result;
use crate::operation::Operation;

pub(super) fn admit(
    _: &ApiServer,
    _: &Operation,
    pod: &mut Value,
    attributes: &Attributes<'_>,
) -> Result<Option<Str>> {
    // A mirror pod stands for what a kubelet runs anyway, and has no account.
    let mirror = pod.str_at(&["metadata", "annotations", "kubernetes.io/config.mirror"]).is_some();
    if !attributes.is_new_pod() || mirror {
        return Ok(None);
    }
    if pod.str_at(&["spec", "serviceAccountName"]).is_some_and(|name| !name.is_empty()) {
        return Ok(None);
    }
    let spec = pod.entry(&["spec"]).make_map();
    spec.insert(literal!("serviceAccountName"), literal!("default"));
    spec.insert(literal!("serviceAccount"), literal!("default"));
    Ok(Some(literal!("spec.serviceAccountName: default")))
}
