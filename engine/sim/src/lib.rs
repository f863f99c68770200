//! The ground the cluster stands on: virtual time, one event queue, seeded random streams,
//! links with faults, and the context through which a component acts.
//!
//! Nothing here knows Raft, Kubernetes or a browser. Every type is plain data (`Clone`, `Hash`):
//! a clone of a simulation is a fork of its history, and the same inputs give the same bytes on
//! every machine.

mod actor;
mod blob;
mod context;
mod digest;
mod duration;
mod link;
mod queue;
mod random;
mod time;

pub use actor::Actor;
pub use arcstr::{self, ArcStr as Str, literal};
pub use blob::{Blob, Content};
pub use context::{Context, Effect, Note, Token};
pub use digest::{Digest, StateHash, StateHasher};
pub use duration::{format_duration, parse_duration};
pub use link::{Delivery, LinkRule, Links, Medium};
pub use queue::{EventNumber, EventQueue};
pub use random::Stream;
pub use time::{EPOCH_UNIX_SECONDS, SimTime};
