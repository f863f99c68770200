//! Transactions: which are well-formed, and which way they go.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use sim::Blob;

use crate::lease::Leases;
use crate::mvcc::Store;
use crate::rpc::{
    Compare, Comparison, DeleteRange, Error, Key, KeyRange, KeyValue, LeaseId, Op, Put, Range, Request,
    Revision, Target, Txn,
};

/// The most conditions, or operations in a branch, of a transaction (etcd's `--max-txn-ops`). What a transaction has is taken
/// off what those nested in it may have.
pub const MAX_TXN_OPS: u64 = 128;

/// Checks what a member checks before it proposes a request: form only, whatever the store holds.
///
/// # Errors
/// [`Error::EmptyKey`], [`Error::ValueProvided`], [`Error::LeaseProvided`], [`Error::TooManyOps`],
/// [`Error::DuplicateKey`].
pub fn check_form(request: &Request) -> Result<(), Error> {
    match request {
        Request::Range(range) => check_range(range),
        Request::Put(put) => check_put(put),
        Request::DeleteRange(delete) => check_delete(delete),
        Request::Txn(txn) => {
            check_txn(txn, MAX_TXN_OPS)?;
            check_intervals(&txn.then)?;
            check_intervals(&txn.otherwise).map(|_| ())
        }
        _ => Ok(()),
    }
}

fn check_range(range: &Range) -> Result<(), Error> {
    if range.range.start.is_empty() { Err(Error::EmptyKey) } else { Ok(()) }
}

fn check_delete(delete: &DeleteRange) -> Result<(), Error> {
    if delete.range.start.is_empty() { Err(Error::EmptyKey) } else { Ok(()) }
}

fn check_put(put: &Put) -> Result<(), Error> {
    if put.key.is_empty() {
        Err(Error::EmptyKey)
    } else if put.ignore_value && !put.value.is_empty() {
        Err(Error::ValueProvided)
    } else if put.ignore_lease && put.lease.0 != 0 {
        Err(Error::LeaseProvided)
    } else {
        Ok(())
    }
}

fn check_txn(txn: &Txn, ops_max: u64) -> Result<(), Error> {
    let most = txn.compare.len().max(txn.then.len()).max(txn.otherwise.len()) as u64;
    let Some(left) = ops_max.checked_sub(most) else { return Err(Error::TooManyOps) };
    if txn.compare.iter().any(|compare| compare.range.start.is_empty()) {
        return Err(Error::EmptyKey);
    }
    for op in txn.then.iter().chain(&txn.otherwise) {
        match op {
            Op::Range(range) => check_range(range)?,
            Op::Put(put) => check_put(put)?,
            Op::DeleteRange(delete) => check_delete(delete)?,
            Op::Txn(txn) => check_txn(txn, left)?,
        }
    }
    Ok(())
}

/// What a branch touches.
#[derive(Default)]
struct Touched<'a> {
    puts: BTreeSet<&'a Key>,
    deletes: Vec<&'a KeyRange>,
}

impl<'a> Touched<'a> {
    fn deletes(&self, key: &str) -> bool {
        self.deletes.iter().any(|range| range.contains(key))
    }

    /// Takes in a put that happens beside what is known; `exclusive` ones may share a key with it.
    fn put(&mut self, key: &'a Key, exclusive: &BTreeSet<&Key>) -> Result<(), Error> {
        if (self.puts.contains(key) && !exclusive.contains(key)) || self.deletes(key) {
            return Err(Error::DuplicateKey);
        }
        self.puts.insert(key);
        Ok(())
    }
}

/// No key may be put twice, or put and deleted, on any way through a branch (etcd's `checkIntervals`).
fn check_intervals(ops: &[Op]) -> Result<Touched<'_>, Error> {
    let none = BTreeSet::new();
    let mut touched = Touched::default();
    for op in ops {
        if let Op::DeleteRange(delete) = op {
            touched.deletes.push(&delete.range);
        }
    }
    for op in ops {
        let Op::Txn(txn) = op else { continue };
        let then = check_intervals(&txn.then)?;
        let otherwise = check_intervals(&txn.otherwise)?;
        for key in &then.puts {
            touched.put(key, &none)?;
        }
        // Only one of the two branches happens, so they may put the same key.
        for key in &otherwise.puts {
            touched.put(key, &then.puts)?;
        }
        touched.deletes.extend(then.deletes);
        touched.deletes.extend(otherwise.deletes);
    }
    for op in ops {
        if let Op::Put(put) = op {
            touched.put(&put.key, &none)?;
        }
    }
    Ok(touched)
}

/// Decides all conditions of a transaction, nested ones too, before anything changes: whether each
/// transaction on the way succeeds, in the order in which they are met.
pub fn decide(store: &Store, txn: &Txn) -> Vec<bool> {
    let mut path = Vec::with_capacity(1);
    decide_into(store, txn, &mut path);
    path
}

fn decide_into(store: &Store, txn: &Txn, path: &mut Vec<bool>) {
    let succeeded = txn.compare.iter().all(|compare| holds(store, compare));
    path.push(succeeded);
    for op in branch(txn, succeeded) {
        if let Op::Txn(txn) = op {
            decide_into(store, txn, path);
        }
    }
}

/// The operations of the branch that is taken.
pub fn branch(txn: &Txn, succeeded: bool) -> &[Op] {
    if succeeded { &txn.then } else { &txn.otherwise }
}

/// Checks what only the store can tell, before a transaction changes anything.
///
/// # Errors
/// [`Error::Compacted`], [`Error::FutureRevision`], [`Error::KeyNotFound`], [`Error::LeaseNotFound`].
pub fn check_against(
    store: &Store,
    leases: &Leases,
    txn: &Txn,
    path: &mut impl Iterator<Item = bool>,
) -> Result<(), Error> {
    let succeeded = path.next().unwrap_or(false);
    for op in branch(txn, succeeded) {
        match op {
            Op::Range(range) => store.check_revision(range.revision)?,
            Op::Put(put) => check_put_against(store, leases, put)?,
            Op::DeleteRange(_) => {}
            Op::Txn(txn) => check_against(store, leases, txn, path)?,
        }
    }
    Ok(())
}

/// Checks what only the store can tell of a put.
///
/// # Errors
/// [`Error::KeyNotFound`], [`Error::LeaseNotFound`].
pub fn check_put_against(store: &Store, leases: &Leases, put: &Put) -> Result<(), Error> {
    if (put.ignore_value || put.ignore_lease) && store.get(&put.key).is_none() {
        return Err(Error::KeyNotFound);
    }
    if put.lease.0 != 0 && leases.get(put.lease).is_none() {
        return Err(Error::LeaseNotFound);
    }
    Ok(())
}

fn holds(store: &Store, compare: &Compare) -> bool {
    let mut any = false;
    for record in store.iter(&compare.range) {
        any = true;
        if !compare_one(compare, &record.kv) {
            return false;
        }
    }
    if any {
        return true;
    }
    // A key that does not exist has all numbers 0, but no value to compare with.
    if matches!(compare.target, Target::Value(_)) {
        return false;
    }
    let absent = KeyValue {
        key: Key::new(),
        value: Blob::empty(),
        create_revision: Revision(0),
        mod_revision: Revision(0),
        version: 0,
        lease: LeaseId(0),
    };
    compare_one(compare, &absent)
}

fn compare_one(compare: &Compare, kv: &KeyValue) -> bool {
    let order = match &compare.target {
        Target::Version(version) => kv.version.cmp(version),
        Target::Create(revision) => kv.create_revision.cmp(revision),
        Target::Mod(revision) => kv.mod_revision.cmp(revision),
        Target::Lease(lease) => kv.lease.cmp(lease),
        Target::Value(value) => match compare.comparison {
            // Equality needs no encoding.
            Comparison::Equal => return kv.value == *value,
            Comparison::NotEqual => return kv.value != *value,
            Comparison::Greater | Comparison::Less => kv.value.bytes().cmp(&value.bytes()),
        },
    };
    match compare.comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::Less => order == Ordering::Less,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn put(key: &str) -> Op {
        Op::Put(Put::new(key, "x"))
    }

    fn delete(range: KeyRange) -> Op {
        Op::DeleteRange(DeleteRange { range, prev_kv: false })
    }

    fn nested(then: Vec<Op>, otherwise: Vec<Op>) -> Op {
        Op::Txn(Txn { compare: Vec::new(), then, otherwise })
    }

    fn check(then: Vec<Op>) -> Result<(), Error> {
        check_form(&Request::Txn(Arc::new(Txn { compare: Vec::new(), then, otherwise: Vec::new() })))
    }

    #[test]
    fn no_key_twice_on_any_way() {
        let a = || KeyRange::key("a");
        let table = [
            ("different keys", vec![put("a"), put("b")], Ok(())),
            ("twice", vec![put("a"), put("a")], Err(Error::DuplicateKey)),
            ("put and delete", vec![put("a"), delete(a())], Err(Error::DuplicateKey)),
            (
                "put in a deleted range",
                vec![delete(KeyRange::prefix("a")), put("ab")],
                Err(Error::DuplicateKey),
            ),
            ("put beside a deleted range", vec![delete(KeyRange::prefix("a")), put("b")], Ok(())),
            ("deletes may overlap", vec![delete(a()), delete(KeyRange::all())], Ok(())),
            ("here and below", vec![put("a"), nested(vec![put("a")], vec![])], Err(Error::DuplicateKey)),
            ("in both branches below", vec![nested(vec![put("a")], vec![put("a")])], Ok(())),
            (
                "in two below",
                vec![nested(vec![put("a")], vec![]), nested(vec![], vec![put("a")])],
                Err(Error::DuplicateKey),
            ),
            ("deleted below", vec![put("a"), nested(vec![], vec![delete(a())])], Err(Error::DuplicateKey)),
            (
                "deleted here, put below",
                vec![delete(a()), nested(vec![put("a")], vec![])],
                Err(Error::DuplicateKey),
            ),
            ("no key", vec![put("")], Err(Error::EmptyKey)),
            ("128", (0..128).map(|i| put(&i.to_string())).collect(), Ok(())),
            (
                "127 and 1 below",
                {
                    let mut ops: Vec<Op> = (0..126).map(|i| put(&i.to_string())).collect();
                    ops.push(nested(vec![put("a")], vec![]));
                    ops
                },
                Ok(()),
            ),
            (
                "127 and 2 below",
                {
                    let mut ops: Vec<Op> = (0..126).map(|i| put(&i.to_string())).collect();
                    ops.push(nested(vec![put("a"), put("b")], vec![]));
                    ops
                },
                Err(Error::TooManyOps),
            ),
            ("no key below", vec![nested(vec![], vec![put("")])], Err(Error::EmptyKey)),
            (
                "no key in a condition below",
                vec![Op::Txn(Txn {
                    compare: vec![Compare {
                        range: KeyRange::key(""),
                        comparison: Comparison::Equal,
                        target: Target::Version(0),
                    }],
                    ..Txn::default()
                })],
                Err(Error::EmptyKey),
            ),
            ("129", (0..129).map(|i| put(&i.to_string())).collect(), Err(Error::TooManyOps)),
        ];
        for (name, then, expected) in table {
            assert_eq!(check(then), expected, "{name}");
        }
    }

    #[test]
    fn conditions() {
        let mut store = Store::default();
        let mut write = store.write();
        write.put("a".into(), "m".into(), LeaseId(7));
        write.put("b".into(), "z".into(), LeaseId(0));
        store.write().put("a".into(), "n".into(), LeaseId(7));
        use Comparison::{Equal, Greater, Less, NotEqual};
        let ab = || KeyRange::prefix("");
        let key = KeyRange::key;
        let table = [
            (key("a"), Equal, Target::Version(2), true),
            (key("a"), Greater, Target::Version(2), false),
            (key("a"), Less, Target::Create(Revision(3)), true),
            (key("a"), Equal, Target::Mod(Revision(3)), true),
            (key("a"), NotEqual, Target::Lease(LeaseId(7)), false),
            (key("a"), Equal, Target::Value("n".into()), true),
            (key("a"), Greater, Target::Value("m".into()), true),
            (key("a"), Less, Target::Value("n".into()), false),
            // A range holds when all of its keys do.
            (ab(), Equal, Target::Create(Revision(2)), true),
            (ab(), Equal, Target::Version(2), false),
            // A key that is not there has numbers, all 0, and no value.
            (key("x"), Equal, Target::Create(Revision(0)), true),
            (key("x"), Greater, Target::Mod(Revision(0)), false),
            (key("x"), NotEqual, Target::Value("n".into()), false),
        ];
        for (range, comparison, target, expected) in table {
            let compare = Compare { range, comparison, target };
            assert_eq!(holds(&store, &compare), expected, "{compare:?}");
        }
    }
}
