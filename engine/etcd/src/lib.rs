//! etcd: a replicated MVCC store on a simulated disk.
pub mod rpc;
