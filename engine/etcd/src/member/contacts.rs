//! Since when a member is in contact with each other one: what etcd's transport knows of its connections.
//!
//! Real members keep streams open to all others. Here they only send each other Raft's messages, so that just the leader hears
//! of all: it alone judges, and takes the silence of an election timeout for a broken connection.

use std::collections::BTreeMap;
use std::time::Duration;

use raft::NodeId;
use sim::SimTime;

use super::Member;
use crate::rpc::MemberInfo;

/// Members must have been connected this long before the membership may grow (etcd's `HealthInterval`).
const HEALTH_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, Hash)]
struct Contact {
    since: SimTime,
    last: SimTime,
    broken: bool,
}

/// By member.
#[derive(Clone, Debug, Hash, Default)]
pub(super) struct Contacts(BTreeMap<NodeId, Contact>);

impl Contacts {
    /// A message came. Somebody who was never missed counts as connected since `started`, when this process began.
    pub(super) fn heard(&mut self, from: NodeId, now: SimTime, started: SimTime) {
        let contact = self.0.entry(from).or_insert(Contact { since: started, last: now, broken: false });
        if contact.broken {
            (contact.broken, contact.since) = (false, now);
        }
        contact.last = now;
    }

    /// A member was added: it is not connected until it is heard of.
    pub(super) fn added(&mut self, id: NodeId, now: SimTime) {
        self.0.insert(id, Contact { since: now, last: now, broken: true });
    }

    pub(super) fn removed(&mut self, id: NodeId) {
        self.0.remove(&id);
    }

    /// Since when it is connected, if it is.
    fn since(&self, id: NodeId) -> Option<SimTime> {
        self.0.get(&id).filter(|contact| !contact.broken).map(|contact| contact.since)
    }
}

impl Member {
    /// On a leader: looks for silence.
    pub(super) fn check_contacts(&mut self, now: SimTime) {
        let patience = self.config.election_timeout();
        if !self.is_leader() || now.since(self.leader_elected_at) < patience {
            return;
        }
        for member in self.state.members.iter() {
            let id = NodeId(member.id);
            if id == self.id {
                continue;
            }
            let never = Contact { since: now, last: now, broken: true };
            let contact = self.contacts.0.entry(id).or_insert(never);
            contact.broken |= now.since(contact.last) > patience;
        }
    }

    /// Whether it is in contact with a member at all; with itself always.
    pub(super) fn is_connected(&self, id: NodeId) -> bool {
        id == self.id || self.contacts.since(id).is_some()
    }

    /// Whether it has heard since then of those that a call depends on: a leader of a quorum, the others of the leader.
    pub(super) fn heard_enough_since(&self, since: SimTime) -> bool {
        let heard = |id: NodeId| {
            id == self.id || self.contacts.0.get(&id).is_some_and(|contact| contact.last >= since)
        };
        if !self.is_leader() {
            return heard(self.lead());
        }
        let members = &self.state.members;
        let count = members.voters().filter(|member| heard(NodeId(member.id))).count();
        count > members.voters().count() / 2
    }

    /// How many of these members have been in contact long enough.
    pub(super) fn connected_long<'a>(
        &self,
        members: impl Iterator<Item = &'a MemberInfo>,
        now: SimTime,
    ) -> usize {
        let long = |member: &&MemberInfo| {
            let id = NodeId(member.id);
            id == self.id || self.contacts.since(id).is_some_and(|since| now.since(since) > HEALTH_INTERVAL)
        };
        members.filter(long).count()
    }
}
