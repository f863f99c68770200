//! How fast Raft is in a browser: run by `cargo xtask bench`, which picks the line out of what this prints.

use raft::group::Group;
use raft::{Config, NodeId};
use sim::Blob;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// How long it is measured, in milliseconds.
const TIME_MS: f64 = 2_000.0;

/// Five members in memory, invariants on, proposals all the time: the same as the native bench.
#[wasm_bindgen_test]
#[ignore = "measures; `cargo xtask bench` runs it"]
fn raft_events() {
    let config = Config { pre_vote: false, check_quorum: false, ..Config::new(NodeId(1)) };
    let mut group = Group::new(1, 5, 5, &config, true).expect("a valid configuration");
    group.set_tracing(false);
    let elected = group.call(NodeId(1), |node| node.campaign()).expect("no invariant breaks");
    elected.expect("it is up").expect("it may campaign");
    group.run(u64::MAX).expect("no invariant breaks");
    let data = Blob::from("some data to store");
    let clock = web_sys::window().and_then(|window| window.performance()).expect("a browser has a clock");
    let (start, first) = (clock.now(), group.events());
    while clock.now() - start < TIME_MS {
        for _ in 0..100 {
            let proposed =
                group.call(NodeId(1), |node| node.propose(data.clone())).expect("no invariant breaks");
            proposed.expect("it is up").expect("it leads");
            group.run(u64::MAX).expect("no invariant breaks");
        }
        for id in 1..=5 {
            group.compact(NodeId(id), 100);
        }
    }
    let seconds = (clock.now() - start) / 1_000.0;
    let events = group.events() - first;
    let rate = (events as f64 / seconds).round();
    console_log!(
        r#"{{"bench":"raft-events","where":"chromium","members":5,"events":{events},"events_per_s":{rate}}}"#
    );
}
