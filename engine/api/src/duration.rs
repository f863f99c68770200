//! Ages as kubectl prints them.

use std::time::Duration;

use sim::SimTime;

/// A span in at most two units: `38s`, `5m12s`, `3h`, `2d4h`, `400d`, `5y20d`
/// (`k8s.io/apimachinery/pkg/util/duration`, `HumanDuration`).
pub fn human(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let two = |big: u64, unit: &str, small: u64, small_unit: &str| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{small_unit}") }
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 192 => two(days, "d", hours % 24, "h"),
        () if days < 730 => format!("{days}d"),
        () if days < 8 * 365 => two(days / 365, "y", days % 365, "d"),
        () => format!("{}y", days / 365),
    }
}

/// The age of something with a time stamp; `<unknown>` without (`translateTimestampSince`).
pub fn age(since: Option<SimTime>, now: SimTime) -> String {
    since.map_or_else(|| "<unknown>".to_owned(), |then| human(now.since(then)))
}

/// The age of an RFC 3339 time stamp.
pub fn age_of(text: Option<&str>, now: SimTime) -> String {
    age(text.and_then(SimTime::parse_rfc3339), now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        let table = [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (312, "5m12s"),
            (600, "10m"),
            (179 * 60, "179m"),
            (3 * 3600, "3h"),
            (3 * 3600 + 300, "3h5m"),
            (8 * 3600 + 300, "8h"),
            (47 * 3600, "47h"),
            (48 * 3600, "2d"),
            (52 * 3600, "2d4h"),
            (8 * 86_400 + 7200, "8d"),
            (729 * 86_400, "729d"),
            (750 * 86_400, "2y20d"),
            (3000 * 86_400, "8y"),
        ];
        for (seconds, text) in table {
            assert_eq!(human(Duration::from_secs(seconds)), text, "{seconds}");
        }
        assert_eq!(age(None, SimTime::ZERO), "<unknown>");
    }
}
