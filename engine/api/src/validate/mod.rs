//! Semantic validation: what the API server refuses although it decodes.

mod error;

pub use error::{FieldError, FieldErrorKind};
