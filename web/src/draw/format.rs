//! Numbers as people read them.

use sim::SimTime;

/// `18,204`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + 4);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `40.009 s`, `3 min 00.000 s`, `2 h 03 min 00.000 s`.
pub fn clock(at: SimTime) -> String {
    let (seconds, millis) = (at.as_secs(), at.as_nanos() / 1_000_000 % 1000);
    match seconds {
        0..60 => format!("{seconds}.{millis:03} s"),
        60..3600 => format!("{} min {:02}.{millis:03} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min {:02}.{millis:03} s", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

/// `40.009`.
pub fn millis(at: SimTime) -> String {
    format!("{}.{:03}", at.as_secs(), at.as_nanos() / 1_000_000 % 1000)
}

/// `40.009` with microseconds where they matter: for lists of causes, which are often that close.
pub fn seconds(at: SimTime) -> String {
    format!("{}.{:06}", at.as_secs(), at.as_nanos() / 1000 % 1_000_000)
}

/// `+12 ms`, `+1.50 s`, `+80 µs`.
pub fn span(from: SimTime, to: SimTime) -> String {
    let micros = to.since(from).as_micros();
    match micros {
        0 => "+0 s".to_owned(),
        1..1_000 => format!("+{micros} µs"),
        1_000..1_000_000 => format!("+{} ms", micros / 1000),
        // Kubernetes' own times are whole seconds: more digits would claim too much.
        _ if micros.is_multiple_of(1_000_000) => format!("+{} s", micros / 1_000_000),
        _ => format!("+{}.{:02} s", micros / 1_000_000, micros / 10_000 % 100),
    }
}

/// `12.4 kB`.
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{}.{} kB", count / 1000, count / 100 % 10),
        1_000_000..1_000_000_000 => format!("{}.{} MB", count / 1_000_000, count / 100_000 % 10),
        _ => format!("{}.{} GB", count / 1_000_000_000, count / 100_000_000 % 10),
    }
}

/// At most `max` characters, with an ellipsis for what is left out.
pub fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn numbers() {
        for (n, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (18_204, "18,204"), (1_234_567, "1,234,567")]
        {
            assert_eq!(thousands(n), text);
        }
        assert_eq!(clock(SimTime::from_millis(40_009)), "40.009 s");
        assert_eq!(clock(SimTime::from_secs(180)), "3 min 00.000 s");
        assert_eq!(clock(SimTime::from_secs(7380)), "2 h 03 min 00.000 s");
        assert_eq!(span(SimTime::ZERO, SimTime::from_millis(1500)), "+1.50 s");
        assert_eq!(bytes(12_400), "12.4 kB");
        assert_eq!(bytes(2 << 30), "2.1 GB");
        assert_eq!(shorten("kube-proxy", 6), "kube-…");
    }
}
