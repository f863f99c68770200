//! Kubernetes' objects, schema and rules, without a server: what an object is, how it is read, checked,
//! defaulted, patched, selected and printed.
//!
//! Architecture invariant: nothing here sends or receives anything; every function is pure.

pub mod defaults;
pub mod duration;
pub mod http;
pub mod intstr;
pub mod json;
pub mod kinds;
pub mod managed;
pub mod names;
pub mod object;
pub mod patch;
pub mod quantity;
pub mod schema;
pub mod selector;
pub mod status;
pub mod table;
pub mod types;
pub mod validate;
pub mod value;
pub mod yaml;

pub use object::{Object, ObjectKey, Revision, Uid};
pub use sim::{Str, literal};
pub use types::DecodeError;
pub use value::{List, Map, Value, from_value};
