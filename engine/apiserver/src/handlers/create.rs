//! `POST`: a new object.

use std::sync::Arc;

use api::{Object, Str, Value, literal};
use etcd::rpc::{self, KeyRange, LeaseId, Range};

use super::store::note_stored;
use super::{managers, range_of, txn_of};
use crate::admission::Attributes;
use crate::failure::{Failure, Result};
use crate::operation::{Next, Operation, Pending, Reply};
use crate::registry::Special;
use crate::request_info::Verb;
use crate::storage;
use crate::{ApiServer, Context, negotiate, rules};

/// How often another name is tried when a generated one is taken: eight names in all.
const NAMES_MAX: u32 = 7;

/// The longest base that a generated name keeps, so that the five random characters fit into 63.
const NAME_BASE_MAX: usize = 58;

impl ApiServer {
    pub(super) fn create(&mut self, op: &mut Operation, context: &mut Context<'_>) -> Result<Next> {
        let resource = self.resources.get(op.resource).clone();
        if !resource.is_stored() {
            return self.create_virtual(op, context);
        }
        let object = negotiate::object(&op.request, &resource)?;
        rules::check_fields(op, &resource, &object, None)?;
        self.create_object(op, object, context)
    }

    /// Creates an object that was read already.
    pub(super) fn create_object(
        &mut self,
        op: &mut Operation,
        mut object: Value,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let resource = self.resources.get(op.resource).clone();
        rules::place(op, &resource, &mut object)?;
        if object.str_at(&["metadata", "resourceVersion"]).is_some_and(|revision| !revision.is_empty()) {
            return Err(Failure::bad_request("resourceVersion should not be set on objects to be created"));
        }
        if resource.namespaced && !self.knows_namespace(&op.namespace) {
            op.pending = Pending::Namespace { object };
            return Ok(Next::Etcd(self.read_namespace(&op.namespace)));
        }
        self.create_admitted(op, object, context)
    }

    /// True when the cache has the namespace.
    fn knows_namespace(&self, namespace: &str) -> bool {
        self.cached_object(self.resources.namespaces(), "", namespace).is_some()
    }

    /// A read of a namespace.
    pub(super) fn read_namespace(&self, namespace: &str) -> Arc<rpc::Request> {
        let prefix = &self.resources.get(self.resources.namespaces()).prefix;
        let key = storage::object_key(prefix, "", namespace);
        Arc::new(rpc::Request::Range(Range::new(KeyRange::key(key))))
    }

    pub(super) fn create_in_namespace(
        &mut self,
        op: &mut Operation,
        object: Value,
        response: &rpc::Response,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let (_, kvs) = range_of(response)?;
        if kvs.is_empty() {
            let namespaces = self.resources.get(self.resources.namespaces());
            return Err(Failure::not_found(namespaces, &op.namespace));
        }
        self.create_admitted(op, object, context)
    }

    fn create_admitted(
        &mut self,
        op: &mut Operation,
        mut object: Value,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let resource = self.resources.get(op.resource).clone();
        let base = object.str_at(&["metadata", "generateName"]).cloned().unwrap_or_default();
        let generated = op.name.is_empty() && !base.is_empty();
        if generated {
            let name = self.make_name(&base);
            op.name = name.clone();
            object.set(&["metadata", "name"], name);
        }
        rules::defaults(&resource, &mut object);
        // An applied configuration comes with its managers.
        if op.verb != Verb::Patch {
            managers::updated(&mut self.known, op, &resource, None, &mut object, context.now);
        }
        self.admit(op, &mut object, Attributes { resource: &resource, previous: None }, context)?;
        for field in ["selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"] {
            object.remove(&["metadata", field]);
        }
        // Static names: `set` would make new strings for each object.
        let metadata = object.entry(&["metadata"]).make_map();
        metadata.insert(literal!("uid"), self.random.uuid());
        metadata.insert(literal!("creationTimestamp"), context.now.rfc3339());
        self.prepare_create(op, &resource, &mut object)?;
        let checked = rules::validate_create(&resource, op, &object);
        if let Err(failure) = checked {
            self.give_back(&resource, None, &object);
            return Err(failure);
        }
        self.write_new(op, object, generated, context)
    }

    fn make_name(&mut self, base: &str) -> Str {
        let mut end = base.len().min(NAME_BASE_MAX);
        while !base.is_char_boundary(end) {
            end -= 1;
        }
        Str::from(format!("{}{}", &base[..end], self.random.suffix(5)))
    }

    fn write_new(
        &mut self,
        op: &mut Operation,
        object: Value,
        generated: bool,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        if op.dry_run {
            op.pending = Pending::DryCreate { object };
            return Ok(Next::Etcd(self.read_key(op)));
        }
        if self.resources.get(op.resource).strategy.special != Special::Event {
            return self.put_new(op, object, generated, LeaseId::default());
        }
        match self.event_lease.take(context.now) {
            Some(lease) => self.put_new(op, object, generated, lease),
            None => {
                op.pending = Pending::Lease { object, generated };
                Ok(Next::Lease)
            }
        }
    }

    /// Writes the object if its key does not exist.
    pub(crate) fn put_new(
        &mut self,
        op: &mut Operation,
        object: Value,
        generated: bool,
        lease: LeaseId,
    ) -> Result<Next> {
        let key = storage::object_key(&self.resources.get(op.resource).prefix, &op.namespace, &op.name);
        let txn = storage::create(&key, storage::blob(object.clone()), lease);
        op.pending = Pending::Create { object, generated };
        Ok(Next::Etcd(Arc::new(rpc::Request::Txn(Arc::new(txn)))))
    }

    pub(super) fn created(
        &mut self,
        op: &mut Operation,
        mut object: Value,
        generated: bool,
        response: &rpc::Response,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let (revision, result) = txn_of(response)?;
        let Err(existing) = result else {
            note_stored(
                "{0} {1} is created at revision {2}",
                self.resources.get(op.resource),
                op,
                revision,
                context,
            );
            let object = storage::with_revision(object, revision);
            return Ok(Next::Reply(Reply::Object(201, object)));
        };
        if generated && op.attempts < NAMES_MAX {
            op.attempts += 1;
            let base = object.str_at(&["metadata", "generateName"]).cloned().unwrap_or_default();
            let name = self.make_name(&base);
            context.note("the name {0} is taken; {1} is tried", [op.name.clone(), name.clone()]);
            op.name = name.clone();
            object.set(&["metadata", "name"], name);
            return self.write_new(op, object, true, context);
        }
        let resource = self.resources.get(op.resource).clone();
        self.give_back(&resource, None, &object);
        if op.verb == Verb::Patch {
            // Somebody created it since it was looked for: the configuration is applied to that.
            op.attempts += 1;
            return self.patch(op, context);
        }
        if generated {
            return Err(api::status::names_taken(&resource, &op.name).into());
        }
        Err(taken(&resource, &op.name, existing.and_then(storage::read).as_ref()))
    }

    pub(super) fn not_created(
        &mut self,
        op: &mut Operation,
        object: Value,
        response: &rpc::Response,
    ) -> Result<Next> {
        let (_, kvs) = range_of(response)?;
        let resource = self.resources.get(op.resource);
        match kvs.first() {
            None => Ok(Next::Reply(Reply::Object(201, Object::new(object)))),
            Some(kv) => Err(taken(resource, &op.name, storage::read(kv).as_ref())),
        }
    }
}

fn taken(resource: &crate::registry::Resource, name: &str, existing: Option<&Object>) -> Failure {
    let mut failure = Failure::already_exists(resource, name);
    if existing.is_some_and(Object::is_terminating) {
        let message = format!("object is being deleted: {}", failure.message());
        failure.body.set(&["message"], message);
    }
    failure
}
