//! Namespaces: they stay until their content is gone.

use api::{Value, object};

pub(super) fn prepare_create(namespace: &mut Value) {
    let name = namespace.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
    namespace.set(&["metadata", "labels", "kubernetes.io/metadata.name"], name);
    let finalizers = namespace.items_at(&["spec", "finalizers"]);
    if !finalizers.iter().any(|finalizer| finalizer.as_str().is_some_and(|f| f == "kubernetes")) {
        namespace.entry(&["spec", "finalizers"]).make_list().push("kubernetes");
    }
    namespace.set(&["status"], object! { "phase": "Active" });
}
