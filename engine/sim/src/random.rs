//! Seeded random streams, one per component.

use std::hash::Hash;
use std::ops::Range;
use std::time::Duration;

use rand_core::Rng;
use rand_pcg::Pcg64Mcg;

use crate::Digest;

/// One component's stream of random numbers.
///
/// Derived from the lab's seed and the component's name, so that adding a component
/// does not change what the others draw (law 3). The algorithm (PCG XSL 128/64) and the way ranges
/// are drawn are fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    generator: Pcg64Mcg,
    drawn: u64,
}

impl Hash for Stream {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        // Seed and position determine the rest; one more draw shows both.
        self.generator.clone().next_u64().hash(state);
        self.drawn.hash(state);
    }
}

impl Stream {
    /// The stream of the component called `name` in a lab with `seed`.
    pub fn derive(seed: u64, name: &str) -> Stream {
        let low = Digest::of(&(seed, name, 0u8)).0;
        let high = Digest::of(&(seed, name, 1u8)).0;
        Stream { generator: Pcg64Mcg::new(u128::from(high) << 64 | u128::from(low)), drawn: 0 }
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.drawn += 1;
        self.generator.next_u64()
    }

    /// A number from `range`, each equally likely (by multiplication, Lemire 2019, without the
    /// rejection step: the bias is below 2^-32 for the ranges used here).
    ///
    /// An empty range gives its start.
    pub fn range(&mut self, range: Range<u64>) -> u64 {
        let width = range.end.saturating_sub(range.start);
        let scaled = (u128::from(self.next_u64()) * u128::from(width)) >> 64;
        range.start + scaled as u64
    }

    /// A duration from `range`.
    pub fn duration(&mut self, range: Range<Duration>) -> Duration {
        let nanos = |d: Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.range(nanos(range.start)..nanos(range.end)))
    }

    /// True in `parts` of 1,000,000 cases.
    pub fn chance_ppm(&mut self, parts: u32) -> bool {
        // Drawing nothing at 0 keeps faultless labs' streams where they were.
        parts > 0 && self.range(0..1_000_000) < u64::from(parts)
    }

    /// Name suffixes as Kubernetes makes them: `n` characters of the 27 that can't form bad words
    /// (apimachinery's `rand.String`: no vowels, no 0, 1, 3).
    pub fn suffix(&mut self, n: u32) -> String {
        const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
        (0..n).map(|_| char::from(ALPHABET[self.range(0..27) as usize])).collect()
    }

    /// A random (version 4) UUID in its usual notation.
    pub fn uuid(&mut self) -> String {
        let high = self.next_u64() & 0xffff_ffff_ffff_0fff | 0x4000;
        let low = self.next_u64() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_independent_and_repeatable() {
        let mut a = Stream::derive(1, "kubelet/node-1");
        let mut b = Stream::derive(1, "kubelet/node-1");
        let mut c = Stream::derive(1, "kubelet/node-2");
        let (x, y, z) = (a.next_u64(), b.next_u64(), c.next_u64());
        assert_eq!(x, y);
        assert_ne!(x, z);
        assert_eq!(a, b);
    }

    #[test]
    fn ranges_stay_inside() {
        let mut s = Stream::derive(7, "range");
        for _ in 0..10_000 {
            assert!((10..13).contains(&s.range(10..13)));
        }
        assert_eq!(s.range(5..5), 5);
        let uuid = s.uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert_eq!(s.suffix(5).len(), 5);
    }
}
