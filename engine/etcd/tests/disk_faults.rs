//! What befalls the disk of a member in a cluster: tears, flipped bits, lies, slowness.

mod common;

use std::time::Duration;

use common::Cluster;
use etcd::rpc::KeyRange;

fn written(seed: u64) -> Cluster {
    let mut cluster = Cluster::new(seed, 3);
    let leader = cluster.await_leader();
    for i in 0..20 {
        cluster.put(leader, &format!("k{}", i % 5), &format!("value {i}"));
        cluster.run_for(Duration::from_millis(20));
    }
    cluster
}

/// A member that does not lead.
fn follower(cluster: &Cluster) -> u32 {
    (0..3).find(|index| cluster.leader() != Some(*index)).expect("three members")
}

#[test]
fn a_corrupt_log_keeps_a_member_from_starting_and_says_so() {
    let mut cluster = written(1);
    let victim = follower(&cluster);
    cluster.crash(victim, 0);
    let disk = &mut cluster.disks[victim as usize];
    let record = disk.wal().durable_records() - 8;
    let view = disk.wal().view(record, 1).remove(0);
    assert!(disk.flip_bit(record, (view.bytes - view.padding - 1) * 8));
    let notes = cluster.notes;
    cluster.start(victim);
    assert_eq!(cluster.notes, notes + 1, "it says so");
    let words = cluster.member(victim).stopped().map(ToString::to_string).unwrap_or_default();
    assert!(
        words.starts_with(&format!("walpb: crc mismatch: expected: {:x} computed: ", view.crc)),
        "{words}"
    );
    assert!(words.ends_with(&format!("in file '{}' at position: {}", view.segment, view.offset)), "{words}");
    // The others go on, and nothing that was promised is broken.
    let leader = cluster.leader().expect("a leader");
    cluster.put(leader, "after", "it");
    cluster.run_for(Duration::from_secs(2));
    assert_eq!(cluster.read(leader, KeyRange::key("after")), [("after".to_owned(), "it".to_owned())]);
    // Started again it says the same again; the bit flipped back, it catches up.
    cluster.crash(victim, 0);
    let disk = &mut cluster.disks[victim as usize];
    assert!(disk.flip_bit(record, (view.bytes - view.padding - 1) * 8));
    cluster.converge();
}

#[test]
fn a_crash_at_every_sector_of_an_fsync_leaves_a_member_that_catches_up() {
    let mut crashes = 0;
    for seed in 0..4 {
        let mut cluster = Cluster::with(seed, 3, |config| config.pre_vote = true);
        let leader = cluster.await_leader();
        for i in 0..6 {
            cluster.put(leader, &format!("k{i}"), &"long enough for some sectors ".repeat(60));
        }
        let victim = follower(&cluster);
        let busy = |cluster: &Cluster| {
            let member = cluster.member(victim);
            member.is_fsyncing() && member.disk().wal().dirty_sectors() > 3
        };
        while !busy(&cluster) {
            cluster.step();
        }
        let sectors = cluster.member(victim).disk().wal().dirty_sectors();
        let mut entries = Vec::new();
        for written in 0..=sectors {
            let mut fork = cluster.clone();
            fork.crash(victim, written);
            fork.start(victim);
            entries.push(fork.member(victim).last_entry().index.0);
            fork.converge();
            crashes += 1;
        }
        assert!(
            entries.is_sorted() && entries.first() < entries.last(),
            "more sectors, more entries: {entries:?}"
        );
    }
    assert!(crashes > 50, "{crashes}");
}

#[test]
fn a_slow_disk_makes_its_own_member_slow() {
    let mut cluster = written(2);
    let leader = cluster.leader().expect("a leader");
    let victim = follower(&cluster);
    let slow = Duration::from_millis(200);
    let member = cluster.members[victim as usize].as_mut().expect("it runs");
    member.set_fsync_latency(slow, slow);
    let (start, call) = (cluster.now, cluster.put(leader, "k", "v"));
    while cluster.answer(call).is_none() {
        cluster.step();
    }
    assert!(cluster.now.since(start) < Duration::from_millis(50), "two quick disks are a quorum");
    let index = cluster.member(leader).last_entry().index;
    let durable = |cluster: &Cluster| cluster.member(victim).disk().durable_term(index).is_some();
    assert!(!durable(&cluster));
    while !durable(&cluster) {
        cluster.step();
    }
    assert!(cluster.now.since(start) >= slow);
}
