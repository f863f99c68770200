//! The Maintenance service: quota and alarms, defragmentation, hashes, snapshots and what is made of them.

mod common;

use std::time::Duration;

use common::Cluster;
use etcd::member::address;
use etcd::rpc::{
    Alarm, AlarmAction, AlarmKind, KeyRange, LeaseId, MemberStatus, OpResponse, Put, Range, Request,
    Response, Revision,
};
use etcd::snapshot::{RestoreConfig, SnapshotBlob, restore};

const SECOND: Duration = Duration::from_secs(1);

fn status(cluster: &mut Cluster, of: u32) -> MemberStatus {
    match cluster.ask(of, Request::Status) {
        Response::Status { status, .. } => status,
        other => panic!("a status, got {other:?}"),
    }
}

fn error(response: Response) -> String {
    match response {
        Response::Error(error) => error.to_string(),
        other => panic!("an error, got {other:?}"),
    }
}

fn hash_kv(cluster: &mut Cluster, of: u32, revision: u64) -> (u32, u64, u64) {
    match cluster.ask(of, Request::HashKv { revision: Revision(revision) }) {
        Response::HashKv { hash, compact_revision, hash_revision, .. } => {
            (hash, compact_revision.0, hash_revision.0)
        }
        other => panic!("a hash, got {other:?}"),
    }
}

fn snapshot(cluster: &mut Cluster, of: u32) -> SnapshotBlob {
    match cluster.ask(of, Request::Snapshot) {
        Response::Snapshot { blob, remaining_bytes: 0, version, .. } => {
            assert_eq!(version, "3.6.0");
            blob
        }
        other => panic!("a snapshot, got {other:?}"),
    }
}

fn alarm(action: AlarmAction, member: u64, alarm: AlarmKind) -> Request {
    Request::Alarm { action, member, alarm }
}

#[test]
fn a_full_database_takes_no_more_until_there_is_room() {
    let mut cluster = Cluster::with(1, 3, |config| config.quota_bytes = 200_000);
    let leader = cluster.await_leader();
    let big = "x".repeat(10_000);
    let mut refused = None;
    for _ in 0..40 {
        match cluster.ask(leader, Request::Put(Put::new("a", big.as_str()))) {
            Response::Op { .. } => {}
            other => {
                refused = Some(error(other));
                break;
            }
        }
    }
    let words = "etcdserver: mvcc: database space exceeded";
    assert_eq!(refused.as_deref(), Some(words));
    cluster.run_for(SECOND);
    let other = (leader + 1) % 3;
    assert_eq!(error(cluster.ask(other, Request::Put(Put::new("b", "1")))), words, "everywhere");
    assert_eq!(error(cluster.ask(other, Request::LeaseGrant { id: LeaseId(1), ttl_seconds: 9 })), words);
    let Response::Alarm { alarms, .. } = cluster.ask(other, alarm(AlarmAction::Get, 0, AlarmKind::None))
    else {
        panic!("alarms");
    };
    let id = cluster.id(leader);
    assert!(alarms.contains(&Alarm { member: id, alarm: AlarmKind::NoSpace }), "{alarms:?}");
    assert!(status(&mut cluster, other).errors.contains(&format!("memberID:{id} alarm:NOSPACE ").into()));
    // Deletes and reads go on, and so do compactions, which make room.
    let revision = cluster.member(leader).revision();
    assert!(matches!(
        cluster.ask(leader, Request::Compact { revision, physical: true }),
        Response::Compact { .. }
    ));
    let before = status(&mut cluster, leader);
    assert!(before.db_size > 190_000 && before.db_size_in_use < 60_000, "{before:?}");
    for member in 0..3 {
        assert!(matches!(cluster.ask(member, Request::Defragment), Response::Defragment { .. }));
    }
    assert!(status(&mut cluster, leader).db_size < 60_000);
    for alarm_of in alarms {
        cluster.ask(leader, alarm(AlarmAction::Deactivate, alarm_of.member, alarm_of.alarm));
    }
    assert!(matches!(cluster.ask(other, Request::Put(Put::new("b", "1"))), Response::Op { .. }));
    assert!(status(&mut cluster, other).errors.is_empty());
    cluster.converge();
}

#[test]
fn a_corrupt_cluster_says_so() {
    let mut cluster = Cluster::new(2, 3);
    let leader = cluster.await_leader();
    let id = cluster.id(leader);
    cluster.ask(leader, alarm(AlarmAction::Activate, id, AlarmKind::Corrupt));
    let words = "etcdserver: corrupt cluster";
    assert_eq!(error(cluster.ask(leader, Request::Put(Put::new("a", "1")))), words);
    assert_eq!(error(cluster.ask(leader, Request::Range(Range::new(KeyRange::key("a"))))), words);
    cluster.ask(leader, alarm(AlarmAction::Deactivate, id, AlarmKind::Corrupt));
    assert!(matches!(cluster.ask(leader, Request::Put(Put::new("a", "1"))), Response::Op { .. }));
}

#[test]
fn a_defragmenting_member_keeps_its_clients_waiting() {
    let mut cluster = Cluster::new(3, 3);
    let leader = cluster.await_leader();
    let value = "x".repeat(100_000);
    for _ in 0..20 {
        cluster.ask(leader, Request::Put(Put::new("a", value.as_str())));
    }
    let defrag = cluster.request(leader, Request::Defragment);
    cluster.run_for(Duration::from_millis(5));
    assert!(cluster.member(leader).is_defragmenting());
    let read = cluster
        .request(leader, Request::Range(Range { serializable: true, ..Range::new(KeyRange::key("a")) }));
    let write = cluster.put(leader, "b", "1");
    cluster.run_for(Duration::from_millis(10));
    assert!(matches!(status(&mut cluster, leader), MemberStatus { leader: 1.., .. }), "it says how it is");
    assert_eq!((cluster.answer(read), cluster.answer(write), cluster.answer(defrag)), (None, None, None));
    cluster.run_for(SECOND);
    assert!(matches!(cluster.answer(read), Some(Response::Op { .. })));
    assert!(matches!(cluster.answer(write), Some(Response::Op { .. })));
    assert!(matches!(cluster.answer(defrag), Some(Response::Defragment { .. })));
    assert_eq!(cluster.leader(), Some(leader), "it led all the time");
    cluster.converge();
}

#[test]
fn hashes_agree_and_are_of_a_revision() {
    let mut cluster = Cluster::new(4, 3);
    let leader = cluster.await_leader();
    for i in 0..5 {
        cluster.ask(leader, Request::Put(Put::new("a", i.to_string().as_str())));
    }
    cluster.run_for(SECOND);
    let all: Vec<_> = (0..3).map(|member| hash_kv(&mut cluster, member, 0)).collect();
    assert!(all.iter().all(|hash| *hash == all[0] && (hash.1, hash.2) == (0, 6)), "{all:?}");
    let fourth = hash_kv(&mut cluster, 0, 4);
    assert_ne!(fourth.0, all[0].0);
    cluster.ask(leader, Request::Put(Put::new("b", "1")));
    assert_eq!(hash_kv(&mut cluster, 0, 4), fourth);
    cluster.ask(leader, Request::Compact { revision: Revision(5), physical: true });
    cluster.run_for(SECOND);
    let table = [
        (4, "etcdserver: mvcc: required revision has been compacted"),
        (99, "etcdserver: mvcc: required revision is a future revision"),
    ];
    for (revision, words) in table {
        assert_eq!(error(cluster.ask(1, Request::HashKv { revision: Revision(revision) })), words);
    }
    let hash = |cluster: &mut Cluster, of| match cluster.ask(of, Request::Hash) {
        Response::Hash { hash, .. } => hash,
        other => panic!("a hash, got {other:?}"),
    };
    assert_eq!(hash(&mut cluster, 0), hash(&mut cluster, 2));
}

#[test]
fn a_snapshot_is_restored_as_a_new_cluster() {
    let mut cluster = Cluster::new(5, 3);
    let leader = cluster.await_leader();
    for i in 0..10 {
        cluster.ask(leader, Request::Put(Put::new(format!("k{i}"), "saved")));
    }
    let blob = snapshot(&mut cluster, leader);
    let said = blob.status();
    assert_eq!((said.revision, said.version.as_str()), (Revision(11), "3.6.0"));
    assert_eq!((said.total_key, said.total_size), (10 + 3 + 6, blob.size()));
    cluster.ask(leader, Request::Put(Put::new("k1", "later")));
    let old: Vec<u64> = (0..3).map(|index| cluster.id(index)).collect();
    let old_cluster = cluster.member(0).cluster_id();
    let initial: Vec<_> = (0..3).map(|index| (address::name(index), address::peer_url(index))).collect();
    for index in 0..3 {
        cluster.crash(index, 0);
    }
    for index in 0..3 {
        let config = RestoreConfig { initial_cluster: initial.clone(), ..RestoreConfig::alone(index) };
        let disk = restore(&blob, &config).expect("it fits");
        cluster.start_on(index, disk);
    }
    cluster.converge();
    assert!((0..3).all(|index| cluster.id(index) != old[index as usize]));
    assert_ne!(cluster.member(0).cluster_id(), old_cluster);
    assert_eq!(cluster.read(0, KeyRange::key("k1")), [("k1".to_owned(), "saved".to_owned())]);
    assert_eq!(cluster.read(0, KeyRange::prefix("k")).len(), 10);
    assert!(cluster.running().all(|member| member.state().members.iter().all(|m| m.client_urls.len() == 1)));
    for index in 0..3 {
        cluster.crash(index, 0);
        cluster.start(index);
    }
    cluster.converge();
}

#[test]
fn a_restored_cluster_may_jump_over_revisions() {
    let mut cluster = Cluster::new(6, 1);
    cluster.await_leader();
    cluster.ask(0, Request::Put(Put::new("a", "1")));
    let blob = snapshot(&mut cluster, 0);
    let config = RestoreConfig { bump_revision: 1000, mark_compacted: true, ..RestoreConfig::alone(0) };
    cluster.start_on(0, restore(&blob, &config).expect("it fits"));
    cluster.await_leader();
    cluster.run_for(SECOND);
    let Response::Op { header, response: OpResponse::Range { kvs, .. } } =
        cluster.ask(0, Request::Range(Range::new(KeyRange::key("a"))))
    else {
        panic!("a range");
    };
    assert_eq!((header.revision, kvs[0].mod_revision), (Revision(1002), Revision(2)));
    let old = Range { revision: Revision(2), ..Range::new(KeyRange::key("a")) };
    assert_eq!(
        error(cluster.ask(0, Request::Range(old))),
        "etcdserver: mvcc: required revision has been compacted"
    );
}

#[test]
fn restoring_asks_for_sense() {
    let blob = SnapshotBlob::new(etcd::state::State::new(2));
    let alone = || RestoreConfig::alone(0);
    let table = [
        (
            RestoreConfig { name: "x".into(), ..alone() },
            "couldn't find local name \"x\" in the initial cluster configuration",
        ),
        (
            RestoreConfig { initial_advertise_peer_urls: vec![address::peer_url(1)], ..alone() },
            "--initial-cluster has etcd-0=http://172.18.0.3:2380 but missing from --initial-advertise-peer-urls=http://172.18.0.4:2380",
        ),
        (RestoreConfig { bump_revision: 1, ..alone() }, "--mark-compacted required if --bump-revision > 0"),
    ];
    for (config, words) in table {
        assert_eq!(restore(&blob, &config).err().map(|error| error.to_string()).as_deref(), Some(words));
    }
}
