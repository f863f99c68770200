//! The native benches: one JSON object a line. Run by `cargo xtask bench`.
#![expect(
    clippy::disallowed_types,
    reason = "measuring is what the wall clock is for; nothing here is in the engine"
)]

mod store;

use std::time::{Duration, Instant};

use clusterlab_tests::{driver, samples};
use lab::{Lab, LabFile, NodeSpec};
use raft::group::Group;
use raft::{Config, NodeId};
use sim::{Blob, EventNumber};

fn main() {
    raft_events();
    store::mvcc_puts();
    store::watch_fanout();
    let lab = thousand_pods();
    clones(&lab);
    rewinds(lab);
    link_length();
}

fn line(bench: &str, fields: &[(&str, f64)]) {
    let mut object = serde_json::Map::new();
    object.insert("bench".into(), bench.into());
    object.insert("where".into(), "native".into());
    for (name, value) in fields {
        let rounded = (value * 1000.0).round() / 1000.0;
        object.insert((*name).into(), serde_json::json!(rounded));
    }
    println!("{}", serde_json::Value::Object(object));
}

/// Five members in memory, invariants on, proposals all the time.
fn raft_events() {
    let config = Config { pre_vote: false, check_quorum: false, ..Config::new(NodeId(1)) };
    let mut group = Group::new(1, 5, 5, &config, true).expect("a valid configuration");
    group.set_tracing(false);
    group
        .call(NodeId(1), |node| node.campaign())
        .expect("no invariant breaks")
        .expect("it is up")
        .expect("it may campaign");
    group.run(u64::MAX).expect("no invariant breaks");
    let data = Blob::from("some data to store");
    let (start, first) = (Instant::now(), group.events());
    while start.elapsed() < Duration::from_secs(2) {
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
    let (seconds, events) = (start.elapsed().as_secs_f64(), (group.events() - first) as f64);
    line("raft-events", &[("members", 5.0), ("events", events), ("events_per_s", events / seconds)]);
}

/// A Deployment of 1,000 pods on 10 nodes, from apply to all Ready.
fn thousand_pods() -> Lab {
    let nodes = NodeSpec::count(10);
    let mut lab = driver::booted(LabFile { nodes, ..LabFile::default() });
    driver::run_for(&mut lab, Duration::from_secs(10));
    let (first, at, start) = (lab.cursor(), lab.now(), Instant::now());
    let printed = driver::apply(&mut lab, &samples::deployment(1_000));
    assert_eq!(printed.code, 0, "{printed:?}");
    let ready = |lab: &Lab| {
        let deployment = lab.cluster().stored("apps", "deployments", &api::ObjectKey::new("default", "web"));
        deployment.and_then(|d| d.value().int_at(&["status", "readyReplicas"])) == Some(1_000)
    };
    assert!(driver::until(&mut lab, ready), "{:?} pods", driver::pods(&lab));
    let seconds = start.elapsed().as_secs_f64();
    let events = (lab.cursor().0 - first.0) as f64;
    let virtual_seconds = lab.now().since(at).as_secs_f64();
    line(
        "thousand-pods",
        &[
            ("wall_s", seconds),
            ("events", events),
            ("us_per_event", seconds * 1e6 / events),
            ("virtual_s", virtual_seconds),
        ],
    );
    lab
}

fn clones(lab: &Lab) {
    const TIMES: u32 = 1_000;
    let start = Instant::now();
    for _ in 0..TIMES {
        std::hint::black_box(lab.cluster().clone());
    }
    let clone_us = start.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES);
    let start = Instant::now();
    let hash = lab.state_hash();
    let hash_ms = start.elapsed().as_secs_f64() * 1e3;
    std::hint::black_box(hash);
    line("clone", &[("pods", 1_000.0), ("clone_us", clone_us), ("state_hash_ms", hash_ms)]);
}

fn rewinds(mut lab: Lab) {
    let last = lab.cursor().0;
    let (mut worst, mut sum) = (0.0f64, 0.0);
    const TIMES: u64 = 20;
    for i in 0..TIMES {
        let target = EventNumber(last * (i * 7 % TIMES) / TIMES);
        let start = Instant::now();
        lab.seek(target);
        let ms = start.elapsed().as_secs_f64() * 1e3;
        worst = worst.max(ms);
        sum += ms;
    }
    line("rewind", &[("events", last as f64), ("mean_ms", sum / TIMES as f64), ("worst_ms", worst)]);
}

/// The default lab with a 2 KB manifest.
fn link_length() {
    let mut text = samples::deployment(3);
    text.push_str("---\n");
    text.push_str(samples::SERVICE);
    let mut i = 0;
    while text.len() < 2_048 {
        text.push_str(&format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings-{i}\ndata:\n  key-{i}: value {}\n", i * 7919));
        i += 1;
    }
    let lab = driver::booted(LabFile { manifests: vec![text.clone()], ..LabFile::default() });
    line("link", &[("manifest_bytes", text.len() as f64), ("characters", lab.link().len() as f64)]);
}
