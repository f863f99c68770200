//! Which collection of the API a request goes to.

use sim::Str;
use sim::literal;

/// A served collection: what stands in the path of a request. The ones below are those that the lab's own clients
/// use; [`Resource::new`] makes others (custom resources, discovery).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Resource {
    /// The API group; empty for the core group.
    pub group: Str,
    /// The version.
    pub version: Str,
    /// The plural name, as in the path.
    pub plural: Str,
    /// The kind of its objects.
    pub kind: Str,
    /// True when its objects live in namespaces.
    pub namespaced: bool,
}

macro_rules! resources {
    ($($name:ident = $group:literal $version:literal $plural:literal $kind:literal $namespaced:literal;)*) => {
        $(
            #[doc = concat!("`", $plural, "` (", $group, "/", $version, ").")]
            pub static $name: Resource = Resource {
                group: literal!($group),
                version: literal!($version),
                plural: literal!($plural),
                kind: literal!($kind),
                namespaced: $namespaced,
            };
        )*
        /// The resources of this module.
        pub static KNOWN: &[&Resource] = &[$(&$name),*];
    };
}

resources! {
    PODS = "" "v1" "pods" "Pod" true;
    NODES = "" "v1" "nodes" "Node" false;
    NAMESPACES = "" "v1" "namespaces" "Namespace" false;
    SERVICES = "" "v1" "services" "Service" true;
    ENDPOINTS = "" "v1" "endpoints" "Endpoints" true;
    EVENTS = "" "v1" "events" "Event" true;
    CONFIG_MAPS = "" "v1" "configmaps" "ConfigMap" true;
    SECRETS = "" "v1" "secrets" "Secret" true;
    SERVICE_ACCOUNTS = "" "v1" "serviceaccounts" "ServiceAccount" true;
    PERSISTENT_VOLUMES = "" "v1" "persistentvolumes" "PersistentVolume" false;
    PERSISTENT_VOLUME_CLAIMS = "" "v1" "persistentvolumeclaims" "PersistentVolumeClaim" true;
    REPLICATION_CONTROLLERS = "" "v1" "replicationcontrollers" "ReplicationController" true;
    DEPLOYMENTS = "apps" "v1" "deployments" "Deployment" true;
    REPLICA_SETS = "apps" "v1" "replicasets" "ReplicaSet" true;
    STATEFUL_SETS = "apps" "v1" "statefulsets" "StatefulSet" true;
    DAEMON_SETS = "apps" "v1" "daemonsets" "DaemonSet" true;
    CONTROLLER_REVISIONS = "apps" "v1" "controllerrevisions" "ControllerRevision" true;
    JOBS = "batch" "v1" "jobs" "Job" true;
    CRON_JOBS = "batch" "v1" "cronjobs" "CronJob" true;
    ENDPOINT_SLICES = "discovery.k8s.io" "v1" "endpointslices" "EndpointSlice" true;
    LEASES = "coordination.k8s.io" "v1" "leases" "Lease" true;
    PRIORITY_CLASSES = "scheduling.k8s.io" "v1" "priorityclasses" "PriorityClass" false;
    POD_DISRUPTION_BUDGETS = "policy" "v1" "poddisruptionbudgets" "PodDisruptionBudget" true;
    CLUSTER_ROLES = "rbac.authorization.k8s.io" "v1" "clusterroles" "ClusterRole" false;
    STORAGE_CLASSES = "storage.k8s.io" "v1" "storageclasses" "StorageClass" false;
}

impl Resource {
    /// A resource that is not in the list above.
    pub fn new(
        group: impl Into<Str>,
        version: impl Into<Str>,
        plural: impl Into<Str>,
        kind: impl Into<Str>,
        namespaced: bool,
    ) -> Resource {
        Resource {
            group: group.into(),
            version: version.into(),
            plural: plural.into(),
            kind: kind.into(),
            namespaced,
        }
    }

    /// The known resource of an object with this `apiVersion` and `kind`.
    pub fn of_kind(api_version: &str, kind: &str) -> Option<&'static Resource> {
        KNOWN.iter().copied().find(|r| r.kind == kind && r.is_api_version(api_version))
    }

    /// The `apiVersion` of its objects: `v1`, `apps/v1`.
    pub fn api_version(&self) -> Str {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version).into()
        }
    }

    /// True when `text` is this resource's `apiVersion`.
    pub fn is_api_version(&self, text: &str) -> bool {
        match text.split_once('/') {
            None => self.group.is_empty() && self.version == text,
            Some((group, version)) => self.group == group && self.version == version,
        }
    }

    /// The path of the collection: in `namespace`, or (when it is empty) in all of them.
    pub fn path(&self, namespace: &str) -> String {
        let mut path = String::with_capacity(64);
        if self.group.is_empty() {
            path.push_str("/api/");
        } else {
            path.push_str("/apis/");
            path.push_str(&self.group);
            path.push('/');
        }
        path.push_str(&self.version);
        if self.namespaced && !namespace.is_empty() {
            path.push_str("/namespaces/");
            path.push_str(namespace);
        }
        path.push('/');
        path.push_str(&self.plural);
        path
    }

    /// The path of one object.
    pub fn object_path(&self, namespace: &str, name: &str) -> String {
        let mut path = self.path(namespace);
        path.push('/');
        path.push_str(name);
        path
    }
}

impl From<&api::kinds::KindInfo> for Resource {
    fn from(kind: &api::kinds::KindInfo) -> Resource {
        Resource {
            group: kind.group.clone(),
            version: kind.version.clone(),
            plural: kind.resource.clone(),
            kind: kind.kind.clone(),
            namespaced: kind.namespaced,
        }
    }
}

impl std::fmt::Display for Resource {
    /// `deployments.apps`, `pods`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.plural)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resources_here_are_those_of_the_table() {
        for resource in KNOWN {
            let kind =
                api::kinds::all().iter().find(|k| k.kind == resource.kind && k.group == resource.group);
            assert_eq!(kind.map(Resource::from).as_ref(), Some(*resource), "{resource}");
        }
    }

    #[test]
    fn paths() {
        assert_eq!(PODS.path(""), "/api/v1/pods");
        assert_eq!(PODS.path("default"), "/api/v1/namespaces/default/pods");
        assert_eq!(NODES.object_path("ignored", "node-1"), "/api/v1/nodes/node-1");
        assert_eq!(DEPLOYMENTS.object_path("a", "web"), "/apis/apps/v1/namespaces/a/deployments/web");
        assert_eq!(DEPLOYMENTS.api_version(), "apps/v1");
        assert_eq!(Resource::of_kind("apps/v1", "ReplicaSet"), Some(&REPLICA_SETS));
        assert_eq!(Resource::of_kind("v1", "ReplicaSet"), None);
        assert_eq!(ENDPOINT_SLICES.to_string(), "endpointslices.discovery.k8s.io");
    }
}
