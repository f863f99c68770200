//! Who is in the cluster: the part of the replicated state that configuration changes and announcements write.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use raft::{ConfChange, ConfChangeKind, NodeId};
use sim::{Blob, Digest, SimTime, Str};

use crate::rpc::{Error, MemberInfo};

/// How many learners a cluster may have (`--max-learners`).
const MAX_LEARNERS: usize = 1;

/// The members, and those that were once: an ID never returns. A clone is two pointers.
#[derive(Clone, Debug, Default)]
pub struct Membership {
    /// By ID.
    members: Arc<Vec<MemberInfo>>,
    /// Ascending.
    removed: Arc<Vec<u64>>,
    digest: Digest,
}

impl Hash for Membership {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

/// What a configuration change's entry carries for etcd: JSON, as etcd's own.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct ChangeContext {
    /// The member.
    id: u64,
    /// Its URLs; null where the change does not touch them.
    #[serde(rename = "peerURLs")]
    peer_urls: Option<Vec<String>>,
    #[serde(rename = "isLearner", default, skip_serializing_if = "is_false")]
    is_learner: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(rename = "isPromote", default, skip_serializing_if = "is_false")]
    is_promote: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl ChangeContext {
    /// For a change that adds a member or gives it other URLs.
    pub fn of(member: &MemberInfo) -> ChangeContext {
        ChangeContext {
            id: member.id,
            peer_urls: Some(member.peer_urls.iter().map(ToString::to_string).collect()),
            is_learner: member.is_learner,
            name: member.name.to_string(),
            is_promote: false,
        }
    }

    /// For a learner that becomes a voter.
    pub fn promote(id: u64) -> ChangeContext {
        ChangeContext { id, is_promote: true, ..ChangeContext::default() }
    }

    /// The bytes.
    pub fn encode(&self) -> Blob {
        // Numbers and texts always have a JSON form.
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    /// Reads the bytes; `None` when they are none.
    pub fn decode(data: Option<&Blob>) -> Option<ChangeContext> {
        serde_json::from_slice(&data?.bytes()).ok()
    }

    /// Reads a list of them, which a change of several members carries.
    pub fn decode_list(data: Option<&Blob>) -> Vec<ChangeContext> {
        data.and_then(|data| serde_json::from_slice(&data.bytes()).ok()).unwrap_or_default()
    }

    /// The bytes of a list.
    pub fn encode_list(list: &[ChangeContext]) -> Blob {
        serde_json::to_vec(list).unwrap_or_default().into()
    }

    fn member(&self) -> MemberInfo {
        MemberInfo {
            id: self.id,
            name: Str::from(self.name.as_str()),
            peer_urls: self.urls(),
            client_urls: Vec::new(),
            is_learner: self.is_learner,
        }
    }

    fn urls(&self) -> Vec<Str> {
        self.peer_urls.iter().flatten().map(|url| Str::from(url.as_str())).collect()
    }
}

/// A new member's ID: a digest of its URLs and the time, so that the ID of a removed one never comes back.
pub fn new_id(peer_urls: &[Str], salt: &str, now: SimTime) -> NodeId {
    let mut sorted: Vec<&str> = peer_urls.iter().map(Str::as_str).collect();
    sorted.sort_unstable();
    // Local threads have the two highest numbers.
    NodeId(Digest::of(&(sorted, salt, now.as_nanos())).0.clamp(1, u64::MAX - 2))
}

impl Membership {
    /// The members, by ID.
    pub fn iter(&self) -> std::slice::Iter<'_, MemberInfo> {
        self.members.iter()
    }

    /// The members, by ID, as answers carry them.
    pub fn to_vec(&self) -> Vec<MemberInfo> {
        self.members.to_vec()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// True when nothing is known yet.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// A member.
    pub fn get(&self, id: NodeId) -> Option<&MemberInfo> {
        let place = self.members.binary_search_by_key(&id.0, |member| member.id).ok()?;
        self.members.get(place)
    }

    /// Whether the member was removed.
    pub fn was_removed(&self, id: NodeId) -> bool {
        self.removed.binary_search(&id.0).is_ok()
    }

    /// The removed members' IDs, ascending.
    pub fn removed(&self) -> &[u64] {
        &self.removed
    }

    /// Whether a member has no vote.
    pub fn is_learner(&self, id: NodeId) -> bool {
        self.get(id).is_some_and(|member| member.is_learner)
    }

    /// Those that have a vote.
    pub fn voters(&self) -> impl Iterator<Item = &MemberInfo> {
        self.members.iter().filter(|member| !member.is_learner)
    }

    /// Checks a committed change against what is true now: since it was proposed, another one may have come first.
    ///
    /// # Errors
    /// What the client that wanted it is told. Nobody acts by the change then.
    pub fn check(&self, change: &ConfChange) -> Result<(), Error> {
        if self.was_removed(change.node) {
            // etcd's "member ID was removed" reaches clients under this name.
            return Err(Error::MemberNotFound);
        }
        let context = ChangeContext::decode(change.context.as_ref()).unwrap_or_default();
        let known = self.get(change.node);
        match change.kind {
            ConfChangeKind::AddNode if context.is_promote => match known {
                None => Err(Error::MemberNotFound),
                Some(member) if !member.is_learner => Err(Error::MemberNotLearner),
                Some(_) => Ok(()),
            },
            ConfChangeKind::AddNode | ConfChangeKind::AddLearnerNode => {
                let learners = self.members.iter().filter(|member| member.is_learner).count();
                if known.is_some() {
                    Err(Error::MemberExists)
                } else if self.has_url(&context.urls(), None) {
                    Err(Error::PeerUrlExists)
                } else if change.kind == ConfChangeKind::AddLearnerNode && learners >= MAX_LEARNERS {
                    Err(Error::TooManyLearners)
                } else {
                    Ok(())
                }
            }
            ConfChangeKind::RemoveNode if known.is_none() => Err(Error::MemberNotFound),
            ConfChangeKind::RemoveNode => Ok(()),
            ConfChangeKind::UpdateNode if known.is_none() => Err(Error::MemberNotFound),
            ConfChangeKind::UpdateNode if self.has_url(&context.urls(), Some(change.node)) => {
                Err(Error::PeerUrlExists)
            }
            ConfChangeKind::UpdateNode => Ok(()),
        }
    }

    fn has_url(&self, urls: &[Str], except: Option<NodeId>) -> bool {
        let others = self.members.iter().filter(|member| Some(NodeId(member.id)) != except);
        others.flat_map(|member| &member.peer_urls).any(|url| urls.contains(url))
    }

    /// Carries out a change that [`Membership::check`] allows.
    pub fn apply(&mut self, change: &ConfChange) {
        let context = ChangeContext::decode(change.context.as_ref()).unwrap_or_default();
        match change.kind {
            ConfChangeKind::AddNode if context.is_promote => {
                self.change(change.node, |member| member.is_learner = false)
            }
            ConfChangeKind::AddNode | ConfChangeKind::AddLearnerNode => {
                let is_learner = change.kind == ConfChangeKind::AddLearnerNode;
                self.insert(MemberInfo { id: change.node.0, is_learner, ..context.member() });
            }
            ConfChangeKind::RemoveNode => {
                let members = Arc::make_mut(&mut self.members);
                members.retain(|member| member.id != change.node.0);
                let removed = Arc::make_mut(&mut self.removed);
                if let Err(place) = removed.binary_search(&change.node.0) {
                    removed.insert(place, change.node.0);
                }
                self.changed();
            }
            ConfChangeKind::UpdateNode => {
                let urls = context.urls();
                self.change(change.node, |member| member.peer_urls = urls);
            }
        }
    }

    /// A member has started and says its name and where clients reach it. A removed one's is ignored.
    pub fn publish(&mut self, id: NodeId, name: &Str, client_urls: &[Str]) {
        self.change(id, |member| {
            member.name = name.clone();
            member.client_urls = client_urls.to_vec();
        });
    }

    /// Puts a member in, or in the place of the one with its ID.
    pub fn insert(&mut self, member: MemberInfo) {
        let members = Arc::make_mut(&mut self.members);
        match members.binary_search_by_key(&member.id, |known| known.id) {
            Ok(place) => members[place] = member,
            Err(place) => members.insert(place, member),
        }
        self.changed();
    }

    fn change(&mut self, id: NodeId, change: impl FnOnce(&mut MemberInfo)) {
        let Ok(place) = self.members.binary_search_by_key(&id.0, |member| member.id) else { return };
        if let Some(member) = Arc::make_mut(&mut self.members).get_mut(place) {
            change(member);
        }
        self.changed();
    }

    fn changed(&mut self) {
        self.digest = Digest::of(&(&self.members, &self.removed));
    }

    /// Whether enough members have started for one more voter (etcd's strict reconfiguration check).
    pub fn is_ready_to_add_voter(&self) -> bool {
        let (members, started) = self.count(None);
        // The only member of a cluster may always get company: so clusters grow again after a disaster.
        (started == 1 && members == 1) || started > members.div_ceil(2)
    }

    /// Whether enough of the others have started to do without a voter.
    pub fn is_ready_to_remove_voter(&self, id: NodeId) -> bool {
        let (members, started) = self.count(Some(id));
        started > members / 2
    }

    /// Whether enough members have started for a learner to become a voter; itself counts as started.
    pub fn is_ready_to_promote(&self) -> bool {
        let (members, started) = self.count(None);
        started + 1 > members.div_ceil(2)
    }

    /// Voters and started voters, but for one.
    fn count(&self, except: Option<NodeId>) -> (usize, usize) {
        let voters = || self.voters().filter(|member| Some(NodeId(member.id)) != except);
        (voters().count(), voters().filter(|member| member.is_started()).count())
    }
}
