//! How wall time becomes virtual time.

use std::time::Duration;

/// The speeds that the slider stops at: virtual seconds a wall second.
pub const SPEEDS: [f64; 16] =
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// Wall time that one frame may stand for at the most, in milliseconds: after a hidden tab comes back, the lab does
/// not race to catch up.
const FRAME_MAX_MS: f64 = 100.0;

/// Play, pause and speed.
#[derive(Clone, Debug)]
pub struct Clock {
    /// True while virtual time follows wall time.
    pub playing: bool,
    /// Virtual seconds a wall second.
    pub speed: f64,
    last_frame_ms: Option<f64>,
    /// Nanoseconds of virtual time that earlier frames were owed and could not be given as whole ones.
    carry_ns: f64,
}

impl Default for Clock {
    fn default() -> Self {
        Clock { playing: false, speed: 1.0, last_frame_ms: None, carry_ns: 0.0 }
    }
}

impl Clock {
    /// Starts or stops; the time in between does not count.
    pub fn set_playing(&mut self, playing: bool) {
        self.playing = playing;
        self.last_frame_ms = None;
        self.carry_ns = 0.0;
    }

    /// How much virtual time the frame at `now_ms` is worth.
    pub fn tick(&mut self, now_ms: f64) -> Duration {
        self.tick_at(now_ms, self.speed)
    }

    /// The same at another speed than the chosen one.
    pub fn tick_at(&mut self, now_ms: f64, speed: f64) -> Duration {
        let last = self.last_frame_ms.replace(now_ms).unwrap_or(now_ms);
        let wall_ms = (now_ms - last).clamp(0.0, FRAME_MAX_MS);
        let owed = wall_ms * 1e6 * speed + self.carry_ns;
        let whole = owed.floor();
        self.carry_ns = owed - whole;
        Duration::from_nanos(whole as u64)
    }
}

/// The stop of the slider that is nearest to `speed`.
pub fn notch(speed: f64) -> usize {
    let distance = |s: &f64| (s.ln() - speed.max(1e-9).ln()).abs();
    (0..SPEEDS.len()).min_by(|a, b| distance(&SPEEDS[*a]).total_cmp(&distance(&SPEEDS[*b]))).unwrap_or(6)
}

/// `1×`, `1/100×`, `20×`.
pub fn speed_label(speed: f64) -> String {
    if speed >= 1.0 {
        format!("{}×", (speed * 10.0).round() / 10.0)
    } else {
        format!("1/{}×", (1.0 / speed).round())
    }
}

/// Reads `60s`, `1m30s`, `500ms`, `2h`, or a bare number of seconds.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => sim::parse_duration(text),
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn slow_time_adds_up() {
        let mut clock = Clock { speed: 0.01, ..Clock::default() };
        clock.set_playing(true);
        let total: Duration = (0..=100).map(|i| clock.tick(f64::from(i) * 16.7)).sum();
        assert!((total.as_secs_f64() - 0.0167).abs() < 1e-6, "{total:?}");
    }

    #[test]
    fn a_hidden_tab_does_not_race() {
        let mut clock = Clock::default();
        clock.tick(0.0);
        assert_eq!(clock.tick(60_000.0), Duration::from_millis(100));
    }

    #[test]
    fn labels_and_notches() {
        assert_eq!(speed_label(SPEEDS[0]), "1/100×");
        assert_eq!(speed_label(1000.0), "1000×");
        assert_eq!(SPEEDS[notch(1.0)], 1.0);
        assert_eq!(SPEEDS[notch(900.0)], 1000.0);
    }

    #[test]
    fn durations() {
        let cases = [
            ("60s", 60_000),
            ("1m30s", 90_000),
            ("500ms", 500),
            ("2", 2000),
            ("1.5s", 1500),
            ("1h", 3_600_000),
        ];
        for (text, millis) in cases {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["", "s", "5x", "-1", "1m30"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
