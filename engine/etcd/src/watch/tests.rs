//! Watches against a store.

use sim::{Actor, Blob};

use super::{Delivery, Standing, Watchers};
use crate::mvcc::Store;
use crate::rpc::{CallId, KeyRange, LeaseId, Revision, WatchCreate};

const CLIENT: Actor = Actor::ApiServer;

fn put(store: &mut Store, key: &str, value: &str) {
    store.write().put(key.into(), Blob::from(value), LeaseId(0));
}

fn wants(range: KeyRange, start: u64) -> WatchCreate {
    WatchCreate {
        range,
        start_revision: Revision(start),
        prev_kv: true,
        progress_notify: false,
        no_put: false,
        no_delete: false,
        fragment: false,
    }
}

/// `call: key=value@revision<previous`, `-` for a delete.
fn show(deliveries: &[Delivery]) -> Vec<String> {
    deliveries
        .iter()
        .map(|delivery| match delivery {
            Delivery::Compacted { call, revision, .. } => format!("{}: compacted {}", call.0, revision.0),
            Delivery::Events { call, events, .. } => {
                let events: Vec<String> = events
                    .iter()
                    .map(|event| {
                        let value = if event.delete { "-".to_owned() } else { event.kv.value.text() };
                        let prev = event
                            .prev_kv
                            .as_ref()
                            .map(|kv| format!("<{}", kv.value.text()))
                            .unwrap_or_default();
                        format!("{}={value}@{}{prev}", event.kv.key, event.kv.mod_revision.0)
                    })
                    .collect();
                format!("{}: {}", call.0, events.join(" "))
            }
        })
        .collect()
}

fn notify(watchers: &mut Watchers, store: &Store, before: u64) -> Vec<String> {
    let mut out = Vec::new();
    watchers.notify(store, Revision(before), &mut out);
    show(&out)
}

fn catch_up(watchers: &mut Watchers, store: &Store) -> Vec<String> {
    let mut out = Vec::new();
    watchers.catch_up(store, &mut out);
    show(&out)
}

#[test]
fn synced_watchers_hear_of_their_keys() {
    let mut store = Store::default();
    let mut watchers = Watchers::default();
    let current = store.revision();
    assert_eq!(
        watchers.create(CLIENT, CallId(1), &wants(KeyRange::prefix("a/"), 0), current),
        Standing::Synced
    );
    watchers.create(CLIENT, CallId(2), &wants(KeyRange::key("a/1"), 2), current);
    watchers.create(CLIENT, CallId(3), &WatchCreate { no_put: true, ..wants(KeyRange::all(), 0) }, current);
    watchers.create(CLIENT, CallId(4), &wants(KeyRange::prefix("a/"), 0), current);
    put(&mut store, "a/1", "x");
    put(&mut store, "a/2", "y");
    put(&mut store, "b", "z");
    store.write().delete(&KeyRange::key("a/1"));
    let told = notify(&mut watchers, &store, 1);
    assert_eq!(
        told,
        [
            "1: a/1=x@2 a/2=y@3 a/1=-@5<x",
            "4: a/1=x@2 a/2=y@3 a/1=-@5<x",
            "2: a/1=x@2 a/1=-@5<x",
            "3: a/1=-@5<x",
        ]
    );
    assert!(watchers.cancel(CLIENT, CallId(1)));
    assert!(!watchers.cancel(CLIENT, CallId(1)));
    watchers.client_gone(CLIENT);
    assert!(watchers.is_empty());
    put(&mut store, "a/1", "x");
    assert_eq!(notify(&mut watchers, &store, 5), [""; 0]);
}

#[test]
fn events_are_shared_among_those_who_want_the_same() {
    let mut store = Store::default();
    let mut watchers = Watchers::default();
    for call in 1..=3 {
        watchers.create(CLIENT, CallId(call), &wants(KeyRange::prefix("a"), 0), store.revision());
    }
    put(&mut store, "a", "x");
    let mut out = Vec::new();
    watchers.notify(&store, Revision(1), &mut out);
    let [Delivery::Events { events: first, .. }, .., Delivery::Events { events: last, .. }] = &out[..] else {
        panic!("three deliveries, got {out:?}");
    };
    assert!(std::sync::Arc::ptr_eq(first, last));
}

#[test]
fn the_past_is_replayed_once_and_then_live() {
    let mut store = Store::default();
    for i in 0..5 {
        put(&mut store, if i % 2 == 0 { "a" } else { "b" }, &i.to_string());
    }
    let mut watchers = Watchers::default();
    assert_eq!(
        watchers.create(CLIENT, CallId(1), &wants(KeyRange::key("a"), 4), store.revision()),
        Standing::Unsynced
    );
    // A change that comes while it is unsynced is not told out of order.
    put(&mut store, "a", "5");
    assert_eq!(notify(&mut watchers, &store, 6), [""; 0]);
    assert!(!watchers.all_synced(CLIENT));
    assert_eq!(catch_up(&mut watchers, &store), ["1: a=2@4<0 a=4@6<2 a=5@7<4"]);
    assert!(watchers.all_synced(CLIENT));
    put(&mut store, "a", "6");
    assert_eq!(notify(&mut watchers, &store, 7), ["1: a=6@8<5"]);
}

#[test]
fn long_histories_come_in_pieces() {
    let mut store = Store::default();
    for i in 0..2500 {
        put(&mut store, "a", &i.to_string());
    }
    let mut watchers = Watchers::default();
    watchers.create(CLIENT, CallId(1), &wants(KeyRange::key("a"), 2), store.revision());
    let mut seen = 0;
    for step in [1000, 1000, 500] {
        let mut out = Vec::new();
        watchers.catch_up(&store, &mut out);
        let Some(Delivery::Events { events, .. }) = out.first() else { panic!("events, got {out:?}") };
        assert_eq!(events.len(), step);
        assert_eq!(events[0].kv.mod_revision.0, seen + 2);
        seen += step as u64;
    }
    assert_eq!(watchers.unsynced(), 0);
}

#[test]
fn what_is_gone_is_said_and_the_future_waits() {
    let mut store = Store::default();
    for i in 0..5 {
        put(&mut store, "a", &i.to_string());
    }
    assert_eq!(store.compact(Revision(4)), Ok(()));
    let mut watchers = Watchers::default();
    watchers.create(CLIENT, CallId(1), &wants(KeyRange::key("a"), 3), store.revision());
    watchers.create(CLIENT, CallId(2), &wants(KeyRange::key("a"), 4), store.revision());
    watchers.create(CLIENT, CallId(3), &wants(KeyRange::key("a"), 8), store.revision());
    assert_eq!(catch_up(&mut watchers, &store), ["1: compacted 4", "2: a=2@4 a=3@5<2 a=4@6<3"]);
    assert_eq!(watchers.len(), 2);
    put(&mut store, "a", "5");
    assert_eq!(notify(&mut watchers, &store, 6), ["2: a=5@7<4"]);
    put(&mut store, "a", "6");
    assert_eq!(notify(&mut watchers, &store, 7), ["2: a=6@8<5", "3: a=6@8<5"]);
    put(&mut store, "a", "7");
    assert_eq!(notify(&mut watchers, &store, 8), ["2: a=7@9<6", "3: a=7@9<6"]);
}

#[test]
fn progress_goes_to_the_idle() {
    let mut store = Store::default();
    let mut watchers = Watchers::default();
    for (call, key) in [(1, "a"), (2, "b")] {
        let wants = WatchCreate { progress_notify: true, ..wants(KeyRange::key(key), 0) };
        watchers.create(CLIENT, CallId(call), &wants, store.revision());
    }
    put(&mut store, "a", "1");
    notify(&mut watchers, &store, 1);
    assert_eq!(watchers.progress_round(), [(CLIENT, CallId(2))]);
    assert_eq!(watchers.progress_round(), [(CLIENT, CallId(1)), (CLIENT, CallId(2))]);
}

/// Each watcher's standing, next revision and events, in the order of their calls.
fn stand(watchers: &Watchers, store: &Store) -> Vec<String> {
    let line = |view: super::WatcherView| {
        format!("{} {} {} {}", view.call.0, view.standing.name(), view.next.0, view.events)
    };
    watchers.views(store.revision()).map(line).collect()
}

#[test]
fn slow_clients_make_victims_that_miss_nothing() {
    const OTHER: Actor = Actor::Scheduler;
    let mut store = Store::default();
    let mut watchers = Watchers::default();
    watchers.create(CLIENT, CallId(1), &wants(KeyRange::key("a"), 0), store.revision());
    watchers.create(OTHER, CallId(2), &wants(KeyRange::key("a"), 0), store.revision());
    watchers.stall(CLIENT);
    let change = |watchers: &mut Watchers, store: &mut Store, i: u64| {
        let before = store.revision().0;
        put(store, "a", &i.to_string());
        notify(watchers, store, before).len()
    };
    // 128 answers fit, the other client gets everything.
    for i in 0..128 {
        assert_eq!(change(&mut watchers, &mut store, i), 2);
    }
    assert_eq!(change(&mut watchers, &mut store, 128), 1);
    assert_eq!(stand(&watchers, &store), ["1 victim 131 129", "2 synced 131 129"]);
    for i in 129..132 {
        assert_eq!(change(&mut watchers, &mut store, i), 1);
    }
    assert_eq!(catch_up(&mut watchers, &store), [""; 0], "a victim is not led on");
    assert!(!watchers.all_synced(CLIENT) && watchers.all_synced(OTHER));
    let mut out = Vec::new();
    watchers.flow(CLIENT, &store, &mut out);
    assert_eq!(show(&out), ["1: a=128@130<127"]);
    assert_eq!(stand(&watchers, &store), ["1 unsynced 131 129", "2 synced 134 132"]);
    assert_eq!(catch_up(&mut watchers, &store), ["1: a=129@131<128 a=130@132<129 a=131@133<130"]);
    assert_eq!(stand(&watchers, &store), ["1 synced 134 132", "2 synced 134 132"]);
    assert_eq!(change(&mut watchers, &mut store, 132), 2);
    // A victim that missed nothing is synced at once; one that ends is forgotten.
    watchers.stall(CLIENT);
    for i in 0..129 {
        change(&mut watchers, &mut store, i);
    }
    let mut out = Vec::new();
    watchers.flow(CLIENT, &store, &mut out);
    assert_eq!((out.len(), stand(&watchers, &store)[0].as_str()), (1, "1 synced 264 262"));
    watchers.stall(CLIENT);
    for i in 0..130 {
        change(&mut watchers, &mut store, i);
    }
    assert!(watchers.cancel(CLIENT, CallId(1)));
    let mut out = Vec::new();
    watchers.flow(CLIENT, &store, &mut out);
    assert!(out.is_empty());
}
