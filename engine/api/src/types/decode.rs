//! From a tree to a struct. Strings are shared with the tree, unknown fields ignored, missing ones defaulted.
//!
//! This is a trait of our own and not serde's `Deserialize`, because serde has no way to hand over a shared string,
//! and its generated code for forty structs costs several times the bytes of this.

use std::collections::BTreeMap;
use std::fmt;

use sim::{SimTime, Str};

use crate::Value;

/// Why a tree did not become a struct.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct DecodeError {
    /// The field: `spec.containers[0].ports`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl DecodeError {
    /// An error at the place that is being read.
    pub fn new(message: impl Into<String>) -> DecodeError {
        DecodeError { path: String::new(), message: message.into() }
    }

    fn expected(what: &str, found: &Value) -> DecodeError {
        DecodeError::new(format!("expected {what}, found {}", found.type_name()))
    }

    pub(crate) fn in_field(self, name: &str) -> DecodeError {
        let mut path = String::new();
        push_field(&mut path, name);
        DecodeError { path: join(path, &self.path), message: self.message }
    }

    pub(crate) fn in_item(self, index: usize) -> DecodeError {
        DecodeError { path: join(format!("[{index}]"), &self.path), message: self.message }
    }
}

fn join(outer: String, inner: &str) -> String {
    match inner.as_bytes().first() {
        None => outer,
        Some(b'[') => outer + inner,
        Some(_) => outer + "." + inner,
    }
}

/// Appends a field's name to a path.
pub(crate) fn push_field(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl std::error::Error for DecodeError {}

/// What can be read from a tree.
pub trait Decode: Sized + Default {
    /// Reads `value`, which is not null.
    fn decode(value: &Value) -> Result<Self, DecodeError>;

    /// Reads a field; missing and null are the default.
    fn field(map: &crate::Map, name: &str) -> Result<Self, DecodeError> {
        match map.get(name) {
            None | Some(Value::Null) => Ok(Self::default()),
            Some(value) => Self::decode(value).map_err(|e| e.in_field(name)),
        }
    }
}

impl Decode for Str {
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        value.as_str().cloned().ok_or_else(|| DecodeError::expected("a string", value))
    }
}

impl Decode for bool {
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        value.as_bool().ok_or_else(|| DecodeError::expected("a boolean", value))
    }
}

impl Decode for i64 {
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        value.as_int().ok_or_else(|| DecodeError::expected("an integer", value))
    }
}

impl Decode for i32 {
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        let wide = i64::decode(value)?;
        i32::try_from(wide).map_err(|_| DecodeError::new(format!("{wide} does not fit 32 bits")))
    }
}

impl Decode for SimTime {
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        let text = Str::decode(value)?;
        SimTime::parse_rfc3339(&text).ok_or_else(|| DecodeError::new(format!("{text:?} is no RFC 3339 time")))
    }
}

impl Decode for Value {
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        Ok(value.clone())
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        T::decode(value).map(Some)
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        T::decode(value).map(Box::new)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        let list = value.as_list().ok_or_else(|| DecodeError::expected("an array", value))?;
        let items = list.as_slice().iter().enumerate();
        items.map(|(i, item)| T::decode(item).map_err(|e| e.in_item(i))).collect()
    }
}

impl<T: Decode> Decode for BTreeMap<Str, T> {
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        let map = value.as_map().ok_or_else(|| DecodeError::expected("an object", value))?;
        map.iter().map(|(k, v)| Ok((k.clone(), T::decode(v).map_err(|e| e.in_field(k))?))).collect()
    }
}

/// Defines structs that are read from trees: `name: Type = "jsonName"`.
macro_rules! lean {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* $field:ident : $type:ty = $json:literal),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        pub struct $name { $($(#[$doc])* pub $field: $type),* }

        impl $crate::types::Decode for $name {
            fn decode(value: &$crate::Value) -> Result<Self, $crate::types::DecodeError> {
                let Some(_map) = value.as_map() else {
                    let found = value.type_name();
                    return Err($crate::types::DecodeError::new(format!("expected an object, found {found}")));
                };
                Ok($name { $($field: $crate::types::Decode::field(_map, $json)?),* })
            }
        }
    )*};
}
pub(crate) use lean;
