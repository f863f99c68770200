//! Watches: which part of the past they begin with, and how long they last.

use std::time::Duration;

use api::Revision;
use sim::SimTime;

use super::{flag, freshness, number_parameter, revision_parameter};
use crate::failure::{Failure, Result};
use crate::operation::{After, Caller, Next, Operation, Pending};
use crate::watch_cache::{Filter, Start, Watcher};
use crate::{ApiServer, Context};

/// A watch that says nothing of its time ends after one to two times this (`--min-request-timeout`).
const TIMEOUT_MIN: Duration = Duration::from_secs(1800);

/// No watch lasts longer, whatever the client says.
const TIMEOUT_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// A watch's parameters.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct WatchQuery {
    filter: Filter,
    start: Start,
    bookmarks: bool,
    timeout: Option<Duration>,
}

impl ApiServer {
    pub(super) fn watch(&mut self, op: &mut Operation, context: &mut Context<'_>) -> Result<Next> {
        let revision = revision_parameter(&op.request)?;
        let bookmarks = flag(&op.request, "allowWatchBookmarks");
        let matching = op.request.parameter("resourceVersionMatch").map(|text| text.as_str()).unwrap_or("");
        let initial = op.request.parameter("sendInitialEvents").map(|text| text == "true" || text == "1");
        let start = match (initial, revision) {
            (Some(_), _) if matching != "NotOlderThan" => {
                return Err(Failure::bad_request(
                    "sendInitialEvents: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                ));
            }
            (None, _) if !matching.is_empty() => {
                return Err(Failure::bad_request(
                    "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
                ));
            }
            (Some(true), _) => Start::State { marked: bookmarks },
            (Some(false), None | Some(Revision(0))) => Start::Now,
            (None, None | Some(Revision(0))) => Start::State { marked: false },
            (None | Some(false), Some(revision)) => Start::After(revision),
        };
        let query = WatchQuery {
            filter: self.filter(op)?,
            start,
            bookmarks,
            timeout: number_parameter(&op.request, "timeoutSeconds")?
                .filter(|s| *s > 0)
                .map(|s| Duration::from_secs(s).min(TIMEOUT_MAX)),
        };
        self.start_cache(op.resource, context);
        let needed = match (start, revision) {
            // The state of now, or at least of the revision that the client knows.
            (_, None) => {
                op.pending = Pending::Freshness(After::Watch(query));
                return Ok(Next::Etcd(freshness(self.resources.get(op.resource))));
            }
            (Start::State { .. }, Some(revision)) => revision,
            (Start::After(_) | Start::Now, _) => Revision(0),
        };
        op.pending = Pending::Cache(After::Watch(query), needed);
        Ok(Next::Cache(needed))
    }

    pub(super) fn watch_cached(
        &mut self,
        op: &mut Operation,
        query: WatchQuery,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let Caller::Client(client, request) = op.caller else { return Err(Failure::no_such_verb()) };
        let lasts = match query.timeout {
            Some(timeout) => timeout,
            None => self.random.duration(TIMEOUT_MIN..TIMEOUT_MIN * 2),
        };
        // Whole seconds, so that many watches end at one stroke of the clock.
        let ends = SimTime::from_secs((context.now + lasts).as_secs() + 1);
        let watcher = Watcher {
            resource: op.resource,
            client,
            request,
            scope: query.filter.scope(),
            filter: query.filter,
            form: op.form,
            bookmarks: query.bookmarks,
            sent: Revision(0),
            told: Revision(0),
            ends,
        };
        self.open_watch(watcher, query.start, context);
        Ok(Next::Streaming)
    }
}
