//! The client side of the API: requests, informers, listers, work queues, in the shape of client-go.
//!
//! Architecture invariant: a component that is built on this crate knows the cluster only through the API
//! server's answers and watches (law 4).
//!
//! A process keeps one [`Session`], one [`Informer`] for each resource it follows, and offers every input first to
//! the informers (and its [`EventRecorder`]), then to its own [`Calls`]; informers answer with [`Delta`]s that the
//! process turns into keys in a [`WorkQueue`].

pub mod calls;
pub mod component;
pub mod events;
pub mod expectations;
pub mod informer;
pub mod requests;
pub mod resource;
pub mod session;
pub mod store;
pub mod workqueue;

pub use calls::Calls;
pub use component::{Component, Context, Input, Message, RequestId};
pub use events::{EventRecorder, EventType};
pub use expectations::Expectations;
pub use informer::{Handled, Informer, Selection};
pub use requests::{DeleteOptions, PatchType};
pub use resource::Resource;
pub use session::Session;
pub use store::{Delta, IndexBy, Store};
pub use workqueue::WorkQueue;
