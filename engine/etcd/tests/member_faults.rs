//! Random changes of the membership among crashes, cuts and loss, over many seeds (`CLUSTERLAB_SEEDS`, 20 by default;
//! `CLUSTERLAB_SEED` for one): no
//! invariant broken, nothing acknowledged is lost, and in the end all members agree.

mod common;

use std::time::Duration;

use common::{Cluster, seeds};
use etcd::member::address;
use etcd::rpc::{CallId, KeyRange, Request, Response};
use sim::LinkRule;

/// Members never go above this number.
const MEMBERS_MAX: u32 = 6;

/// What happens in a run.
struct Run {
    cluster: Cluster,
    /// Writes by number, with the calls that asked for them.
    writes: Vec<CallId>,
}

impl Run {
    fn new(seed: u64) -> Run {
        let members = 1 + (seed % 3) as u32 * 2;
        let cluster = Cluster::with(seed, members, |config| {
            // Snapshots and compacted logs are part of it.
            config.snapshot_count = 40;
            config.catch_up_entries = 10;
        });
        Run { cluster, writes: Vec::new() }
    }

    fn any(&mut self) -> u32 {
        let members = self.cluster.members.len() as u64;
        self.cluster.random.range(0..members) as u32
    }

    /// The members, as the one knows them that has applied most: without those that were just added there may be no leader.
    fn known(&self) -> Vec<(u64, u32, bool, bool)> {
        let newest = self.cluster.running().filter(|m| !m.is_joining()).max_by_key(|m| m.applied());
        let Some(newest) = newest else { return Vec::new() };
        let members = &newest.state().members;
        let place = |member: &etcd::rpc::MemberInfo| {
            let index = address::index_of_peer_url(member.peer_urls.first()?)?;
            Some((member.id, index, member.is_learner, member.is_started()))
        };
        members.iter().filter_map(place).collect()
    }

    fn change(&mut self) {
        let (to, known) = (self.any(), self.known());
        match self.cluster.random.range(0..5) {
            0 | 1 => {
                let free = (0..MEMBERS_MAX).find(|index| known.iter().all(|member| member.1 != *index));
                if let Some(index) = free {
                    let learner = self.cluster.random.range(0..2) == 0;
                    let peer_urls = vec![address::peer_url(index)];
                    self.cluster.request(to, Request::MemberAdd { peer_urls, learner });
                }
            }
            2 => {
                if let Some((id, ..)) = known.iter().find(|member| member.2) {
                    self.cluster.request(to, Request::MemberPromote { id: *id });
                }
            }
            3 if !known.is_empty() => {
                let place = self.cluster.random.range(0..known.len() as u64) as usize;
                self.cluster.request(to, Request::MemberRemove { id: known[place].0 });
            }
            _ if !known.is_empty() => {
                let place = self.cluster.random.range(0..known.len() as u64) as usize;
                self.cluster.request(to, Request::MoveLeader { target: known[place].0 });
            }
            _ => {}
        }
    }

    /// Members that were added and run nowhere are started; processes that have ended are cleared away.
    fn tend(&mut self) {
        for (id, index, _, started) in self.known() {
            let place = self.cluster.members.get(index as usize).and_then(Option::as_ref);
            let there = place.is_some_and(|member| member.id().0 == id || member.is_joining());
            let disk = self.cluster.disks.get(index as usize);
            let on_disk = disk.and_then(etcd::Disk::identity).is_some_and(|(node, _)| node.0 == id);
            if !there && !on_disk && !started {
                self.cluster.join(index);
            }
        }
        let ended: Vec<u32> = self
            .cluster
            .running()
            .filter(|member| member.stopped().is_some())
            .map(|member| member.index())
            .collect();
        for index in ended {
            self.cluster.crash(index, 0);
        }
    }

    fn fault(&mut self) {
        let victim = self.any();
        match self.cluster.random.range(0..8) {
            0 => self.cluster.crash(victim, 0),
            1 | 2 => self.restart(victim),
            3 => self.cluster.partition(&[victim]),
            4 | 5 => self.cluster.heal(),
            6 => self.cluster.everywhere(LinkRule {
                loss_ppm: 50_000,
                duplicate_ppm: 50_000,
                ..LinkRule::default()
            }),
            _ => self.cluster.everywhere(LinkRule::default()),
        }
    }

    /// A member that was removed stays down: it would only end again.
    fn restart(&mut self, index: u32) {
        let known = self.known();
        let disk = &self.cluster.disks[index as usize];
        if disk.identity().is_some_and(|(node, _)| known.iter().any(|member| member.0 == node.0)) {
            self.cluster.start(index);
        }
    }

    fn write(&mut self) {
        let to = self.any();
        let key = format!("w{}", self.writes.len());
        let call = self.cluster.put(to, &key, "x");
        self.writes.push(call);
    }

    /// All that are members run, all links work: then there is one state, with all that was acknowledged in it.
    fn settle(&mut self, seed: u64) {
        self.cluster.everywhere(LinkRule::default());
        for _ in 0..120 {
            // Those that were removed, too, as whatever runs them would do: a leader that removed itself and ended before it could
            // tell the last voter may be needed for that once more.
            for index in 0..self.cluster.members.len() as u32 {
                if self.cluster.members[index as usize].is_none()
                    && !self.cluster.disks[index as usize].is_empty()
                {
                    self.cluster.start(index);
                }
            }
            self.cluster.run_for(Duration::from_secs(1));
            self.tend();
            let known = self.known();
            let states: Vec<_> = self
                .cluster
                .running()
                .filter(|member| known.iter().any(|known| known.0 == member.id().0))
                .map(etcd::Member::state_digest)
                .collect();
            let led = self.cluster.leader().is_some();
            let all = led && states.len() == known.len() && known.iter().all(|member| member.3);
            if all && !known.is_empty() && states.windows(2).all(|pair| pair[0] == pair[1]) {
                return;
            }
        }
        let lines: Vec<String> = self
            .cluster
            .running()
            .map(|m| {
                let (leader, stopped) = (m.leader_index(), m.stopped());
                format!(
                    "{}: {:x} {:?} led by {leader:?}, {:?} {stopped:?}",
                    m.name(),
                    m.id(),
                    m.role(),
                    m.applied()
                )
            })
            .collect();
        panic!("seed {seed}: the members {:?} don't agree: {lines:#?}", self.known());
    }

    fn check(&mut self, seed: u64) {
        let leader = self.cluster.leader().unwrap_or_else(|| panic!("seed {seed}: no leader"));
        let found: Vec<String> =
            self.cluster.read(leader, KeyRange::prefix("w")).into_iter().map(|(key, _)| key).collect();
        for (number, call) in self.writes.iter().enumerate() {
            let acknowledged = matches!(self.cluster.answer(*call), Some(Response::Op { .. }));
            assert!(
                !acknowledged || found.contains(&format!("w{number}")),
                "seed {seed}: write {number} was acknowledged and is lost"
            );
        }
    }
}

#[test]
fn members_come_and_go_among_faults() {
    let mut changes = 0;
    let only = std::env::var("CLUSTERLAB_SEED").ok().and_then(|text| text.parse().ok());
    for seed in only.map_or(0..seeds(20), |seed: u64| seed..seed + 1) {
        let mut run = Run::new(seed);
        run.cluster.run_for(Duration::from_secs(8));
        for _ in 0..60 {
            match run.cluster.random.range(0..6) {
                0 => run.fault(),
                1 => run.change(),
                _ => run.write(),
            }
            let pause = run.cluster.random.range(1..1500);
            run.cluster.run_for(Duration::from_millis(pause));
            run.tend();
        }
        run.settle(seed);
        run.check(seed);
        let leader = run.cluster.leader().unwrap_or(0);
        changes += run.cluster.member(leader).state().members.removed().len();
        changes += usize::from(run.cluster.members.len() > 1 + (seed % 3) as usize * 2);
    }
    assert!(only.is_some() || changes > 5, "hardly anything changed: {changes}");
}
