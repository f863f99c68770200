//! What is special about each resource: how its objects are prepared before they are stored.

mod allocators;
mod event_ttl;
mod namespace;
mod pod;
mod resources;
mod service;

pub(crate) use allocators::Allocators;
pub(crate) use event_ttl::EventLease;
pub use resources::Resource;
pub(crate) use resources::{ResourceId, Resources};

use api::{Object, Value, literal, object};

use crate::ApiServer;
use crate::failure::Result;
use crate::handlers::copy;
use crate::operation::Operation;
use crate::watch_cache::Change;

/// Which file of this folder has a say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Special {
    /// None.
    Nothing,
    /// `pod.rs`.
    Pod,
    /// `service.rs`.
    Service,
    /// `namespace.rs`.
    Namespace,
    /// Nodes: their first status comes with the object.
    Node,
    /// `event_ttl.rs`.
    Event,
    /// Roles and bindings: `authz/` follows them.
    Policy,
}

/// How a resource differs from the generic one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Strategy {
    /// Which file has a say.
    pub special: Special,
    /// `metadata.generation` counts changes of the spec.
    pub generation: bool,
    /// There is a `status` that only its subresource changes.
    pub has_status: bool,
    /// A write of the status may change labels and annotations, too.
    pub status_takes_metadata: bool,
    /// Deletes may take their time.
    pub graceful: bool,
    /// A delete is answered with the object, not with a `Status`.
    pub returns_deleted: bool,
    /// An update without resourceVersion overwrites whatever is there.
    pub unconditional_update: bool,
    /// An update of what does not exist creates it.
    pub create_on_update: bool,
}

impl ApiServer {
    /// Makes a new object ready for storage (`PrepareForCreate`).
    pub(crate) fn prepare_create(
        &mut self,
        op: &Operation,
        resource: &Resource,
        object: &mut Value,
    ) -> Result<()> {
        if resource.strategy.generation {
            object.entry(&["metadata"]).make_map().insert(literal!("generation"), 1);
        }
        if resource.strategy.has_status && resource.strategy.special != Special::Node {
            object.remove(&["status"]);
        }
        match resource.strategy.special {
            Special::Pod => pod::prepare_create(object),
            Special::Service => self.prepare_service(op, resource, object, None)?,
            Special::Namespace => namespace::prepare_create(object),
            Special::Policy => self.check_escalation(op, resource, object, None)?,
            Special::Node | Special::Event | Special::Nothing => {
                match (resource.group.as_str(), resource.resource.as_str()) {
                    ("apps", "replicasets") | ("", "replicationcontrollers") => {
                        object.set(&["status"], object! { "replicas": 0 });
                    }
                    ("", "persistentvolumes" | "persistentvolumeclaims") => {
                        object.set(&["status"], object! { "phase": "Pending" });
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Makes a new state ready for storage (`PrepareForUpdate`), beyond what holds for all kinds.
    pub(crate) fn prepare_update(
        &mut self,
        op: &Operation,
        resource: &Resource,
        object: &mut Value,
        current: &Object,
    ) -> Result<()> {
        match resource.strategy.special {
            Special::Service if op.subresource.is_empty() => {
                self.prepare_service(op, resource, object, Some(current.value()))
            }
            Special::Namespace if op.subresource == "finalize" => {
                let finalizers = object.at(&["spec", "finalizers"]).cloned();
                *object = current.value().clone();
                match finalizers {
                    Some(finalizers) => object.set(&["spec", "finalizers"], finalizers),
                    None => {
                        object.remove(&["spec", "finalizers"]);
                    }
                }
                Ok(())
            }
            Special::Namespace => {
                copy(object, current.value(), &["spec", "finalizers"]);
                Ok(())
            }
            Special::Policy => self.check_escalation(op, resource, object, Some(current)),
            _ => Ok(()),
        }
    }

    /// Gives back what was handed out for an object that is not stored after all.
    pub(crate) fn give_back(&mut self, resource: &Resource, old: Option<&Value>, object: &Value) {
        if resource.strategy.special == Special::Service {
            self.release_service(old, object);
        }
    }

    /// A cache has begun anew.
    pub(crate) fn cache_replaced(&mut self, id: ResourceId) {
        let resource = self.resources.get(id);
        let Some(cache) = self.caches.get(&id) else { return };
        match resource.strategy.special {
            Special::Service => {
                self.allocators =
                    Allocators::of(cache.objects.values().map(Object::value), self.config.service_cidr);
            }
            Special::Policy => {
                self.rbac.clear(&resource.resource);
                for object in cache.objects.values() {
                    self.rbac.put(&resource.resource, object, None);
                }
            }
            Special::Pod => {
                self.node_pods = Default::default();
                for (key, pod) in &cache.objects {
                    self.node_pods.changed(key, None, Some(pod));
                }
            }
            Special::Namespace | Special::Node | Special::Event | Special::Nothing => {}
        }
    }

    /// A cache has changed.
    pub(crate) fn cache_changed(&mut self, id: ResourceId, changes: &[Change]) {
        let resource = self.resources.get(id);
        for change in changes {
            let previous = change.previous.as_ref();
            let after = (!change.deleted).then_some(&change.object);
            match resource.strategy.special {
                Special::Service => {
                    let cidr = self.config.service_cidr;
                    self.allocators.changed(previous.map(Object::value), after.map(Object::value), cidr);
                }
                Special::Policy => match after {
                    Some(object) => self.rbac.put(&resource.resource, object, previous),
                    None => self.rbac.take(&resource.resource, &change.object),
                },
                Special::Pod => self.node_pods.changed(&change.key, previous, after),
                Special::Namespace | Special::Node | Special::Event | Special::Nothing => return,
            }
        }
    }
}
