//! The membership: add, learn, promote, remove, update, list; joining, leaving, moving the leader.

mod common;

use std::time::Duration;

use common::Cluster;
use etcd::member::address;
use etcd::rpc::{Error, KeyRange, MemberInfo, Put, Range, Request, Response, WatchCreate};

const SECOND: Duration = Duration::from_secs(1);

/// A cluster whose members have been connected long enough for changes.
fn settled(seed: u64, members: u32) -> (Cluster, u32) {
    let mut cluster = Cluster::new(seed, members);
    let leader = cluster.await_leader();
    cluster.run_for(6 * SECOND);
    (cluster, leader)
}

fn add(index: u32, learner: bool) -> Request {
    Request::MemberAdd { peer_urls: vec![address::peer_url(index)], learner }
}

fn added(response: Response) -> (MemberInfo, usize) {
    match response {
        Response::MemberAdd { member, members, .. } => (member, members.len()),
        other => panic!("a member, got {other:?}"),
    }
}

fn refused(cluster: &mut Cluster, to: u32, request: Request) -> String {
    match cluster.ask(to, request) {
        Response::Error(error) => error.to_string(),
        other => panic!("a refusal, got {other:?}"),
    }
}

fn list(cluster: &mut Cluster, from: u32) -> Vec<String> {
    let Response::MemberList { members, .. } = cluster.ask(from, Request::MemberList { linearizable: true })
    else {
        panic!("a list");
    };
    let mut lines: Vec<String> = members
        .iter()
        .map(|member| {
            let started = if member.is_started() { "started" } else { "unstarted" };
            let urls = |urls: &[sim::Str]| urls.join(",");
            format!(
                "{started} {} {} {} {}",
                member.name,
                urls(&member.peer_urls),
                urls(&member.client_urls),
                member.is_learner
            )
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn a_learner_joins_catches_up_and_becomes_a_voter() {
    let (mut cluster, leader) = settled(1, 3);
    for i in 0..50 {
        cluster.ask(leader, Request::Put(Put::new(format!("k{i}"), "v")));
    }
    let follower = (leader + 1) % 3;
    let (member, count) = added(cluster.ask(follower, add(3, true)));
    assert_eq!((member.is_learner, member.is_started(), count), (true, false, 4));
    assert_eq!(
        refused(&mut cluster, leader, Request::MemberPromote { id: member.id }),
        Error::LearnerNotReady.to_string()
    );
    cluster.join(3);
    cluster.run_for(2 * SECOND);
    assert_eq!(cluster.id(3), member.id);
    assert_eq!(
        list(&mut cluster, follower),
        [
            "started etcd-0 http://172.18.0.3:2380 http://172.18.0.3:2379 false",
            "started etcd-1 http://172.18.0.4:2380 http://172.18.0.4:2379 false",
            "started etcd-2 http://172.18.0.5:2380 http://172.18.0.5:2379 false",
            "started etcd-3 http://172.18.0.6:2380 http://172.18.0.6:2379 true",
        ]
    );
    assert!(cluster.member(3).is_learner() && cluster.member(3).is_ready());
    // A learner answers what it can say by itself.
    let stale = Range { serializable: true, ..Range::new(KeyRange::prefix("k")) };
    assert!(matches!(cluster.ask(3, Request::Range(stale)), Response::Op { .. }));
    assert!(matches!(cluster.ask(3, Request::Status), Response::Status { status, .. } if status.is_learner));
    let words = "etcdserver: rpc not supported for learner";
    for request in [
        Request::Range(Range::new(KeyRange::key("k1"))),
        Request::Put(Put::new("a", "b")),
        Request::Watch(WatchCreate::new(KeyRange::all())),
        Request::MemberList { linearizable: false },
    ] {
        assert_eq!(refused(&mut cluster, 3, request), words);
    }
    // One learner at a time.
    assert_eq!(
        refused(&mut cluster, leader, add(4, true)),
        "etcdserver: too many learner members in cluster"
    );
    let promoted = cluster.ask(follower, Request::MemberPromote { id: member.id });
    assert!(
        matches!(&promoted, Response::MemberPromote { members, .. } if members.len() == 4),
        "{promoted:?}"
    );
    cluster.run_for(SECOND);
    assert!(cluster.running().all(|member| member.conf_state().voters.len() == 4));
    assert_eq!(
        refused(&mut cluster, leader, Request::MemberPromote { id: member.id }),
        "etcdserver: can only promote a learner member"
    );
    assert!(matches!(cluster.ask(3, Request::Put(Put::new("a", "b"))), Response::Op { .. }));
    // It restarts as what it is.
    cluster.crash(3, 0);
    cluster.start(3);
    cluster.converge();
    assert_eq!(cluster.id(3), member.id);
}

#[test]
fn changes_are_refused_in_etcds_words() {
    let (mut cluster, leader) = settled(2, 3);
    let id = cluster.id((leader + 1) % 3);
    let add_urls = |urls: &[&str]| Request::MemberAdd {
        peer_urls: urls.iter().map(|url| sim::Str::from(*url)).collect(),
        learner: false,
    };
    let update = |id, index| Request::MemberUpdate { id, peer_urls: vec![address::peer_url(index)] };
    let table = [
        (add_urls(&[]), "etcdserver: given member URLs are invalid"),
        (add_urls(&["172.18.0.9:2380"]), "etcdserver: given member URLs are invalid"),
        (add_urls(&["http://172.18.0.3:2380"]), "etcdserver: Peer URLs already exists"),
        (Request::MemberRemove { id: 77 }, "etcdserver: member not found"),
        (Request::MemberPromote { id: 77 }, "etcdserver: member not found"),
        (Request::MemberPromote { id }, "etcdserver: can only promote a learner member"),
        (update(77, 6), "etcdserver: member not found"),
        (update(id, leader), "etcdserver: Peer URLs already exists"),
        (Request::MoveLeader { target: 77 }, "etcdserver: bad leader transferee"),
    ];
    for (request, words) in table {
        assert_eq!(refused(&mut cluster, leader, request.clone()), words, "{request:?}");
    }
    let updated = cluster.ask(leader, update(id, 6));
    assert!(matches!(updated, Response::MemberUpdate { .. }), "{updated:?}");
    cluster.ask(leader, update(id, (leader + 1) % 3));
    cluster.converge();
}

#[test]
fn a_cluster_that_is_not_whole_does_not_grow() {
    let (mut cluster, leader) = settled(3, 3);
    cluster.crash((leader + 1) % 3, 0);
    cluster.run_for(2 * SECOND);
    assert_eq!(refused(&mut cluster, leader, add(3, false)), "etcdserver: unhealthy cluster");
    // Nor does it let go of one of the two that work, but of the one that does not.
    let other = cluster.id((leader + 2) % 3);
    assert_eq!(
        refused(&mut cluster, leader, Request::MemberRemove { id: other }),
        "etcdserver: unhealthy cluster"
    );
    cluster.start((leader + 1) % 3);
    cluster.run_for(SECOND);
    assert_eq!(
        refused(&mut cluster, leader, add(3, false)),
        "etcdserver: unhealthy cluster",
        "five seconds have to pass"
    );
    cluster.run_for(6 * SECOND);
    let (first, _) = added(cluster.ask(leader, add(3, false)));
    assert_eq!(refused(&mut cluster, leader, add(4, false)), "etcdserver: unhealthy cluster");
    assert!(matches!(
        cluster.ask(leader, Request::MemberRemove { id: first.id }),
        Response::MemberRemove { .. }
    ));
    cluster.converge();
}

#[test]
fn unstarted_members_count_against_a_quorum() {
    let (mut cluster, _) = settled(4, 1);
    let (member, _) = added(cluster.ask(0, add(1, false)));
    // Two voters, one of which is not there: nothing commits any more, and etcd says so.
    assert_eq!(
        refused(&mut cluster, 0, add(2, false)),
        "etcdserver: re-configuration failed due to not enough started members"
    );
    cluster.join(1);
    cluster.run_for(8 * SECOND);
    assert_eq!(cluster.id(1), member.id);
    added(cluster.ask(1, add(2, false)));
    cluster.join(2);
    cluster.run_for(2 * SECOND);
    assert_eq!(list(&mut cluster, 2).len(), 3);
    cluster.converge();
    let own = cluster.id(0);
    let (mut alone, _) = settled(5, 1);
    assert_eq!(
        refused(&mut alone, 0, Request::MemberRemove { id: own }),
        "etcdserver: re-configuration failed due to not enough started members"
    );
}

#[test]
fn removed_members_end_and_their_ids_never_return() {
    let (mut cluster, leader) = settled(6, 3);
    let gone = (leader + 1) % 3;
    let (old, kept) = (cluster.id(gone), (leader + 2) % 3);
    // It is cut off, so it does not hear of it.
    cluster.partition(&[gone]);
    cluster.run_for(2 * SECOND);
    assert!(matches!(cluster.ask(kept, Request::MemberRemove { id: old }), Response::MemberRemove { .. }));
    cluster.crash(gone, 0);
    cluster.heal();
    cluster.start(gone);
    cluster.run_for(4 * SECOND);
    let words = "the member has been permanently removed from the cluster";
    assert_eq!(cluster.member(gone).stopped().map(|why| why.as_str()), Some(words));
    // As part of a new cluster it may not start either, when the others know it.
    cluster.crash(gone, 0);
    cluster.config_mut(gone).already_bootstrapped = true;
    cluster.start_on(gone, etcd::Disk::default());
    let words = format!("member {old:x} has already been bootstrapped");
    assert_eq!(cluster.member(gone).stopped().map(|why| why.to_string()), Some(words));
    // Nobody has added it: it finds no place.
    cluster.join(gone);
    cluster.run_for(4 * SECOND);
    let why = cluster.member(gone).stopped().map(|why| why.to_string()).unwrap_or_default();
    assert!(why.starts_with("error validating peerURLs {ClusterID:"), "{why}");
    assert!(why.ends_with("member count is unequal"), "{why}");
    cluster.run_for(4 * SECOND);
    let (member, _) = added(cluster.ask(leader, add(gone, false)));
    assert_ne!(member.id, old);
    cluster.join(gone);
    cluster.run_for(3 * SECOND);
    assert_eq!(cluster.id(gone), member.id);
    cluster.converge();
    assert_eq!(cluster.member(leader).state().members.removed(), [old]);
}

#[test]
fn a_leader_that_is_removed_ends_and_another_takes_over() {
    let (mut cluster, leader) = settled(7, 3);
    let id = cluster.id(leader);
    assert!(matches!(cluster.ask(leader, Request::MemberRemove { id }), Response::MemberRemove { .. }));
    cluster.run_for(SECOND + SECOND / 10);
    assert!(cluster.member(leader).stopped().is_some());
    cluster.crash(leader, 0);
    let next = cluster.await_leader();
    assert_ne!(next, leader);
    assert!(matches!(cluster.ask(next, Request::Put(Put::new("a", "b"))), Response::Op { .. }));
    assert_eq!(cluster.member(next).conf_state().voters.len(), 2);
}

#[test]
fn a_member_that_joins_late_gets_a_snapshot() {
    let mut cluster = Cluster::with(8, 3, |config| {
        config.snapshot_count = 100;
        config.catch_up_entries = 20;
    });
    let leader = cluster.await_leader();
    for i in 0..400 {
        cluster.put(leader, &format!("k{}", i % 10), &i.to_string());
        cluster.run_for(Duration::from_millis(20));
    }
    cluster.run_for(SECOND);
    let (member, _) = added(cluster.ask(leader, add(3, true)));
    cluster.join(3);
    cluster.run_for(3 * SECOND);
    assert_eq!(cluster.id(3), member.id);
    assert!(!cluster.member(3).disk().snapshots().is_empty());
    assert!(matches!(
        cluster.ask(leader, Request::MemberPromote { id: member.id }),
        Response::MemberPromote { .. }
    ));
    cluster.crash(3, 0);
    cluster.start(3);
    cluster.converge();
    assert_eq!(cluster.member(3).conf_state().voters.len(), 4);
}

#[test]
fn the_leader_moves_where_it_is_told() {
    let (mut cluster, leader) = settled(9, 3);
    let target = (leader + 1) % 3;
    let id = cluster.id(target);
    assert_eq!(refused(&mut cluster, target, Request::MoveLeader { target: id }), "etcdserver: not leader");
    assert!(matches!(cluster.ask(leader, Request::MoveLeader { target: id }), Response::MoveLeader { .. }));
    assert_eq!(cluster.leader(), Some(target));
    // One that can't be reached does not become the leader.
    cluster.crash(leader, 0);
    let own =
        Request::MoveLeader { target: cluster.disks[leader as usize].identity().map_or(0, |(id, _)| id.0) };
    assert_eq!(
        refused(&mut cluster, target, own),
        "etcdserver: request timed out, leader transfer took too long"
    );
    assert_eq!(cluster.leader(), Some(target));
}

#[test]
fn the_user_turns_the_clock_and_fires_the_timer() {
    let (mut cluster, leader) = settled(10, 3);
    let other = (leader + 1) % 3;
    // With pre-vote and check-quorum nobody listens to a member that campaigns without need.
    cluster.handle(other, etcd::Input::Campaign);
    cluster.run_for(SECOND);
    assert_eq!(cluster.leader(), Some(leader));
    let member = cluster.members[other as usize].as_mut().expect("it runs");
    assert!(member.set_timing(None, Some(5), Some(5)).is_err());
    assert_eq!(member.set_timing(Some(Duration::from_millis(50)), Some(1), Some(20)), Ok(()));
    assert!((20..40).contains(&member.election_timeout()));
    cluster.crash(leader, 0);
    cluster.run_for(3 * SECOND);
    assert!(cluster.leader().is_some_and(|now| now != leader));
}

#[test]
fn a_joint_change_takes_three_members_to_five_and_back() {
    use raft::{ConfChangeKind, Transition};
    let (mut cluster, leader) = settled(11, 3);
    let member = |index: u32| MemberInfo {
        id: etcd::Peer::numbered(index).id.0,
        peer_urls: vec![address::peer_url(index)],
        ..MemberInfo::default()
    };
    let reconfigure = |kind, indexes: &[u32], transition| etcd::Input::Reconfigure {
        steps: std::sync::Arc::new(indexes.iter().map(|index| (kind, member(*index))).collect()),
        transition,
    };
    cluster.handle(leader, reconfigure(ConfChangeKind::AddNode, &[3, 4], Transition::JointExplicit));
    cluster.run_for(SECOND);
    // Quorums of both halves are needed now: the three of before decide alone.
    let conf = cluster.member(leader).conf_state().clone();
    assert_eq!((conf.voters.len(), conf.voters_outgoing.len()), (5, 3));
    cluster.join(3);
    cluster.join(4);
    cluster.run_for(3 * SECOND);
    cluster.handle(leader, reconfigure(ConfChangeKind::AddNode, &[], Transition::Auto));
    cluster.run_for(SECOND);
    cluster.converge();
    assert!(
        cluster
            .running()
            .all(|m| m.conf_state().voters.len() == 5 && m.conf_state().voters_outgoing.is_empty())
    );
    assert_eq!(list(&mut cluster, 4).len(), 5);
    let lead = cluster.await_leader();
    let gone: Vec<u32> = (0..5).filter(|index| *index != lead).take(2).collect();
    cluster.handle(lead, reconfigure(ConfChangeKind::RemoveNode, &gone, Transition::Auto));
    cluster.run_for(3 * SECOND);
    assert_eq!(cluster.member(lead).conf_state().voters.len(), 3);
    assert!(matches!(cluster.ask(lead, Request::Put(Put::new("a", "b"))), Response::Op { .. }));
}
