//! The client side of the API: requests, informers, listers, work queues, in the shape of client-go.
//!
//! Architecture invariant: a component that is built on this crate knows the cluster only through the API
//! server's answers and watches (law 4).

pub mod component;

pub use component::{Component, Context, Input, Message, RequestId};
