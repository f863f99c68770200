//! The leader's clock for leases. Only the leader knows when a lease expires; when leadership changes, every
//! lease starts anew.

use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use sim::SimTime;

use crate::lease::Leases;
use crate::rpc::LeaseId;

/// A revocation that is still under way after this long is proposed again.
const RETRY: Duration = Duration::from_secs(3);

/// When each lease expires; empty on followers.
#[derive(Clone, Debug, Hash, Default)]
pub(super) struct Lessor {
    primary: bool,
    expiries: OrdMap<LeaseId, SimTime>,
    queue: OrdSet<(SimTime, LeaseId)>,
}

impl Lessor {
    /// Whether this member decides.
    pub(super) const fn is_primary(&self) -> bool {
        self.primary
    }

    /// The member leads now: all leases live their full time, and an election more, from here.
    pub(super) fn promote(&mut self, leases: &Leases, now: SimTime, extend: Duration) {
        self.demote();
        self.primary = true;
        for (id, lease) in leases.iter() {
            self.set(id, now + seconds(lease.ttl_seconds) + extend);
        }
    }

    /// The member no longer leads.
    pub(super) fn demote(&mut self) {
        *self = Lessor::default();
    }

    /// A lease was granted or kept alive.
    pub(super) fn renew(&mut self, id: LeaseId, ttl_seconds: i64, now: SimTime) {
        if self.primary {
            self.set(id, now + seconds(ttl_seconds));
        }
    }

    /// A lease was revoked.
    pub(super) fn remove(&mut self, id: LeaseId) {
        if let Some(at) = self.expiries.remove(&id) {
            self.queue.remove(&(at, id));
        }
    }

    /// Whole seconds that a lease still has.
    pub(super) fn remaining(&self, id: LeaseId, now: SimTime) -> Option<i64> {
        let at = self.expiries.get(&id)?;
        Some(i64::try_from(at.since(now).as_secs()).unwrap_or(i64::MAX))
    }

    /// Leases whose time is up, at most `most`; they are given out again when they are still here later.
    pub(super) fn expired(&mut self, now: SimTime, most: usize) -> Vec<LeaseId> {
        let due: Vec<LeaseId> =
            self.queue.iter().take_while(|(at, _)| *at <= now).take(most).map(|(_, id)| *id).collect();
        for id in &due {
            self.set(*id, now + RETRY);
        }
        due
    }

    fn set(&mut self, id: LeaseId, at: SimTime) {
        if let Some(old) = self.expiries.insert(id, at) {
            self.queue.remove(&(old, id));
        }
        self.queue.insert((at, id));
    }
}

fn seconds(ttl: i64) -> Duration {
    Duration::from_secs(u64::try_from(ttl).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_expire_in_order_and_are_asked_for_again() {
        let mut leases = Leases::default();
        for (id, ttl) in [(1, 10), (2, 5)] {
            assert!(leases.grant(LeaseId(id), ttl, 2).is_ok());
        }
        let mut lessor = Lessor::default();
        lessor.promote(&leases, SimTime::ZERO, Duration::from_secs(1));
        assert_eq!(lessor.remaining(LeaseId(1), SimTime::from_secs(1)), Some(10));
        assert_eq!(lessor.expired(SimTime::from_secs(5), 10), []);
        lessor.renew(LeaseId(1), 10, SimTime::from_secs(5));
        assert_eq!(lessor.expired(SimTime::from_secs(6), 10), [LeaseId(2)]);
        assert_eq!(lessor.expired(SimTime::from_secs(8), 10), []);
        assert_eq!(lessor.expired(SimTime::from_secs(9), 10), [LeaseId(2)]);
        lessor.remove(LeaseId(2));
        assert_eq!(lessor.expired(SimTime::from_secs(20), 10), [LeaseId(1)]);
        lessor.demote();
        assert_eq!(lessor.remaining(LeaseId(1), SimTime::ZERO), None);
    }
}
