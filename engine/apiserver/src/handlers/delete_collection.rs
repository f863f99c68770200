//! `DELETE` of a collection: a list, then a delete of each.

use api::Value;

use super::ListQuery;
use super::delete::delete_options;
use super::list::list_tree;
use crate::failure::Result;
use crate::operation::{After, Caller, Next, Operation, OperationId, Pending, Reply};
use crate::request_info::Verb;
use crate::watch_cache::objects_in;
use crate::{ApiServer, Context};

use super::{Change, freshness};

impl ApiServer {
    pub(super) fn delete_collection(
        &mut self,
        op: &mut Operation,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let options = delete_options(op)?;
        let query = ListQuery { filter: self.filter(op)?, limit: 0, page: None };
        self.start_cache(op.resource, context);
        op.pending = Pending::Freshness(After::DeleteCollection(query, options));
        Ok(Next::Etcd(freshness(self.resources.get(op.resource))))
    }

    pub(super) fn delete_listed(
        &mut self,
        id: OperationId,
        op: &mut Operation,
        query: &ListQuery,
        options: Value,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let resource = self.resources.get(op.resource).clone();
        let cache = self.caches.get(&op.resource);
        let objects =
            cache.into_iter().flat_map(|c| objects_in(&c.objects, &resource.prefix, &query.filter.namespace));
        let keys: Vec<_> =
            objects.filter(|object| query.filter.matches(object)).map(|o| o.key().clone()).collect();
        if keys.is_empty() {
            return Ok(Next::Reply(Reply::Tree(200, collection(&resource, Vec::new()))));
        }
        let mut parts = Vec::with_capacity(keys.len());
        for key in keys {
            let mut part = Operation {
                caller: Caller::Part(id),
                verb: Verb::Delete,
                namespace: key.namespace,
                name: key.name,
                ..op.clone()
            };
            let part_id = self.next_operation();
            let next = self.change(&mut part, Change::Delete(options.clone()), context);
            parts.push((part_id, part, next));
        }
        // The whole has to be in the books before a part can be done.
        let left = parts.len() as u32;
        let mut whole = op.clone();
        whole.pending = Pending::Collection { left, deleted: Vec::new(), failure: None };
        self.operations.insert(id, whole);
        for (part_id, part, next) in parts {
            self.proceed(part_id, part, next, context);
        }
        Ok(Next::Parts)
    }

    /// A part of a collection's delete is done.
    pub(crate) fn part_done(&mut self, whole: OperationId, end: Result<Reply>, context: &mut Context<'_>) {
        let Some(op) = self.operations.get_mut(&whole) else { return };
        let Pending::Collection { left, deleted, failure } = &mut op.pending else { return };
        *left -= 1;
        match end {
            Ok(Reply::Object(_, object)) => deleted.push(object.value().clone()),
            Ok(Reply::Tree(_, tree)) => deleted.push(tree),
            // Somebody else deleted it: as wanted.
            Err(error) if error.code == 404 => {}
            Err(error) => *failure = failure.take().or(Some(error)),
        }
        if *left > 0 {
            return;
        }
        let Some(mut op) = self.operations.remove(&whole) else { return };
        let Pending::Collection { deleted, failure, .. } = std::mem::replace(&mut op.pending, Pending::Begin)
        else {
            return;
        };
        let resource = self.resources.get(op.resource);
        let next = match failure {
            Some(failure) => Err(failure),
            None => Ok(Next::Reply(Reply::Tree(200, collection(resource, deleted)))),
        };
        self.proceed(whole, op, next, context);
    }
}

fn collection(resource: &crate::registry::Resource, items: Vec<Value>) -> Value {
    list_tree(resource, Value::map(), items)
}
