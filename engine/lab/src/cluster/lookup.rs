//! Objects as the API has them, for pictures.

use api::{Object, ObjectKey};

use super::Cluster;

impl Cluster {
    /// An object in the API server's cache; nothing while the server is down.
    pub fn stored(&self, group: &str, resource: &str, key: &ObjectKey) -> Option<Object> {
        self.api_server()?.cached(group, resource, key)
    }

    /// All objects of a resource in the API server's cache, in order.
    pub fn stored_objects(&self, group: &str, resource: &str) -> Vec<Object> {
        let objects = self.api_server().and_then(|server| server.cached_objects(group, resource));
        objects.map(|objects| objects.values().cloned().collect()).unwrap_or_default()
    }
}
