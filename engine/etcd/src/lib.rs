//! etcd: a replicated MVCC store on a simulated disk.
//!
//! A [`Member`] is one process: it takes [`Input`]s and leaves [`Message`]s, timers and notes in a
//! [`sim::Context`]. [`rpc`] is what clients say to it. Below it lie, each usable alone: the [`disk`] with
//! write-ahead log and snapshots, the [`mvcc`] store, [`txn`] and [`lease`], which together make the replicated
//! [`state`]; and, on each member for itself, the [`watch`]es.

pub mod disk;
pub mod invariants;
pub mod lease;
pub mod member;
pub mod membership;
pub mod mvcc;
pub mod proposal;
pub mod quota;
pub mod rpc;
pub mod snapshot;
pub mod state;
pub mod txn;
pub mod watch;

pub use disk::Disk;
pub use member::{Forward, InitialState, Input, Member, MemberConfig, Message, Peer};
pub use mvcc::Store;
