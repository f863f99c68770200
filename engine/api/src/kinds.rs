//! The kinds that the API serves: names, scope, subresources, verbs, and where objects are stored.
//!
//! The table is data (`data/kinds.txt`), written by `data/generate.py`.

use std::sync::LazyLock;

use sim::Str;

/// One kind of object, as discovery and the registry know it. Custom resources have one, too.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KindInfo {
    /// The group; empty for the core.
    pub group: Str,
    /// The version.
    pub version: Str,
    /// `version`, or `group/version`: an object's `apiVersion`.
    pub api_version: Str,
    /// The kind: `Pod`.
    pub kind: Str,
    /// The resource's plural name: `pods`.
    pub resource: Str,
    /// The resource's singular name: `pod`.
    pub singular: Str,
    /// True when objects live in a namespace.
    pub namespaced: bool,
    /// Short names: `po`.
    pub short_names: Vec<Str>,
    /// Categories: `all`.
    pub categories: Vec<Str>,
    /// Where objects are stored, below `/registry/`: `pods`, `services/specs`, `minions`.
    pub stored: Str,
    /// Verbs, sorted.
    pub verbs: Vec<Str>,
    /// Subresources, by name.
    pub subresources: Vec<Subresource>,
}

/// A part of an object with a path of its own: `status`, `scale`, `log`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Subresource {
    /// The name, without the resource's.
    pub name: Str,
    /// The group of what is sent or answered.
    pub group: Str,
    /// The version of what is sent or answered.
    pub version: Str,
    /// The kind of what is sent or answered.
    pub kind: Str,
    /// Verbs, sorted.
    pub verbs: Vec<Str>,
}

impl KindInfo {
    /// True when the resource has the verb (`list`, `watch`, `patch`, ...).
    pub fn has_verb(&self, verb: &str) -> bool {
        self.verbs.iter().any(|v| v == verb)
    }

    /// A subresource by its name.
    pub fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources.iter().find(|s| s.name == name)
    }

    /// `deployments.apps`, or `pods`: how messages name the resource.
    pub fn group_resource(&self) -> String {
        qualified(&self.resource, &self.group)
    }

    /// `Deployment.apps`, or `Pod`: how messages name the kind.
    pub fn group_kind(&self) -> String {
        qualified(&self.kind, &self.group)
    }

    /// The kind of lists: `PodList`.
    pub fn list_kind(&self) -> String {
        format!("{}List", self.kind)
    }

    /// The URL path of the whole collection (`namespace` empty: of all namespaces).
    pub fn collection_path(&self, namespace: &str) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        if self.namespaced && !namespace.is_empty() {
            format!("{root}/{}/namespaces/{namespace}/{}", self.api_version, self.resource)
        } else {
            format!("{root}/{}/{}", self.api_version, self.resource)
        }
    }

    /// The URL path of one object.
    pub fn object_path(&self, namespace: &str, name: &str) -> String {
        format!("{}/{name}", self.collection_path(namespace))
    }

    /// The prefix of all keys in the store: `/registry/pods/`.
    pub fn storage_prefix(&self) -> String {
        format!("/registry/{}/", self.stored)
    }

    /// An object's key in the store: `/registry/pods/default/web`.
    pub fn storage_key(&self, namespace: &str, name: &str) -> String {
        if self.namespaced {
            format!("/registry/{}/{namespace}/{name}", self.stored)
        } else {
            format!("/registry/{}/{name}", self.stored)
        }
    }

    /// True when any of the resource's names is `name`: plural, singular, short or kind, in any case.
    pub fn is_called(&self, name: &str) -> bool {
        let same = |own: &Str| own.eq_ignore_ascii_case(name);
        same(&self.resource) || same(&self.singular) || same(&self.kind) || self.short_names.iter().any(same)
    }
}

fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

static TABLE: LazyLock<Vec<KindInfo>> = LazyLock::new(|| read(include_str!("../data/kinds.txt")));

/// Reads the table. A line is a kind; a line that begins with a space is a subresource of the kind before it.
fn read(text: &str) -> Vec<KindInfo> {
    let mut kinds: Vec<KindInfo> = Vec::new();
    for line in text.lines() {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let group_version = |text: &str| match text.split_once('/') {
            Some((group, version)) => (Str::from(group), Str::from(version)),
            None => (Str::default(), Str::from(text)),
        };
        match columns[..] {
            [name, api_version, kind, verbs] if line.starts_with(' ') => {
                let (group, version) = group_version(api_version);
                let subresource =
                    Subresource { name: name.into(), group, version, kind: kind.into(), verbs: words(verbs) };
                if let Some(owner) = kinds.last_mut() {
                    owner.subresources.push(subresource);
                }
            }
            [api_version, kind, resource, singular, scope, short, categories, stored, verbs] => {
                let (group, version) = group_version(api_version);
                kinds.push(KindInfo {
                    group,
                    version,
                    api_version: Str::from(api_version.trim_start_matches('/')),
                    kind: kind.into(),
                    resource: resource.into(),
                    singular: singular.into(),
                    namespaced: scope == "ns",
                    short_names: words(short),
                    categories: words(categories),
                    stored: stored.into(),
                    verbs: words(verbs),
                    subresources: Vec::new(),
                });
            }
            _ => debug_assert!(line.is_empty(), "not a line of kinds.txt: {line}"),
        }
    }
    kinds
}

fn words(text: &str) -> Vec<Str> {
    if text == "-" { Vec::new() } else { text.split(',').map(Str::from).collect() }
}

/// All kinds, in discovery's order: groups by priority, preferred versions first, resources by name.
pub fn all() -> &'static [KindInfo] {
    &TABLE
}

/// The groups and their versions in discovery's order, the preferred version first. The core is the empty group.
pub fn groups() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for kind in all() {
        match groups.last_mut() {
            Some((group, versions)) if *group == kind.group => {
                if !versions.contains(&kind.version.as_str()) {
                    versions.push(&kind.version);
                }
            }
            _ => groups.push((&kind.group, vec![&kind.version])),
        }
    }
    groups
}

/// A kind by the plural name of its resource.
pub fn by_resource(group: &str, version: &str, resource: &str) -> Option<&'static KindInfo> {
    all().iter().find(|k| k.resource == resource && k.group == group && k.version == version)
}

/// A kind by its name.
pub fn by_kind(group: &str, version: &str, kind: &str) -> Option<&'static KindInfo> {
    all().iter().find(|k| k.kind == kind && k.group == group && k.version == version)
}

/// A kind by an object's `apiVersion` and `kind`.
pub fn of(api_version: &str, kind: &str) -> Option<&'static KindInfo> {
    all().iter().find(|k| k.kind == kind && k.api_version == api_version)
}

/// A kind as a person names it: `deploy`, `Deployment`, `deployments.apps`, `deployments.v1.apps`.
pub fn resolve(name: &str) -> Option<&'static KindInfo> {
    resolve_in(all(), name)
}

/// As [`resolve`], in a table that also has custom resources.
pub fn resolve_in<'a>(
    kinds: impl IntoIterator<Item = &'a KindInfo> + Clone,
    name: &str,
) -> Option<&'a KindInfo> {
    let Some((name, rest)) = name.split_once('.') else {
        return kinds.into_iter().find(|k| k.is_called(name));
    };
    let in_group = |version: Option<&str>, group: &str| {
        let fits =
            |k: &&KindInfo| k.group == group && version.is_none_or(|v| k.version == v) && k.is_called(name);
        kinds.clone().into_iter().find(fits)
    };
    let versioned = match rest.split_once('.') {
        Some((version, group)) => in_group(Some(version), group),
        None => in_group(Some(rest), ""),
    };
    versioned.or_else(|| in_group(None, rest))
}

/// The kinds of a category (`all`), preferred versions only.
pub fn in_category(category: &str) -> impl Iterator<Item = &'static KindInfo> {
    let preferred = |k: &&KindInfo| {
        resolve_in(all(), &k.group_resource()).is_some_and(|first| first.version == k.version)
    };
    let category = category.to_owned();
    all().iter().filter(preferred).filter(move |k| k.categories.iter().any(|c| *c == category))
}

macro_rules! shortcuts {
    ($($name:ident = $group:literal $resource:literal;)*) => {$(
        #[doc = concat!("The kind of `", $resource, "`.")]
        pub static $name: LazyLock<&'static KindInfo> = LazyLock::new(|| {
            let found = all().iter().find(|k| k.group == $group && k.resource == $resource);
            found.expect("the table has every kind that has a shortcut (tested)")
        });
    )*
    #[cfg(test)]
    fn shortcuts() -> Vec<&'static KindInfo> { vec![$(&$name),*] }
    };
}

shortcuts! {
    CONFIG_MAPS = "" "configmaps";
    ENDPOINTS = "" "endpoints";
    EVENTS = "" "events";
    LIMIT_RANGES = "" "limitranges";
    NAMESPACES = "" "namespaces";
    NODES = "" "nodes";
    PERSISTENT_VOLUME_CLAIMS = "" "persistentvolumeclaims";
    PERSISTENT_VOLUMES = "" "persistentvolumes";
    PODS = "" "pods";
    REPLICATION_CONTROLLERS = "" "replicationcontrollers";
    RESOURCE_QUOTAS = "" "resourcequotas";
    SECRETS = "" "secrets";
    SERVICE_ACCOUNTS = "" "serviceaccounts";
    SERVICES = "" "services";
    CONTROLLER_REVISIONS = "apps" "controllerrevisions";
    DAEMON_SETS = "apps" "daemonsets";
    DEPLOYMENTS = "apps" "deployments";
    REPLICA_SETS = "apps" "replicasets";
    STATEFUL_SETS = "apps" "statefulsets";
    HORIZONTAL_POD_AUTOSCALERS = "autoscaling" "horizontalpodautoscalers";
    CRON_JOBS = "batch" "cronjobs";
    JOBS = "batch" "jobs";
    CERTIFICATE_SIGNING_REQUESTS = "certificates.k8s.io" "certificatesigningrequests";
    INGRESSES = "networking.k8s.io" "ingresses";
    INGRESS_CLASSES = "networking.k8s.io" "ingressclasses";
    NETWORK_POLICIES = "networking.k8s.io" "networkpolicies";
    POD_DISRUPTION_BUDGETS = "policy" "poddisruptionbudgets";
    CLUSTER_ROLES = "rbac.authorization.k8s.io" "clusterroles";
    CLUSTER_ROLE_BINDINGS = "rbac.authorization.k8s.io" "clusterrolebindings";
    ROLES = "rbac.authorization.k8s.io" "roles";
    ROLE_BINDINGS = "rbac.authorization.k8s.io" "rolebindings";
    STORAGE_CLASSES = "storage.k8s.io" "storageclasses";
    CSI_NODES = "storage.k8s.io" "csinodes";
    VOLUME_ATTACHMENTS = "storage.k8s.io" "volumeattachments";
    PRIORITY_CLASSES = "scheduling.k8s.io" "priorityclasses";
    LEASES = "coordination.k8s.io" "leases";
    RUNTIME_CLASSES = "node.k8s.io" "runtimeclasses";
    ENDPOINT_SLICES = "discovery.k8s.io" "endpointslices";
    CUSTOM_RESOURCE_DEFINITIONS = "apiextensions.k8s.io" "customresourcedefinitions";
    API_SERVICES = "apiregistration.k8s.io" "apiservices";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_name_kinds_in_many_ways() {
        let table = [
            ("po", "pods"),
            ("Pod", "pods"),
            ("deploy", "deployments.apps"),
            ("deployments.apps", "deployments.apps"),
            ("deployment.v1.apps", "deployments.apps"),
            ("pods.v1", "pods"),
            ("pods.v1.", "pods"),
            ("events", "events"),
            ("events.events.k8s.io", "events.events.k8s.io"),
            ("netpol", "networkpolicies.networking.k8s.io"),
            ("ing", "ingresses.networking.k8s.io"),
            ("no", "nodes"),
        ];
        for (name, expected) in table {
            assert_eq!(resolve(name).map(KindInfo::group_resource).as_deref(), Some(expected), "{name}");
        }
        for name in ["", "pot", "pods.apps", "deploy.v2.apps"] {
            assert_eq!(resolve(name), None, "{name}");
        }
        assert_eq!(resolve("hpa").unwrap().version, "v2");
    }

    #[test]
    fn paths_and_keys() {
        assert_eq!(PODS.object_path("default", "web"), "/api/v1/namespaces/default/pods/web");
        assert_eq!(DEPLOYMENTS.collection_path(""), "/apis/apps/v1/deployments");
        assert_eq!(NODES.storage_key("", "node-1"), "/registry/minions/node-1");
        assert_eq!(SERVICES.storage_key("default", "web"), "/registry/services/specs/default/web");
        assert_eq!(PODS.subresource("eviction").unwrap().group, "policy");
        assert!(PODS.has_verb("watch") && !by_kind("", "v1", "Binding").unwrap().has_verb("get"));
    }

    #[test]
    fn the_table_is_whole() {
        assert_eq!(shortcuts().len(), 40);
        assert!(all().len() > 60);
        assert_eq!(groups()[0], ("", vec!["v1"]));
        assert!(groups().contains(&("autoscaling", vec!["v2", "v1"])));
        let every: Vec<_> = in_category("all").map(|k| k.resource.as_str()).collect();
        assert_eq!(every.len(), 10);
        assert_eq!(&every[..2], ["pods", "replicationcontrollers"]);
        for kind in all() {
            assert!(
                crate::schema::definition(&kind.group, &kind.version, &kind.kind).is_some(),
                "{}",
                kind.kind
            );
        }
    }
}
