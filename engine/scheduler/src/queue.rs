//! The scheduling queue: pods to try now, pods that wait after a failure, pods that nothing can be found for.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::ObjectKey;
use sim::SimTime;

/// `podInitialBackoffSeconds` and `podMaxBackoffSeconds`, kube-scheduler's defaults.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// A pod that nothing was found for is tried again after so long, even if nothing changed.
pub(crate) const UNSCHEDULABLE_MAX: Duration = Duration::from_secs(300);

/// Where a pod waits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Place {
    Active(Rank),
    Backoff(SimTime),
    Unschedulable(SimTime),
    Gated,
    /// Taken out by the cycle that works on it.
    Taken,
}

/// Higher priority first, then who waits longest.
type Rank = (Reverse<i32>, SimTime, u64);

/// A pod in the queue.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct QueuedPod {
    place: Place,
    priority: i32,
    /// When it came into the queue for the first time.
    pub since: SimTime,
    /// Cycles that ended without a node.
    pub attempts: u32,
}

/// The queue.
#[derive(Clone, Hash, Debug, Default)]
pub struct Queue {
    pods: BTreeMap<ObjectKey, QueuedPod>,
    active: BTreeSet<(Rank, ObjectKey)>,
    backoff: BTreeSet<(SimTime, ObjectKey)>,
    unschedulable: BTreeSet<(SimTime, ObjectKey)>,
    gated: BTreeSet<ObjectKey>,
    counter: u64,
    /// Something that may help happened during the running cycle: its pod does not wait for the next such thing.
    moved: u64,
}

impl Queue {
    /// Pods to try next, waiting after a failure, without a place, and gated.
    pub fn lengths(&self) -> (u32, u32, u32, u32) {
        let n = |n: usize| n as u32;
        (n(self.active.len()), n(self.backoff.len()), n(self.unschedulable.len()), n(self.gated.len()))
    }

    /// A pod in the queue.
    pub fn get(&self, key: &ObjectKey) -> Option<&QueuedPod> {
        self.pods.get(key)
    }

    /// A pod came, or changed.
    pub(crate) fn add(&mut self, key: &ObjectKey, priority: i32, gated: bool, now: SimTime) {
        let known = self.pods.get(key);
        if known.is_some_and(|pod| pod.place == Place::Taken) {
            return;
        }
        let (since, attempts) = known.map_or((now, 0), |pod| (pod.since, pod.attempts));
        self.delete(key);
        self.pods.insert(key.clone(), QueuedPod { place: Place::Taken, priority, since, attempts });
        if gated {
            self.gated.insert(key.clone());
            self.put(key, Place::Gated);
        } else {
            self.activate(key);
        }
    }

    fn put(&mut self, key: &ObjectKey, place: Place) {
        if let Some(pod) = self.pods.get_mut(key) {
            pod.place = place;
        }
    }

    fn activate(&mut self, key: &ObjectKey) {
        let Some(pod) = self.pods.get(key) else { return };
        self.counter += 1;
        let rank = (Reverse(pod.priority), pod.since, self.counter);
        self.active.insert((rank, key.clone()));
        self.put(key, Place::Active(rank));
    }

    /// The pod is gone or has a node.
    pub(crate) fn delete(&mut self, key: &ObjectKey) {
        let Some(pod) = self.pods.remove(key) else { return };
        match pod.place {
            Place::Active(rank) => {
                self.active.remove(&(rank, key.clone()));
            }
            Place::Backoff(until) => {
                self.backoff.remove(&(until, key.clone()));
            }
            Place::Unschedulable(since) => {
                self.unschedulable.remove(&(since, key.clone()));
            }
            Place::Gated => {
                self.gated.remove(key);
            }
            Place::Taken => {}
        }
    }

    /// Takes the next pod to try; with it, the number to give back to [`Queue::failed`].
    pub(crate) fn pop(&mut self) -> Option<(ObjectKey, u64)> {
        let (_, key) = self.active.pop_first()?;
        self.put(&key, Place::Taken);
        Some((key, self.moved))
    }

    /// Nothing was found for a pod, or its binding failed.
    pub(crate) fn failed(&mut self, key: &ObjectKey, popped_at: u64, unschedulable: bool, now: SimTime) {
        let moved = self.moved != popped_at;
        let Some(pod) = self.pods.get_mut(key) else { return };
        pod.attempts += 1;
        if unschedulable && !moved {
            self.unschedulable.insert((now, key.clone()));
            self.put(key, Place::Unschedulable(now));
        } else {
            self.back_off(key, now);
        }
    }

    fn back_off(&mut self, key: &ObjectKey, last_try: SimTime) {
        let Some(pod) = self.pods.get(key) else { return };
        let doublings = pod.attempts.saturating_sub(1).min(10);
        let until = last_try + (BACKOFF_FIRST * 2u32.pow(doublings)).min(BACKOFF_MAX);
        self.backoff.insert((until, key.clone()));
        self.put(key, Place::Backoff(until));
    }

    /// Something happened that may help the pods that nothing was found for.
    pub(crate) fn move_unschedulable(&mut self, now: SimTime) {
        self.moved += 1;
        for (since, key) in std::mem::take(&mut self.unschedulable) {
            self.back_off(&key, since);
        }
        self.flush(now);
    }

    /// Pods whose waiting is over become active.
    pub(crate) fn flush(&mut self, now: SimTime) {
        while let Some((until, key)) = self.backoff.first().cloned() {
            if until > now {
                break;
            }
            self.backoff.pop_first();
            self.activate(&key);
        }
        while let Some((since, key)) = self.unschedulable.first().cloned() {
            if since + UNSCHEDULABLE_MAX > now {
                break;
            }
            self.unschedulable.pop_first();
            self.activate(&key);
        }
    }

    /// When [`Queue::flush`] has something to do next.
    pub(crate) fn next_flush(&self) -> Option<SimTime> {
        let backoff = self.backoff.first().map(|(until, _)| *until);
        let unschedulable = self.unschedulable.first().map(|(since, _)| *since + UNSCHEDULABLE_MAX);
        [backoff, unschedulable].into_iter().flatten().min()
    }

    /// True when a pod can be tried now.
    pub(crate) fn has_active(&self) -> bool {
        !self.active.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> ObjectKey {
        ObjectKey::new("default", name)
    }

    #[test]
    fn priority_first_then_age() {
        let mut q = Queue::default();
        q.add(&key("old"), 0, false, SimTime::from_secs(1));
        q.add(&key("new"), 0, false, SimTime::from_secs(2));
        q.add(&key("urgent"), 10, false, SimTime::from_secs(3));
        q.add(&key("gated"), 99, true, SimTime::from_secs(0));
        let order: Vec<String> = std::iter::from_fn(|| q.pop()).map(|(k, _)| k.name.to_string()).collect();
        assert_eq!(order, ["urgent", "old", "new"]);
        assert_eq!(q.lengths(), (0, 0, 0, 1));
    }

    #[test]
    fn failures_wait_longer_each_time() {
        let mut q = Queue::default();
        q.add(&key("p"), 0, false, SimTime::ZERO);
        let mut now = SimTime::ZERO;
        for expected in [1, 2, 4, 8, 10, 10] {
            let (k, at) = q.pop().unwrap();
            q.failed(&k, at, false, now);
            let next = q.next_flush().unwrap();
            assert_eq!(next.since(now), Duration::from_secs(expected));
            now = next;
            q.flush(now);
        }
    }

    #[test]
    fn what_happens_during_the_cycle_counts() {
        let mut q = Queue::default();
        q.add(&key("p"), 0, false, SimTime::ZERO);
        let (k, at) = q.pop().unwrap();
        q.move_unschedulable(SimTime::ZERO);
        q.failed(&k, at, true, SimTime::ZERO);
        assert_eq!(q.lengths(), (0, 1, 0, 0));
    }
}
