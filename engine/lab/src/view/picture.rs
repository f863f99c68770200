//! The home picture.

use api::http::Frame;
use sim::{Actor, Str};

use super::types::*;
use super::{names, pods};
use crate::Lab;
use crate::cluster::Cluster;
use crate::event::{Envelope, Event, Message};
use crate::narrate::label;

impl Lab {
    /// Everything on the home picture.
    pub fn picture(&self) -> Picture {
        let cluster = self.cluster();
        let pods = pods::all(cluster);
        let nodes = cluster.machines().map(|(number, _)| node(cluster, number, &pods)).collect();
        Picture {
            api_server: api_server(cluster),
            members: cluster.member_indexes().map(|index| member(cluster, index)).collect(),
            scheduler: scheduler(cluster),
            controllers: controllers(cluster),
            controller_manager_up: cluster.controller_manager().is_some(),
            nodes,
            pending_pods: pods
                .iter()
                .filter(|(node, _)| node.is_empty())
                .map(|(_, pod)| pod.clone())
                .collect(),
            messages: messages(cluster),
            links: cluster.links().exceptions().collect(),
            pods_total: pods.len() as u32,
            pods_ready: pods.iter().filter(|(_, pod)| pod.shape == PodShape::Ready).count() as u32,
        }
    }
}

fn api_server(cluster: &Cluster) -> ApiServerView {
    let Some(server) = cluster.api_server() else { return ApiServerView::default() };
    let watches = server.caches().map(|(_, _, _, watchers)| watchers).sum::<u64>();
    let revision = server.caches().map(|(_, _, revision, _)| revision.0).max().unwrap_or(0);
    ApiServerView {
        up: true,
        ready: server.is_ready(),
        revision,
        watches: watches as u32,
        in_flight: server.in_flight().count() as u32,
    }
}

pub(super) fn role(member: &etcd::Member) -> Role {
    let learner = member.conf_state().learners.contains(&member.id());
    match member.role() {
        raft::Role::Leader => Role::Leader,
        raft::Role::Candidate => Role::Candidate,
        raft::Role::PreCandidate => Role::PreCandidate,
        raft::Role::Follower if learner => Role::Learner,
        raft::Role::Follower => Role::Follower,
    }
}

fn member(cluster: &Cluster, index: u32) -> MemberView {
    let name = Str::from(Actor::Etcd(index).to_string());
    let Some(member) = cluster.member(index) else {
        return MemberView { index, name, ..MemberView::default() };
    };
    let peer = |id: raft::NodeId| cluster.member_index(id);
    let timeout = member.election_timeout().max(1);
    MemberView {
        index,
        name,
        up: true,
        role: role(member),
        term: member.term().0,
        vote: peer(member.vote()),
        leader: peer(member.leader()),
        last_index: member.last_entry().index.0,
        commit: member.commit_index().0,
        applied: member.applied().index.0,
        revision: member.store().revision().0,
        timer_permille: (member.election_elapsed() * 1000 / timeout).min(1000),
        progress: super::raft_view::progress(cluster, member),
        db_bytes: member.store().bytes(),
    }
}

fn scheduler(cluster: &Cluster) -> SchedulerView {
    let Some(scheduler) = cluster.scheduler() else { return SchedulerView::default() };
    let (active, backoff, unschedulable, gated) = scheduler.queue().lengths();
    let verdict = |v: &scheduler::NodeVerdict| NodeVerdict {
        node: v.node.clone(),
        filtered: v.filtered.clone(),
        scores: v.scores.clone(),
        total: v.total,
    };
    let decision = |d: &std::sync::Arc<scheduler::Decision>| Decision {
        at: d.at,
        pod: Str::from(d.pod.to_string()),
        node: d.node.clone(),
        nodes: d.verdicts.iter().map(verdict).collect(),
    };
    SchedulerView {
        up: true,
        active,
        backoff,
        unschedulable: unschedulable + gated,
        decisions: scheduler.decisions().newest_first().take(20).map(decision).collect(),
    }
}

fn controllers(cluster: &Cluster) -> Vec<ControllerView> {
    let Some(manager) = cluster.controller_manager() else { return Vec::new() };
    let view = |runtime: &controllers::Runtime| ControllerView {
        name: Str::from(runtime.name().as_str()),
        depth: (runtime.queue().depth() + runtime.queue().in_flight()) as u32,
        retries: runtime.queue().delayed() as u32,
        recent: runtime
            .diary()
            .rev()
            .take(8)
            .map(|done| (done.at, Str::from(done.item.to_string()), Str::from(done.note.to_string())))
            .collect(),
    };
    manager.runtimes().iter().map(view).collect()
}

fn node(cluster: &Cluster, number: u32, pods: &[(Str, PodView)]) -> NodeView {
    let Some(machine) = cluster.machine(number) else { return NodeView::default() };
    let name = Str::from(machine.spec.name.as_str());
    let mut view = NodeView {
        number,
        name: name.clone(),
        up: machine.powered && machine.kubelet.is_up(),
        pods: pods.iter().filter(|(node, _)| *node == name).map(|(_, pod)| pod.clone()).collect(),
        images: machine.runtime.images().map(|image| Str::from(image.name.to_string())).collect(),
        services: machine.rules().len() as u32,
        ..NodeView::default()
    };
    let key = api::ObjectKey::new("", name.clone());
    if let Some(object) = cluster.stored("", "nodes", &key)
        && let Some(node) = object.node()
    {
        view.ready = node.condition("Ready").map(|c| c.status.clone()).unwrap_or_default();
        view.cordoned = node.spec.unschedulable;
        view.zone = object.label("topology.kubernetes.io/zone").cloned().unwrap_or_default();
        view.pod_cidr = node.spec.pod_cidr.clone();
        view.taints = node.spec.taints.iter().map(names::taint).collect();
    }
    if let Some(info) = cluster.scheduler().and_then(|s| s.cache().node(&name)) {
        let percent = |used: i64, all: i64| if all == 0 { 0 } else { (used * 100 / all) as u32 };
        view.cpu_percent = percent(info.requested.milli_cpu, info.allocatable.milli_cpu);
        view.memory_percent = percent(info.requested.memory, info.allocatable.memory);
    }
    view
}

fn messages(cluster: &Cluster) -> Vec<MessageView> {
    let mut views: Vec<MessageView> = Vec::new();
    for (id, waiting) in cluster.connections().held() {
        views.push(message(&waiting.envelope, id, true));
    }
    for (at, sequence, queued) in cluster.queue().iter() {
        if views.len() >= Picture::MESSAGES_MAX as usize {
            break;
        }
        if let Event::Deliver(envelope) = &queued.event
            && !is_background(&envelope.message)
        {
            let id = cluster.connections().name(MessageId { at, sequence });
            views.push(MessageView { arrives: at, ..message(envelope, id, false) });
        }
    }
    views
}

/// Between a kubelet and its runtime messages take no way that could be drawn.
fn is_background(message: &Message) -> bool {
    matches!(message, Message::CriRequest(..) | Message::CriResponse(..) | Message::CriEvent(_))
        || matches!(message, Message::Frame(_, Frame::Watch(events)) if events.is_empty())
}

fn message(envelope: &Envelope, id: MessageId, held: bool) -> MessageView {
    MessageView {
        id,
        from: envelope.from,
        to: envelope.to,
        label: label(&envelope.message),
        sent: envelope.sent,
        arrives: id.at,
        held,
        raft: envelope.message.is_raft(),
    }
}
