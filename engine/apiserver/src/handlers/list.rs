//! `GET` of a collection: from the cache, which is first made as new as the client needs.

use std::sync::Arc;

use api::{Object, Revision, Str, Value, object};
use etcd::rpc::{self, KeyRange, Range};

use super::{freshness, number_parameter, range_of, revision_parameter};
use crate::failure::{Failure, Result};
use crate::operation::{After, Next, Operation, Pending, Reply};
use crate::registry::Resource;
use crate::storage;
use crate::watch_cache::{Filter, objects_in};
use crate::{ApiServer, Context, negotiate};

/// A list's parameters.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ListQuery {
    /// What passes.
    pub filter: Filter,
    /// At most this many; 0: all.
    pub limit: u64,
    /// The rest of an older list: its revision, and the first key of the rest.
    pub page: Option<(Revision, Str)>,
}

impl ListQuery {
    /// The read of the rest of a list (or of a list at an exact revision) from etcd.
    pub fn page_request(&self, resource: &Resource) -> Arc<rpc::Request> {
        let mut keys = KeyRange::prefix(storage::prefix_of(&resource.prefix, &self.filter.namespace));
        let mut revision = Revision(0);
        if let Some((at, start)) = &self.page {
            revision = *at;
            if !start.is_empty() {
                keys.start = start.clone();
            }
        }
        let mut range = Range::new(keys);
        range.revision = rpc::Revision(revision.0);
        Arc::new(rpc::Request::Range(range))
    }
}

const CONTINUE_TOO_OLD: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

impl ApiServer {
    pub(super) fn list(&mut self, op: &mut Operation, context: &mut Context<'_>) -> Result<Next> {
        let mut query = ListQuery {
            filter: self.filter(op)?,
            limit: number_parameter(&op.request, "limit")?.unwrap_or(0),
            page: None,
        };
        let revision = revision_parameter(&op.request)?;
        let exact = match op.request.parameter("resourceVersionMatch").map(|m| m.as_str()) {
            None | Some("" | "NotOlderThan") => false,
            Some("Exact") => true,
            Some(other) => {
                return Err(Failure::bad_request(format!(
                    "resourceVersionMatch: Unsupported value: {other:?}: supported values: \"Exact\", \"NotOlderThan\""
                )));
            }
        };
        if let Some(token) = op.request.parameter("continue").filter(|token| !token.is_empty()) {
            if revision.is_some_and(|revision| revision.0 > 0) {
                return Err(Failure::bad_request(
                    "specifying resource version is not allowed when using continue",
                ));
            }
            query.page = Some(read_token(token)?);
            return self.list_at(op, query, context);
        }
        match revision {
            Some(revision) if exact => {
                if revision.0 == 0 {
                    return Err(Failure::bad_request(
                        "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
                    ));
                }
                query.page = Some((revision, Str::new()));
                self.list_at(op, query, context)
            }
            Some(revision) => {
                op.pending = Pending::Cache(After::List(query), revision);
                Ok(Next::Cache(revision))
            }
            None => {
                self.start_cache(op.resource, context);
                op.pending = Pending::Freshness(After::List(query));
                Ok(Next::Etcd(freshness(self.resources.get(op.resource))))
            }
        }
    }

    /// A list as of an exact revision: from the cache when it has that state, otherwise from etcd's history.
    fn list_at(&mut self, op: &mut Operation, query: ListQuery, context: &mut Context<'_>) -> Result<Next> {
        let at = query.page.as_ref().map_or(Revision(0), |(revision, _)| *revision);
        if self.caches.get(&op.resource).is_some_and(|cache| cache.state_at(at).is_some()) {
            return self.list_cached(op, query, context);
        }
        let request = query.page_request(self.resources.get(op.resource));
        op.pending = Pending::Page(query);
        Ok(Next::Etcd(request))
    }

    pub(super) fn list_cached(
        &mut self,
        op: &mut Operation,
        query: ListQuery,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let resource = self.resources.get(op.resource).clone();
        let Some(cache) = self.caches.get_mut(&op.resource) else {
            return Err(Failure::internal("no cache"));
        };
        let (at, start) = query.page.clone().unwrap_or((cache.revision, Str::new()));
        let Some(objects) = cache.state_at(at) else { return Err(Failure::expired(CONTINUE_TOO_OLD)) };
        let passing = objects_in(objects, &resource.prefix, &query.filter.namespace)
            .filter(|object| start.is_empty() || key_of(&resource, object).as_str() >= start.as_str())
            .filter(|object| query.filter.is_plain() || query.filter.matches(object))
            .cloned();
        let (chosen, rest) = cut(passing, query.limit);
        if rest > 0 {
            cache.keep_snapshot();
        }
        self.list_reply(op, &resource, &query, at, chosen, rest, context)
    }

    pub(super) fn list_page(
        &mut self,
        op: &mut Operation,
        query: ListQuery,
        response: &rpc::Response,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let (now, kvs) = range_of(response)?;
        let resource = self.resources.get(op.resource).clone();
        let at = query.page.as_ref().map_or(now, |(revision, _)| *revision);
        let passing = kvs.iter().filter_map(storage::read).filter(|object| query.filter.matches(object));
        let (chosen, rest) = cut(passing, query.limit);
        self.list_reply(op, &resource, &query, at, chosen, rest, context)
    }

    fn list_reply(
        &mut self,
        op: &mut Operation,
        resource: &Resource,
        query: &ListQuery,
        at: Revision,
        objects: Vec<Object>,
        rest: u64,
        context: &Context<'_>,
    ) -> Result<Next> {
        let mut metadata = object! { "resourceVersion": at.to_string() };
        if let (true, Some(last)) = (rest > 0, objects.last()) {
            metadata.set(&["continue"], write_token(at, &key_of(resource, last)));
            if query.filter.is_plain() {
                metadata.set(&["remainingItemCount"], rest as i64);
            }
        }
        let tree = negotiate::list(&mut op.form, resource, metadata, &objects, context.now);
        Ok(Next::Reply(Reply::Tree(200, tree)))
    }
}

fn key_of(resource: &Resource, object: &Object) -> Str {
    storage::object_key(&resource.prefix, object.namespace(), object.name())
}

/// The first `limit` (0: all) and how many are left.
fn cut(objects: impl Iterator<Item = Object>, limit: u64) -> (Vec<Object>, u64) {
    let mut objects: Vec<Object> = objects.collect();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if limit == 0 || objects.len() <= limit {
        return (objects, 0);
    }
    let rest = (objects.len() - limit) as u64;
    objects.truncate(limit);
    (objects, rest)
}

/// A continue token: opaque to clients, the revision and the last key for us.
fn write_token(at: Revision, last: &str) -> Str {
    let text = format!("{at} {last}");
    Str::from(text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn read_token(token: &str) -> Result<(Revision, Str)> {
    let wrong = || Failure::bad_request("continue key is not valid: illegal base64 data at input byte 0");
    let digits = token.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return Err(wrong());
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(wrong)?;
    let (revision, last) = text.split_once(' ').ok_or_else(wrong)?;
    let revision = revision.parse().map_err(|_| wrong())?;
    // The rest begins behind the last key.
    Ok((Revision(revision), Str::from(format!("{last}\0"))))
}

/// The `kind: PodList` tree around items.
pub(crate) fn list_tree(resource: &Resource, metadata: Value, items: Vec<Value>) -> Value {
    let mut tree = object! { "kind": format!("{}List", resource.kind), "apiVersion": &resource.api_version };
    tree.set(&["metadata"], metadata);
    tree.set(&["items"], items);
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_round_trip_and_nonsense_is_refused() {
        let token = write_token(Revision(17), "/registry/pods/default/web");
        let (revision, start) = read_token(&token).unwrap();
        assert_eq!(revision, Revision(17));
        assert_eq!(start, "/registry/pods/default/web\0");
        for nonsense in ["x", "zz", "00", "ff", "3120"] {
            assert!(nonsense == "3120" || read_token(nonsense).is_err(), "{nonsense}");
        }
    }
}
