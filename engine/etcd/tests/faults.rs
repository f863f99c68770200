//! Random crashes, torn writes, cuts, loss, duplication and delay over many seeds (`CLUSTERLAB_SEEDS`, 100 by
//! default): no invariant broken, nothing acknowledged is lost, reads are linearizable, all converge.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{Cluster, seeds};
use etcd::rpc::{CallId, KeyRange, OpResponse, Put, Range, Request, Response, Revision, WatchCreate};
use sim::{LinkRule, SimTime};

const KEYS: u64 = 4;

/// A write, as its client knows it. Every value is written once, so that a read says which write it saw.
struct Write {
    key: String,
    value: String,
    call: CallId,
    sent: SimTime,
    /// When the answer came, and the revision in it.
    acknowledged: Option<(SimTime, Revision)>,
}

/// A linearizable read of a key.
struct Read {
    key: String,
    call: CallId,
    sent: SimTime,
    seen: Option<Seen>,
}

/// When, as of which revision, the value and its revision.
type Seen = (SimTime, Revision, Option<(String, Revision)>);

#[derive(Default)]
struct History {
    writes: Vec<Write>,
    reads: Vec<Read>,
    /// Calls without an answer, to their place in `writes` (true) or `reads`.
    open: BTreeMap<CallId, (bool, usize)>,
}

impl History {
    fn write(&mut self, cluster: &mut Cluster, to: u32) {
        let key = format!("k{}", cluster.random.range(0..KEYS));
        let value = format!("v{}", self.writes.len());
        let call = cluster.put(to, &key, &value);
        self.open.insert(call, (true, self.writes.len()));
        self.writes.push(Write { key, value, call, sent: cluster.now, acknowledged: None });
    }

    fn read(&mut self, cluster: &mut Cluster, from: u32) {
        let key = format!("k{}", cluster.random.range(0..KEYS));
        let call = cluster.request(from, Request::Range(Range::new(KeyRange::key(key.as_str()))));
        self.open.insert(call, (false, self.reads.len()));
        self.reads.push(Read { key, call, sent: cluster.now, seen: None });
    }

    /// Takes note of answers that have come, at the time when they came.
    fn collect(&mut self, cluster: &Cluster) {
        let answered: Vec<CallId> =
            self.open.keys().copied().filter(|call| cluster.answer(*call).is_some()).collect();
        for call in answered {
            let Some((is_write, i)) = self.open.remove(&call) else { continue };
            match cluster.answer(call) {
                Some(Response::Op { header, response: OpResponse::Put { .. } }) if is_write => {
                    self.writes[i].acknowledged = Some((cluster.now, header.revision));
                }
                Some(Response::Op { header, response: OpResponse::Range { kvs, .. } }) if !is_write => {
                    let value = kvs.first().map(|kv| (kv.value.text(), kv.mod_revision));
                    self.reads[i].seen = Some((cluster.now, header.revision, value));
                }
                Some(Response::Error(_)) => {}
                other => panic!("an answer of the request's kind, got {other:?}"),
            }
        }
    }

    /// Writes take effect at their revision, in one order that all agree on. What remains to be shown is that
    /// this order respects real time: whatever ended before something else began has the lower revision.
    fn check(&self, cluster: &Cluster) {
        let store = cluster.member(0).store();
        let revision_of: BTreeMap<String, Revision> = (0..KEYS)
            .flat_map(|k| {
                store.history(&format!("k{k}")).map(|r| (r.kv.value.text(), r.revision())).collect::<Vec<_>>()
            })
            .collect();
        let at = |write: &Write| revision_of.get(&write.value).copied();

        // (time of the end, lowest revision that later operations may have)
        let mut ends: Vec<(SimTime, Revision)> = Vec::new();
        for write in &self.writes {
            if let Some((end, revision)) = write.acknowledged {
                assert_eq!(
                    at(write),
                    Some(revision),
                    "call {}: an acknowledged write is lost or moved",
                    write.call.0
                );
                ends.push((end, revision));
            }
        }
        for read in &self.reads {
            let Some((end, _, Some((value, revision)))) = &read.seen else { continue };
            assert_eq!(
                revision_of.get(value),
                Some(revision),
                "call {}: a read saw what never was",
                read.call.0
            );
            ends.push((*end, *revision));
        }
        ends.sort();
        // The highest revision known to be in effect at a time.
        let mut highest = Revision(0);
        for (_, revision) in &mut ends {
            highest = highest.max(*revision);
            *revision = highest;
        }
        let in_effect = |time: SimTime| match ends.partition_point(|(end, _)| *end <= time) {
            0 => Revision(0),
            n => ends[n - 1].1,
        };

        for write in &self.writes {
            if let Some(revision) = at(write) {
                let floor = in_effect(write.sent);
                assert!(
                    revision > floor,
                    "call {}: written at {revision:?}, begun after {floor:?}",
                    write.call.0
                );
            }
        }
        for read in &self.reads {
            let Some((_, as_of, value)) = &read.seen else { continue };
            // The newest write of the key that was in effect when the read began.
            let floor = in_effect(read.sent);
            assert!(*as_of >= floor, "call {}: a read as of {as_of:?} began after {floor:?}", read.call.0);
            let due =
                self.writes.iter().filter(|w| w.key == read.key).filter_map(at).filter(|r| *r <= floor).max();
            let seen = value.as_ref().map(|(_, revision)| *revision);
            assert!(seen >= due, "call {}: read {seen:?} of {}, {due:?} was there", read.call.0, read.key);
        }
    }
}

/// Makes something go wrong, or right again.
fn disturb(cluster: &mut Cluster) {
    let members = cluster.members.len() as u32;
    let victim = cluster.random.range(0..u64::from(members)) as u32;
    match cluster.random.range(0..10) {
        0 | 1 => {
            let torn = cluster.random.range(0..4);
            cluster.crash(victim, torn);
        }
        2..=4 => cluster.start(victim),
        5 => cluster.partition(&[victim]),
        6 | 7 => cluster.heal(),
        8 => cluster.everywhere(LinkRule {
            loss_ppm: 100_000,
            duplicate_ppm: 100_000,
            jitter_ns: 30_000_000,
            ..LinkRule::default()
        }),
        _ => {
            let leader = cluster.leader();
            cluster.crash(leader.unwrap_or(victim), 0);
        }
    }
}

fn run(seed: u64) -> (u64, u64) {
    let members = if seed.is_multiple_of(4) { 5 } else { 3 };
    let mut cluster = Cluster::with(seed, members, |config| {
        // Small enough for snapshots to happen, and for lagging members to need them.
        config.snapshot_count = 50;
        config.catch_up_entries = 10;
    });
    let mut history = History::default();
    let mut watch = None;
    for round in 0..60 {
        if cluster.random.chance_ppm(300_000) {
            disturb(&mut cluster);
        }
        for _ in 0..cluster.random.range(0..6) {
            let member = cluster.random.range(0..u64::from(members)) as u32;
            if cluster.random.chance_ppm(600_000) {
                history.write(&mut cluster, member);
            } else {
                history.read(&mut cluster, member);
            }
        }
        if round == 20 {
            // From the beginning, on a member that may crash: what comes must be right as far as it goes.
            watch = Some(cluster.request(
                1,
                Request::Watch(WatchCreate {
                    range: KeyRange::prefix("k"),
                    start_revision: Revision(2),
                    prev_kv: true,
                    progress_notify: false,
                    no_put: false,
                    no_delete: false,
                    fragment: false,
                }),
            ));
        }
        let until = cluster.now + Duration::from_millis(cluster.random.range(1..400));
        while cluster.queue.next_time().is_some_and(|at| at <= until) {
            cluster.step();
            history.collect(&cluster);
        }
    }
    cluster.converge();
    history.collect(&cluster);
    history.check(&cluster);
    let last = format!("v{}", history.writes.len());
    let done = cluster.ask(0, Request::Put(Put::new("k0", last.as_str())));
    assert!(matches!(done, Response::Op { .. }), "the healed cluster writes: {done:?}");
    for member in cluster.running() {
        assert_eq!(member.store().check(), Ok(()));
    }
    if let Some(watch) = watch {
        check_watch(&cluster, watch);
    }
    let acknowledged = history.writes.iter().filter(|write| write.acknowledged.is_some()).count();
    (cluster.events, acknowledged as u64)
}

/// A watch tells every change once and in order, from its start until it ends or its member dies.
fn check_watch(cluster: &Cluster, watch: CallId) {
    let mut store = cluster.member(0).store().changes_from(Revision(2));
    for response in cluster.answers.get(&watch).into_iter().flatten() {
        let Response::WatchEvents { events, .. } = &**response else { continue };
        for event in events.iter() {
            let record = store.next().map(|record| (record.kv.key.clone(), record.revision()));
            assert_eq!(
                record,
                Some((event.kv.key.clone(), event.kv.mod_revision)),
                "a watch skips or repeats"
            );
            assert_eq!(event.prev_kv.is_some(), event.kv.version > 1, "the previous version comes along");
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_reads_are_linearizable() {
    let (mut events, mut acknowledged) = (0, 0);
    let seeds = seeds(100);
    for seed in 0..seeds {
        let done = std::panic::catch_unwind(|| run(seed));
        let Ok((e, a)) = done else { panic!("seed {seed} fails") };
        events += e;
        acknowledged += a;
    }
    // The faults leave room for work, or nothing was tested.
    assert!(acknowledged > 20 * seeds, "{acknowledged} writes acknowledged in {events} events");
}
