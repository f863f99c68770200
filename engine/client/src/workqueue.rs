//! client-go's rate-limited, delaying work queue, as plain data.
//!
//! - A key that is added while it waits is waiting once; added while it is being processed, it comes again after.
//! - [`WorkQueue::add_after`] adds later, [`WorkQueue::add_rate_limited`] later and later: 5 ms doubling to 1000 s.
//! - The queue has no clock. It tells when it wants to be looked at ([`WorkQueue::next_wake`]), the owner sets a timer.

use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use sim::SimTime;

/// client-go's `DefaultControllerRateLimiter`: 5 ms, doubling, up to 1000 s.
const BASE_DELAY: Duration = Duration::from_millis(5);
const MAX_DELAY: Duration = Duration::from_secs(1000);

/// What client-go exports as `workqueue_*` metrics.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Metrics {
    /// Keys that came into the queue (`workqueue_adds_total`).
    pub adds: u64,
    /// Rate-limited additions (`workqueue_retries_total`).
    pub retries: u64,
    /// Keys that were given out.
    pub taken: u64,
}

/// A work queue of keys.
#[derive(Clone, Debug, Hash)]
pub struct WorkQueue<K: Ord> {
    /// Waiting keys in the order they came.
    order: OrdMap<u64, K>,
    /// Waiting keys, and keys to come again after their processing.
    dirty: OrdSet<K>,
    processing: OrdSet<K>,
    /// Keys to be added later.
    later: OrdSet<(SimTime, K)>,
    later_at: OrdMap<K, SimTime>,
    /// How often in a row each key failed.
    failures: OrdMap<K, u32>,
    next: u64,
    metrics: Metrics,
}

impl<K: Ord + Clone> Default for WorkQueue<K> {
    fn default() -> Self {
        WorkQueue {
            order: OrdMap::new(),
            dirty: OrdSet::new(),
            processing: OrdSet::new(),
            later: OrdSet::new(),
            later_at: OrdMap::new(),
            failures: OrdMap::new(),
            next: 0,
            metrics: Metrics::default(),
        }
    }
}

impl<K: Ord + Clone> WorkQueue<K> {
    /// Adds a key, unless it waits already.
    pub fn add(&mut self, key: K) {
        if self.dirty.contains(&key) {
            return;
        }
        self.metrics.adds += 1;
        self.dirty.insert(key.clone());
        if !self.processing.contains(&key) {
            self.push(key);
        }
    }

    fn push(&mut self, key: K) {
        self.order.insert(self.next, key);
        self.next += 1;
    }

    /// Adds a key at a moment; of several moments for a key the earliest counts.
    pub fn add_at(&mut self, key: K, at: SimTime, now: SimTime) {
        if at <= now {
            self.add(key);
            return;
        }
        if let Some(known) = self.later_at.get(&key) {
            if *known <= at {
                return;
            }
            self.later.remove(&(*known, key.clone()));
        }
        self.later_at.insert(key.clone(), at);
        self.later.insert((at, key));
    }

    /// Adds a key after a while.
    pub fn add_after(&mut self, key: K, after: Duration, now: SimTime) {
        self.add_at(key, now + after, now);
    }

    /// Adds a key that failed, after 5 ms the first time and twice as long each time after. Returns the delay.
    pub fn add_rate_limited(&mut self, key: K, now: SimTime) -> Duration {
        let failures = self.failures.get(&key).copied().unwrap_or(0);
        self.failures.insert(key.clone(), failures.saturating_add(1));
        self.metrics.retries += 1;
        let delay = BASE_DELAY.saturating_mul(1 << failures.min(30)).min(MAX_DELAY);
        self.add_after(key, delay, now);
        delay
    }

    /// The key succeeded: its next failure is its first again.
    pub fn forget(&mut self, key: &K) {
        if self.failures.contains_key(key) {
            self.failures.remove(key);
        }
    }

    /// How often in a row the key failed.
    pub fn failures(&self, key: &K) -> u32 {
        self.failures.get(key).copied().unwrap_or(0)
    }

    /// Takes the next key out, to be processed until [`WorkQueue::done`].
    pub fn take(&mut self, now: SimTime) -> Option<K> {
        self.ripen(now);
        let (first, key) = self.order.get_min().map(|(n, key)| (*n, key.clone()))?;
        self.order.remove(&first);
        self.dirty.remove(&key);
        self.processing.insert(key.clone());
        self.metrics.taken += 1;
        Some(key)
    }

    /// The processing of a key has ended; when it was added meanwhile, it waits again now.
    pub fn done(&mut self, key: &K) {
        if self.processing.remove(key).is_some() && self.dirty.contains(key) {
            self.push(key.clone());
        }
    }

    /// Adds the keys whose time has come.
    pub fn ripen(&mut self, now: SimTime) {
        while let Some((at, key)) = self.later.get_min() {
            if *at > now {
                break;
            }
            let entry = (*at, key.clone());
            self.later.remove(&entry);
            self.later_at.remove(&entry.1);
            self.add(entry.1);
        }
    }

    /// When the queue next has something to give out: now when keys wait, later when keys were added for later.
    pub fn next_wake(&self, now: SimTime) -> Option<SimTime> {
        if self.order.is_empty() { self.next_later() } else { Some(now) }
    }

    /// When the first of the keys added for later ripens.
    pub fn next_later(&self) -> Option<SimTime> {
        self.later.get_min().map(|(at, _)| *at)
    }

    /// Keys that wait (`workqueue_depth`).
    pub fn depth(&self) -> usize {
        self.order.len()
    }

    /// Keys in processing.
    pub fn in_flight(&self) -> usize {
        self.processing.len()
    }

    /// Keys added for later.
    pub fn delayed(&self) -> usize {
        self.later.len()
    }

    /// True when nothing waits, is processed, or will be added later.
    pub fn is_idle(&self) -> bool {
        self.order.is_empty() && self.processing.is_empty() && self.later.is_empty()
    }

    /// The keys that wait, first come first.
    pub fn waiting(&self) -> impl Iterator<Item = &K> {
        self.order.values()
    }

    /// The keys in processing.
    pub fn processing(&self) -> impl Iterator<Item = &K> {
        self.processing.iter()
    }

    /// The keys to be added later, with their moments.
    pub fn later(&self) -> impl Iterator<Item = (SimTime, &K)> {
        self.later.iter().map(|(at, key)| (*at, key))
    }

    /// The queue's counts.
    pub fn metrics(&self) -> Metrics {
        self.metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: SimTime = SimTime::ZERO;

    #[test]
    fn one_key_waits_once_and_comes_again_when_changed_meanwhile() {
        let mut queue = WorkQueue::default();
        for key in ["a", "b", "a"] {
            queue.add(key);
        }
        assert_eq!(queue.depth(), 2);
        assert_eq!(queue.take(T0), Some("a"));
        queue.add("a");
        queue.add("a");
        assert_eq!(queue.take(T0), Some("b"));
        assert_eq!(queue.take(T0), None, "a is in processing");
        queue.done(&"a");
        assert_eq!(queue.take(T0), Some("a"));
        queue.done(&"a");
        queue.done(&"b");
        assert!(queue.is_idle());
        assert_eq!(queue.metrics(), Metrics { adds: 3, retries: 0, taken: 3 });
    }

    #[test]
    fn later_is_the_earliest_of_several() {
        let mut queue = WorkQueue::default();
        queue.add_after("a", Duration::from_secs(10), T0);
        queue.add_after("a", Duration::from_secs(5), T0);
        queue.add_after("a", Duration::from_secs(7), T0);
        assert_eq!(queue.next_wake(T0), Some(SimTime::from_secs(5)));
        assert_eq!(queue.take(SimTime::from_secs(4)), None);
        assert_eq!(queue.take(SimTime::from_secs(5)), Some("a"));
        queue.done(&"a");
        assert_eq!(queue.next_wake(SimTime::from_secs(5)), None);
    }

    #[test]
    fn failures_wait_longer_each_time() {
        let mut queue = WorkQueue::default();
        let delays: Vec<u128> = (0..20).map(|_| queue.add_rate_limited("a", T0).as_millis()).collect();
        assert_eq!(delays[..5], [5, 10, 20, 40, 80]);
        assert_eq!(delays[17], 655_360);
        assert_eq!(delays[18..], [1_000_000, 1_000_000]);
        queue.forget(&"a");
        assert_eq!(queue.add_rate_limited("a", T0).as_millis(), 5);
        assert_eq!(queue.failures(&"a"), 1);
    }
}
