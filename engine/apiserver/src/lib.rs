//! kube-apiserver, sans IO: HTTP requests in, responses and watch streams out, etcd behind it.
//!
//! [`ApiServer`] is plain data. [`ApiServer::handle`] takes one thing that happened (a request, an answer of etcd, a
//! timer) and leaves what it wants done in the context. What a real server keeps on a goroutine's stack while it waits
//! is an `Operation` with its `Pending` here.
//!
//! The way of a request: `request_info` (what is asked for) - `authn`, `authz` - `handlers` (one file a verb) -
//! `admission` (one file a plugin) - `registry` (what is special about a kind) - `storage` (etcd's transactions). Lists
//! and watches are served by `watch_cache`.
//!
//! Architecture invariant: nothing else in the cluster talks to etcd.

mod admission;
mod audit;
mod authn;
mod authz;
mod bootstrap;
mod config;
mod deadlines;
mod discovery;
mod door;
mod failure;
mod flow;
mod handlers;
mod health;
mod invariants;
mod message;
mod negotiate;
mod openapi;
mod operation;
mod recovery;
mod registry;
mod request_info;
mod rules;
mod server;
mod storage;
mod watch_cache;

pub use admission::Step;
pub use audit::{Audit, Entry};
pub use config::{Cidr, Config};
pub use message::{Context, Input, Message, ProxyId, RequestId};
pub use registry::Resource;
pub use server::{ApiServer, InFlight};
pub use storage::StoredObject;
