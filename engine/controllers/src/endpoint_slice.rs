//! EndpointSlices: the addresses of a service in pieces of up to 100, so that one pod's change is a small write.

mod plan;
#[cfg(test)]
mod tests;

use std::time::Duration;

use api::http::{Body, Response};
use api::{Object, ObjectKey, Revision};
use client::{Delta, IndexBy, WorkQueue};
use imbl::{OrdMap, OrdSet};
use sim::{SimTime, Str};

use crate::config::Config;
use crate::controllers::Controller;
use crate::item::Item;
use crate::outcome::{Outcome, Purpose};
use crate::service_pods as pods;
use crate::world::{Kind, SERVICE_NAME_LABEL, World};

pub(crate) const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
pub(crate) const MANAGER: &str = "endpointslice-controller.k8s.io";

/// The EndpointSlice controller.
#[derive(Clone, Debug, Hash)]
pub struct EndpointSliceController {
    batch_period: Duration,
    batch_from: u32,
    max_per_slice: u32,
    /// The version of each slice that this controller wrote last: until the informer has it, what it knows of the
    /// service is out of date, and a slice would be made twice.
    written: OrdMap<(ObjectKey, Str), Revision>,
    /// Services that were looked at while out of date.
    stale: OrdSet<ObjectKey>,
    /// Services whose slices are being written, and how many answers are to come.
    writing: OrdMap<ObjectKey, u32>,
    /// Slices that changed meanwhile: an own write often comes back on the watch before its answer.
    seen: OrdMap<(ObjectKey, Str), Revision>,
}

impl EndpointSliceController {
    pub(crate) fn new(config: &Config) -> EndpointSliceController {
        EndpointSliceController {
            batch_period: config.endpoint_batch_period,
            batch_from: config.endpoint_batch_from,
            max_per_slice: config.max_endpoints_per_slice,
            written: OrdMap::new(),
            stale: OrdSet::new(),
            writing: OrdMap::new(),
            seen: OrdMap::new(),
        }
    }

    /// One write of a service was answered. After the last, a slice that has a version nobody here wrote was changed
    /// by somebody else: the service is looked at again.
    fn write_ended(&mut self, service: &ObjectKey) -> bool {
        let left = self.writing.get(service).copied().unwrap_or(0).saturating_sub(1);
        if left > 0 {
            self.writing.insert(service.clone(), left);
            return false;
        }
        self.writing.remove(service);
        let first = (service.clone(), Str::new());
        let seen: Vec<_> = self
            .seen
            .range(first..)
            .take_while(|((s, _), _)| s == service)
            .map(|(k, v)| (k.clone(), *v))
            .collect();
        let mut foreign = false;
        for (entry, revision) in seen {
            self.seen.remove(&entry);
            foreign |= self.written.get(&entry).is_none_or(|written| revision > *written);
        }
        foreign
    }

    fn written_of(&self, service: &ObjectKey) -> impl Iterator<Item = (&Str, Revision)> {
        let first = (service.clone(), Str::new());
        let service = service.clone();
        self.written
            .range(first..)
            .take_while(move |((s, _), _)| *s == service)
            .map(|((_, name), v)| (name, *v))
    }

    fn is_stale(&self, service: &ObjectKey, world: &World) -> bool {
        self.written_of(service).any(|(name, revision)| {
            let key = ObjectKey { namespace: service.namespace.clone(), name: name.clone() };
            world.get(Kind::EndpointSlices, &key).is_none_or(|known| known.revision() < revision)
        })
    }

    fn on_slice(&mut self, delta: &Delta, queue: &mut WorkQueue<Item>) {
        let slice = delta.object();
        let Some(service) = slice.label(SERVICE_NAME_LABEL) else { return };
        if slice.label(MANAGED_BY).is_none_or(|manager| manager != MANAGER) {
            return;
        }
        let service = ObjectKey { namespace: slice.namespace().clone(), name: service.clone() };
        let entry = (service.clone(), slice.name().clone());
        let expected = self.written.get(&entry).copied();
        if delta.is_deletion() {
            self.written.remove(&entry);
        }
        if !delta.is_deletion() && self.writing.contains_key(&service) {
            self.seen.insert(entry, slice.revision());
            return;
        }
        // The echo of an own write is no news, unless somebody waits for it.
        let echo = !delta.is_deletion() && expected.is_some_and(|revision| slice.revision() <= revision);
        if !echo || self.stale.contains(&service) {
            queue.add(Item::new(Kind::Services, service));
        }
    }
}

/// The slices of a service that this controller manages.
fn slices<'a>(service: &ObjectKey, world: &'a World) -> impl Iterator<Item = &'a Object> + use<'a> {
    world
        .store(Kind::EndpointSlices)
        .by_in_namespace(IndexBy::Label(SERVICE_NAME_LABEL), &service.name, &service.namespace)
        .filter(|slice| {
            slice.label(MANAGED_BY).is_some_and(|manager| manager == MANAGER) && !slice.is_terminating()
        })
}

impl Controller for EndpointSliceController {
    fn on_delta(
        &mut self,
        kind: Kind,
        delta: &Delta,
        world: &World,
        now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        match kind {
            Kind::Services => {
                if delta.is_deletion() {
                    // The garbage collector deletes the slices with their owner.
                    let gone: Vec<Str> = self.written_of(delta.key()).map(|(name, _)| name.clone()).collect();
                    for name in gone {
                        self.written.remove(&(delta.key().clone(), name));
                    }
                    self.stale.remove(delta.key());
                    self.writing.remove(delta.key());
                }
                queue.add(Item::new(Kind::Services, delta.key().clone()));
            }
            Kind::Pods => {
                let services = pods::services_of(delta, world);
                let large = |key: &ObjectKey| {
                    slices(key, world).map(|s| s.value().items_at(&["endpoints"]).len()).sum::<usize>()
                        >= self.batch_from as usize
                };
                pods::enqueue(services, self.batch_period, large, now, queue);
            }
            Kind::EndpointSlices => self.on_slice(delta, queue),
            _ => {}
        }
    }

    fn reconcile(&mut self, item: &Item, world: &World, now: SimTime) -> Outcome {
        let Some(object) = world.get(Kind::Services, &item.key) else { return Outcome::nothing() };
        let Some(service) = object.service() else { return Outcome::nothing() };
        if !pods::has_endpoints(service) || object.is_terminating() {
            return Outcome::nothing();
        }
        if self.is_stale(&item.key, world) {
            self.stale.insert(item.key.clone());
            return Outcome::nothing();
        }
        self.stale.remove(&item.key);
        let mut out =
            plan::plan(object, service, slices(&item.key, world), world, self.max_per_slice as usize);
        for call in out.batches.iter_mut().flatten().filter(|call| call.purpose == Purpose::Write) {
            if let Body::Tree(slice) = &mut call.request.body {
                slice.set(&["metadata", "annotations", pods::TRIGGER_TIME], now.rfc3339());
            }
        }
        let writes = out.calls().filter(|call| call.purpose == Purpose::Write).count();
        if writes > 0 {
            self.writing.insert(item.key.clone(), u32::try_from(writes).unwrap_or(u32::MAX));
        }
        out
    }

    fn on_answer(
        &mut self,
        item: &Item,
        purpose: &Purpose,
        answer: Result<&Response, &Str>,
        _now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        if *purpose != Purpose::Write {
            return;
        }
        if let Ok(response) = answer
            && let Some(value) = response.value()
        {
            let slice = Object::new(value.clone());
            self.written.insert((item.key.clone(), slice.name().clone()), slice.revision());
        }
        if self.write_ended(&item.key) {
            queue.add(item.clone());
        }
    }

    fn on_skipped(&mut self, item: &Item, purpose: &Purpose) {
        if *purpose == Purpose::Write {
            self.write_ended(&item.key);
        }
    }
}
