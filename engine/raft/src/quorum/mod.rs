//! Majorities, single and joint: who decides. Pure functions of what each voter says.

mod describe;
mod joint;
mod majority;

use std::fmt;

pub use joint::JointConfig;
pub use majority::MajorityConfig;

use crate::LogIndex;

/// The committed index of a configuration without voters: everything (so that a joint configuration with an
/// empty half behaves as the other half alone).
pub const INFINITY: LogIndex = LogIndex(u64::MAX);

/// How a vote stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum VoteResult {
    /// Nothing is decided.
    Pending,
    /// A quorum can no longer be reached.
    Lost,
    /// A quorum said yes.
    Won,
}

impl fmt::Display for VoteResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            VoteResult::Pending => "VotePending",
            VoteResult::Lost => "VoteLost",
            VoteResult::Won => "VoteWon",
        })
    }
}

/// An index as the scripts print it.
pub fn index_text(index: LogIndex) -> String {
    if index == INFINITY { "∞".to_owned() } else { index.to_string() }
}
