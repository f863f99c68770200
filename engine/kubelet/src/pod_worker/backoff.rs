//! The kubelet's patience with what fails again and again.

use std::time::Duration;

use sim::SimTime;

/// The first wait.
pub const FIRST: Duration = Duration::from_secs(10);
/// The longest.
pub const MAX: Duration = Duration::from_secs(300);

/// 10 s doubling to 5 min; forgotten when nothing failed for twice the longest wait (client-go's `flowcontrol.Backoff`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Backoff {
    delay: Duration,
    last: SimTime,
}

impl Backoff {
    /// The current wait.
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// Until when to wait after a failure at `failed`; `None` when there is no need to.
    pub fn until(&self, failed: SimTime, now: SimTime) -> Option<SimTime> {
        let until = failed + self.delay;
        (!self.delay.is_zero() && !self.expired(now) && until > now).then_some(until)
    }

    /// Notes another attempt, and doubles the wait for the next.
    pub fn next(&mut self, now: SimTime) {
        self.delay =
            if self.delay.is_zero() || self.expired(now) { FIRST } else { (self.delay * 2).min(MAX) };
        self.last = now;
    }

    fn expired(&self, now: SimTime) -> bool {
        now.since(self.last) > MAX * 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_restart_at_once_then_later_and_later() {
        let mut backoff = Backoff::default();
        let mut now = SimTime::from_secs(100);
        let mut waits = Vec::new();
        for _ in 0..8 {
            let failed = now;
            if let Some(until) = backoff.until(failed, now) {
                now = until;
            }
            waits.push(now.since(failed).as_secs());
            backoff.next(now);
            now = now + Duration::from_secs(1);
        }
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
        now = now + Duration::from_secs(601);
        assert_eq!(backoff.until(now, now), None, "ten quiet minutes forgive");
    }
}
