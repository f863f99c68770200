//! Whatever breaks, clients see one store that does one thing at a time: histories of puts, gets, deletes and
//! transactions under crashes, torn writes, cuts, loss, duplication, reordering, slow disks, elections, leader
//! transfers and changes of the members (`CLUSTERLAB_SEEDS`, 60 by default).

mod common;
mod linear;

use common::seeds;
use linear::history::{Answer, Doing, Operation, Outcome};
use linear::nemesis::Plan;
use linear::search::{Verdict, judge};
use linear::{run, verdicts};

#[test]
fn histories_under_faults_are_linearizable() {
    let (mut operations, mut answered, mut gave_up, mut events) = (0, 0, 0, 0);
    let seeds = seeds(60);
    for seed in 0..seeds {
        let plan = Plan { changes: seed % 5 == 4, ..Plan::default() };
        let done = std::panic::catch_unwind(|| run(seed, plan, false));
        let Ok(run) = done else { panic!("seed {seed} fails") };
        let (order, search) = verdicts(&run);
        assert_eq!(order, Ok(()), "seed {seed}");
        assert!(!search.contains(&Verdict::Not), "seed {seed}: {search:?}");
        gave_up += search.iter().filter(|verdict| **verdict == Verdict::GaveUp).count() as u64;
        operations += run.operations.len() as u64;
        answered += run.operations.iter().filter(|operation| operation.answer.is_some()).count() as u64;
        events += run.events;
    }
    println!("{operations} operations, {answered} answered, {gave_up} searches given up, {events} events");
    // The faults leave room for work, and most is really judged.
    assert!(answered > 60 * seeds && answered < operations, "{answered} of {operations}");
    assert!(gave_up * 20 <= seeds * 3, "{gave_up} searches came to no end");
}

/// Asserts that each judge finds fault with a broken store, in several of some seeds.
fn caught(plan: Plan, stale_reads: bool) {
    let (mut by_order, mut by_search) = (0, 0);
    for seed in 0..30 {
        let (order, search) = verdicts(&run(seed, plan, stale_reads));
        by_order += u64::from(order.is_err());
        by_search += u64::from(search.contains(&Verdict::Not));
        if by_order >= 3 && by_search >= 3 {
            return;
        }
    }
    panic!("caught {by_order} times by revisions, {by_search} times by search");
}

#[test]
fn reads_that_ask_one_member_only_are_caught() {
    caught(Plan::default(), true);
}

#[test]
fn disks_that_lie_are_caught() {
    caught(Plan { lies: true, ..Plan::default() }, false);
}

#[test]
fn the_search_knows_right_from_wrong() {
    let done = |call, at, doing, outcome| Operation {
        key: 0,
        doing,
        call,
        answer: Some(Answer { at, outcome, revision: Default::default() }),
    };
    let open = |call, doing| Operation { key: 0, doing, call, answer: None };
    let put = |call, at, value| done(call, at, Doing::Put(value), Outcome::Done);
    let get = |call, at, value| done(call, at, Doing::Get, Outcome::Value(value));
    let swap = |call, at, expected, new| done(call, at, Doing::Swap { expected, new }, Outcome::Swapped);
    let right = [
        vec![get(1, 2, None), put(3, 4, 7), get(5, 6, Some(7))],
        // Reads during a write may see either, but not the new and then the old value.
        vec![put(1, 9, 7), get(2, 3, None), get(4, 5, Some(7))],
        vec![put(1, 4, 7), put(2, 3, 8), get(5, 6, Some(7))],
        // An unanswered write happens late, early or never.
        vec![open(1, Doing::Put(7)), get(2, 3, None), get(4, 5, Some(7))],
        vec![open(1, Doing::Put(7)), put(2, 3, 8), get(4, 5, Some(8)), get(6, 7, Some(7))],
        vec![put(1, 2, 7), open(3, Doing::Delete), get(4, 5, Some(7)), get(6, 7, None)],
        vec![
            put(1, 2, 7),
            swap(3, 8, 7, 9),
            done(4, 7, Doing::Delete, Outcome::Deleted(true)),
            get(9, 10, None),
        ],
        vec![put(1, 2, 7), done(3, 4, Doing::Swap { expected: 6, new: 9 }, Outcome::Value(Some(7)))],
    ];
    let wrong = [
        vec![put(1, 2, 7), get(3, 4, None)],
        vec![put(1, 9, 7), get(2, 3, Some(7)), get(4, 5, None)],
        vec![put(1, 2, 7), put(3, 4, 8), get(5, 6, Some(7))],
        vec![open(3, Doing::Put(7)), get(1, 2, Some(7))],
        vec![open(1, Doing::Put(7)), put(2, 3, 8), get(4, 5, Some(7)), get(6, 7, Some(8))],
        vec![put(1, 2, 7), swap(3, 4, 6, 9)],
        vec![put(1, 2, 7), swap(3, 6, 7, 8), swap(4, 5, 7, 9)],
        vec![done(1, 2, Doing::Delete, Outcome::Deleted(true))],
    ];
    for (histories, verdict) in [(right, Verdict::Linearizable), (wrong, Verdict::Not)] {
        for history in histories {
            assert_eq!(judge(&history.iter().collect::<Vec<_>>()), verdict, "{history:?}");
        }
    }
}
