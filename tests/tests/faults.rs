//! Random crashes, cuts and losses, then healing: no invariant breaks, the Deployment converges, every write that was
//! acknowledged is still there. `CLUSTERLAB_SEEDS` sets how many seeds.

use std::time::Duration;

use clusterlab_tests::{driver, samples, seeds};
use lab::action::Ends;
use lab::{Fault, Lab, LabFile, NodeSpec};
use sim::{LinkRule, Stream};

const REPLICAS: u32 = 4;

#[test]
fn whatever_breaks_the_cluster_heals() {
    // One seed alone, to look into it.
    if let Some(seed) = std::env::var("CLUSTERLAB_SEED").ok().and_then(|s| s.parse().ok()) {
        return one(seed);
    }
    for seed in 1..=seeds(100) {
        one(seed);
    }
}

fn one(seed: u64) {
    let file = LabFile {
        seed,
        nodes: NodeSpec::count(3),
        manifests: vec![samples::deployment(REPLICAS)],
        ..LabFile::default()
    };
    let mut lab = driver::booted(file);
    let mut dice = Stream::derive(seed, "faults");
    let mut acknowledged = Vec::new();
    for round in 0..6 {
        break_something(&mut lab, &mut dice);
        let span = Duration::from_millis(dice.range(50..6_000));
        driver::run_for(&mut lab, span);
        // A write in the middle of it; only an acknowledged one counts.
        let name = format!("note-{round}");
        let line =
            format!("kubectl create configmap {name} --from-literal=round={round} --request-timeout=5s");
        let printed = driver::kubectl(&mut lab, &line);
        if printed.code == 0 {
            acknowledged.push(name);
        }
    }
    heal(&mut lab);
    // What was seen before the healing must not count: caches catch up first.
    driver::run_for(&mut lab, Duration::from_secs(15));
    let converged = driver::until(&mut lab, |lab| driver::pods(lab) == (REPLICAS, REPLICAS));
    let state = || lab.picture();
    assert!(converged, "seed {seed}: {:?} pods at {}\n{}", driver::pods(&lab), lab.now(), lab.to_yaml());
    assert!(state().nodes.iter().all(|n| n.ready == "True"), "seed {seed}: {:?}", state().nodes);
    for name in acknowledged {
        let line = format!("kubectl get configmap {name} -o name");
        let mut printed = driver::kubectl(&mut lab, &line);
        // A leader may still be missing; only "not found" is an answer.
        for _ in 0..20 {
            if printed.code == 0 || printed.stderr.contains("NotFound") {
                break;
            }
            driver::run_for(&mut lab, Duration::from_secs(3));
            printed = driver::kubectl(&mut lab, &line);
        }
        let found = printed.stdout == format!("configmap/{name}\n");
        assert!(
            found,
            "seed {seed}: {name} was acknowledged and is lost: {printed:?} at {}\n{}",
            lab.now(),
            lab.to_yaml()
        );
    }
    let broken: Vec<_> = lab.invariants().into_iter().filter(|i| i.broken.is_some()).collect();
    assert!(broken.is_empty(), "seed {seed}: {broken:?}\n{}", lab.link());
}

fn break_something(lab: &mut Lab, dice: &mut Stream) {
    let member = format!("etcd-{}", dice.range(0..3));
    let node = format!("node-{}", dice.range(1..4));
    let ends = |from: &str, to: &str| Ends { from: from.into(), to: to.into(), one_way: false };
    let fault = match dice.range(0..16) {
        0 => Fault::Crash(member),
        1 => Fault::Crash(node),
        2 => Fault::Crash(format!("{node}/kubelet")),
        3 => Fault::Crash(["scheduler", "controller-manager", "apiserver"][dice.range(0..3) as usize].into()),
        4 => Fault::Cut(ends(&member, "all")),
        5 => Fault::Cut(ends(&node, "apiserver")),
        6 => Fault::Link {
            ends: ends(&member, "all"),
            rule: LinkRule {
                loss_ppm: 200_000,
                duplicate_ppm: 50_000,
                jitter_ns: 20_000_000,
                ..LinkRule::default()
            },
        },
        7 => Fault::Cut(Ends { one_way: true, ..ends(&member, "all") }),
        8 => Fault::CrashTorn { target: member, sectors: dice.range(0..6) },
        9 => Fault::Partition(vec![vec![member], vec!["etcd-0".into(), "etcd-1".into(), "etcd-2".into()]]),
        10 => Fault::DiskLatency { target: member, min_us: 5_000, max_us: dice.range(5_000..80_000) },
        11 => Fault::Tune {
            target: String::new(),
            tick_ms: Some(dice.range(50..200)),
            heartbeat_ticks: None,
            election_ticks: Some(dice.range(8..15) as u32),
        },
        12 => Fault::Campaign(vec![member, format!("etcd-{}", dice.range(0..3))]),
        13 | 14 => match message(lab, dice) {
            Some(fault) => fault,
            None => Fault::HealAll,
        },
        _ => Fault::HealAll,
    };
    driver::fault(lab, fault);
    // Sometimes something is started again in between.
    if dice.range(0..2) == 0 {
        driver::fault(lab, Fault::Restart(format!("etcd-{}", dice.range(0..3))));
    }
}

/// Something done to one of Raft's messages that are under way. What is held is let go by healing.
fn message(lab: &Lab, dice: &mut Stream) -> Option<Fault> {
    let messages = lab.raft_view().messages;
    let pick = |dice: &mut Stream| {
        let place = dice.range(0..messages.len().max(1) as u64) as usize;
        messages.get(place).map(|message| message.id)
    };
    let first = pick(dice)?;
    Some(match dice.range(0..6) {
        0 => Fault::Hold(first),
        1 => Fault::Drop(first),
        2 => Fault::Duplicate(first),
        3 => Fault::Delay { message: first, by_ms: dice.range(1..3_000) },
        4 => Fault::Deliver(first),
        _ => Fault::Reorder { first, second: pick(dice)? },
    })
}

fn heal(lab: &mut Lab) {
    for message in lab.raft_view().messages.iter().filter(|message| message.held) {
        driver::fault(lab, Fault::Deliver(message.id));
    }
    driver::fault(lab, Fault::HealAll);
    let processes = ["apiserver", "scheduler", "controller-manager"].map(str::to_owned);
    let members = (0..3).map(|i| format!("etcd-{i}"));
    let nodes = (1..4).map(|i| format!("node-{i}"));
    for target in members.chain(processes).chain(nodes) {
        driver::fault(lab, Fault::Restart(target));
    }
}
