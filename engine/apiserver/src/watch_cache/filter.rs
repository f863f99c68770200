//! What a list or watch wants to see.

use api::selector::{FieldSelector, Selector};
use api::{Object, ObjectKey};
use sim::Str;

/// The part of a filter that watchers are indexed by, so that a change does not visit those it can't concern.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Scope {
    /// All objects.
    All,
    /// One namespace.
    Namespace(Str),
    /// One object (`metadata.name`); the namespace is empty for cluster-scoped ones and for all namespaces.
    Name(ObjectKey),
    /// Pods of one node (`spec.nodeName`).
    Node(Str),
}

/// Namespace and selectors.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Filter {
    /// Empty: all.
    pub namespace: Str,
    /// `labelSelector`.
    pub labels: Option<Selector>,
    /// `fieldSelector`.
    pub fields: Option<FieldSelector>,
}

impl Filter {
    /// True when every object of the namespace passes.
    pub fn is_plain(&self) -> bool {
        self.labels.is_none() && self.fields.is_none()
    }

    /// True when the object passes.
    pub fn matches(&self, object: &Object) -> bool {
        (self.namespace.is_empty() || *object.namespace() == self.namespace)
            && self.labels.as_ref().is_none_or(|labels| labels.matches(object))
            && self.fields.as_ref().is_none_or(|fields| fields.matches(object.value()))
    }

    /// The narrowest scope that holds everything that can pass.
    pub fn scope(&self) -> Scope {
        let exact = |field| self.fields.as_ref().and_then(|fields| fields.required(field)).cloned();
        if let Some(name) = exact("metadata.name") {
            return Scope::Name(ObjectKey::new(self.namespace.clone(), name));
        }
        if let Some(node) = exact("spec.nodeName") {
            return Scope::Node(node);
        }
        if self.namespace.is_empty() { Scope::All } else { Scope::Namespace(self.namespace.clone()) }
    }
}
