//! Virtual time.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;

/// The wall-clock instant that every lab starts at (2026-01-01T00:00:00Z), in seconds since 1970.
/// Fixed, because a lab opened next year must show the same time stamps.
pub const EPOCH_UNIX_SECONDS: i64 = 1_767_225_600;

/// A moment of virtual time, in nanoseconds since the lab started.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct SimTime(u64);

impl SimTime {
    /// The lab's first moment.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than anything that happens.
    pub const MAX: SimTime = SimTime(u64::MAX);

    /// The moment `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        SimTime(nanos)
    }

    /// The moment `seconds` seconds after the start.
    pub const fn from_secs(seconds: u64) -> Self {
        SimTime(seconds * 1_000_000_000)
    }

    /// The moment `millis` milliseconds after the start.
    pub const fn from_millis(millis: u64) -> Self {
        SimTime(millis * 1_000_000)
    }

    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole seconds since the start.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000_000
    }

    /// Seconds since the start, for drawing only (law 3: no floats in decisions).
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The time from `earlier` to `self`; zero when `earlier` is later.
    pub const fn since(self, earlier: SimTime) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Seconds since 1970 on the simulated wall clock.
    pub const fn unix_seconds(self) -> i64 {
        EPOCH_UNIX_SECONDS + (self.0 / 1_000_000_000) as i64
    }

    /// The simulated wall clock as Kubernetes' `metav1.Time` writes it: whole seconds, UTC.
    pub fn rfc3339(self) -> String {
        civil(self.unix_seconds(), 0)
    }

    /// The simulated wall clock as Kubernetes' `metav1.MicroTime` writes it: six digits of a second.
    pub fn rfc3339_micro(self) -> String {
        let micros = (self.0 % 1_000_000_000) / 1000;
        let seconds = civil(self.unix_seconds(), 0);
        format!("{}.{micros:06}Z", seconds.trim_end_matches('Z'))
    }

    /// Reads an RFC 3339 time stamp back; moments before the lab's start become [`SimTime::ZERO`].
    ///
    /// Returns `None` when the text is no RFC 3339 time.
    pub fn parse_rfc3339(text: &str) -> Option<SimTime> {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let start = i128::from(EPOCH_UNIX_SECONDS) * 1_000_000_000;
        let nanos = (at.unix_timestamp_nanos() - start).clamp(0, i128::from(u64::MAX));
        Some(SimTime(nanos as u64))
    }
}

fn civil(unix_seconds: i64, nanos: u32) -> String {
    OffsetDateTime::from_unix_timestamp(unix_seconds)
        .ok()
        .and_then(|t| t.replace_nanosecond(nanos).ok())
        .and_then(|t| t.format(&Rfc3339).ok())
        // A clock past the year 9999 can't be written in RFC 3339.
        .unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
}

impl Add<Duration> for SimTime {
    type Output = SimTime;

    fn add(self, span: Duration) -> SimTime {
        SimTime(self.0.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<SimTime> for SimTime {
    type Output = Duration;

    fn sub(self, earlier: SimTime) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Display for SimTime {
    /// Seconds with three digits: `40.009 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} s", self.0 / 1_000_000_000, self.0 / 1_000_000 % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_clock_round_trips() {
        let t = SimTime::from_millis(86_400_000 + 1_500);
        assert_eq!(t.rfc3339(), "2026-01-02T00:00:01Z");
        assert_eq!(t.rfc3339_micro(), "2026-01-02T00:00:01.500000Z");
        assert_eq!(SimTime::parse_rfc3339(&t.rfc3339_micro()), Some(t));
        assert_eq!(SimTime::parse_rfc3339("yesterday"), None);
        assert_eq!(SimTime::parse_rfc3339("1999-01-01T00:00:00Z"), Some(SimTime::ZERO));
        assert_eq!(t.to_string(), "86401.500 s");
    }
}
