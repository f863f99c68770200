//! Kinds as the command line names them and as kubectl prints them.

use std::ops::Deref;
use std::sync::Arc;

use api::Str;
use api::kinds::{self, KindInfo};

/// A kind that the API serves.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Resource(Arc<KindInfo>);

impl Deref for Resource {
    type Target = KindInfo;

    fn deref(&self) -> &KindInfo {
        &self.0
    }
}

impl From<&KindInfo> for Resource {
    fn from(info: &KindInfo) -> Resource {
        Resource(Arc::new(info.clone()))
    }
}

impl Resource {
    /// The path of the collection (`namespace` empty: of all namespaces).
    pub fn collection(&self, namespace: &str) -> Str {
        self.collection_path(namespace).into()
    }

    /// The path of an object.
    pub fn path(&self, namespace: &str, name: &str) -> Str {
        self.object_path(namespace, name).into()
    }

    /// The kind as messages name it: `deployment.apps`.
    pub fn printed_kind(&self) -> String {
        self.group_kind().to_lowercase()
    }

    /// An object as messages name it: `deployment.apps/web`.
    pub fn printed(&self, name: &str) -> String {
        format!("{}/{name}", self.printed_kind())
    }

    /// True for the kind `kind` of `group`.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }
}

/// The kind that a person means: `deploy`, `Deployment`, `deployments.apps`. Kinds that nobody can get or delete
/// (`bindings`) are none.
pub fn find(name: &str) -> Option<Resource> {
    kinds::resolve(name).filter(|k| k.has_verb("get") || k.has_verb("list")).map(Resource::from)
}

/// The kind of an object in a manifest.
pub fn of(api_version: &str, kind: &str) -> Option<Resource> {
    kinds::of(api_version, kind).map(Resource::from)
}

/// The kinds of a category, as `kubectl get all` shows them; empty when there is no such category.
pub fn category(name: &str) -> Vec<Resource> {
    kinds::in_category(name).filter(|k| k.has_verb("list")).map(Resource::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let deployments = find("deploy").unwrap();
        assert_eq!(deployments.printed("web"), "deployment.apps/web");
        assert_eq!(deployments.path("default", "web"), "/apis/apps/v1/namespaces/default/deployments/web");
        assert_eq!(find("Pod").unwrap().printed("x"), "pod/x");
        assert_eq!(find("foo"), None);
        assert!(category("all").len() >= 8);
        assert!(category("pods").is_empty());
    }
}
