//! Three members: elections, replication, crashes, restarts, partitions, reads, leases, watches, snapshots.

mod common;

use std::time::Duration;

use common::{CLIENT, Cluster};
use etcd::rpc::{
    CallId, DeleteRange, Error, KeyRange, LeaseId, OpResponse, Put, Range, Request, Response, Revision,
    WatchCreate,
};
use etcd::{Disk, Input};
use sim::Digest;

const SECOND: Duration = Duration::from_secs(1);

fn watch(range: KeyRange, start: u64) -> Request {
    Request::Watch(WatchCreate {
        range,
        start_revision: Revision(start),
        prev_kv: false,
        progress_notify: false,
        no_put: false,
        no_delete: false,
        fragment: false,
    })
}

/// The events of a watch as `key@revision`, `-` before deletes.
fn events(cluster: &Cluster, call: CallId) -> Vec<String> {
    let all = cluster.answers.get(&call).into_iter().flatten();
    all.flat_map(|response| match &**response {
        Response::WatchEvents { events, .. } => events
            .iter()
            .map(|e| format!("{}{}@{}", if e.delete { "-" } else { "" }, e.kv.key, e.kv.mod_revision.0))
            .collect(),
        Response::WatchCreated { .. } => vec!["created".to_owned()],
        Response::WatchCanceled { reason, compact_revision, .. } => {
            vec![format!("{reason} {}", compact_revision.0)]
        }
        other => panic!("a watch message, got {other:?}"),
    })
    .collect()
}

#[test]
fn one_leader_is_elected_and_all_agree_on_the_members() {
    let mut cluster = Cluster::new(1, 3);
    let leader = cluster.await_leader();
    cluster.run_for(SECOND);
    assert_eq!(cluster.leader(), Some(leader));
    for member in cluster.running() {
        let names: Vec<_> = member.state().members.iter().map(|m| m.name.to_string()).collect();
        assert_eq!(names.len(), 3);
        assert!(names.contains(&"etcd-2".to_owned()));
        assert_eq!(member.conf_state().voters.len(), 3);
        assert!((10..20).contains(&member.election_timeout()));
    }
    assert_eq!(cluster.member(leader).followers().len(), 2);
    // Idle, a cluster of three costs three ticks and four heartbeat messages in 100 ms.
    let before = cluster.events;
    cluster.run_for(10 * SECOND);
    assert_eq!(cluster.events - before, 700);
}

#[test]
fn a_write_through_any_member_is_read_through_any_other() {
    let mut cluster = Cluster::new(2, 3);
    cluster.await_leader();
    for i in 0..3u32 {
        let response = cluster.ask(i, Request::Put(Put::new(format!("k{i}"), "v")));
        let Response::Op { header, response: OpResponse::Put { prev_kv: None } } = response else {
            panic!("a put's answer, got {response:?}");
        };
        assert_eq!(header.revision, Revision(2 + u64::from(i)));
        assert_eq!(header.member, cluster.member(i).id().0);
        let keys: Vec<_> =
            cluster.read((i + 1) % 3, KeyRange::prefix("k")).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), 1 + i as usize);
    }
    let delete = Request::DeleteRange(DeleteRange { range: KeyRange::prefix("k"), prev_kv: true });
    let Response::Op { response: OpResponse::DeleteRange { deleted, prev_kvs }, .. } = cluster.ask(0, delete)
    else {
        panic!("a delete's answer");
    };
    assert_eq!((deleted, prev_kvs.len()), (3, 3));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_a_clone_is_a_fork() {
    let run = |seed| {
        let mut cluster = Cluster::new(seed, 3);
        cluster.await_leader();
        cluster.put(0, "a", "1");
        cluster.run_for(SECOND);
        cluster
    };
    let (a, b, c) = (run(3), run(3), run(4));
    assert_eq!((a.events, Digest::of(&a)), (b.events, Digest::of(&b)));
    assert_ne!(Digest::of(&a), Digest::of(&c));
    let mut fork = a.clone();
    fork.ask(1, Request::Put(Put::new("b", "2")));
    assert_eq!(Digest::of(&a), Digest::of(&b), "the original has not moved");
    assert_ne!(Digest::of(&fork), Digest::of(&a));
}

#[test]
fn a_dead_leader_is_replaced_and_returns_as_a_follower() {
    let mut cluster = Cluster::new(5, 3);
    let first = cluster.await_leader();
    assert!(matches!(cluster.ask(first, Request::Put(Put::new("a", "1"))), Response::Op { .. }));
    cluster.crash(first, 0);
    let second = cluster.await_leader();
    assert_ne!(first, second);
    assert_eq!(cluster.read(second, KeyRange::key("a")), [("a".to_owned(), "1".to_owned())]);
    cluster.ask(second, Request::Put(Put::new("a", "2")));
    cluster.start(first);
    cluster.await_leader();
    assert_eq!(cluster.read(first, KeyRange::key("a")), [("a".to_owned(), "2".to_owned())]);
    cluster.converge();
}

#[test]
fn all_restart_from_their_disks() {
    let mut cluster = Cluster::new(6, 3);
    cluster.await_leader();
    for i in 0..50 {
        // Part of it is in the database file, part only in the log.
        if i == 25 {
            cluster.run_for(SECOND);
        }
        cluster.ask(i % 3, Request::Put(Put::new(format!("k{}", i % 7), i.to_string().as_str())));
    }
    for i in 0..3 {
        cluster.crash(i, 0);
    }
    cluster.run_for(SECOND);
    let before: Vec<Disk> = cluster.disks.clone();
    assert!(before.iter().all(|disk| disk.database().is_some()));
    for i in 0..3 {
        cluster.start(i);
        // What the disk says, before any message came: no leader, and the commit index may lag behind.
        assert_eq!(cluster.member(i).leader_index(), None);
    }
    cluster.converge();
    assert_eq!(cluster.read(0, KeyRange::prefix("k")).len(), 7);
    assert_eq!(cluster.member(1).revision(), Revision(51));
}

#[test]
fn what_no_fsync_covered_is_lost_with_its_only_holder() {
    let mut cluster = Cluster::with(7, 1, |config| {
        config.fsync_min = Duration::from_millis(500);
        config.fsync_max = Duration::from_millis(501);
    });
    cluster.await_leader();
    cluster.run_for(SECOND);
    let call = cluster.put(0, "a", "1");
    cluster.run_for(Duration::from_millis(100));
    assert!(cluster.member(0).is_fsyncing());
    assert_eq!(cluster.answer(call), None, "nothing is acknowledged before it is durable");
    cluster.crash(0, 0);
    cluster.start(0);
    cluster.await_leader();
    assert_eq!(cluster.read(0, KeyRange::key("a")), []);
    assert!(matches!(cluster.ask(0, Request::Put(Put::new("a", "2"))), Response::Op { .. }));
    // The same put, after whose fsync the crash falls, is there.
    cluster.crash(0, 0);
    cluster.start(0);
    cluster.await_leader();
    assert_eq!(cluster.read(0, KeyRange::key("a")), [("a".to_owned(), "2".to_owned())]);
}

#[test]
fn the_minority_answers_nothing_but_stale_reads() {
    let mut cluster = Cluster::new(8, 3);
    let old = cluster.await_leader();
    cluster.ask(old, Request::Put(Put::new("a", "1")));
    let watching = cluster.request(old, watch(KeyRange::key("a"), 0));
    cluster.run_for(SECOND);
    cluster.partition(&[old]);
    let write = cluster.put(old, "a", "lost");
    let read = cluster.range(old, KeyRange::key("a"));
    cluster.run_for(3 * SECOND);
    let new = cluster.leader().unwrap_or(old);
    assert_ne!(new, old, "the majority elects a leader");
    assert!(matches!(cluster.ask(new, Request::Put(Put::new("a", "2"))), Response::Op { .. }));
    let stale = Range { serializable: true, ..Range::new(KeyRange::key("a")) };
    let Response::Op { response: OpResponse::Range { kvs, .. }, .. } =
        cluster.ask(old, Request::Range(stale))
    else {
        panic!("a serializable read needs nobody");
    };
    assert_eq!(kvs[0].value.text(), "1");
    cluster.run_for(10 * SECOND);
    assert_eq!(cluster.answer(read), Some(&Response::Error(Error::Timeout)));
    assert_eq!(cluster.answer(write), Some(&Response::Error(Error::Timeout)));
    assert_eq!(events(&cluster, watching), ["created", "etcdserver: no leader 0"]);
    cluster.converge();
    assert_eq!(cluster.read(old, KeyRange::key("a")), [("a".to_owned(), "2".to_owned())]);
}

#[test]
fn watches_replay_follow_and_end() {
    let mut cluster = Cluster::new(9, 3);
    cluster.await_leader();
    for key in ["a/1", "b", "a/2"] {
        cluster.ask(0, Request::Put(Put::new(key, "x")));
    }
    let live = cluster.request(1, watch(KeyRange::prefix("a/"), 0));
    let past = cluster.request(1, watch(KeyRange::prefix("a/"), 2));
    cluster.run_for(SECOND);
    cluster.ask(2, Request::Put(Put::new("a/1", "y")));
    cluster.ask(2, Request::DeleteRange(DeleteRange { range: KeyRange::all(), prev_kv: false }));
    cluster.run_for(SECOND);
    assert_eq!(events(&cluster, live), ["created", "a/1@5", "-a/1@6", "-a/2@6"]);
    assert_eq!(events(&cluster, past), ["created", "a/1@2", "a/2@4", "a/1@5", "-a/1@6", "-a/2@6"]);
    let progress = cluster.request(1, Request::WatchProgress);
    cluster.request(1, Request::WatchCancel { watch: live });
    cluster.ask(0, Request::Compact { revision: Revision(6), physical: true });
    let gone = cluster.request(1, watch(KeyRange::prefix("a/"), 3));
    cluster.run_for(SECOND);
    let Some(Response::WatchEvents { header, events: none, .. }) = cluster.answer(progress) else {
        panic!("a progress notification");
    };
    assert_eq!((header.revision, none.len()), (Revision(6), 0));
    assert_eq!(events(&cluster, live).last().map(String::as_str), Some(" 0"));
    assert_eq!(
        events(&cluster, gone),
        ["created", "etcdserver: mvcc: required revision has been compacted 6"]
    );
    cluster.handle(1, Input::ClientGone { from: CLIENT });
    assert!(cluster.member(1).watchers().is_empty());
}

#[test]
fn leases_expire_everywhere_at_one_revision() {
    let mut cluster = Cluster::new(10, 3);
    let leader = cluster.await_leader();
    let follower = (leader + 1) % 3;
    let id = LeaseId(77);
    let granted = cluster.ask(follower, Request::LeaseGrant { id, ttl_seconds: 5 });
    assert!(matches!(granted, Response::LeaseGrant { ttl_seconds: 5, .. }), "{granted:?}");
    let again = cluster.ask(follower, Request::LeaseGrant { id, ttl_seconds: 5 });
    assert_eq!(again, Response::Error(Error::LeaseExists));
    for key in ["a", "b"] {
        cluster.ask(leader, Request::Put(Put { lease: id, ..Put::new(key, "x") }));
    }
    let unknown = Put { lease: LeaseId(5), ..Put::new("c", "x") };
    assert_eq!(cluster.ask(leader, Request::Put(unknown)), Response::Error(Error::LeaseNotFound));
    for _ in 0..3 {
        cluster.run_for(3 * SECOND);
        let kept = cluster.ask(follower, Request::LeaseKeepAlive { id });
        assert!(matches!(kept, Response::LeaseKeepAlive { ttl_seconds: 5, .. }), "{kept:?}");
    }
    let told = cluster.ask(follower, Request::LeaseTimeToLive { id, keys: true });
    let Response::LeaseTimeToLive { ttl_seconds: 4, granted_ttl_seconds: 5, keys, .. } = told else {
        panic!("a time to live, got {told:?}");
    };
    assert_eq!(keys, ["a", "b"]);
    // A new leader lets it live its full time once more.
    cluster.crash(leader, 0);
    cluster.await_leader();
    cluster.run_for(4 * SECOND);
    assert_eq!(cluster.read(follower, KeyRange::all()).len(), 2);
    cluster.run_for(4 * SECOND);
    assert_eq!(cluster.read(follower, KeyRange::all()), []);
    cluster.converge();
    assert!(cluster.running().all(|member| member.leases().is_empty() && member.revision() == Revision(4)));
}

#[test]
fn a_follower_far_behind_gets_a_snapshot() {
    let mut cluster = Cluster::with(11, 3, |config| {
        config.snapshot_count = 100;
        config.catch_up_entries = 20;
    });
    let leader = cluster.await_leader();
    let behind = (leader + 1) % 3;
    cluster.crash(behind, 0);
    for i in 0..400 {
        cluster.put(leader, &format!("k{}", i % 10), &i.to_string());
        cluster.run_for(Duration::from_millis(5));
    }
    cluster.run_for(SECOND);
    assert!(!cluster.member(leader).disk().snapshots().is_empty());
    assert!(
        cluster.member(leader).first_index()
            > cluster.member(behind_other(leader, behind)).first_index().prev()
    );
    cluster.start(behind);
    cluster.converge();
    assert!(cluster.member(behind).disk().snapshots().iter().any(|file| file.durable));
    assert_eq!(cluster.read(behind, KeyRange::all()).len(), 10);
    // And it restarts from what it was sent.
    cluster.crash(behind, 0);
    cluster.start(behind);
    cluster.converge();
    assert_eq!(cluster.member(behind).revision(), Revision(401));
}

fn behind_other(leader: u32, behind: u32) -> u32 {
    3 - leader - behind
}

#[test]
fn bad_requests_are_refused_in_etcds_words() {
    let mut cluster = Cluster::new(12, 3);
    cluster.await_leader();
    let table = [
        (Request::Put(Put::new("", "x")), "etcdserver: key is not provided"),
        (Request::Put(Put { ignore_value: true, ..Put::new("a", "x") }), "etcdserver: value is provided"),
        (Request::Put(Put { ignore_value: true, ..Put::new("a", "") }), "etcdserver: key not found"),
        (Request::Range(Range::new(KeyRange::key(""))), "etcdserver: key is not provided"),
        (
            Request::Range(Range { revision: Revision(99), ..Range::new(KeyRange::key("a")) }),
            "etcdserver: mvcc: required revision is a future revision",
        ),
        (Request::Put(Put::new("a", "x".repeat(2_000_000).as_str())), "etcdserver: request is too large"),
        (
            Request::Compact { revision: Revision(9), physical: false },
            "etcdserver: mvcc: required revision is a future revision",
        ),
        (Request::LeaseRevoke { id: LeaseId(3) }, "etcdserver: requested lease not found"),
    ];
    for (request, expected) in table {
        match cluster.ask(0, request) {
            Response::Error(error) => assert_eq!(error.to_string(), expected),
            other => panic!("{expected}: got {other:?}"),
        }
    }
    assert!(cluster.running().all(|member| member.revision() == Revision(1)));
}

#[test]
fn large_watch_answers_come_in_fragments_to_those_who_want_them() {
    let mut cluster = Cluster::new(13, 3);
    cluster.await_leader();
    let value = "x".repeat(300_000);
    for i in 0..12 {
        cluster.ask(0, Request::Put(Put::new(format!("k{i:02}"), value.as_str())));
    }
    let past = |fragment| {
        let wants = WatchCreate::new(KeyRange::prefix("k"));
        Request::Watch(WatchCreate { start_revision: Revision(2), fragment, ..wants })
    };
    let (whole, pieces) = (cluster.request(1, past(false)), cluster.request(1, past(true)));
    cluster.run_for(SECOND);
    let shape = |call| -> Vec<(usize, bool)> {
        let all = cluster.answers.get(&call).into_iter().flatten();
        all.filter_map(|response| match &**response {
            Response::WatchEvents { events, fragment, .. } => Some((events.len(), *fragment)),
            _ => None,
        })
        .collect()
    };
    assert_eq!(shape(whole), [(12, false)]);
    // 1.5 MiB and half a MiB for gRPC.
    assert_eq!(shape(pieces), [(6, true), (6, false)]);
    assert_eq!(events(&cluster, pieces), events(&cluster, whole));
}

#[test]
fn a_client_that_does_not_read_makes_a_victim() {
    let mut cluster = Cluster::new(14, 1);
    cluster.await_leader();
    let watching = cluster.request(0, watch(KeyRange::key("a"), 0));
    cluster.run_for(SECOND);
    cluster.handle(0, Input::ClientStalled { from: CLIENT });
    for i in 0..200 {
        cluster.ask(0, Request::Put(Put::new("a", i.to_string().as_str())));
    }
    let standing = |cluster: &Cluster| {
        let member = cluster.member(0);
        member.watchers().views(member.revision()).map(|view| (view.standing.name(), view.next.0)).next()
    };
    assert_eq!(standing(&cluster), Some(("victim", 131)));
    cluster.handle(0, Input::ClientFlows { from: CLIENT });
    cluster.run_for(SECOND);
    assert_eq!(standing(&cluster), Some(("synced", 202)));
    assert_eq!(events(&cluster, watching).len(), 201);
}

#[test]
fn reads_are_told_of_a_new_leader_and_writes_of_a_lost_connection() {
    let mut cluster = Cluster::new(15, 3);
    let leader = cluster.await_leader();
    cluster.run_for(SECOND);
    let follower = (leader + 1) % 3;
    // The old leader dies before it can answer.
    cluster.crash(leader, 0);
    let read = cluster.range(follower, KeyRange::key("a"));
    cluster.run_for(5 * SECOND);
    let words = |cluster: &Cluster, call| match cluster.answer(call) {
        Some(Response::Error(error)) => error.to_string(),
        other => panic!("an error, got {other:?}"),
    };
    assert_eq!(words(&cluster, read), "etcdserver: leader changed");
    cluster.start(leader);
    let now = cluster.await_leader();
    // A leader that hears nobody believes in itself for an election timeout.
    cluster.everywhere(sim::LinkRule { cut: true, ..sim::LinkRule::default() });
    let write = cluster.put(now, "a", "1");
    cluster.run_for(8 * SECOND);
    assert_eq!(words(&cluster, write), "etcdserver: request timed out");
}
