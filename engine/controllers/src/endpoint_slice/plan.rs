//! From pods and the slices that are there to the slices that should be, with as few writes as possible.

use std::collections::BTreeMap;

use api::types::{Endpoint, Pod, Service};
use api::{Object, Value, object};
use client::DeleteOptions;
use client::resource::ENDPOINT_SLICES;
use sim::Str;

use super::{MANAGED_BY, MANAGER};
use crate::objects::controller_reference;
use crate::outcome::{Call, EventDraft, Outcome, Purpose};
use crate::service_pods::{self as pods, Port};
use crate::world::{Kind, SERVICE_NAME_LABEL, World};

const HEADLESS: &str = "service.kubernetes.io/headless";
const ZONE: &str = "topology.kubernetes.io/zone";

/// An endpoint that should be there.
struct Wanted<'a> {
    object: &'a Object,
    pod: &'a Pod,
    hostname: Option<&'a Str>,
    zone: Option<Str>,
    ready: bool,
    serving: bool,
    terminating: bool,
}

impl Wanted<'_> {
    fn fits(&self, known: &Endpoint) -> bool {
        known.conditions.ready == Some(self.ready)
            && known.conditions.serving == Some(self.serving)
            && known.conditions.terminating == Some(self.terminating)
            && known.node_name == self.pod.spec.node_name
            && known.zone == self.zone.clone().unwrap_or_default()
            && known.hostname == self.hostname.cloned().unwrap_or_default()
            && known.target_ref.as_ref().is_some_and(|target| target.uid == self.pod.metadata.uid)
    }

    fn value(&self) -> Value {
        let mut value = object! {
            "addresses": [(&self.pod.status.pod_ip)],
            "conditions": { "ready": self.ready, "serving": self.serving, "terminating": self.terminating },
            "targetRef": (pods::target_reference(self.object)),
        };
        if !self.pod.spec.node_name.is_empty() {
            value.set(&["nodeName"], &self.pod.spec.node_name);
        }
        if let Some(hostname) = self.hostname {
            value.set(&["hostname"], hostname);
        }
        if let Some(zone) = &self.zone {
            value.set(&["zone"], zone);
        }
        value
    }
}

/// The endpoints that should be there, by ports, then by address.
type Groups<'a> = BTreeMap<Vec<Port>, BTreeMap<&'a str, Wanted<'a>>>;

/// A slice that is there, as it is to become.
struct Draft<'a> {
    slice: &'a Object,
    endpoints: Vec<Value>,
    changed: bool,
}

fn wanted<'a>(service: &Service, world: &'a World) -> Groups<'a> {
    let mut groups = Groups::new();
    let mut zones: BTreeMap<Str, Option<Str>> = BTreeMap::new();
    // Ports by number are the same on all pods.
    let fixed = pods::fixed_ports(service);
    let mut all = BTreeMap::new();
    for object in pods::selected(service, world) {
        let Some(pod) = object.pod().filter(|pod| pods::belongs(pod, true)) else { continue };
        let serving = pod.is_ready();
        let terminating = pod.is_terminating();
        let node = &pod.spec.node_name;
        let zone = zones.entry(node.clone()).or_insert_with(|| {
            let key = api::ObjectKey { namespace: Str::new(), name: node.clone() };
            world.get(Kind::Nodes, &key).and_then(|node| node.label(ZONE)).cloned()
        });
        let wanted = Wanted {
            object,
            pod,
            hostname: pods::hostname(pod, service),
            zone: zone.clone(),
            ready: service.spec.publish_not_ready_addresses || (serving && !terminating),
            serving,
            terminating,
        };
        let group =
            if fixed.is_some() { &mut all } else { groups.entry(pods::ports(service, pod)).or_default() };
        group.insert(&pod.status.pod_ip, wanted);
    }
    if let Some(ports) = fixed
        && !all.is_empty()
    {
        groups.insert(ports, all);
    }
    groups
}

fn ports_of(slice: &Object) -> Vec<Port> {
    let ports = slice.endpoint_slice().map_or(&[][..], |slice| slice.ports.as_slice());
    let mut ports: Vec<Port> = ports
        .iter()
        .map(|p| Port {
            name: p.name.clone(),
            port: p.port.unwrap_or(0),
            protocol: p.protocol.clone(),
            app_protocol: p.app_protocol.clone(),
        })
        .collect();
    ports.sort();
    ports
}

/// What has to be written so that the slices of a service say what its pods are.
pub fn plan<'a>(
    object: &Object,
    service: &Service,
    slices: impl Iterator<Item = &'a Object>,
    world: &World,
    max: usize,
) -> Outcome {
    let mut out = Outcome::nothing();
    let mut groups = wanted(service, world);
    let labels = labels(object, service);
    let mut drafts: BTreeMap<Vec<Port>, Vec<Draft<'a>>> = BTreeMap::new();
    for slice in slices {
        let ports = ports_of(slice);
        let draft = keep(slice, groups.get_mut(&ports), &labels);
        drafts.entry(ports).or_default().push(draft);
    }
    let mut calls = Vec::new();
    let mut left: u32 = 0;
    let mut emptied: Vec<&Object> = Vec::new();
    for (ports, endpoints) in groups {
        let mut drafts = drafts.remove(&ports).unwrap_or_default();
        let mut missing =
            endpoints.into_values().map(|wanted| wanted.value()).collect::<Vec<_>>().into_iter();
        // First into slices that are written anyway, the fullest first; then into others with room; then new ones.
        drafts.sort_by(|a, b| b.changed.cmp(&a.changed).then(b.endpoints.len().cmp(&a.endpoints.len())));
        for draft in &mut drafts {
            let room = max.saturating_sub(draft.endpoints.len());
            let more: Vec<Value> = missing.by_ref().take(room).collect();
            draft.changed |= !more.is_empty();
            draft.endpoints.extend(more);
        }
        loop {
            let endpoints: Vec<Value> = missing.by_ref().take(max).collect();
            if endpoints.is_empty() {
                break;
            }
            left += 1;
            calls.push(create(object, &labels, &ports, endpoints));
        }
        left += finish(drafts, &labels, object, &mut calls, &mut emptied);
    }
    for drafts in drafts.into_values() {
        left += finish(drafts, &labels, object, &mut calls, &mut emptied);
    }
    // A service without endpoints keeps one slice that says so.
    if left == 0 {
        match emptied.pop() {
            None => calls.push(create(object, &labels, &[], Vec::new())),
            Some(slice) => {
                let known = slice.value().items_at(&["endpoints"]).is_empty()
                    && slice.value().items_at(&["ports"]).is_empty()
                    && slice.value().at(&["metadata", "labels"]) == Some(&labels);
                if !known {
                    let draft = Draft { slice, endpoints: Vec::new(), changed: true };
                    let mut call = update(&draft, &labels, object);
                    if let api::http::Body::Tree(body) = &mut call.request.body {
                        body.set(&["ports"], Value::Null);
                    }
                    calls.push(call);
                }
            }
        }
    }
    for slice in emptied {
        calls
            .push(Call::new(ENDPOINT_SLICES.delete(slice.key(), &DeleteOptions::default())).tolerate(&[404]));
    }
    if !calls.is_empty() {
        out.note("endpointslices of {0}: {1} writes", [object.key().to_string(), calls.len().to_string()]);
    }
    out.batch(calls);
    out
}

/// What stays of a slice: endpoints that are still wanted, as they are or brought up to date. Takes them out of
/// `wanted`.
fn keep<'a>(slice: &'a Object, wanted: Option<&mut BTreeMap<&str, Wanted<'_>>>, labels: &Value) -> Draft<'a> {
    let mut draft = Draft { slice, endpoints: Vec::new(), changed: false };
    draft.changed = slice.value().at(&["metadata", "labels"]) != Some(labels);
    let Some(wanted) = wanted else { return draft };
    let typed = slice.endpoint_slice().map_or(&[][..], |slice| slice.endpoints.as_slice());
    for (value, known) in slice.value().items_at(&["endpoints"]).iter().zip(typed) {
        let address = known.addresses.first().map_or("", |a| a.as_str());
        match wanted.remove(address) {
            // The subtree is shared with the slice as it was.
            Some(wanted) if wanted.fits(known) => draft.endpoints.push(value.clone()),
            Some(wanted) => {
                draft.endpoints.push(wanted.value());
                draft.changed = true;
            }
            None => draft.changed = true,
        }
    }
    draft
}

/// Writes the drafts that changed; returns how many slices have endpoints, and adds the others to `emptied`.
fn finish<'a>(
    drafts: Vec<Draft<'a>>,
    labels: &Value,
    service: &Object,
    calls: &mut Vec<Call>,
    emptied: &mut Vec<&'a Object>,
) -> u32 {
    let mut left = 0;
    for draft in drafts {
        if draft.endpoints.is_empty() {
            emptied.push(draft.slice);
            continue;
        }
        left += 1;
        if draft.changed {
            calls.push(update(&draft, labels, service));
        }
    }
    left
}

fn update(draft: &Draft<'_>, labels: &Value, service: &Object) -> Call {
    let mut value = draft.slice.value().clone();
    value.set(&["endpoints"], draft.endpoints.clone());
    value.set(&["metadata", "labels"], labels.clone());
    write(ENDPOINT_SLICES.update(value), service)
}

fn create(service: &Object, labels: &Value, ports: &[Port], endpoints: Vec<Value>) -> Call {
    let ports =
        if ports.is_empty() { Value::Null } else { ports.iter().map(Port::value).collect::<Vec<_>>().into() };
    let slice = object! {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": format!("{}-", service.name()),
            "namespace": service.namespace(),
            "labels": labels.clone(),
            "ownerReferences": [(controller_reference(service))],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": ports,
    };
    write(ENDPOINT_SLICES.create(service.namespace(), slice), service)
}

fn write(request: api::http::Request, service: &Object) -> Call {
    let message = format!("Error updating Endpoint Slices for Service {}: {{}}", service.key());
    let event = EventDraft::warning(service, "FailedToUpdateEndpointSlices", message);
    Call::new(request).purpose(Purpose::Write).on_failure(event)
}

/// The service's labels and the controller's own.
fn labels(object: &Object, service: &Service) -> Value {
    let mut labels = object.value().at(&["metadata", "labels"]).cloned().unwrap_or_else(Value::map);
    labels.set(&[SERVICE_NAME_LABEL], object.name());
    labels.set(&[MANAGED_BY], MANAGER);
    if pods::is_headless(service) {
        labels.set(&[HEADLESS], "");
    } else {
        labels.remove(&[HEADLESS]);
    }
    labels
}
