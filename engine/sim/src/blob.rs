//! Bytes that are made on demand.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::Digest;

/// Something that has an encoding as bytes, without having to be bytes all the time.
///
/// etcd stores byte strings and Raft replicates them; a stored Kubernetes object stays the shared tree it is,
/// and is encoded when somebody looks.
pub trait Content: fmt::Debug + Send + Sync {
    /// The encoding's length in bytes. Must be exact: files and messages are laid out by it.
    fn size(&self) -> u64;
    /// The bytes.
    fn encode(&self) -> Vec<u8>;
    /// A digest of the content; equal content gives equal digests.
    fn digest(&self) -> Digest;
    /// The value itself, for those who know what it is.
    fn as_any(&self) -> &dyn Any;
}

/// A shared, immutable byte string: either bytes or [`Content`] that can become bytes.
#[derive(Clone)]
pub enum Blob {
    /// Bytes as such.
    Bytes(Arc<[u8]>),
    /// Bytes on demand.
    Shared(Arc<dyn Content>),
}

impl Blob {
    /// The empty blob.
    pub fn empty() -> Blob {
        Blob::Bytes(Arc::from([]))
    }

    /// Length in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Blob::Bytes(bytes) => bytes.len() as u64,
            Blob::Shared(content) => content.size(),
        }
    }

    /// True when there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// The bytes, encoded now if need be.
    pub fn bytes(&self) -> Arc<[u8]> {
        match self {
            Blob::Bytes(bytes) => bytes.clone(),
            Blob::Shared(content) => content.encode().into(),
        }
    }

    /// The bytes as text, with replacement characters where they are no UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// The value inside, if it is of type `T`.
    pub fn downcast<T: 'static>(&self) -> Option<&T> {
        match self {
            Blob::Bytes(_) => None,
            Blob::Shared(content) => content.as_any().downcast_ref(),
        }
    }

    /// A digest of the content.
    pub fn digest(&self) -> Digest {
        match self {
            Blob::Bytes(bytes) => Digest::of_bytes(bytes),
            Blob::Shared(content) => content.digest(),
        }
    }
}

impl Default for Blob {
    fn default() -> Self {
        Blob::empty()
    }
}

impl From<&str> for Blob {
    fn from(text: &str) -> Self {
        Blob::Bytes(text.as_bytes().into())
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Blob::Bytes(bytes.into())
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Blob::Bytes(a), Blob::Bytes(b)) => a == b,
            (Blob::Shared(a), Blob::Shared(b)) => Arc::ptr_eq(a, b) || a.digest() == b.digest(),
            _ => self.bytes() == other.bytes(),
        }
    }
}

impl Eq for Blob {}

impl Hash for Blob {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest().hash(state);
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Blob::Bytes(bytes) => write!(f, "{:?}", String::from_utf8_lossy(bytes)),
            Blob::Shared(content) => content.fmt(f),
        }
    }
}
