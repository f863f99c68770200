//! What the tests that cross crates share: driving a lab from outside, and golden scripts.

pub mod driver;
pub mod golden;
#[cfg(feature = "browser")]
pub mod page;
pub mod raft_script;
pub mod samples;

/// The number of seeds of a randomised test: `CLUSTERLAB_SEEDS`, or `default`.
pub fn seeds(default: u64) -> u64 {
    std::env::var("CLUSTERLAB_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}
