//! Applying committed entries: the one place where the replicated state changes.

use raft::{Entry, EntryKind, NodeId};
use sim::{Str, Token};

use super::calls::Call;
use super::{Context, Member, address, timer};
use crate::proposal::{Command, Proposal, RequestNumber, describe};
use crate::rpc::{Error, Request, Response, Revision};

/// What one apply step has done.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) answers: Vec<(Call, Result<Option<Response>, Error>)>,
    /// The revision up to which watchers were told.
    told: Revision,
    requests: u64,
    last: Option<String>,
}

impl Member {
    /// Raft hands out committed entries; they are applied as the next step.
    pub(super) fn committed(&mut self, message: raft::Message, context: &mut Context<'_>) {
        self.applies.push_back(message);
        if !self.apply_scheduled {
            self.apply_scheduled = true;
            context.timer(self.locked_for(context.now), Token::new(timer::APPLY, 0));
        }
    }

    /// The apply step: everything that was handed out so far.
    pub(super) fn apply(&mut self, context: &mut Context<'_>) {
        // A defragmentation that began meanwhile locks the database.
        let locked = self.locked_for(context.now);
        if !locked.is_zero() {
            context.timer(locked, Token::new(timer::APPLY, 0));
            return;
        }
        self.apply_scheduled = false;
        let before = self.applied.index;
        let mut batch = Batch { told: self.state.store.revision(), ..Batch::default() };
        let mut responses = Vec::new();
        while let Some(message) = self.applies.pop_front() {
            for entry in &message.entries {
                self.apply_entry(entry, &mut batch, context);
            }
            responses.extend(message.responses);
        }
        self.tell_watchers(&mut batch.told, context);
        self.note_applied(before.0 + 1, &batch, context);
        for (call, result) in batch.answers {
            let response = match result {
                Ok(Some(response)) => self.with_header(response),
                // Only requests that have an answer are proposed.
                Ok(None) => continue,
                Err(error) => Response::Error(error),
            };
            self.reply(&call.caller, call.id, response, context);
        }
        self.respond(responses, context);
        self.serve_reads(context);
        self.snapshot_if_due(context);
    }

    fn apply_entry(&mut self, entry: &Entry, batch: &mut Batch, context: &mut Context<'_>) {
        // After a restart the database is ahead of the log's replay: what it has is not done twice.
        let fresh = entry.index > self.state.applied.index;
        if entry.index <= self.applied.index {
            // A snapshot has overtaken what was handed out before it.
            return;
        }
        self.applied = entry.id();
        match entry.kind {
            EntryKind::Normal => {
                if fresh {
                    self.state.applied = entry.id();
                    match entry.data.downcast::<Proposal>() {
                        Some(proposal) => self.apply_proposal(proposal, batch, context),
                        None => self.apply_empty(entry, context),
                    }
                }
            }
            EntryKind::ConfChange | EntryKind::ConfChangeV2 => {
                self.apply_conf_change(entry, fresh, batch, context)
            }
        }
    }

    fn apply_proposal(&mut self, proposal: &Proposal, batch: &mut Batch, context: &mut Context<'_>) {
        let request = match proposal.command() {
            Command::Client(request) => request,
            Command::Publish { member, name } => {
                self.published(proposal.number(), *member, name, context);
                return;
            }
        };
        if let Request::Compact { .. } = **request {
            // Watchers must see what is about to go.
            self.tell_watchers(&mut batch.told, context);
        }
        let waiting = self.waiting.remove(&proposal.number());
        let mut result = self.state.apply(request, waiting.is_some());
        if result.is_ok() {
            if let Err(error) = self.check_applied_quota(request) {
                result = Err(error);
            }
            match **request {
                Request::Alarm { .. } => self.alarm_applied(request, context),
                Request::LeaseGrant { id, .. } => {
                    let ttl_seconds = self.state.leases.get(id).map_or(0, |lease| lease.ttl_seconds);
                    self.lessor.renew(id, ttl_seconds, context.now);
                }
                Request::LeaseRevoke { id } => self.lessor.remove(id),
                _ => {}
            }
        }
        batch.requests += 1;
        if batch.requests == 1 {
            batch.last = Some(short(request));
        }
        if let Some(call) = waiting {
            batch.answers.push((call, result));
        }
    }

    /// Somebody has started; when it is this process, all that was acknowledged before its start is applied
    /// here now.
    fn published(&mut self, number: RequestNumber, member: NodeId, name: &Str, context: &mut Context<'_>) {
        let urls: Vec<Str> = address::index_of_name(name).map(address::client_url).into_iter().collect();
        self.state.members.publish(member, name, &urls);
        self.find_routes();
        if self.numbers.made(number) && !self.ready {
            self.ready = true;
            context.note("{0} has caught up and is ready to serve client requests.", [name.clone()]);
        }
    }

    /// A leader's first entry: from here on it knows all that was committed before, and minds the leases.
    fn apply_empty(&mut self, entry: &Entry, context: &mut Context<'_>) {
        if self.is_leader() && entry.term == self.term() {
            self.lessor.promote(&self.state.leases, context.now, self.config.election_timeout());
        }
    }

    fn note_applied(&self, first: u64, batch: &Batch, context: &mut Context<'_>) {
        let Some(what) = &batch.last else { return };
        let me = self.name_of(self.id);
        let text = |value: u64| Str::from(value.to_string());
        let (last, revision) = (self.applied.index.0, self.state.store.revision().0);
        if batch.requests == 1 {
            context.note(
                "{0} applies entry {1}: revision {2}, {3}.",
                [me, text(last), text(revision), what.into()],
            );
        } else {
            context.note(
                "{0} applies entries {1} to {2}: up to revision {3}, {4} requests, the first was {5}.",
                [me, text(first), text(last), text(revision), text(batch.requests), what.into()],
            );
        }
    }
}

/// A request in two words: `put /registry/pods/default/a`.
fn short(request: &Request) -> String {
    use crate::rpc::Op;
    let op = |op: &Op| match op {
        Op::Put(put) => Some(format!("put {}", put.key)),
        Op::DeleteRange(delete) => Some(format!("delete {}", delete.range.start)),
        Op::Range(_) | Op::Txn(_) => None,
    };
    match request {
        Request::Put(put) => format!("put {}", put.key),
        Request::DeleteRange(delete) => format!("delete {}", delete.range.start),
        Request::Txn(txn) => txn.then.iter().find_map(op).unwrap_or_else(|| "txn".to_owned()),
        Request::Compact { revision, .. } => format!("compact {}", revision.0),
        Request::LeaseGrant { id, .. } => format!("lease grant {:x}", id.0),
        Request::LeaseRevoke { id } => format!("lease revoke {:x}", id.0),
        other => describe(other),
    }
}
