//! Read, change, write if nobody else did: the way of every change of an object that exists
//! (`GuaranteedUpdate`).

use std::sync::Arc;

use api::{Object, Revision, Str, Value};
use etcd::rpc;

use super::{PatchKind, range_of, subresources, txn_of};
use crate::failure::{Failure, Result};
use crate::operation::{Next, Operation, Pending, Reply};
use crate::registry::{Resource, Special};
use crate::storage;
use crate::{ApiServer, Context};

/// What is wanted of an object that exists. It can be worked out anew for each version of the object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Change {
    /// This new state (of the object or its subresource).
    Put(Value),
    /// These changes (of the object or its subresource).
    Patch(super::patch::PatchKind, Value),
    /// This node (`pods/binding`).
    Bind(Value),
    /// Its end; the value is the `DeleteOptions`.
    Delete(Value),
}

/// What a change comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// A new state.
    Write(Value),
    /// Nothing is different.
    Unchanged,
    /// The object goes; what it was at the end.
    Remove(Value),
}

impl ApiServer {
    /// Begins a change with what the cache knows. It may be old; then the write is refused and done again with what
    /// etcd has.
    pub(super) fn change(
        &mut self,
        op: &mut Operation,
        change: Change,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        self.start_cache(op.resource, context);
        match self.cached_object(op.resource, &op.namespace, &op.name).cloned() {
            Some(current) => self.try_change(op, change, &current, false, context),
            None => {
                op.pending = Pending::Read(change);
                Ok(Next::Etcd(self.read_key(op)))
            }
        }
    }

    pub(super) fn change_read(
        &mut self,
        op: &mut Operation,
        change: Change,
        response: &rpc::Response,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let (_, kvs) = range_of(response)?;
        self.change_current(op, change, kvs.first(), context)
    }

    /// Goes on with what etcd has.
    fn change_current(
        &mut self,
        op: &mut Operation,
        change: Change,
        kv: Option<&rpc::KeyValue>,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        match kv {
            Some(kv) => {
                let current =
                    storage::read(kv).ok_or_else(|| Failure::internal("the stored value is no object"))?;
                self.try_change(op, change, &current, true, context)
            }
            None => {
                let resource = self.resources.get(op.resource).clone();
                if let Change::Put(value) = &change
                    && op.subresource.is_empty()
                    && resource.strategy.create_on_update
                {
                    return self.create_object(op, value.clone(), context);
                }
                if let Change::Patch(PatchKind::Apply, config) = &change
                    && op.subresource.is_empty()
                {
                    return self.create_applied(op, config, context);
                }
                Err(Failure::not_found(&resource, &op.name))
            }
        }
    }

    /// Works the change out for one version of the object. `fresh`: etcd has just said that this is the current one.
    fn try_change(
        &mut self,
        op: &mut Operation,
        change: Change,
        current: &Object,
        fresh: bool,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let outcome = match &change {
            Change::Put(value) => self.put_outcome(op, value.clone(), current, context),
            Change::Patch(kind, patch) => self.patch_outcome(op, *kind, patch, current, context),
            Change::Bind(binding) => {
                subresources::bind(self.resources.get(op.resource), binding, current, context.now)
            }
            Change::Delete(options) => self.delete_outcome(op, options, current, context),
        };
        let outcome = match outcome {
            // A refusal, or nothing to do, has to rest on what is true now.
            Err(_) | Ok(Outcome::Unchanged) if !fresh => {
                op.steps.clear();
                op.pending = Pending::Read(change);
                return Ok(Next::Etcd(self.read_key(op)));
            }
            outcome => outcome?,
        };
        let resource = self.resources.get(op.resource);
        let key = storage::object_key(&resource.prefix, &op.namespace, &op.name);
        let revision = rpc::Revision(current.revision().0);
        match outcome {
            Outcome::Unchanged => self.changed(op, &change, current.clone(), false),
            Outcome::Write(value) if op.dry_run => self.changed(op, &change, Object::new(value), false),
            Outcome::Remove(value) if op.dry_run => self.changed(op, &change, Object::new(value), true),
            Outcome::Write(value) => {
                let blob = storage::blob(value.clone());
                // Kubernetes gives an updated Event a new hour; here it keeps the one it has.
                let leased = resource.strategy.special == Special::Event;
                op.pending = Pending::Write { change, object: value };
                Ok(Next::Etcd(Arc::new(rpc::Request::Txn(Arc::new(storage::update(
                    &key, revision, blob, leased,
                ))))))
            }
            Outcome::Remove(value) => {
                op.pending = Pending::Remove { change, last: Object::new(value) };
                Ok(Next::Etcd(Arc::new(rpc::Request::Txn(Arc::new(storage::delete(&key, revision))))))
            }
        }
    }

    pub(super) fn written(
        &mut self,
        op: &mut Operation,
        change: Change,
        object: Value,
        response: &rpc::Response,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let (revision, result) = txn_of(response)?;
        match result {
            Ok(()) => {
                note_stored(
                    "{0} {1} is stored at revision {2}",
                    self.resources.get(op.resource),
                    op,
                    revision,
                    context,
                );
                let object = storage::with_revision(object, revision);
                self.changed(op, &change, object, false)
            }
            Err(now) => {
                let resource = self.resources.get(op.resource).clone();
                let there = now.and_then(storage::read);
                self.give_back(&resource, there.as_ref().map(Object::value), &object);
                self.change_again(op, change, now, context)
            }
        }
    }

    pub(super) fn removed(
        &mut self,
        op: &mut Operation,
        change: Change,
        last: Object,
        response: &rpc::Response,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        match txn_of(response)? {
            (revision, Ok(())) => {
                note_stored(
                    "{0} {1} is gone at revision {2}",
                    self.resources.get(op.resource),
                    op,
                    revision,
                    context,
                );
                let last = storage::with_revision(last.value().clone(), revision);
                self.changed(op, &change, last, true)
            }
            (_, Err(now)) => self.change_again(op, change, now, context),
        }
    }

    /// Somebody was quicker: once more, with what is there now.
    fn change_again(
        &mut self,
        op: &mut Operation,
        change: Change,
        now: Option<&rpc::KeyValue>,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        op.attempts += 1;
        op.steps.clear();
        let name = op.name.clone();
        context.note("{0} was changed by somebody else meanwhile; the write is worked out again", [name]);
        self.change_current(op, change, now, context)
    }

    /// The answer to a change that was carried out.
    fn changed(&mut self, op: &Operation, change: &Change, object: Object, gone: bool) -> Result<Next> {
        let resource = self.resources.get(op.resource);
        let reply = match change {
            Change::Bind(_) => Reply::Tree(201, success()),
            Change::Delete(_) if op.subresource == "eviction" => Reply::Tree(201, success()),
            Change::Delete(_) if gone && !resource.strategy.returns_deleted => {
                Reply::Tree(200, api::status::deleted(resource, object.name(), &object.uid().0))
            }
            _ if op.subresource == "scale" => Reply::Tree(200, subresources::scale_of(&object)),
            _ => Reply::Object(200, object),
        };
        Ok(Next::Reply(reply))
    }
}

/// Says what etcd has taken in.
pub(super) fn note_stored(
    template: &'static str,
    resource: &Resource,
    op: &Operation,
    revision: Revision,
    context: &mut Context<'_>,
) {
    let revision = Str::from(revision.0.to_string());
    context.note(template, [resource.singular.clone(), op.name.clone(), revision]);
}

/// `Status: Success`.
pub(super) fn success() -> Value {
    api::object! { "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success" }
}
