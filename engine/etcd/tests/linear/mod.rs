//! Histories of clients under faults, and two judges of them that know nothing of each other.

pub mod history;
pub mod nemesis;
pub mod order;
pub mod search;

use std::time::Duration;

use etcd::{Member, Store};

use crate::common::Cluster;
use history::{Clients, KEYS, Operation};
use nemesis::Plan;
use search::Verdict;

/// What a run gave.
pub struct Run {
    pub operations: Vec<Operation>,
    /// The state of the member that has applied most.
    pub store: Store,
    pub events: u64,
}

/// Clients at work for some seconds, while things go wrong; in the end all is mended.
pub fn run(seed: u64, plan: Plan, stale_reads: bool) -> Run {
    let members = if seed.is_multiple_of(3) && !plan.changes { 5 } else { 3 };
    let mut cluster = Cluster::with(seed, members, |config| {
        // Small enough for snapshots to happen, and for lagging members to need them.
        config.snapshot_count = 40;
        config.catch_up_entries = 10;
    });
    cluster.unchecked = plan.lies;
    cluster.await_leader();
    let mut clients = Clients::new(7);
    clients.stale_reads = stale_reads;
    let mut gone = None;
    for step in 0..80 {
        if cluster.random.chance_ppm(450_000) {
            nemesis::disturb(&mut cluster, plan, gone);
        }
        if plan.changes {
            gone = nemesis::reconfigure(&mut cluster, step, gone);
        }
        let until = cluster.now + Duration::from_millis(cluster.random.range(20..250));
        work(&mut cluster, &mut clients, until, true);
    }
    cluster.heal();
    for index in (0..cluster.members.len() as u32).filter(|index| Some(*index) != gone) {
        cluster.start(index);
    }
    let until = cluster.now + Duration::from_secs(8);
    work(&mut cluster, &mut clients, until, false);
    let newest = cluster.running().max_by_key(|member| member.state_digest().0);
    let store = newest.map(Member::store).cloned().expect("a member that runs");
    Run { operations: clients.operations, store, events: cluster.events }
}

fn work(cluster: &mut Cluster, clients: &mut Clients, until: sim::SimTime, begin: bool) {
    while cluster.queue.next_time().is_some_and(|at| at <= until) {
        cluster.step();
        clients.act(cluster, begin);
    }
}

/// What both judges say.
pub fn verdicts(run: &Run) -> (Result<(), String>, Vec<Verdict>) {
    let by_search = |key: u64| {
        let of_key: Vec<&Operation> =
            run.operations.iter().filter(|operation| operation.key == key).collect();
        search::judge(&of_key)
    };
    (order::judge(&run.operations, &run.store), (0..KEYS).map(by_search).collect())
}
