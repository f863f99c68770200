//! What a person may turn on a member, beside etcd's own calls: its disk's speed, a joint change, its first log.

use std::sync::Arc;

use raft::{
    ConfChangeKind, ConfChangeSingle, ConfChangeV2, Entry, HardState, LogIndex, NodeId, Term, Transition,
};
use sim::{Blob, Str, Token};

use super::{Context, Member, MemberConfig, address, bootstrap, timer};
use crate::disk::Disk;
use crate::membership::{ChangeContext, new_id};
use crate::proposal::{Proposal, RequestNumber};
use crate::rpc::{MemberInfo, Put, Request};

/// What one of a member's timers is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TimerKind {
    /// Raft's clock ticks.
    Tick,
    /// An fsync is done.
    Fsync,
    /// Committed entries are applied.
    Apply,
    /// Watchers that lag are led on.
    CatchUp,
    /// Idle watchers are told the revision.
    Progress,
    /// Anything else.
    Other,
}

/// What a member's timer is for.
pub const fn timer_kind(token: Token) -> TimerKind {
    match token.kind {
        timer::TICK => TimerKind::Tick,
        timer::FSYNC => TimerKind::Fsync,
        timer::APPLY => TimerKind::Apply,
        timer::CATCH_UP => TimerKind::CatchUp,
        timer::PROGRESS => TimerKind::Progress,
        _ => TimerKind::Other,
    }
}

impl Member {
    /// Reads that wait for the leader's word, or for their index to be applied.
    pub fn pending_reads(&self) -> u64 {
        self.reads.len()
    }

    /// Proposes a change of the configuration, of several members at once if need be, which none of etcd's own calls does.
    /// `changes` names members by their numbers among the actors; one that is new gets its ID as `member add` would give it.
    ///
    /// # Errors
    /// Says which member there is not, or why Raft does not take it.
    pub fn propose_conf_change(
        &mut self,
        mut changes: Vec<ConfChangeSingle>,
        context: &mut Context<'_>,
    ) -> Result<(), Str> {
        let mut told = Vec::new();
        for change in &mut changes {
            let index = u32::try_from(change.node.0).ok().filter(|index| *index < address::MOST);
            let Some(index) = index else {
                return Err(Str::from(format!("there is no member {}", change.node)));
            };
            let url = address::peer_url(index);
            let known = self.state.members.iter().find(|member| member.peer_urls.contains(&url)).cloned();
            let adds = matches!(change.kind, ConfChangeKind::AddNode | ConfChangeKind::AddLearnerNode);
            let mut member = match known {
                Some(member) => member,
                None if adds => {
                    let urls = vec![url];
                    let id = new_id(&urls, super::reconfigure::DEFAULT_TOKEN, context.now).0;
                    MemberInfo { id, peer_urls: urls, ..MemberInfo::default() }
                }
                None => return Err(Str::from(format!("{} is no member", address::name(index)))),
            };
            member.is_learner = change.kind == ConfChangeKind::AddLearnerNode;
            change.node = NodeId(member.id);
            if adds {
                told.push(ChangeContext::of(&member));
            }
        }
        let change = ConfChangeV2 {
            transition: Transition::Auto,
            changes,
            context: (!told.is_empty()).then(|| ChangeContext::encode_list(&told)),
        };
        let result = self.node.propose_conf_change(change).map_err(|error| Str::from(error.to_string()));
        self.drive(context);
        result
    }
}

/// The disk of a member of the initial cluster that has lived already: behind the initial configuration its log holds an
/// entry for each of `terms`, none of them known to be committed. Entries of the same place and term are the same on every
/// member, as Raft has it.
pub fn written_disk(config: &MemberConfig, terms: &[u64], term: u64) -> Disk {
    let mut disk = Disk::default();
    bootstrap(config, config.own().id, &mut disk);
    let first = config.peers.len() as u64 + 1;
    let entries: Vec<Entry> = (first..)
        .zip(terms)
        .map(|(index, term)| Entry {
            term: Term(*term),
            index: LogIndex(index),
            data: value(index, *term),
            ..Entry::default()
        })
        .collect();
    let commit = LogIndex(first - 1);
    disk.write(&entries, Some(HardState { term: Term(term.max(1)), vote: NodeId::NONE, commit }));
    disk.begin_fsync();
    disk.finish_fsync();
    disk
}

/// `put x <index>.<term>`, under a number that no running member makes.
fn value(index: u64, term: u64) -> Blob {
    let put = Put::new("x", format!("{index}.{term}").as_str());
    let number = RequestNumber(index << 24 | term);
    Proposal::new(number, Arc::new(Request::Put(put))).into_blob()
}
