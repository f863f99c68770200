//! Events about pods and the node.

use std::time::Duration;

use api::{Object, Value, object};
use client::EventType;
use sim::Str;

use crate::host::Host;
use crate::message::{Context, as_client};

/// What an event is about: a pod, or one of its containers.
pub(crate) fn reference(pod: &Object, field: Option<(&str, &str)>) -> Value {
    let mut reference = object! {
        "kind": "Pod",
        "namespace": pod.namespace(),
        "name": pod.name(),
        "uid": pod.uid().0,
        "apiVersion": "v1",
        "resourceVersion": pod.value().str_at(&["metadata", "resourceVersion"]).cloned().unwrap_or_default(),
    };
    if let Some((list, container)) = field {
        reference.set(&["fieldPath"], format!("spec.{list}{{{container}}}"));
    }
    reference
}

impl Host {
    /// Records an event about a pod (or about the container `field` of it: list and name).
    pub(crate) fn event(
        &mut self,
        context: &mut Context<'_>,
        pod: &Object,
        field: Option<(&str, &str)>,
        kind: EventType,
        reason: &str,
        message: &str,
    ) {
        let about = reference(pod, field);
        let (recorder, session) = (&mut self.recorder, &mut self.session);
        as_client(context, |c| recorder.record_reference(session, c, about, kind, reason, message));
    }

    /// Records an event about the node.
    pub(crate) fn node_event(
        &mut self,
        context: &mut Context<'_>,
        kind: EventType,
        reason: &str,
        message: &str,
    ) {
        // The kubelet's node events carry the node's name as uid, by tradition.
        let name = Str::from(self.config.name.as_str());
        let about = object! { "kind": "Node", "name": &name, "uid": &name };
        let (recorder, session) = (&mut self.recorder, &mut self.session);
        as_client(context, |c| recorder.record_reference(session, c, about, kind, reason, message));
    }
}

/// A duration as Go prints it, cut to milliseconds: `412ms`, `1.2s`, `1m20s`, `5m0s`.
pub(crate) fn go_duration(span: Duration) -> String {
    sim::format_duration(Duration::from_millis(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
}
