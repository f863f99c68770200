//! The watch cache: for each resource one decoded copy of all objects, fed by one etcd watch and shared by all
//! lists and watches.
//!
//! Architecture invariant: a client's watch never becomes a watch on etcd.

mod cache;
mod fan_out;
mod feed;
mod filter;
mod index;
mod streams;

pub(crate) use cache::{Cache, Phase};
pub(crate) use filter::{Filter, Scope};
pub(crate) use streams::{Start, Watcher, objects_in};

use sim::Str;

use api::{Object, Revision};

/// The server's number for a client's watch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct WatchId(pub u64);

/// One change of one object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Change {
    /// The revision that made it.
    pub revision: Revision,
    /// The key in etcd.
    pub key: Str,
    /// The object after; for a delete as it was at the end, with the delete's revision.
    pub object: Object,
    /// The object before; `None` when it was created.
    pub previous: Option<Object>,
    /// True for a delete.
    pub deleted: bool,
}
