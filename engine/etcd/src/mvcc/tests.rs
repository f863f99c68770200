//! Tables for the store.

use sim::Blob;

use super::Store;
use crate::rpc::{Error, KeyRange, LeaseId, Range, Revision, SortTarget};

fn put(store: &mut Store, key: &str, value: &str) {
    store.write().put(key.into(), Blob::from(value), LeaseId(0));
}

fn delete(store: &mut Store, key: &str) -> u64 {
    store.write().delete(&KeyRange::key(key)).len() as u64
}

/// The keys, values, create and mod revisions and versions of a range.
fn read(store: &Store, request: &Range) -> Result<String, Error> {
    let found = store.range(request)?;
    let kvs: Vec<String> = found
        .kvs
        .iter()
        .map(|kv| {
            let value = kv.value.text();
            format!("{}={value}({},{},{})", kv.key, kv.create_revision.0, kv.mod_revision.0, kv.version)
        })
        .collect();
    Ok(format!("{} #{}{}", kvs.join(" "), found.count, if found.more { "+" } else { "" }))
}

fn at(range: KeyRange, revision: u64) -> Range {
    Range { revision: Revision(revision), ..Range::new(range) }
}

/// Revisions 2 to 8: a, b, a again, b deleted, c, b once more, d.
fn sample() -> Store {
    let mut store = Store::default();
    put(&mut store, "a", "1");
    put(&mut store, "b", "2");
    put(&mut store, "a", "3");
    assert_eq!(delete(&mut store, "b"), 1);
    put(&mut store, "c", "0");
    put(&mut store, "b", "4");
    put(&mut store, "d", "9");
    store
}

#[test]
fn ranges_are_filtered_by_revision_and_sorted_by_anything() {
    use crate::rpc::{Range, SortTarget};
    let mut store = Store::default();
    // Created and changed at: a 2, 7; b 3, 3; c 4, 6; d 5, 5.
    for (key, value) in [("a", "4"), ("b", "3"), ("c", "2"), ("d", "1"), ("c", "9"), ("a", "0")] {
        store.write().put(key.into(), value.into(), LeaseId(0));
    }
    let all = || Range::new(KeyRange::all());
    let rev = Revision;
    let by = |target, descending| Range { sort: Some((target, descending)), ..all() };
    let table = [
        (all(), "a b c d", 4, false),
        (Range { min_mod_revision: rev(5), ..all() }, "a c d", 4, false),
        (Range { max_mod_revision: rev(5), ..all() }, "b d", 4, false),
        (Range { min_create_revision: rev(3), max_create_revision: rev(4), ..all() }, "b c", 4, false),
        (Range { min_mod_revision: rev(4), limit: 2, ..all() }, "a c", 4, true),
        (Range { min_mod_revision: rev(4), limit: 3, ..all() }, "a c d", 4, false),
        (Range { min_mod_revision: rev(9), ..all() }, "", 4, false),
        (Range { limit: 3, ..all() }, "a b c", 4, true),
        (Range { limit: 2, ..by(SortTarget::Mod, true) }, "a c", 4, true),
        (by(SortTarget::Key, true), "d c b a", 4, false),
        (by(SortTarget::Create, false), "a b c d", 4, false),
        (by(SortTarget::Mod, false), "b d c a", 4, false),
        (by(SortTarget::Version, false), "b d a c", 4, false),
        (by(SortTarget::Value, false), "a d b c", 4, false),
        (Range { revision: rev(5), ..by(SortTarget::Value, false) }, "d c b a", 4, false),
        (Range { revision: rev(3), ..all() }, "a b", 2, false),
        (Range { count_only: true, limit: 1, ..all() }, "", 4, false),
        (Range::new(KeyRange::from_key("c")), "c d", 2, false),
    ];
    for (request, keys, count, more) in table {
        let found = store.range(&request).unwrap_or_default();
        let got: Vec<&str> = found.kvs.iter().map(|kv| kv.key.as_str()).collect();
        assert_eq!((got.join(" ").as_str(), found.count, found.more), (keys, count, more), "{request:?}");
    }
    let only = store.range(&Range { keys_only: true, ..all() }).unwrap_or_default();
    assert!(only.kvs.iter().all(|kv| kv.value.is_empty() && kv.version > 0));
}

#[test]
fn revisions_and_generations() {
    let store = sample();
    let all = KeyRange::all;
    let table = [
        (1, " #0"),
        (2, "a=1(2,2,1) #1"),
        (3, "a=1(2,2,1) b=2(3,3,1) #2"),
        (4, "a=3(2,4,2) b=2(3,3,1) #2"),
        (5, "a=3(2,4,2) #1"),
        (6, "a=3(2,4,2) c=0(6,6,1) #2"),
        (7, "a=3(2,4,2) b=4(7,7,1) c=0(6,6,1) #3"),
        (0, "a=3(2,4,2) b=4(7,7,1) c=0(6,6,1) d=9(8,8,1) #4"),
    ];
    for (revision, expected) in table {
        assert_eq!(read(&store, &at(all(), revision)).as_deref(), Ok(expected), "at {revision}");
    }
    assert_eq!(read(&store, &at(all(), 9)), Err(Error::FutureRevision));
    assert_eq!(store.check(), Ok(()));
}

#[test]
fn ranges_limits_sorts() {
    let store = sample();
    let range = |start: &str, end: &str| KeyRange { start: start.into(), end: Some(end.into()) };
    let sorted = |target, descending| Range {
        sort: Some((target, descending)),
        limit: 2,
        ..Range::new(KeyRange::all())
    };
    let table = [
        (Range::new(KeyRange::key("b")), "b=4(7,7,1) #1"),
        (Range::new(KeyRange::key("x")), " #0"),
        (Range::new(range("b", "d")), "b=4(7,7,1) c=0(6,6,1) #2"),
        (Range::new(range("d", "b")), " #0"),
        (Range::new(range("b", "b")), " #0"),
        (Range::new(KeyRange::from_key("c")), "c=0(6,6,1) d=9(8,8,1) #2"),
        (Range { limit: 1, ..Range::new(KeyRange::all()) }, "a=3(2,4,2) #4+"),
        (Range { limit: 4, ..Range::new(KeyRange::all()) }, "a=3(2,4,2) b=4(7,7,1) c=0(6,6,1) d=9(8,8,1) #4"),
        (Range { count_only: true, ..Range::new(KeyRange::all()) }, " #4"),
        (Range { keys_only: true, ..Range::new(KeyRange::key("a")) }, "a=(2,4,2) #1"),
        (sorted(SortTarget::Key, true), "d=9(8,8,1) c=0(6,6,1) #4+"),
        (sorted(SortTarget::Version, true), "a=3(2,4,2) b=4(7,7,1) #4+"),
        (sorted(SortTarget::Create, true), "d=9(8,8,1) b=4(7,7,1) #4+"),
        (sorted(SortTarget::Mod, false), "a=3(2,4,2) c=0(6,6,1) #4+"),
        (sorted(SortTarget::Value, false), "c=0(6,6,1) a=3(2,4,2) #4+"),
    ];
    for (request, expected) in table {
        assert_eq!(read(&store, &request).as_deref(), Ok(expected), "{request:?}");
    }
}

#[test]
fn one_transaction_is_one_revision() {
    let mut store = Store::default();
    let mut write = store.write();
    write.put("a".into(), "1".into(), LeaseId(0));
    write.put("b".into(), "1".into(), LeaseId(0));
    assert_eq!(write.delete(&KeyRange::prefix("a")).len(), 1);
    assert_eq!(store.revision(), Revision(2));
    let changes: Vec<_> =
        store.changes_from(Revision(2)).map(|r| (r.kv.key.to_string(), r.sub, r.delete)).collect();
    assert_eq!(changes, [("a".to_owned(), 0, false), ("b".to_owned(), 1, false), ("a".to_owned(), 2, true)]);
    // Nothing to delete: no revision.
    assert_eq!(delete(&mut store, "zzz"), 0);
    assert_eq!(store.revision(), Revision(2));
}

#[test]
fn compaction_keeps_what_is_visible() {
    let full = sample();
    for revision in 1..=8 {
        let mut store = full.clone();
        assert_eq!(store.compact(Revision(revision)), Ok(()));
        assert_eq!(store.check(), Ok(()), "compacted at {revision}");
        for r in revision..=8 {
            let request = at(KeyRange::all(), r);
            assert_eq!(read(&store, &request), read(&full, &request), "compacted at {revision}, read at {r}");
        }
        if revision > 1 {
            assert_eq!(read(&store, &at(KeyRange::all(), revision - 1)), Err(Error::Compacted));
        }
        assert_eq!(store.compact(Revision(revision)), Err(Error::Compacted));
        assert_eq!(store.compact(Revision(9)), Err(Error::FutureRevision));
    }
}

#[test]
fn compaction_in_steps_equals_one() {
    let mut steps = sample();
    delete(&mut steps, "c");
    let mut once = steps.clone();
    for revision in 1..=9 {
        assert_eq!(steps.compact(Revision(revision)), Ok(()));
        assert_eq!(steps.check(), Ok(()));
    }
    assert_eq!(once.compact(Revision(9)), Ok(()));
    // The tombstone at the compact revision stays until the next compaction.
    assert_eq!(once.record_count(), 4);
    assert_eq!(steps.record_count(), once.record_count());
    assert_eq!(steps.bytes_in_use(), once.bytes_in_use());
    put(&mut once, "e", "5");
    assert_eq!(once.compact(Revision(10)), Ok(()));
    assert_eq!((once.record_count(), once.key_count()), (4, 4));
    assert_eq!(once.history("c").count(), 0);
    assert_eq!(once.check(), Ok(()));
    assert!(once.bytes() > once.bytes_in_use());
}

#[test]
fn history_walks_back() {
    let store = sample();
    let history: Vec<_> = store.history("b").map(|r| (r.revision().0, r.delete)).collect();
    assert_eq!(history, [(7, false), (5, true), (3, false)]);
}

#[test]
fn the_digest_tells_histories_apart() {
    let (a, mut b) = (sample(), sample());
    assert_eq!(a.digest(), b.digest());
    put(&mut b, "a", "3");
    assert_ne!(a.digest(), b.digest());
    // A clone is a fork: the original does not move.
    let fork = a.clone();
    let mut other = a.clone();
    put(&mut other, "x", "y");
    assert_eq!(fork.digest(), a.digest());
    assert!(a.get("x").is_none());
}
