//! Changes of the membership: what clients may ask for, how it goes through Raft, and what becomes of it.
//!
//! The leader judges all of it, for it alone knows who is in contact and how far a learner has come; other members send such
//! calls on to it. (etcd does that for promotions and lets each member judge the rest by its own connections.)

use std::sync::Arc;

use raft::{
    AnyConfChange, ConfChange, ConfChangeKind, ConfChangeSingle, ConfChangeV2, Entry, NodeId, RaftError,
    Transition,
};
use sim::{Str, Token};

use super::apply::Batch;
use super::calls::{Call, Caller};
use super::{Context, Forward, Member, Message, timer};
use crate::membership::{ChangeContext, Membership, new_id};
use crate::proposal::RequestNumber;
use crate::rpc::{CallId, Error, Header, MemberInfo, Request, Response};

/// etcd's `--initial-cluster-token`, unless somebody gives another.
pub const DEFAULT_TOKEN: &str = "etcd-cluster";

/// A learner may become a voter when it has this much of the leader's log, in tenths (etcd's 90 %).
const READY_TENTHS: u64 = 9;

/// How long a removed member lingers, so that others hear from it that it knows.
const STOP_AFTER: std::time::Duration = std::time::Duration::from_secs(1);

impl Member {
    /// A call that the leader alone can answer: it is sent on, now or when there is a leader.
    pub(super) fn ask_leader(&mut self, call: Call, context: &mut Context<'_>) {
        let number = self.numbers.fresh();
        if let Caller::Client(_) = call.caller {
            self.unsent.insert(number);
        }
        // Without an answer the call times out.
        self.waiting.insert(number, call);
        self.send_unsent(context);
    }

    /// Sends on what waits for a leader.
    pub(super) fn send_unsent(&mut self, context: &mut Context<'_>) {
        let leader = self.actor_of(self.lead());
        let Some(leader) = leader.filter(|_| !self.unsent.is_empty()) else { return };
        for number in std::mem::take(&mut self.unsent) {
            let Some(call) = self.waiting.get(&number) else { continue };
            if leader == context.actor {
                // It has become the leader itself.
                let call = call.clone();
                self.waiting.remove(&number);
                self.answer_as_leader(call, context);
            } else {
                let forward = Forward::Request { number, request: call.request.clone() };
                context.send(leader, Message::Forward(Arc::new(forward)));
            }
        }
    }

    fn answer_as_leader(&mut self, call: Call, context: &mut Context<'_>) {
        if matches!(*call.request, Request::LeaseKeepAlive { .. } | Request::LeaseTimeToLive { .. }) {
            self.lease_call(call, context);
        } else {
            self.change_members(call, context);
        }
    }

    /// A client's call about the membership.
    pub(super) fn member_call(&mut self, call: Call, context: &mut Context<'_>) -> Result<(), Error> {
        if let Request::MemberAdd { peer_urls, .. } = &*call.request {
            if peer_urls.is_empty() || !peer_urls.iter().all(|url| is_url(url)) {
                return Err(Error::BadMemberUrls);
            }
            // Who has no leader has lost contact with somebody.
            if self.lead().is_none() {
                return Err(Error::Unhealthy);
            }
        }
        if self.is_leader() {
            self.change_members(call, context)
        } else {
            self.ask_leader(call, context)
        }
        Ok(())
    }

    /// On the leader: proposes a change, or refuses it.
    pub(super) fn change_members(&mut self, call: Call, context: &mut Context<'_>) {
        let number = self.numbers.fresh();
        let result = self.wanted_change(&call.request, number, context).and_then(|change| {
            match self.node.propose_conf_change(change) {
                Ok(()) => Ok(()),
                Err(RaftError::Fatal(fatal)) => {
                    self.failed = Some(Str::from(fatal.to_string()));
                    Err(Error::Stopped)
                }
                Err(_) => Err(Error::ProposalDropped),
            }
        });
        match result {
            Ok(()) => {
                self.waiting.insert(number, call);
            }
            Err(error) => self.reply(&call.caller, call.id, Response::Error(error), context),
        }
    }

    /// On the leader: proposes a change of several members. Nobody waits for an answer. No steps leave a joint
    /// configuration that was entered explicitly.
    pub(super) fn reconfigure(&mut self, steps: &[(ConfChangeKind, MemberInfo)], transition: Transition) {
        let single = |(kind, member): &(ConfChangeKind, MemberInfo)| ConfChangeSingle {
            kind: *kind,
            node: NodeId(member.id),
        };
        let contexts: Vec<ChangeContext> =
            steps.iter().map(|(_, member)| ChangeContext::of(member)).collect();
        let context = (!steps.is_empty()).then(|| ChangeContext::encode_list(&contexts));
        let change = ConfChangeV2 { transition, changes: steps.iter().map(single).collect(), context };
        if self.is_leader()
            && let Err(RaftError::Fatal(fatal)) = self.node.propose_conf_change(change)
        {
            self.failed = Some(Str::from(fatal.to_string()));
        }
    }

    fn wanted_change(
        &self,
        request: &Request,
        number: RequestNumber,
        context: &Context<'_>,
    ) -> Result<ConfChange, Error> {
        let change = |kind, node, told: Option<ChangeContext>| ConfChange {
            id: number.0,
            kind,
            node,
            context: told.map(|told| told.encode()),
        };
        match request {
            Request::MemberAdd { peer_urls, learner } => {
                self.may_add(*learner, context)?;
                let id = new_id(peer_urls, DEFAULT_TOKEN, context.now);
                let (peer_urls, is_learner) = (peer_urls.clone(), *learner);
                let member = MemberInfo { id: id.0, peer_urls, is_learner, ..MemberInfo::default() };
                let kind = if *learner { ConfChangeKind::AddLearnerNode } else { ConfChangeKind::AddNode };
                Ok(change(kind, id, Some(ChangeContext::of(&member))))
            }
            Request::MemberRemove { id } => {
                self.may_remove(NodeId(*id), context)?;
                Ok(change(ConfChangeKind::RemoveNode, NodeId(*id), None))
            }
            Request::MemberUpdate { id, peer_urls } => {
                let known = self.state.members.get(NodeId(*id)).cloned().unwrap_or_default();
                let member = MemberInfo { id: *id, peer_urls: peer_urls.clone(), ..known };
                Ok(change(ConfChangeKind::UpdateNode, NodeId(*id), Some(ChangeContext::of(&member))))
            }
            Request::MemberPromote { id } => {
                self.may_promote(NodeId(*id))?;
                Ok(change(ConfChangeKind::AddNode, NodeId(*id), Some(ChangeContext::promote(*id))))
            }
            _ => Err(Error::NotSupported("etcdserver: no change of the membership".into())),
        }
    }

    fn may_add(&self, learner: bool, context: &Context<'_>) -> Result<(), Error> {
        let members = &self.state.members;
        if !learner && !members.is_ready_to_add_voter() {
            return Err(Error::NotEnoughStarted);
        }
        // Otherwise the bigger cluster might have no quorum.
        if self.connected_long(members.voters(), context.now) < members.voters().count() {
            return Err(Error::Unhealthy);
        }
        Ok(())
    }

    fn may_remove(&self, id: NodeId, context: &Context<'_>) -> Result<(), Error> {
        let members = &self.state.members;
        if members.is_learner(id) {
            return Ok(());
        }
        if !members.is_ready_to_remove_voter(id) {
            return Err(Error::NotEnoughStarted);
        }
        // One that is down is no part of the quorum that works now.
        if !self.is_connected(id) {
            return Ok(());
        }
        let voters = members.voters().count();
        let active = self.connected_long(members.voters(), context.now);
        if active.saturating_sub(1) < 1 + voters.saturating_sub(1) / 2 {
            Err(Error::Unhealthy)
        } else {
            Ok(())
        }
    }

    fn may_promote(&self, id: NodeId) -> Result<(), Error> {
        let progress = &self.node.raft().tracker().progress;
        let matched = |id: NodeId| progress.get(&id).map(|progress| progress.matched.0);
        let learner = matched(id).ok_or(Error::MemberNotFound)?;
        if learner * 10 < matched(self.id).unwrap_or(0) * READY_TENTHS {
            return Err(Error::LearnerNotReady);
        }
        if !self.state.members.is_ready_to_promote() {
            return Err(Error::NotEnoughStarted);
        }
        Ok(())
    }

    /// A committed change: acted by, unless another one that came first has made it impossible.
    pub(super) fn apply_conf_change(
        &mut self,
        entry: &Entry,
        fresh: bool,
        batch: &mut Batch,
        context: &mut Context<'_>,
    ) {
        let change = match AnyConfChange::decode(entry.kind, &entry.data) {
            Ok(Some(change)) => change,
            Ok(None) => return,
            Err(error) => {
                self.failed = Some(Str::from(error.to_string()));
                return;
            }
        };
        let number = match &change {
            AnyConfChange::V1(change) => RequestNumber(change.id),
            AnyConfChange::V2(_) => RequestNumber(0),
        };
        // What the database already has was decided by the members that there were then.
        let members = if fresh { &mut self.state.members } else { &mut self.replayed };
        let (change, result) = settle(members, change);
        if fresh {
            self.state.applied = entry.id();
            self.replayed = self.state.members.clone();
        }
        match self.node.apply_conf_change(change) {
            Ok(conf_state) => self.conf_state = conf_state,
            Err(error) => self.failed = Some(Str::from(error.to_string())),
        }
        if let Ok(changed) = &result {
            self.members_changed(changed, fresh, context);
        }
        if let Some(call) = self.waiting.remove(&number) {
            let answer = result.map(|changed| Some(self.changed_answer(&call.request, &changed)));
            batch.answers.push((call, answer));
        }
    }

    fn members_changed(&mut self, changed: &[ConfChange], fresh: bool, context: &mut Context<'_>) {
        self.find_routes();
        for change in changed {
            match change.kind {
                ConfChangeKind::AddNode | ConfChangeKind::AddLearnerNode => {
                    if change.node != self.id && !self.routes.initial(change.node) {
                        self.contacts.added(change.node, context.now);
                    }
                }
                ConfChangeKind::RemoveNode => {
                    self.contacts.removed(change.node);
                    if change.node == self.id && self.state.members.was_removed(self.id) {
                        context.timer(STOP_AFTER, Token::new(timer::STOP, 0));
                    }
                }
                ConfChangeKind::UpdateNode => {}
            }
            if fresh && change.context.is_some() || change.kind == ConfChangeKind::RemoveNode {
                self.note_change(change, context);
            }
        }
    }

    fn note_change(&self, change: &ConfChange, context: &mut Context<'_>) {
        let template = match change.kind {
            ConfChangeKind::AddNode if self.routes.initial(change.node) => return,
            ConfChangeKind::AddNode => "{0}: {1} is a voting member now.",
            ConfChangeKind::AddLearnerNode => "{0}: {1} is a learner now.",
            ConfChangeKind::RemoveNode => "{0}: {1} is no member any more.",
            ConfChangeKind::UpdateNode => "{0}: {1} has other URLs now.",
        };
        context.note(template, [self.name_of(self.id), self.name_of(change.node)]);
    }

    /// The membership is another one, or names are.
    pub(super) fn find_routes(&mut self) {
        self.routes.update(&self.config.peers, &self.state.members);
    }

    fn changed_answer(&self, request: &Request, changed: &[ConfChange]) -> Response {
        let (header, members) = (Header::default(), self.state.members.to_vec());
        match request {
            Request::MemberAdd { .. } => {
                let added = changed.first().and_then(|change| self.state.members.get(change.node));
                Response::MemberAdd { header, member: added.cloned().unwrap_or_default(), members }
            }
            Request::MemberRemove { .. } => Response::MemberRemove { header, members },
            Request::MemberPromote { .. } => Response::MemberPromote { header, members },
            _ => Response::MemberUpdate { header, members },
        }
    }

    /// Somebody asks who is in the cluster.
    pub(super) fn tell_members(&self, from: u32, context: &mut Context<'_>) {
        let members = Arc::new(self.state.members.to_vec());
        let answer = Forward::Members { cluster: self.cluster, members };
        context.send(sim::Actor::Etcd(from), Message::Forward(Arc::new(answer)));
    }

    /// A call about the membership that another member has sent on.
    pub(super) fn forwarded_change(
        &mut self,
        from: u32,
        number: RequestNumber,
        request: &Arc<Request>,
        context: &mut Context<'_>,
    ) {
        // The message may have been doubled; a member would be added twice. One that does not lead is asked by mistake: the
        // other asks again, or gives up.
        if !self.is_leader() || !self.is_new(number) {
            return;
        }
        let caller = Caller::Member(from, number);
        let call = Call { caller, id: CallId(0), request: request.clone(), since: context.now };
        self.change_members(call, context);
    }
}

/// Checks a change against the members and carries it out on them. Returns what Raft is to do, which is nothing for a refused
/// one, and the steps.
fn settle(
    members: &mut Membership,
    change: AnyConfChange,
) -> (AnyConfChange, Result<Vec<ConfChange>, Error>) {
    match change {
        AnyConfChange::V1(change) => match members.check(&change) {
            Ok(()) => {
                members.apply(&change);
                (change.clone().into(), Ok(vec![change]))
            }
            Err(error) => (ConfChange { node: NodeId::NONE, ..change }.into(), Err(error)),
        },
        AnyConfChange::V2(change) => settle_all(members, change),
    }
}

/// The same for a change of several members. etcd's server never proposes one, its library can: the lab uses them to show
/// joint configurations. Their context is a list, one for each step.
fn settle_all(
    members: &mut Membership,
    mut change: ConfChangeV2,
) -> (AnyConfChange, Result<Vec<ConfChange>, Error>) {
    let contexts = ChangeContext::decode_list(change.context.as_ref());
    let mut after = members.clone();
    let mut steps = Vec::new();
    for (place, single) in change.changes.iter().enumerate() {
        let context = contexts.get(place).map(ChangeContext::encode);
        let step = ConfChange { id: 0, kind: single.kind, node: single.node, context };
        if let Err(error) = after.check(&step) {
            for single in &mut change.changes {
                single.node = NodeId::NONE;
            }
            return (change.into(), Err(error));
        }
        after.apply(&step);
        steps.push(step);
    }
    *members = after;
    (change.into(), Ok(steps))
}

/// Whether etcd takes it for a member's URL: http or https, a host, a port, no path.
fn is_url(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    rest.and_then(|rest| rest.rsplit_once(':'))
        .is_some_and(|(host, port)| !host.is_empty() && !host.contains('/') && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let table = [
            ("http://172.18.0.3:2380", true),
            ("https://etcd-0.example:2380", true),
            ("172.18.0.3:2380", false),
            ("http://172.18.0.3", false),
            ("http://172.18.0.3:2380/path", false),
            ("ftp://172.18.0.3:2380", false),
            ("http://:2380", false),
            ("", false),
        ];
        for (url, expected) in table {
            assert_eq!(is_url(url), expected, "{url}");
        }
    }
}
