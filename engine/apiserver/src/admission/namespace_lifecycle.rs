//! NamespaceLifecycle: nothing new in a namespace that is being deleted. (That it exists at all is looked up before,
//! with etcd's help for brand-new ones.)

use api::{Object, Str, Value};

use super::Attributes;
use crate::ApiServer;
use crate::failure::{Failure, Result};
use crate::operation::Operation;

pub(super) fn admit(
    server: &ApiServer,
    op: &Operation,
    _: &mut Value,
    attributes: &Attributes<'_>,
) -> Result<Option<Str>> {
    let resource = attributes.resource;
    if attributes.previous.is_some() || !resource.namespaced {
        return Ok(None);
    }
    let namespace = server.cached_object(server.resources.namespaces(), "", &op.namespace);
    if namespace.is_some_and(Object::is_terminating) {
        let why = format!(
            "unable to create new content in namespace {} because it is being terminated",
            op.namespace
        );
        let message = format!("namespace {} is being terminated", op.namespace);
        let mut failure =
            Failure::forbidden(resource, &op.name, &why).cause("NamespaceTerminating", &message);
        if let Some(cause) = failure.body.entry(&["details", "causes"]).make_list().as_mut().first_mut() {
            cause.set(&["field"], "metadata.namespace");
        }
        return Err(failure);
    }
    Ok(None)
}
