//! Which objects an event changed: what the first member to apply a write has applied.

use api::Object;
use apiserver::StoredObject;
use etcd::rpc::Revision;
use sim::{Actor, Blob};

use super::Cluster;
use crate::event::Event;
use crate::narrate::handler;
use crate::trace::KeyChange;

impl Cluster {
    /// The changes that the event that was just taken brought into the store.
    pub(super) fn collect_changes(&mut self, event: &Event) -> Vec<KeyChange> {
        let Actor::Etcd(index) = handler(event) else { return Vec::new() };
        let known = self.revision;
        let Some(store) = self.member(index).map(etcd::Member::store) else { return Vec::new() };
        let revision = store.revision().0;
        if revision <= known {
            return Vec::new();
        }
        let changes: Vec<KeyChange> = store
            .changes_from(Revision(known + 1))
            .map(|record| KeyChange {
                key: record.kv.key.clone(),
                revision: record.kv.mod_revision.0,
                before: store.previous(record).filter(|r| !r.delete).and_then(|r| object(&r.kv.value)),
                after: if record.delete { None } else { object(&record.kv.value) },
            })
            .collect();
        self.revision = revision;
        if changes.iter().any(KeyChange::is_object) {
            self.changed = self.now;
        }
        changes
    }
}

/// The object in a stored value, if it is one.
pub(crate) fn object(value: &Blob) -> Option<Object> {
    if let Some(stored) = value.downcast::<StoredObject>() {
        return Some(Object::new(stored.value().clone()));
    }
    api::json::parse(value.bytes()).ok().map(Object::new)
}
