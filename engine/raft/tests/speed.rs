//! How fast a group of five is; prints, and asserts only that it works. Run it by hand:
//! `cargo test -p clusterlab-raft --release --test speed -- --ignored --nocapture`.

use raft::group::Group;
use raft::{Config, NodeId};
use sim::Blob;

fn work(checked: bool, tracing: bool) -> (u64, u64) {
    let config = Config { pre_vote: false, check_quorum: false, ..Config::new(NodeId(1)) };
    let mut group = Group::new(1, 5, 5, &config, checked).unwrap();
    group.set_tracing(tracing);
    group.call(NodeId(1), |node| node.campaign()).unwrap();
    group.run(1_000_000).unwrap();
    let data = Blob::from("some data to store");
    while group.events() < 2_000_000 {
        group.call(NodeId(1), |node| node.propose(data.clone())).unwrap();
        group.run(1_000_000).unwrap();
        if group.members()[0].node().raft().applied().0.is_multiple_of(1_000) {
            for id in 1..=5 {
                group.compact(NodeId(id), 100);
            }
        }
    }
    (group.events(), group.members()[0].node().raft().committed().0)
}

#[test]
#[ignore = "measures; run by hand in release mode"]
#[allow(clippy::disallowed_types, reason = "measuring needs the wall clock")]
fn five_members() {
    for (checked, tracing) in [(false, false), (false, true), (true, false), (true, true)] {
        let start = std::time::Instant::now();
        let (events, committed) = work(checked, tracing);
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{{\"bench\":\"raft\",\"invariants\":{checked},\"trace\":{tracing},\"events\":{events},\"committed\":{committed},\"events_per_second\":{:.0}}}",
            events as f64 / seconds
        );
        assert!(committed > 1_000);
    }
}
