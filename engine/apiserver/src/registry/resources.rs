//! The resources that are served.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use api::Str;
use api::kinds::{self, KindInfo};
use api::schema::{self, Definition};

use super::{Special, Strategy};

/// A resource's place in the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct ResourceId(pub u16);

/// A resource: its names, where it is stored, how it differs.
#[derive(Clone, Debug)]
pub struct Resource {
    info: KindInfo,
    /// The prefix of its keys: `/registry/pods/`.
    pub(crate) prefix: Str,
    pub(crate) strategy: Strategy,
    /// Its fields; custom resources have none here.
    pub(crate) definition: Option<&'static Definition>,
}

impl Deref for Resource {
    type Target = KindInfo;

    fn deref(&self) -> &KindInfo {
        &self.info
    }
}

impl Resource {
    fn new(info: &KindInfo) -> Resource {
        Resource {
            info: info.clone(),
            prefix: Str::from(info.storage_prefix()),
            strategy: strategy(info),
            definition: schema::definition(&info.group, &info.version, &info.kind),
        }
    }

    /// The kind's row of the table.
    pub fn info(&self) -> &KindInfo {
        &self.info
    }

    /// True for `pods`.
    pub(crate) fn is_pod(&self) -> bool {
        self.strategy.special == Special::Pod
    }

    /// True for `namespaces`.
    pub(crate) fn is_namespace(&self) -> bool {
        self.strategy.special == Special::Namespace
    }

    /// True when objects of it are stored (reviews and bindings are not).
    pub(crate) fn is_stored(&self) -> bool {
        self.has_verb("get") && self.has_verb("create")
    }
}

/// All resources.
///
/// A table of constants: it takes no part in the state's hash.
#[derive(Clone, Debug)]
pub(crate) struct Resources {
    all: Arc<[Arc<Resource>]>,
    /// By plural name; a few names are in several groups or versions.
    by_name: Arc<BTreeMap<Str, Vec<ResourceId>>>,
    namespaces: ResourceId,
    core: Arc<[ResourceId]>,
}

impl Hash for Resources {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.all.len());
    }
}

/// What the server itself looks at, or what every client watches: these caches are there from the start.
const CORE: [(&str, &str); 9] = [
    ("", "namespaces"),
    ("", "nodes"),
    ("", "pods"),
    ("", "services"),
    ("scheduling.k8s.io", "priorityclasses"),
    ("rbac.authorization.k8s.io", "clusterroles"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"),
    ("rbac.authorization.k8s.io", "roles"),
    ("rbac.authorization.k8s.io", "rolebindings"),
];

impl Resources {
    /// The resources of the built-in kinds.
    pub fn built_in() -> Resources {
        let all: Arc<[Arc<Resource>]> =
            kinds::all().iter().map(|kind| Arc::new(Resource::new(kind))).collect();
        let place = |group: &str, resource: &str| {
            let at = all.iter().position(|kind| kind.group == group && kind.resource == resource);
            at.map(|at| ResourceId(at as u16))
        };
        let mut by_name: BTreeMap<Str, Vec<ResourceId>> = BTreeMap::new();
        for (at, resource) in all.iter().enumerate() {
            by_name.entry(resource.resource.clone()).or_default().push(ResourceId(at as u16));
        }
        let core = CORE.iter().filter_map(|(group, resource)| place(group, resource)).collect();
        Resources {
            namespaces: place("", "namespaces").unwrap_or_default(),
            core,
            by_name: Arc::new(by_name),
            all,
        }
    }

    /// A resource. Every [`ResourceId`] comes from this table.
    pub fn get(&self, id: ResourceId) -> &Arc<Resource> {
        &self.all[usize::from(id.0)]
    }

    /// A resource by its path.
    pub fn find(&self, group: &str, version: &str, resource: &str) -> Option<ResourceId> {
        let candidates = self.by_name.get(resource)?;
        candidates.iter().copied().find(|id| self.get(*id).group == group && self.get(*id).version == version)
    }

    /// A resource by group and plural, in the preferred version.
    pub fn find_plural(&self, group: &str, resource: &str) -> Option<ResourceId> {
        self.by_name.get(resource)?.iter().copied().find(|id| self.get(*id).group == group)
    }

    /// `namespaces`.
    pub fn namespaces(&self) -> ResourceId {
        self.namespaces
    }

    /// Those whose caches are there from the start.
    pub fn core(&self) -> impl Iterator<Item = ResourceId> + use<> {
        let core = self.core.clone();
        (0..core.len()).map(move |at| core[at])
    }

    /// All, in discovery's order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.all.iter()
    }
}

fn strategy(info: &KindInfo) -> Strategy {
    let name = info.resource.as_str();
    let core = info.group.is_empty();
    let special = match name {
        "pods" if core => Special::Pod,
        "services" if core => Special::Service,
        "namespaces" if core => Special::Namespace,
        "nodes" if core => Special::Node,
        "events" => Special::Event,
        _ if info.group == "rbac.authorization.k8s.io" => Special::Policy,
        _ => Special::Nothing,
    };
    Strategy {
        special,
        generation: matches!(
            name,
            "pods"
                | "replicationcontrollers"
                | "deployments"
                | "replicasets"
                | "statefulsets"
                | "daemonsets"
                | "jobs"
                | "cronjobs"
                | "ingresses"
                | "ingressclasses"
                | "networkpolicies"
                | "poddisruptionbudgets"
                | "endpointslices"
                | "customresourcedefinitions"
                | "validatingwebhookconfigurations"
                | "mutatingwebhookconfigurations"
                | "validatingadmissionpolicies"
                | "validatingadmissionpolicybindings"
                | "flowschemas"
                | "prioritylevelconfigurations"
        ),
        has_status: info.subresource("status").is_some(),
        // The deployment controller writes the revision annotation with the status.
        status_takes_metadata: core || (info.group == "apps" && name == "deployments"),
        graceful: special == Special::Pod,
        returns_deleted: core
            && matches!(
                name,
                "pods"
                    | "podtemplates"
                    | "persistentvolumes"
                    | "persistentvolumeclaims"
                    | "resourcequotas"
                    | "serviceaccounts"
                    | "services"
            ),
        unconditional_update: !matches!(
            name,
            "leases" | "poddisruptionbudgets" | "customresourcedefinitions" | "apiservices" | "csinodes"
        ),
        create_on_update: matches!(
            name,
            "leases" | "events" | "services" | "endpoints" | "limitranges" | "podtemplates"
        ) || info.group == "rbac.authorization.k8s.io",
    }
}
