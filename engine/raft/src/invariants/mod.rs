//! What must always hold in a group, checked as it goes along.
//!
//! A [`Checker`] is shown a member after each event of that member, looks only at what is new, and compares
//! it with what it has seen of the others. It is a value like everything else, so it forks with its group.

mod checker;
mod overlap;
mod violation;

pub use checker::Checker;
pub use overlap::quorums_overlap;
pub use violation::Violation;
