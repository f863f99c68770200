//! `GET` of one object: from etcd, or from the cache when the client says how old it may be.

use etcd::rpc;

use super::{range_of, revision_parameter};
use crate::ApiServer;
use crate::failure::{Failure, Result};
use crate::operation::{After, Next, Operation, Pending, Reply};
use crate::storage;

impl ApiServer {
    pub(super) fn get(&mut self, op: &mut Operation) -> Result<Next> {
        match revision_parameter(&op.request)? {
            None => {
                op.pending = Pending::Get;
                Ok(Next::Etcd(self.read_key(op)))
            }
            Some(revision) => {
                op.pending = Pending::Cache(After::Get, revision);
                Ok(Next::Cache(revision))
            }
        }
    }

    pub(super) fn got(&mut self, op: &mut Operation, response: &rpc::Response) -> Result<Next> {
        let (_, kvs) = range_of(response)?;
        let resource = self.resources.get(op.resource);
        let kv = kvs.first().ok_or_else(|| Failure::not_found(resource, &op.name))?;
        let object = storage::read(kv).ok_or_else(|| Failure::internal("the stored value is no object"))?;
        self.present_object(op, object)
    }

    pub(super) fn get_cached(&mut self, op: &mut Operation) -> Result<Next> {
        match self.cached_object(op.resource, &op.namespace, &op.name).cloned() {
            Some(object) => self.present_object(op, object),
            None => Err(Failure::not_found(self.resources.get(op.resource), &op.name)),
        }
    }

    /// An object, or what the subresource shows of it.
    fn present_object(&self, op: &Operation, object: api::Object) -> Result<Next> {
        let reply = match op.subresource.as_str() {
            "scale" => Reply::Tree(200, super::subresources::scale_of(&object)),
            _ => Reply::Object(200, object),
        };
        Ok(Next::Reply(reply))
    }
}
