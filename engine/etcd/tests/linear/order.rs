//! Revisions say in which order writes took effect. What remains to be shown: each answer is the model's at its
//! place in that order, and the order respects real time.

use std::collections::BTreeMap;

use etcd::Store;
use etcd::rpc::Revision;

use super::history::{Doing, KEYS, Operation, Outcome, Value, name};
use super::search::apply;

/// Judges a whole history by the revisions of a store that has all of it.
///
/// # Errors
/// The first answer that does not fit.
pub fn judge(operations: &[Operation], store: &Store) -> Result<(), String> {
    // A key's value by the revision since which it has it.
    let mut history: BTreeMap<u64, BTreeMap<Revision, Option<Value>>> = BTreeMap::new();
    for key in 0..KEYS {
        let values = history.entry(key).or_default();
        values.insert(Revision(0), None);
        for record in store.history(&name(key)) {
            let value = (!record.delete).then(|| record.kv.value.text().parse().expect("a number"));
            values.insert(record.revision(), value);
        }
    }
    let before = |key: u64, revision: Revision| {
        let values = history[&key].range(..revision);
        values.last().and_then(|(_, value)| *value)
    };

    // (when it ended, the revision that later operations have at least)
    let mut ends: Vec<(u64, Revision)> = Vec::new();
    for operation in operations {
        let Some(answer) = operation.answer else { continue };
        let (key, revision) = (operation.key, answer.revision);
        let changes = match answer.outcome {
            Outcome::Done | Outcome::Swapped | Outcome::Deleted(true) => true,
            Outcome::Value(_) | Outcome::Deleted(false) => false,
        };
        // A write's revision is its own, a read sees all up to its revision.
        let value = before(key, if changes { revision } else { Revision(revision.0 + 1) });
        let (after, outcome) = apply(value, &operation.doing);
        if outcome != answer.outcome {
            return Err(format!("{operation:?}: at its revision the key holds {value:?}"));
        }
        if changes && history[&key].get(&revision) != Some(&after) {
            return Err(format!("{operation:?}: an acknowledged write is lost or moved"));
        }
        ends.push((answer.at, revision));
    }
    ends.sort_unstable();
    let mut highest = Revision(0);
    for (_, revision) in &mut ends {
        highest = highest.max(*revision);
        *revision = highest;
    }
    let floor = |call: u64| match ends.partition_point(|(end, _)| *end < call) {
        0 => Revision(0),
        n => ends[n - 1].1,
    };
    // Writes without an answer have a revision when they took effect.
    let written: BTreeMap<Value, Revision> = history
        .values()
        .flatten()
        .filter_map(|(revision, value)| value.map(|value| (value, *revision)))
        .collect();
    for operation in operations {
        let floor = floor(operation.call);
        let of_value = match operation.doing {
            Doing::Put(value) | Doing::Swap { new: value, .. } => written.get(&value).copied(),
            Doing::Get | Doing::Delete => None,
        };
        if of_value.is_some_and(|revision| revision <= floor) {
            return Err(format!("{operation:?}: written at {of_value:?}, begun after {floor:?}"));
        }
        if operation.answer.is_some_and(|answer| answer.revision < floor) {
            return Err(format!("{operation:?}: as of before {floor:?}, after which it began"));
        }
    }
    Ok(())
}
