//! Endpoints: the older, single object with all addresses of a service.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use api::types::Service;
use api::{Object, ObjectKey, Value, object};
use client::resource::ENDPOINTS;
use client::{DeleteOptions, Delta, WorkQueue};
use sim::SimTime;

use crate::config::Config;
use crate::controllers::Controller;
use crate::item::Item;
use crate::outcome::{Call, EventDraft, Outcome};
use crate::service_pods::{self as pods, Port};
use crate::world::{Kind, World};

/// An Endpoints object holds this many addresses; what is more is left out, and an annotation says so.
const MAX_ADDRESSES: usize = 1000;
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
const HEADLESS: &str = "service.kubernetes.io/headless";

/// The Endpoints controller.
#[derive(Clone, Debug, Hash)]
pub struct EndpointsController {
    batch_period: Duration,
    batch_from: u32,
}

/// The addresses that have the same ports.
#[derive(Default)]
struct Subset {
    ready: Vec<Value>,
    not_ready: Vec<Value>,
}

impl EndpointsController {
    pub(crate) fn new(config: &Config) -> EndpointsController {
        EndpointsController {
            batch_period: config.endpoint_batch_period,
            batch_from: config.endpoint_batch_from,
        }
    }

    fn is_large(&self, key: &ObjectKey, world: &World) -> bool {
        let subsets = world.get(Kind::Endpoints, key).map_or(&[][..], |e| e.value().items_at(&["subsets"]));
        let addresses: usize = subsets
            .iter()
            .map(|s| s.items_at(&["addresses"]).len() + s.items_at(&["notReadyAddresses"]).len())
            .sum();
        addresses >= self.batch_from as usize
    }
}

/// The addresses known already, by pod, to be used again where nothing changed.
fn known_addresses(endpoints: Option<&Object>) -> BTreeMap<&str, &Value> {
    let subsets = endpoints.map_or(&[][..], |e| e.value().items_at(&["subsets"]));
    let parts = subsets.iter().flat_map(|s| [s.items_at(&["addresses"]), s.items_at(&["notReadyAddresses"])]);
    parts.flatten().filter_map(|a| Some((a.str_at(&["targetRef", "uid"])?.as_str(), a))).collect()
}

fn subsets(service: &Service, known: Option<&Object>, world: &World) -> (Vec<Value>, bool) {
    let known = known_addresses(known);
    let mut groups: BTreeMap<Vec<Port>, Subset> = BTreeMap::new();
    let mut selected: Vec<(&str, &Object)> = pods::selected(service, world)
        .into_iter()
        .filter_map(|object| {
            let pod = object.pod()?;
            let belongs = pods::belongs(pod, service.spec.publish_not_ready_addresses);
            belongs.then_some((pod.status.pod_ip.as_str(), object))
        })
        .collect();
    selected.sort_by(|a, b| a.0.cmp(b.0).then_with(|| a.1.name().cmp(b.1.name())));
    let truncated = selected.len() > MAX_ADDRESSES;
    for (ip, object) in selected.into_iter().take(MAX_ADDRESSES) {
        let Some(pod) = object.pod() else { continue };
        let ports = pods::ports(service, pod);
        if ports.is_empty() && !pods::is_headless(service) {
            continue;
        }
        let uid = object.uid();
        let fits = |a: &&Value| {
            a.str_at(&["ip"]).is_some_and(|known| *known == ip)
                && a.str_at(&["nodeName"]) == Some(&pod.spec.node_name)
                && a.str_at(&["hostname"]) == pods::hostname(pod, service)
        };
        let address = match known.get(uid.0.as_str()).copied().filter(fits) {
            Some(known) => known.clone(),
            None => {
                let mut address = object! { "ip": ip, "nodeName": &pod.spec.node_name, "targetRef": (pods::target_reference(object)) };
                if let Some(hostname) = pods::hostname(pod, service) {
                    address.set(&["hostname"], hostname);
                }
                address
            }
        };
        let subset = groups.entry(ports).or_default();
        if pod.is_ready() || service.spec.publish_not_ready_addresses {
            subset.ready.push(address);
        } else {
            subset.not_ready.push(address);
        }
    }
    let subsets = groups.into_iter().map(|(ports, group)| {
        let mut subset = Value::map();
        if !group.ready.is_empty() {
            subset.set(&["addresses"], group.ready);
        }
        if !group.not_ready.is_empty() {
            subset.set(&["notReadyAddresses"], group.not_ready);
        }
        if !ports.is_empty() {
            subset.set(&["ports"], ports.iter().map(Port::value).collect::<Vec<_>>());
        }
        subset
    });
    (subsets.collect(), truncated)
}

impl Controller for EndpointsController {
    fn on_delta(
        &mut self,
        kind: Kind,
        delta: &Delta,
        world: &World,
        now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        match kind {
            Kind::Services => queue.add(Item::new(Kind::Services, delta.key().clone())),
            Kind::Pods => {
                let services = pods::services_of(delta, world);
                pods::enqueue(services, self.batch_period, |key| self.is_large(key, world), now, queue);
            }
            // Endpoints that somebody deleted are made again.
            Kind::Endpoints if delta.is_deletion() => {
                queue.add(Item::new(Kind::Services, delta.key().clone()))
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, item: &Item, world: &World, now: SimTime) -> Outcome {
        let mut out = Outcome::nothing();
        let known = world.get(Kind::Endpoints, &item.key);
        let service = world.get(Kind::Services, &item.key);
        let Some((object, service)) = service.and_then(|object| Some((object, object.service()?))) else {
            // The service is gone: so are its endpoints.
            if let Some(known) = known.filter(|e| e.label(MANAGED_BY).is_some()) {
                out.note("endpoints {0}: delete, the service is gone", [known.key().to_string()]);
                out.call(
                    Call::new(ENDPOINTS.delete(known.key(), &DeleteOptions::default())).tolerate(&[404]),
                );
            }
            return out;
        };
        if !pods::has_endpoints(service) || object.is_terminating() {
            return out;
        }
        let (subsets, truncated) = subsets(service, known, world);
        let mut value = known.map(|known| known.value().clone()).unwrap_or_else(|| {
            object! {
                "apiVersion": "v1",
                "kind": "Endpoints",
                "metadata": { "name": object.name(), "namespace": object.namespace() },
            }
        });
        let mut labels = object.value().at(&["metadata", "labels"]).cloned().unwrap_or_else(Value::map);
        labels.set(&[MANAGED_BY], "endpoint-controller");
        if pods::is_headless(service) {
            labels.set(&[HEADLESS], "");
        } else {
            labels.remove(&[HEADLESS]);
        }
        let addresses: usize = subsets.iter().map(|s| s.items_at(&["addresses"]).len()).sum();
        if value.items_at(&["subsets"]) != subsets.as_slice() {
            value.set(&["subsets"], subsets);
        }
        if value.at(&["metadata", "labels"]) != Some(&labels) {
            value.set(&["metadata", "labels"], labels);
        }
        if truncated {
            value.set(&["metadata", "annotations", OVER_CAPACITY], "truncated");
        } else {
            value.remove(&["metadata", "annotations", OVER_CAPACITY]);
        }
        if known.is_some_and(|known| *known.value() == value) {
            return out;
        }
        value.set(&["metadata", "annotations", pods::TRIGGER_TIME], now.rfc3339());
        out.note("endpoints {0}: {1} ready addresses", [item.key.to_string(), addresses.to_string()]);
        let (request, verb) = match known {
            Some(_) => (ENDPOINTS.update(value), ("FailedToUpdateEndpoint", "update")),
            None => (ENDPOINTS.create(object.namespace(), value), ("FailedToCreateEndpoint", "create")),
        };
        let message = format!("Failed to {} endpoint {}: {{}}", verb.1, object.key());
        out.call(Call::new(request).on_failure(EventDraft::warning(object, verb.0, message)));
        out
    }
}
