//! One version of one object, shared by all who know it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use sim::Str;

use crate::Value;
use crate::types::Typed;

/// A store revision: etcd's, and as `resourceVersion` Kubernetes'.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// An object's identity over its whole life: a new object with an old name has a new one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Uid(pub Str);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Namespace and name; the namespace is empty for cluster-scoped objects.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ObjectKey {
    /// The namespace.
    pub namespace: Str,
    /// The name.
    pub name: Str,
}

impl ObjectKey {
    /// The key of `name` in `namespace` (empty: cluster-scoped).
    pub fn new(namespace: impl Into<Str>, name: impl Into<Str>) -> ObjectKey {
        ObjectKey { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for ObjectKey {
    /// client-go's notation: `namespace/name`, or `name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

/// One version of one object: its tree, and (decoded when first asked for, then shared) its typed form.
#[derive(Clone)]
pub struct Object(Arc<Inner>);

struct Inner {
    value: Value,
    key: ObjectKey,
    /// Derived from `value`; takes no part in comparisons and hashes.
    typed: OnceLock<Typed>,
}

impl Object {
    /// Wraps a tree.
    pub fn new(value: Value) -> Object {
        let part = |name| value.str_at(&["metadata", name]).cloned().unwrap_or_default();
        let key = ObjectKey { namespace: part("namespace"), name: part("name") };
        Object(Arc::new(Inner { value, key, typed: OnceLock::new() }))
    }

    /// The tree.
    pub fn value(&self) -> &Value {
        &self.0.value
    }

    /// Namespace and name.
    pub fn key(&self) -> &ObjectKey {
        &self.0.key
    }

    /// The namespace; empty when cluster-scoped.
    pub fn namespace(&self) -> &Str {
        &self.0.key.namespace
    }

    /// The name.
    pub fn name(&self) -> &Str {
        &self.0.key.name
    }

    /// The `kind`.
    pub fn kind(&self) -> &str {
        self.value().str_at(&["kind"]).map_or("", |s| s.as_str())
    }

    /// The `apiVersion`.
    pub fn api_version(&self) -> &str {
        self.value().str_at(&["apiVersion"]).map_or("", |s| s.as_str())
    }

    /// The `metadata.uid`.
    pub fn uid(&self) -> Uid {
        Uid(self.value().str_at(&["metadata", "uid"]).cloned().unwrap_or_default())
    }

    /// The `metadata.resourceVersion`; zero when there is none.
    pub fn revision(&self) -> Revision {
        let text = self.value().str_at(&["metadata", "resourceVersion"]);
        Revision(text.and_then(|s| s.parse().ok()).unwrap_or(0))
    }

    /// A label's value.
    pub fn label(&self, name: &str) -> Option<&Str> {
        self.value().str_at(&["metadata", "labels", name])
    }

    /// An annotation's value.
    pub fn annotation(&self, name: &str) -> Option<&Str> {
        self.value().str_at(&["metadata", "annotations", name])
    }

    /// True once deletion was asked for (`metadata.deletionTimestamp`).
    pub fn is_terminating(&self) -> bool {
        self.value().str_at(&["metadata", "deletionTimestamp"]).is_some()
    }

    /// The owner reference with `controller: true`.
    pub fn controller(&self) -> Option<&Value> {
        self.value()
            .items_at(&["metadata", "ownerReferences"])
            .iter()
            .find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))
    }

    /// The typed form, decoded at most once for this version of the object.
    pub fn typed(&self) -> &Typed {
        self.0.typed.get_or_init(|| Typed::decode(&self.0.value))
    }

    /// True when both are the same shared version.
    pub fn same(&self, other: &Object) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.value.same(&other.0.value)
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.same(other) || self.0.value == other.0.value
    }
}

impl Eq for Object {}

impl Hash for Object {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.value.hash(state);
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.value.fmt(f)
    }
}

impl From<Value> for Object {
    fn from(value: Value) -> Self {
        Object::new(value)
    }
}
