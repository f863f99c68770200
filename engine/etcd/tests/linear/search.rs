//! Is there an order of a key's operations that respects real time and explains every answer? Wing and Gong's search,
//! with a memory of what was tried. It knows nothing of revisions.

use std::collections::BTreeSet;

use super::history::{Doing, Operation, Outcome};

/// What the search finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Linearizable,
    /// No order explains the answers.
    Not,
    /// Too many unanswered operations to try all orders.
    GaveUp,
}

/// How many states one search looks at.
const STATES_MAX: usize = 50_000;

/// Judges the operations of one key.
pub fn judge(operations: &[&Operation]) -> Verdict {
    let (mut answered, mut open): (Vec<&Operation>, Vec<&Operation>) =
        operations.iter().partition(|operation| operation.answer.is_some());
    answered.sort_by_key(|operation| operation.call);
    // Without an answer a read says nothing, a write may have happened at any time after its call.
    open.retain(|operation| operation.doing != Doing::Get);
    let mut search = Search { answered, open, tried: BTreeSet::new(), gave_up: false };
    match search.from(&Point::default()) {
        true => Verdict::Linearizable,
        false if search.gave_up => Verdict::GaveUp,
        false => Verdict::Not,
    }
}

/// How far an order has come.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
struct Point {
    /// All answered operations before this one are in it,
    first: usize,
    /// and these behind it,
    further: BTreeSet<usize>,
    /// and these of the unanswered ones.
    open: BTreeSet<usize>,
    /// What the key then holds.
    value: Option<u64>,
}

struct Search<'a> {
    answered: Vec<&'a Operation>,
    open: Vec<&'a Operation>,
    tried: BTreeSet<Point>,
    gave_up: bool,
}

impl Search<'_> {
    fn from(&mut self, point: &Point) -> bool {
        if point.first == self.answered.len() {
            return true;
        }
        if self.tried.len() >= STATES_MAX {
            self.gave_up = true;
            return false;
        }
        if !self.tried.insert(point.clone()) {
            return false;
        }
        // Whatever comes next must have begun before any that is still to come had ended.
        let waiting: Vec<usize> =
            (point.first..self.answered.len()).filter(|i| !point.further.contains(i)).collect();
        let end = |i: &usize| self.answered[*i].answer.as_ref().map_or(u64::MAX, |answer| answer.at);
        let deadline = waiting.iter().map(end).min().unwrap_or(u64::MAX);
        let next: Vec<usize> =
            waiting.into_iter().take_while(|i| self.answered[*i].call < deadline).collect();
        for i in next {
            let operation = self.answered[i];
            let (value, outcome) = apply(point.value, &operation.doing);
            if operation.answer.as_ref().is_some_and(|answer| answer.outcome != outcome) {
                continue;
            }
            let mut then = Point { value, ..point.clone() };
            then.further.insert(i);
            while then.further.remove(&then.first) {
                then.first += 1;
            }
            if self.from(&then) {
                return true;
            }
        }
        for i in 0..self.open.len() {
            let operation = self.open[i];
            let (value, _) = apply(point.value, &operation.doing);
            if operation.call >= deadline || point.open.contains(&i) || value == point.value {
                continue;
            }
            let mut then = Point { value, ..point.clone() };
            then.open.insert(i);
            if self.from(&then) {
                return true;
            }
        }
        false
    }
}

/// The model: one key that holds a value or is not there.
pub fn apply(value: Option<u64>, doing: &Doing) -> (Option<u64>, Outcome) {
    match *doing {
        Doing::Get => (value, Outcome::Value(value)),
        Doing::Put(new) => (Some(new), Outcome::Done),
        Doing::Delete => (None, Outcome::Deleted(value.is_some())),
        Doing::Swap { expected, new } if value == Some(expected) => (Some(new), Outcome::Swapped),
        Doing::Swap { .. } => (value, Outcome::Value(value)),
    }
}
