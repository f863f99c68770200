//! What goes wrong while clients work.

use std::time::Duration;

use etcd::Input;
use etcd::member::address;
use etcd::rpc::Request;
use sim::{Actor, LinkRule};

use crate::common::Cluster;

/// What one run may do to the cluster.
#[derive(Clone, Copy, Default)]
pub struct Plan {
    /// Every disk lies, and now and then all members lose power at once: a broken store.
    pub lies: bool,
    /// A member is added and another one removed on the way.
    pub changes: bool,
}

/// Makes something go wrong, or right again. `gone` is not to be started again.
pub fn disturb(cluster: &mut Cluster, plan: Plan, gone: Option<u32>) {
    let members = cluster.members.len() as u64;
    let victim = cluster.random.range(0..members) as u32;
    let other = cluster.random.range(0..members) as u32;
    let leader = cluster.leader();
    match cluster.random.range(0..16) {
        0 | 1 => {
            let dirty =
                cluster.members[victim as usize].as_ref().map_or(0, |m| m.disk().wal().dirty_sectors());
            let sectors = cluster.random.range(0..dirty + 1);
            cluster.crash(victim, sectors);
        }
        2 => cluster.crash(leader.unwrap_or(victim), 0),
        3..=6 if Some(victim) != gone => cluster.start(victim),
        7 => cluster.partition(&[victim]),
        8 => {
            // One direction only: it hears, and nobody hears it.
            let rule = LinkRule { cut: true, ..LinkRule::default() };
            cluster.links.set(Actor::Etcd(victim), Actor::Etcd(other), rule);
        }
        9 | 10 => cluster.heal(),
        11 => cluster.everywhere(LinkRule {
            loss_ppm: 100_000,
            duplicate_ppm: 100_000,
            jitter_ns: 40_000_000,
            ..LinkRule::default()
        }),
        12 => {
            let ms = cluster.random.range(1..120);
            if let Some(member) = cluster.members[victim as usize].as_mut() {
                member.set_fsync_latency(Duration::from_millis(1), Duration::from_millis(ms + 1));
            }
        }
        13 => {
            if let (Some(leader), Some(member)) = (leader, &cluster.members[victim as usize]) {
                let target = member.id().0;
                cluster.request(leader, Request::MoveLeader { target });
            }
        }
        14 if cluster.members[victim as usize].is_some() => cluster.handle(victim, Input::Campaign),
        _ if plan.lies => {
            for index in 0..members as u32 {
                cluster.crash(index, 0);
            }
            for index in 0..members as u32 {
                cluster.start(index);
            }
        }
        _ => {}
    }
    if plan.lies {
        for member in cluster.members.iter_mut().flatten() {
            member.disk_mut().set_lies(true);
        }
    }
}

/// A change of the members, one at a time. Says who is gone after it.
pub fn reconfigure(cluster: &mut Cluster, step: u64, gone: Option<u32>) -> Option<u32> {
    let leader = cluster.leader();
    match step {
        20 => {
            let peer_urls = vec![address::peer_url(3)];
            cluster.request(leader.unwrap_or(0), Request::MemberAdd { peer_urls, learner: false });
        }
        24 => cluster.join(3),
        50 => {
            if let (Some(leader), Some(member)) = (leader, &cluster.members[0]) {
                let id = member.id().0;
                cluster.request(leader, Request::MemberRemove { id });
                return Some(0);
            }
        }
        _ => {}
    }
    gone
}
