//! Short texts.

use api::types::Taint;
use sim::Str;

/// A taint as kubectl writes it: `key=value:Effect`.
pub(super) fn taint(taint: &Taint) -> Str {
    if taint.value.is_empty() {
        return Str::from(format!("{}:{}", taint.key, taint.effect));
    }
    Str::from(format!("{}={}:{}", taint.key, taint.value, taint.effect))
}

/// Bytes for people.
pub(super) fn bytes(n: u64) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => format!("{} KiB", n / 1024),
        _ => format!("{}.{} MiB", n / 1_048_576, n % 1_048_576 * 10 / 1_048_576),
    }
}
