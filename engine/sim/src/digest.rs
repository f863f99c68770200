//! The state hash: one 64-bit number for a whole cluster, the same on x86 and wasm.

use std::fmt;
use std::hash::{Hash, Hasher};

use xxhash_rust::xxh3::Xxh3;

/// A 64-bit fingerprint of some state (XXH3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Digest(pub u64);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Digest {
    /// The digest of anything hashable.
    pub fn of<T: Hash + ?Sized>(value: &T) -> Digest {
        let mut hasher = StateHasher::default();
        value.hash(&mut hasher);
        Digest(hasher.finish())
    }

    /// The digest of raw bytes.
    pub fn of_bytes(bytes: &[u8]) -> Digest {
        Digest(xxhash_rust::xxh3::xxh3_64(bytes))
    }
}

/// State that contributes to the state hash in its own way, where deriving [`Hash`] would not do
/// (caches left out, shared trees by their cached digest).
pub trait StateHash {
    /// Feeds the state into the hasher.
    fn state_hash(&self, hasher: &mut StateHasher);
}

/// A [`Hasher`] that gives the same number on every platform.
///
/// `usize` and `isize` (lengths, discriminants) count as 64 bits, so that wasm32 and x86-64 agree. A
/// *slice* of `usize` would still be hashed as raw memory by the standard library: keep
/// `Vec<usize>` out of hashed state.
#[derive(Clone, Default)]
pub struct StateHasher(Xxh3);

impl Hasher for StateHasher {
    fn finish(&self) -> u64 {
        self.0.digest()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn write_usize(&mut self, i: usize) {
        self.write_u64(i as u64);
    }

    fn write_isize(&mut self, i: isize) {
        self.write_u64(i as i64 as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_fixed_forever() {
        // Links carry hashes: this number may never change.
        assert_eq!(
            Digest::of(&("lab", 1u64, Some(2u32), vec![3u8])),
            Digest::of(&("lab", 1u64, Some(2u32), vec![3u8]))
        );
        assert_ne!(Digest::of(&1u64), Digest::of(&2u64));
        assert_eq!(Digest::of_bytes(b"").to_string(), "2d06800538d394c2");
    }
}
