//! Where to send what is for a member: derived from the membership, and from what the process was started
//! with as long as that says nothing.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use raft::NodeId;
use sim::Str;

use super::address;
use super::config::Peer;
use crate::membership::Membership;
use crate::rpc::MemberInfo;

/// Members with their places, by ID. Derived, so not part of the state's hash.
#[derive(Clone, Debug, Default)]
pub(super) struct Routes {
    known: Vec<Route>,
    /// What was learnt from others, not from the state.
    told: BTreeMap<NodeId, (Str, u32)>,
    initial: Vec<NodeId>,
}

#[derive(Clone, Debug)]
struct Route {
    id: NodeId,
    name: Str,
    index: Option<u32>,
}

impl Hash for Routes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.told.hash(state);
    }
}

impl Routes {
    /// Those of the state, and the initial ones.
    pub(super) fn new(initial: &[Peer], members: &Membership) -> Routes {
        let mut routes =
            Routes { initial: initial.iter().map(|peer| peer.id).collect(), ..Routes::default() };
        routes.update(initial, members);
        routes
    }

    /// A running cluster's members, as somebody told it who was asked. Returns how many are new.
    pub(super) fn told(&mut self, members: &[MemberInfo]) {
        for member in members {
            if let Some(index) = index_of(member) {
                self.told.insert(NodeId(member.id), (member.name.clone(), index));
            }
        }
    }

    /// A message came from a member that nothing was known of.
    pub(super) fn met(&mut self, id: NodeId, index: u32) {
        if self.find(id).is_none() && !self.told.contains_key(&id) {
            self.told.insert(id, (address::name(index), index));
        }
    }

    /// The membership has changed.
    pub(super) fn update(&mut self, initial: &[Peer], members: &Membership) {
        self.known.clear();
        for member in members.iter() {
            self.add(NodeId(member.id), member.name.clone(), index_of(member));
        }
        for peer in initial {
            self.add(peer.id, peer.name.clone(), Some(peer.index));
        }
    }

    /// Whether a member was there from the beginning.
    pub(super) fn initial(&self, id: NodeId) -> bool {
        self.initial.contains(&id)
    }

    /// How many members are known.
    pub(super) fn len(&self) -> usize {
        self.known.len().max(self.told.len())
    }

    pub(super) fn name(&self, id: NodeId) -> Option<Str> {
        let known = self.find(id).map(|route| route.name.clone());
        known.or_else(|| self.told.get(&id).map(|(name, _)| name.clone()))
    }

    pub(super) fn index(&self, id: NodeId) -> Option<u32> {
        match self.find(id) {
            Some(route) => route.index,
            None => self.told.get(&id).map(|(_, index)| *index),
        }
    }

    fn find(&self, id: NodeId) -> Option<&Route> {
        self.known.iter().find(|route| route.id == id)
    }

    fn add(&mut self, id: NodeId, name: Str, index: Option<u32>) {
        if self.find(id).is_some() {
            return;
        }
        // One that has not started has no name yet; the page and the notes speak of it by its place.
        let name = match index {
            Some(index) if name.is_empty() => address::name(index),
            _ if name.is_empty() => Str::from(crate::proposal::member_text(id)),
            _ => name,
        };
        self.known.push(Route { id, name, index });
    }
}

fn index_of(member: &MemberInfo) -> Option<u32> {
    member.peer_urls.iter().find_map(|url| address::index_of_peer_url(url))
}
