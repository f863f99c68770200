//! Keys: `/registry/<resource>[/<namespace>]/<name>`. A resource's prefix is in the table of kinds.

use sim::Str;

/// The prefix of a resource's objects in a namespace (empty: in all).
pub(crate) fn prefix_of(resource_prefix: &Str, namespace: &str) -> Str {
    if namespace.is_empty() {
        resource_prefix.clone()
    } else {
        Str::from(format!("{resource_prefix}{namespace}/"))
    }
}

/// The key of an object.
pub(crate) fn object_key(resource_prefix: &Str, namespace: &str, name: &str) -> Str {
    if namespace.is_empty() {
        Str::from(format!("{resource_prefix}{name}"))
    } else {
        Str::from(format!("{resource_prefix}{namespace}/{name}"))
    }
}
