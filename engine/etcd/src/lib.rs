//! etcd: a replicated MVCC store on a simulated disk.

pub mod disk;
pub mod lease;
pub mod mvcc;
pub mod proposal;
pub mod rpc;
pub mod state;
pub mod txn;
pub mod watch;
