//! The verbs, one file each. A handler does what it can at once and says what the request waits for next; when that
//! comes, the request goes on where it was.

mod create;
mod delete;
mod delete_collection;
mod get;
mod list;
mod managers;
mod options;
mod patch;
mod proxy;
mod reviews;
mod store;
mod subresources;
mod token;
mod update;
mod watch;

use std::sync::Arc;

use etcd::rpc::{self, KeyRange, OpResponse, Range};

pub(crate) use list::{ListQuery, list_tree};
pub(crate) use managers::Known;
pub(crate) use patch::PatchKind;
pub(crate) use store::{Change, Outcome};
pub(crate) use update::copy;
pub(crate) use watch::WatchQuery;

use api::Revision;
use api::http::Request;
use api::selector::{FieldSelector, Selector};

use crate::failure::{Failure, Result};
use crate::operation::{After, Answer, Next, Operation, OperationId, Pending};
use crate::registry::Resource;
use crate::request_info::Verb;
use crate::storage;
use crate::watch_cache::Filter;
use crate::{ApiServer, Context, negotiate};

impl ApiServer {
    /// The first step of a request.
    pub(crate) fn begin(
        &mut self,
        id: OperationId,
        op: &mut Operation,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        op.form = negotiate::accept(&op.request)?;
        options::check(op)?;
        op.dry_run = op.request.parameter("dryRun").is_some_and(|value| value == "All");
        if !op.subresource.is_empty() {
            return self.begin_subresource(id, op, context);
        }
        match op.verb {
            Verb::Get => self.get(op),
            Verb::List => self.list(op, context),
            Verb::Watch => self.watch(op, context),
            Verb::Create => self.create(op, context),
            Verb::Update => self.update(op, context),
            Verb::Patch => self.patch(op, context),
            Verb::Delete => self.delete(op, context),
            Verb::DeleteCollection => self.delete_collection(op, context),
        }
    }

    /// The next step of a request, now that what it waited for is there.
    pub(crate) fn resume(
        &mut self,
        id: OperationId,
        op: &mut Operation,
        answer: Answer<'_>,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let pending = std::mem::replace(&mut op.pending, Pending::Begin);
        match (pending, answer) {
            (Pending::Get, Answer::Etcd(response)) => self.got(op, response),
            (Pending::Freshness(after), Answer::Etcd(response)) => {
                let (revision, _) = range_of(response)?;
                op.pending = Pending::Cache(after, revision);
                Ok(Next::Cache(revision))
            }
            (Pending::Cache(After::Get, _), _) => self.get_cached(op),
            (Pending::Cache(After::List(query), _), _) => self.list_cached(op, query, context),
            (Pending::Cache(After::Watch(query), _), _) => self.watch_cached(op, query, context),
            (Pending::Cache(After::DeleteCollection(query, options), _), _) => {
                self.delete_listed(id, op, &query, options, context)
            }
            (Pending::Page(query), Answer::Etcd(response)) => self.list_page(op, query, response, context),
            (Pending::Namespace { object }, Answer::Etcd(response)) => {
                self.create_in_namespace(op, object, response, context)
            }
            (Pending::Create { object, generated }, Answer::Etcd(response)) => {
                self.created(op, object, generated, response, context)
            }
            (Pending::DryCreate { object }, Answer::Etcd(response)) => self.not_created(op, object, response),
            (Pending::Read(change), Answer::Etcd(response)) => {
                self.change_read(op, change, response, context)
            }
            (Pending::Write { change, object }, Answer::Etcd(response)) => {
                self.written(op, change, object, response, context)
            }
            (Pending::Remove { change, last }, Answer::Etcd(response)) => {
                self.removed(op, change, last, response, context)
            }
            (Pending::Token(wanted), Answer::Etcd(response)) => {
                self.make_token(op, wanted, response, context)
            }
            (Pending::Policy, Answer::Etcd(response)) => self.policy_written(response),
            (pending, _) => {
                // An answer that nobody asked for; go on waiting.
                op.pending = pending;
                Ok(Next::Wait)
            }
        }
    }

    /// The read that a request waits for, if it waits for one: it can be repeated.
    pub(crate) fn read_request(&self, op: &Operation) -> Option<Arc<rpc::Request>> {
        let resource = self.resources.get(op.resource);
        match &op.pending {
            Pending::Get | Pending::Read(_) | Pending::Token(_) | Pending::DryCreate { .. } => {
                Some(self.read_key(op))
            }
            Pending::Freshness(_) => Some(freshness(resource)),
            Pending::Page(query) => Some(query.page_request(resource)),
            Pending::Namespace { .. } => Some(self.read_namespace(&op.namespace)),
            _ => None,
        }
    }

    /// A read of the operation's object.
    pub(crate) fn read_key(&self, op: &Operation) -> Arc<rpc::Request> {
        let prefix = &self.resources.get(op.resource).prefix;
        let key = storage::object_key(prefix, &op.namespace, &op.name);
        Arc::new(rpc::Request::Range(Range::new(KeyRange::key(key))))
    }

    /// What a list or watch wants to see.
    fn filter(&self, op: &Operation) -> Result<Filter> {
        let resource = self.resources.get(op.resource);
        let wrong = |name: &str, text: &str, why: String| {
            Failure::bad_request(format!("unable to parse requirement in {name} {text:?}: {why}"))
        };
        let given = |name: &str| op.request.parameter(name).filter(|text| !text.is_empty());
        let labels = given("labelSelector")
            .map(|text| Selector::parse(text).map_err(|why| wrong("labelSelector", text, why)))
            .transpose()?;
        let mut fields = given("fieldSelector")
            .map(|text| FieldSelector::parse(text).map_err(|why| wrong("fieldSelector", text, why)))
            .transpose()?;
        if let Some(fields) = &fields {
            fields.check(&resource.group, &resource.kind).map_err(Failure::bad_request)?;
        }
        if !op.name.is_empty() {
            // A watch of one object by its path.
            let by_name = format!("metadata.name={}", op.name);
            fields = FieldSelector::parse(&by_name).ok();
        }
        let fields = fields.filter(|fields| !fields.is_empty());
        let labels = labels.filter(|labels| !labels.is_everything());
        Ok(Filter { namespace: op.namespace.clone(), labels, fields })
    }
}

/// The request that tells how new etcd is: a linearizable read that carries no data.
fn freshness(resource: &Resource) -> Arc<rpc::Request> {
    let mut range = Range::new(KeyRange::key(resource.prefix.clone()));
    range.count_only = true;
    Arc::new(rpc::Request::Range(range))
}

/// The revision and keys of the answer to a range.
fn range_of(response: &rpc::Response) -> Result<(Revision, &[rpc::KeyValue])> {
    match response {
        rpc::Response::Op { header, response: OpResponse::Range { kvs, .. } } => {
            Ok((Revision(header.revision.0), kvs))
        }
        _ => Err(Failure::internal("etcd answered something else than was asked")),
    }
}

/// The answer to a transaction: its revision, and when the condition failed, what is there now.
pub(crate) fn txn_of(response: &rpc::Response) -> Result<(Revision, Result<(), Option<&rpc::KeyValue>>)> {
    let rpc::Response::Op { header, response: OpResponse::Txn { succeeded, responses } } = response else {
        return Err(Failure::internal("etcd answered something else than was asked"));
    };
    let revision = Revision(header.revision.0);
    if *succeeded {
        return Ok((revision, Ok(())));
    }
    match responses.first() {
        Some(OpResponse::Range { kvs, .. }) => Ok((revision, Err(kvs.first()))),
        _ => Ok((revision, Err(None))),
    }
}

/// A `resourceVersion` parameter: `None` when it is not given.
fn revision_parameter(request: &Request) -> Result<Option<Revision>> {
    match request.parameter("resourceVersion").map(|text| text.as_str()) {
        None | Some("") => Ok(None),
        Some(text) => match text.parse() {
            Ok(revision) => Ok(Some(Revision(revision))),
            Err(_) => Err(Failure::bad_request(format!(
                "Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
            ))),
        },
    }
}

/// A number as parameter.
fn number_parameter(request: &Request, name: &str) -> Result<Option<u64>> {
    match request.parameter(name).map(|text| text.as_str()) {
        None | Some("") => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| Failure::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))),
    }
}

/// A truth value as parameter.
fn flag(request: &Request, name: &str) -> bool {
    request.parameter(name).is_some_and(|value| value == "true" || value == "1")
}
