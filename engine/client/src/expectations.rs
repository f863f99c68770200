//! What a controller has asked for and not yet seen: client-go's ControllerExpectations.
//!
//! A controller that has sent ten creations must not look at its informer and send ten more because the pods have
//! not come back on the watch yet. It waits until it has seen as many as it expects, or five minutes.

use std::time::Duration;

use api::ObjectKey;
use imbl::{OrdMap, OrdSet};
use sim::SimTime;

/// An expectation that nobody fulfils is given up after this long.
const TIMEOUT: Duration = Duration::from_secs(300);

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Expectation {
    /// Additions that were asked for and not seen. Goes below zero when one is seen before its request's answer.
    additions: i64,
    /// Deletions that were asked for and not seen, by key: the same deletion is seen more than once (as a
    /// modification that sets the deletion time stamp, then as a deletion).
    deletions: OrdSet<ObjectKey>,
    since: SimTime,
}

/// Expectations by the key of the object whose controller expects.
#[derive(Clone, Debug, Hash, Default)]
pub struct Expectations {
    by_key: OrdMap<ObjectKey, Expectation>,
}

impl Expectations {
    /// True when everything expected was seen, nothing is expected, or the wait was too long.
    pub fn satisfied(&self, key: &ObjectKey, now: SimTime) -> bool {
        self.by_key.get(key).is_none_or(|expected| {
            (expected.additions <= 0 && expected.deletions.is_empty()) || now.since(expected.since) > TIMEOUT
        })
    }

    /// From now on, this many additions are expected.
    pub fn expect_additions(&mut self, key: &ObjectKey, count: u32, now: SimTime) {
        let expected = Expectation { additions: i64::from(count), deletions: OrdSet::new(), since: now };
        self.by_key.insert(key.clone(), expected);
    }

    /// From now on, these deletions are expected.
    pub fn expect_deletions(
        &mut self,
        key: &ObjectKey,
        pods: impl IntoIterator<Item = ObjectKey>,
        now: SimTime,
    ) {
        let expected = Expectation { additions: 0, deletions: pods.into_iter().collect(), since: now };
        self.by_key.insert(key.clone(), expected);
    }

    /// An addition was seen, or will never be (`count` requests failed or were not sent).
    pub fn additions_observed(&mut self, key: &ObjectKey, count: u32) {
        if let Some(expected) = self.by_key.get_mut(key) {
            expected.additions -= i64::from(count);
        }
    }

    /// A deletion was seen, or will never be.
    pub fn deletion_observed(&mut self, key: &ObjectKey, pod: &ObjectKey) {
        if self.by_key.get(key).is_some_and(|expected| expected.deletions.contains(pod))
            && let Some(expected) = self.by_key.get_mut(key)
        {
            expected.deletions.remove(pod);
        }
    }

    /// The object is gone: nothing is expected of it.
    pub fn forget(&mut self, key: &ObjectKey) {
        self.by_key.remove(key);
    }

    /// Additions and deletions still expected, for the page.
    pub fn open(&self, key: &ObjectKey) -> (i64, u64) {
        self.by_key.get(key).map_or((0, 0), |e| (e.additions.max(0), e.deletions.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_what_was_asked() {
        let rs = ObjectKey::new("a", "web");
        let pod = |name: &str| ObjectKey::new("a", name);
        let mut expectations = Expectations::default();
        let t0 = SimTime::ZERO;
        assert!(expectations.satisfied(&rs, t0));
        expectations.expect_additions(&rs, 3, t0);
        expectations.additions_observed(&rs, 2);
        assert!(!expectations.satisfied(&rs, t0));
        assert_eq!(expectations.open(&rs), (1, 0));
        assert!(expectations.satisfied(&rs, SimTime::from_secs(301)), "given up after five minutes");
        expectations.additions_observed(&rs, 1);
        assert!(expectations.satisfied(&rs, t0));
        expectations.expect_deletions(&rs, [pod("p"), pod("q")], t0);
        expectations.deletion_observed(&rs, &pod("p"));
        expectations.deletion_observed(&rs, &pod("p"));
        assert!(!expectations.satisfied(&rs, t0));
        expectations.deletion_observed(&rs, &pod("q"));
        assert!(expectations.satisfied(&rs, t0));
    }
}
