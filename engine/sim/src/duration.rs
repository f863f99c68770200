//! Durations as Go writes and reads them: `1m30s`, `1.234s`, `500ms`. Flags, lab files and event messages
//! of Kubernetes use this notation.

use std::time::Duration;

/// Reads a Go duration (`time.ParseDuration`): one or more numbers with a unit each, `0` alone is allowed.
/// Returns `None` for anything else, for negative spans and for overflow.
pub fn parse_duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return None;
    }
    let mut total = 0u128;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, next) = tail.split_at(unit_end);
        let unit_nanos: u128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        total = total.checked_add(scaled(number, unit_nanos)?)?;
        rest = next;
    }
    u64::try_from(total).ok().map(Duration::from_nanos)
}

fn scaled(number: &str, unit_nanos: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || whole.len() > 18 || fraction.contains('.') {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // Beyond twelve digits a fraction is below a nanosecond for every unit.
    let fraction = &fraction[..fraction.len().min(12)];
    let part: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let scale = 10u128.pow(fraction.len() as u32);
    whole.checked_mul(unit_nanos)?.checked_add(part * unit_nanos / scale)
}

/// Writes a Go duration (`Duration.String`): `1h2m3s`, `1.5s`, `200ms`, `0s`.
pub fn format_duration(span: Duration) -> String {
    let nanos = span.as_nanos();
    let (unit, name) = match nanos {
        0 => return "0s".to_owned(),
        1..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    if name != "s" {
        return format!("{}{name}", decimal(nanos, unit));
    }
    let (hours, minutes) = (nanos / 3_600_000_000_000, nanos / 60_000_000_000 % 60);
    let seconds = decimal(nanos % 60_000_000_000, unit);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, m) => format!("{m}m{seconds}s"),
        (h, m) => format!("{h}h{m}m{seconds}s"),
    }
}

fn decimal(nanos: u128, unit: u128) -> String {
    let (whole, rest) = (nanos / unit, nanos % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let width = unit.ilog10() as usize;
    format!("{whole}.{}", format!("{rest:0width$}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_as_go() {
        for (text, nanos, back) in [
            ("0", 0, "0s"),
            ("1.5s", 1_500_000_000, "1.5s"),
            ("1m30s", 90_000_000_000, "1m30s"),
            ("100ms", 100_000_000, "100ms"),
            ("2h", 7_200_000_000_000, "2h0m0s"),
            (".5m", 30_000_000_000, "30s"),
            ("1µs", 1_000, "1µs"),
        ] {
            assert_eq!(parse_duration(text), Some(Duration::from_nanos(nanos)), "{text}");
            assert_eq!(format_duration(Duration::from_nanos(nanos)), back);
        }
        for bad in ["", "s", "5", "1d", "-3s", "1..2s", "99999999999999999999h", "1s2"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
