//! etcd's answers, and what becomes of requests when it refuses, fails or is silent: reads are repeated at another
//! member, writes are not, because they may have been carried out.

use std::time::Duration;

use etcd::rpc::{self, CallId};

use crate::deadlines::Deadline;
use crate::failure::{Failure, Result};
use crate::operation::{After, Answer, Next, Operation, OperationId, Pending};
use crate::storage::Owner;
use crate::{ApiServer, Context};

/// How often watches that take them get bookmarks.
pub(crate) const BOOKMARKS_EVERY: Duration = Duration::from_secs(60);

/// How often a read is repeated at another member before its client is told.
const READS_MAX: u32 = 8;

impl ApiServer {
    pub(crate) fn etcd_answered(
        &mut self,
        member: u32,
        call: CallId,
        response: &rpc::Response,
        context: &mut Context<'_>,
    ) {
        let Some(owner) = self.etcd.answered(member, call, &mut self.deadlines) else { return };
        match owner {
            Owner::Operation(id) => {
                let Some(mut operation) = self.operations.remove(&id) else { return };
                let next = match response {
                    rpc::Response::Error(error) => self.etcd_refused(id, &mut operation, error, context),
                    _ => self.resume(id, &mut operation, Answer::Etcd(response), context),
                };
                self.proceed(id, operation, next, context);
            }
            Owner::List(resource) => self.listed(resource, response, context),
            Owner::Lease => self.lease_granted(Some(response), context),
            Owner::Health => self.health_answered(response, context),
            Owner::Watch(resource) => self.watched(resource, call, response, context),
            Owner::Progress => self.progressed(member, call, response, context),
        }
    }

    /// etcd answered with an error: reads go to another member when this one is cut off; writes end here.
    fn etcd_refused(
        &mut self,
        id: OperationId,
        operation: &mut Operation,
        error: &rpc::Error,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        use rpc::Error::{
            Compacted, LeaderChanged, LeaseNotFound, NoLeader, Stopped, Timeout, TimeoutConnectionLost,
            TimeoutLeaderLost,
        };
        match error {
            // Only reads are told so; the client library asks the same member again.
            LeaderChanged => self.read_again(id, operation, &error.to_string(), context),
            NoLeader | Stopped | Timeout | TimeoutLeaderLost | TimeoutConnectionLost => {
                let endpoint = self.etcd.endpoint();
                self.leave_endpoint(endpoint, context);
                self.read_again(id, operation, &error.to_string(), context)
            }
            Compacted => Err(Failure::expired(
                "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.",
            )),
            other => {
                if *other == LeaseNotFound {
                    self.event_lease.forget();
                }
                Err(Failure::etcd(&other.to_string()))
            }
        }
    }

    pub(crate) fn etcd_failed(&mut self, member: u32, call: CallId, reason: &str, context: &mut Context<'_>) {
        let Some(lost) = self.etcd.take(call, &mut self.deadlines) else { return };
        match lost.owner {
            Owner::Operation(id) => {
                self.leave_endpoint(member, context);
                let Some(mut operation) = self.operations.remove(&id) else { return };
                // Nothing was sent when there was no connection: then a write can be repeated, too.
                let next = if reason.starts_with("dial ") && operation.attempts < READS_MAX {
                    operation.attempts += 1;
                    Ok(Next::Etcd(lost.request))
                } else {
                    self.read_again(id, &mut operation, "etcdserver: request timed out", context)
                };
                self.proceed(id, operation, next, context);
            }
            Owner::List(resource) | Owner::Watch(resource) => self.feed_failed(resource, member, context),
            Owner::Lease => {
                self.leave_endpoint(member, context);
                self.lease_granted(None, context);
            }
            Owner::Progress => self.leave_endpoint(member, context),
            Owner::Health => {
                self.leave_endpoint(member, context);
                self.ask_health(context);
            }
        }
    }

    /// A read is repeated; a write whose answer was lost is not: it may have been carried out.
    fn read_again(
        &mut self,
        id: OperationId,
        operation: &mut Operation,
        message: &str,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        operation.attempts += 1;
        if operation.attempts > READS_MAX {
            return Err(Failure::etcd(message));
        }
        let Some(request) = self.read_request(operation) else { return Err(Failure::etcd(message)) };
        let pause = self.etcd.pause();
        if pause.is_zero() {
            return Ok(Next::Etcd(request));
        }
        self.deadlines.set(context.now + pause, Deadline::Retry(id), context);
        Ok(Next::Wait)
    }

    pub(crate) fn ran_out(&mut self, deadline: Deadline, context: &mut Context<'_>) {
        match deadline {
            Deadline::Call(call) => {
                let Some(lost) = self.etcd.take(call, &mut self.deadlines) else { return };
                self.leave_endpoint(lost.member, context);
                match lost.owner {
                    Owner::Operation(id) => {
                        let Some(mut operation) = self.operations.remove(&id) else { return };
                        let next =
                            self.read_again(id, &mut operation, "etcdserver: request timed out", context);
                        self.proceed(id, operation, next, context);
                    }
                    Owner::List(resource) => self.restart_feed(resource, context),
                    Owner::Lease => self.lease_granted(None, context),
                    Owner::Watch(_) | Owner::Progress | Owner::Health => {}
                }
            }
            Deadline::Retry(id) => {
                let Some(operation) = self.operations.remove(&id) else { return };
                let next = match self.read_request(&operation) {
                    Some(request) => Ok(Next::Etcd(request)),
                    None => Err(Failure::etcd("etcdserver: request timed out")),
                };
                self.proceed(id, operation, next, context);
            }
            Deadline::Operation(id) => {
                let waits = self.operations.get(&id).is_some_and(|operation| operation.waits_until.is_some());
                let Some(operation) = waits.then(|| self.operations.remove(&id)).flatten() else { return };
                let failure = self.cache_too_old(&operation);
                self.finish(id, operation, Err(failure), context);
            }
            Deadline::Watch(id) => self.end_watch(id, context),
            Deadline::Feed(resource) => self.restart_feed(resource, context),
            Deadline::Bookmarks => {
                self.send_bookmarks(context);
                if self.watchers.values().any(|watcher| watcher.bookmarks) {
                    self.ask_progress(context);
                }
                self.deadlines.set(context.now + BOOKMARKS_EVERY, Deadline::Bookmarks, context);
            }
            Deadline::Bootstrap => self.bootstrap_step(context),
            Deadline::Door => self.door_stays_shut(context),
            Deadline::Probe => self.probes_run_out(context),
        }
    }

    fn cache_too_old(&self, operation: &Operation) -> Failure {
        let now = self.caches.get(&operation.resource).map_or(0, |cache| cache.revision.0);
        match &operation.pending {
            Pending::Cache(After::List(_) | After::Watch(_), revision) if now > 0 => {
                let message = format!("Too large resource version: {}, current: {now}", revision.0);
                Failure::timeout(&message)
                    .cause("ResourceVersionTooLarge", "Too large resource version")
                    .retry_after(1)
            }
            _ => Failure::new(429, "TooManyRequests", "storage is (re)initializing").retry_after(1),
        }
    }
}
