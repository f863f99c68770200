//! Lean typed views of the kinds that the lab acts on.

use crate::Value;

/// The typed form of an object, by kind.
#[derive(Clone, Debug)]
pub enum Typed {
    /// A kind without a typed form, or one that would not decode.
    Other,
}

impl Typed {
    /// Decodes a tree by its `apiVersion` and `kind`.
    pub fn decode(_value: &Value) -> Typed {
        Typed::Other
    }
}
