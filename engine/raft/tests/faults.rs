//! Groups under random faults: whatever the network, the disks and the members do, no invariant breaks, and
//! once all is well again the group goes on.
//!
//! `CLUSTERLAB_SEEDS` says how many runs (200 when unset).

use raft::group::{Group, GroupError};
use raft::invariants::Violation;
use raft::tracker::ProgressState;
use raft::{
    ConfChangeKind, ConfChangeSingle, ConfChangeV2, Config, LogIndex, NodeId, ReadOnlyOption, Role,
    Transition,
};
use sim::{Blob, Digest, Stream};

const STEPS: u64 = 1_500;

fn seeds() -> u64 {
    std::env::var("CLUSTERLAB_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(200)
}

/// One random way of running a member.
fn config(random: &mut Stream) -> Config {
    let pick = |random: &mut Stream| random.range(0..2) == 1;
    let check_quorum = pick(random);
    Config {
        pre_vote: pick(random),
        check_quorum,
        read_only_option: if check_quorum && pick(random) {
            ReadOnlyOption::LeaseBased
        } else {
            ReadOnlyOption::Safe
        },
        max_size_per_msg: [0, 40, 1 << 20][random.range(0..3) as usize],
        max_committed_size_per_ready: [1, 60, 1 << 20][random.range(0..3) as usize],
        max_inflight_msgs: [1, 3, 256][random.range(0..3) as usize],
        max_uncommitted_entries_size: [0, 200][random.range(0..2) as usize],
        step_down_on_removal: pick(random),
        ..Config::new(NodeId(1))
    }
}

struct Run {
    seed: u64,
    group: Group,
    random: Stream,
    members: u64,
    proposals: u64,
    /// Loss, in parts of a million; changes as the run goes.
    loss_ppm: u32,
    change_config: bool,
}

impl Run {
    fn new(seed: u64) -> Run {
        let mut random = Stream::derive(seed, "raft/faults");
        let voters = random.range(1..6);
        let members = voters + random.range(0..3);
        let config = config(&mut random);
        let group = Group::new(seed, members, voters, &config, true).unwrap();
        let change_config = members > voters && random.range(0..2) == 1;
        Run { seed, group, random, members, proposals: 0, loss_ppm: 50_000, change_config }
    }

    fn any(&mut self) -> NodeId {
        NodeId(1 + self.random.range(0..self.members))
    }

    fn step(&mut self) -> Result<(), GroupError> {
        let id = self.any();
        match self.random.range(0..100) {
            0..35 => self.network()?,
            35..55 => drop(self.group.ready(id)?),
            55..70 => drop(self.group.append(id)?),
            70..80 => drop(self.group.apply(id)?),
            80..90 => self.group.tick(id)?,
            90..95 => {
                self.proposals += 1;
                let data = Blob::from(format!("p{}", self.proposals).as_str());
                self.group.call(id, |node| node.propose(data).is_ok())?;
            }
            95 => {
                let to = self.any();
                match self.random.range(0..4) {
                    0 => self.group.call(id, |node| node.transfer_leader(to))?,
                    1 => self.group.call(id, |node| node.report_unreachable(to))?,
                    2 => self.group.call(id, |node| node.read_index(Blob::from("read")))?,
                    _ => self.group.call(id, |node| drop(node.forget_leader()))?,
                };
            }
            96 => {
                let keep = self.random.range(0..4);
                self.group.compact(id, keep);
            }
            97 => self.group.crash(id),
            98 => self.group.restart(id)?,
            _ if self.change_config => {
                let change = self.change();
                self.group.call(id, |node| node.propose_conf_change(change).is_ok())?;
            }
            _ => self.loss_ppm = [0, 50_000, 400_000][self.random.range(0..3) as usize],
        }
        Ok(())
    }

    /// Some message (not always the oldest) arrives, is lost or arrives twice.
    fn network(&mut self) -> Result<(), GroupError> {
        let pending = self.group.network().len() as u64;
        if pending == 0 {
            return Ok(());
        }
        let place = self.random.range(0..pending.min(1 + self.random.clone().range(0..8))) as usize;
        if self.random.chance_ppm(self.loss_ppm) {
            self.group.network_mut().remove(place);
            return Ok(());
        }
        if self.random.chance_ppm(50_000) {
            let copy = self.group.network()[place].clone();
            self.group.network_mut().push_back(copy);
        }
        self.group.deliver(place)
    }

    fn change(&mut self) -> ConfChangeV2 {
        let kinds = [ConfChangeKind::AddNode, ConfChangeKind::AddLearnerNode, ConfChangeKind::RemoveNode];
        let steps = self.random.range(0..3);
        let changes = (0..steps)
            .map(|_| ConfChangeSingle { kind: kinds[self.random.range(0..3) as usize], node: self.any() })
            // The first member always votes, so that no change leaves nobody.
            .filter(|change| change.node != NodeId(1))
            .collect();
        let transition = [Transition::Auto, Transition::JointImplicit, Transition::JointExplicit]
            [self.random.range(0..3) as usize];
        ConfChangeV2 { transition, changes, context: None }
    }

    /// All is well from now on: the group must get a leader that commits, and all its voters must catch up.
    fn heal(&mut self) -> Result<(), GroupError> {
        for id in (1..=self.members).map(NodeId) {
            self.group.restart(id)?;
        }
        for round in 0..400 {
            self.group.run(100_000)?;
            for id in (1..=self.members).map(NodeId) {
                self.group.tick(id)?;
            }
            self.retry_snapshots()?;
            if round % 20 == 10 && self.settled()? {
                return Ok(());
            }
        }
        if self.stuck_between_configurations() {
            return Ok(());
        }
        panic!("seed {}: the group did not come back: {:#?}", self.seed, self.states());
    }

    /// Snapshots that were lost, or are too old for their receiver, are the application's to report.
    fn retry_snapshots(&mut self) -> Result<(), GroupError> {
        let Some(leader) = self.group.leader() else { return Ok(()) };
        let status = self.group.members()[leader.0 as usize - 1].node().status();
        // A leader that was removed goes on leading and drops all proposals, until somebody else takes over.
        if !status.config.voters.contains(leader) {
            let to = status.config.voters.ids()[0];
            self.group.call(leader, |node| node.transfer_leader(to))?;
        }
        for (id, progress) in status.progress {
            if progress.state == ProgressState::Snapshot {
                self.group.compact(leader, 2);
                self.group.call(leader, |node| node.report_snapshot(id, false))?;
            }
        }
        Ok(())
    }

    /// A way to get stuck that etcd's library has: a leader that its own change demotes steps down with
    /// uncommitted entries before the others know that the change is committed. They act by the old
    /// configuration (they have the change in their logs, but act by it only when it is applied), need the
    /// demoted member's vote, and don't get it because its log is longer; and it can't campaign itself.
    fn stuck_between_configurations(&self) -> bool {
        let rafts = || self.group.members().iter().map(|member| member.node().raft());
        let votes_for_itself = |raft: &raft::Raft<_>| raft.tracker().config.voters.contains(raft.id());
        let longest_voter = rafts().filter(|raft| votes_for_itself(raft)).map(|raft| raft.last_id()).max();
        self.group.leader().is_none()
            && self.change_config
            && rafts().any(|raft| !votes_for_itself(raft) && Some(raft.last_id()) > longest_voter)
    }

    fn states(&self) -> Vec<String> {
        let text = |member: &raft::group::GroupMember| {
            format!("{:?} {:?}", member.application(), member.node().status())
        };
        self.group.members().iter().map(text).collect()
    }

    fn settled(&mut self) -> Result<bool, GroupError> {
        let Some(leader) = self.group.leader() else { return Ok(false) };
        let proposed = self.group.call(leader, |node| node.propose(Blob::from("last")).is_ok())?;
        // A proposal reaches all voters, and they have all applied the same.
        if proposed != Some(true) {
            return Ok(false);
        }
        for _ in 0..30 {
            self.group.run(100_000)?;
            self.group.tick(leader)?;
        }
        let raft = self.group.members()[leader.0 as usize - 1].node().raft();
        let voters = raft.tracker().config.voters.ids();
        let state = |id: NodeId| self.group.members()[id.0 as usize - 1].application();
        let (index, _) = state(leader);
        Ok(raft.role() == Role::Leader
            && index == raft.last_id().index
            && voters.iter().all(|id| state(*id) == state(leader)))
    }
}

#[test]
fn no_fault_breaks_an_invariant() {
    let mut committed = 0;
    for seed in 0..seeds() {
        let mut run = Run::new(seed);
        for _ in 0..STEPS {
            run.step().unwrap_or_else(|error| panic!("seed {seed}: {error:?}"));
        }
        run.heal().unwrap_or_else(|error| panic!("seed {seed}: {error:?}"));
        committed += run.group.members()[0].node().raft().committed().0;
    }
    // The runs did something.
    assert!(committed > 3 * seeds(), "{committed}");
}

#[test]
fn the_same_seed_gives_the_same_group() {
    let digest = |seed| {
        let mut run = Run::new(seed);
        for _ in 0..STEPS {
            run.step().unwrap();
        }
        (run.group.events(), Digest::of(&run.group))
    };
    for seed in 0..5 {
        assert_eq!(digest(seed), digest(seed));
    }
    assert_ne!(digest(1).1, digest(2).1);
}

#[test]
fn a_clone_is_a_fork() {
    let mut run = Run::new(3);
    for _ in 0..STEPS {
        run.step().unwrap();
    }
    let before = Digest::of(&run.group);
    let mut fork = run.group.clone();
    fork.tick(NodeId(1)).unwrap();
    fork.run(1_000).unwrap();
    assert_eq!(Digest::of(&run.group), before);
}

#[test]
fn a_broken_promise_is_noticed() {
    let config = Config { pre_vote: false, check_quorum: false, ..Config::new(NodeId(1)) };
    let mut group = Group::new(1, 3, 3, &config, true).unwrap();
    group.call(NodeId(1), |node| node.campaign()).unwrap();
    assert!(group.run(10_000).unwrap());
    for data in ["a", "b"] {
        group.call(NodeId(1), |node| node.propose(Blob::from(data))).unwrap();
        group.run(10_000).unwrap();
    }
    assert_eq!(group.leader(), Some(NodeId(1)));
    // A member that doesn't hold what it must have promised to hold stops with etcd's words.
    let m = raft::Message {
        kind: raft::MessageKind::Heartbeat,
        from: NodeId(1),
        to: NodeId(3),
        term: raft::Term(2),
        commit: LogIndex(99),
        ..raft::Message::default()
    };
    group.network_mut().push_back(m);
    let error = group.deliver(0).unwrap_err();
    match error {
        GroupError::Member(NodeId(3), error) => assert_eq!(
            error.to_string(),
            "tocommit(99) is out of range [lastIndex(4)]. Was the raft log corrupted, truncated, or lost?"
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_leader_that_lacks_what_is_committed_is_noticed() {
    let config = Config { pre_vote: false, check_quorum: false, ..Config::new(NodeId(1)) };
    let mut group = Group::new(1, 3, 3, &config, true).unwrap();
    // Members 1 and 2 commit; 3 hears nothing.
    group.crash(NodeId(3));
    group.call(NodeId(1), |node| node.campaign()).unwrap();
    group.run(10_000).unwrap();
    group.call(NodeId(1), |node| node.propose(Blob::from("a"))).unwrap();
    group.run(10_000).unwrap();
    assert_eq!(group.members()[0].node().raft().committed(), LogIndex(3));
    // 2 forgets everything, and votes for 3.
    for id in [NodeId(1), NodeId(2)] {
        group.crash(id);
    }
    group.wipe(NodeId(2));
    for id in [NodeId(2), NodeId(3)] {
        group.restart(id).unwrap();
    }
    // The first term that 3 tries is one that 1 has led; a second leader would be noticed first.
    group.call(NodeId(3), |node| node.campaign()).unwrap();
    while group.ready(NodeId(3)).unwrap() || group.append(NodeId(3)).unwrap() {}
    group.network_mut().clear();
    group.call(NodeId(3), |node| node.campaign()).unwrap();
    match group.run(10_000) {
        Err(GroupError::Violation(Violation::LeaderLacks { leader: NodeId(3), committed, .. })) => {
            assert_eq!(committed.index, LogIndex(3));
        }
        other => panic!("{other:?}"),
    }
}
