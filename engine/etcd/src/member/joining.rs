//! A member that was added to a running cluster and starts with an empty disk: it asks the others who it is.

use std::sync::Arc;
use std::time::Duration;

use raft::NodeId;
use sim::{Actor, SimTime, Str, Token};

use super::{Context, Forward, Input, Member, MemberConfig, Message, address, timer};
use crate::rpc::MemberInfo;

/// Without an answer it asks the next member. (etcd ends, and whatever runs it starts it again.)
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How far it has got.
#[derive(Clone, Debug, Hash, Default)]
pub(super) struct Joining {
    /// How many times it has asked.
    asked: u64,
    /// Which members have said that they do not know it.
    refused: Vec<u32>,
}

impl Member {
    /// Whether it still has to learn who it is.
    pub const fn is_joining(&self) -> bool {
        self.joining.is_some()
    }

    /// Something happened to a member that does not know yet who it is.
    pub(super) fn join(&mut self, input: Input, context: &mut Context<'_>) {
        match input {
            Input::Start => {
                context.note("{0} asks the others who is in the cluster.", [self.config.own().name]);
                self.ask_members(context);
            }
            Input::Timer(token) if token.kind == timer::JOIN => self.ask_members(context),
            Input::Forward { from, forward } => {
                if let Forward::Members { cluster, members } = &*forward {
                    self.told_members(from, *cluster, members, context);
                }
            }
            // It listens to nobody else yet.
            _ => {}
        }
    }

    fn ask_members(&mut self, context: &mut Context<'_>) {
        let others: Vec<u32> = others(&self.config).collect();
        let Some(joining) = &mut self.joining else { return };
        let turn = joining.asked.checked_rem(others.len() as u64).unwrap_or(0);
        joining.asked += 1;
        if let Some(index) = others.get(turn as usize) {
            context.send(Actor::Etcd(*index), Message::Forward(Arc::new(Forward::AskMembers)));
        }
        context.timer(ASK_AGAIN, Token::new(timer::JOIN, 0));
    }

    fn told_members(
        &mut self,
        from: u32,
        cluster: u64,
        members: &Arc<Vec<MemberInfo>>,
        context: &mut Context<'_>,
    ) {
        let own_url = address::peer_url(self.config.index);
        if let Some(me) = members.iter().find(|member| member.peer_urls.contains(&own_url)) {
            self.become_member(NodeId(me.id), cluster, members, context);
            return;
        }
        let all = others(&self.config).count();
        let Some(joining) = &mut self.joining else { return };
        if !joining.refused.contains(&from) {
            joining.refused.push(from);
        }
        // One that lags may not know of the new member yet.
        if joining.refused.len() >= all {
            let list: Vec<String> = members.iter().map(go_text).collect();
            let text = format!(
                "error validating peerURLs {{ClusterID:{cluster:x} Members:[{}] RemovedMemberIDs:[]}}: member count is unequal",
                list.join(" ")
            );
            self.stop(text, context);
        }
    }

    /// It knows who it is: from here on it is a member with an empty log, and waits for the leader.
    fn become_member(
        &mut self,
        id: NodeId,
        cluster: u64,
        members: &Arc<Vec<MemberInfo>>,
        context: &mut Context<'_>,
    ) {
        let mut disk = std::mem::take(&mut self.disk);
        disk.format(id, cluster);
        disk.begin_fsync();
        disk.finish_fsync();
        let started: SimTime = self.started_at;
        *self = Member::on(self.config.clone(), disk, started, false);
        self.routes.told(members);
        let id = Str::from(crate::proposal::member_text(id));
        context.note(
            "{0} has found itself as member {1} and waits for the leader.",
            [self.config.own().name, id],
        );
        self.start(context);
        self.drive(context);
    }
}

/// Whom it can ask.
fn others(config: &MemberConfig) -> impl Iterator<Item = u32> {
    config.peers.iter().map(|peer| peer.index).filter(|index| *index != config.index)
}

/// A member as Go prints it.
fn go_text(member: &MemberInfo) -> String {
    let list = |urls: &[Str]| urls.iter().map(Str::as_str).collect::<Vec<_>>().join(" ");
    format!(
        "&{{ID:{:x} RaftAttributes:{{PeerURLs:[{}] IsLearner:{}}} Attributes:{{Name:{} ClientURLs:[{}]}}}}",
        member.id,
        list(&member.peer_urls),
        member.is_learner,
        member.name,
        list(&member.client_urls)
    )
}
