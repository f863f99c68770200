//! Values: objects without their resourceVersion, bytes only for those who look.

use std::any::Any;
use std::sync::OnceLock;

use api::{Object, Revision, Value};
use etcd::rpc::KeyValue;
use sim::{Blob, Content, Digest, Str, literal};

/// An object as etcd holds it: the shared tree without `metadata.resourceVersion` (that is the key's own mod revision).
#[derive(Clone, Debug)]
pub struct StoredObject {
    object: Value,
    /// The encoding's length; derived from `object`.
    size: OnceLock<u64>,
}

impl StoredObject {
    /// The tree.
    pub fn value(&self) -> &Value {
        &self.object
    }
}

impl Content for StoredObject {
    fn size(&self) -> u64 {
        *self.size.get_or_init(|| api::json::length(&self.object) + 1)
    }

    fn encode(&self) -> Vec<u8> {
        let mut text = api::json::write(&self.object).into_bytes();
        // etcd holds what the server's serializer writes, and that ends in a newline.
        text.push(b'\n');
        text
    }

    fn digest(&self) -> Digest {
        self.object.digest()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The value to store for an object.
pub(crate) fn blob(mut value: Value) -> Blob {
    value.remove(&["metadata", "resourceVersion"]);
    Blob::Shared(std::sync::Arc::new(StoredObject { object: value, size: OnceLock::new() }))
}

/// The object that a key holds; `None` when its bytes are no JSON object (somebody wrote them with etcdctl).
pub(crate) fn read(kv: &KeyValue) -> Option<Object> {
    let value = match kv.value.downcast::<StoredObject>() {
        Some(stored) => stored.object.clone(),
        None => api::json::parse(kv.value.bytes()).ok().filter(|value| value.as_map().is_some())?,
    };
    Some(with_revision(value, Revision(kv.mod_revision.0)))
}

/// The object with its resourceVersion: the root and the metadata are copied, the rest is shared.
pub(crate) fn with_revision(mut value: Value, revision: Revision) -> Object {
    // A static name: `set` would make a new string for each object.
    let metadata = value.make_map().entry("metadata").make_map();
    metadata.insert(literal!("resourceVersion"), revision_text(revision));
    Object::new(value)
}

fn revision_text(revision: Revision) -> Str {
    Str::from(revision.0.to_string())
}
