//! The controllers of the process, by name.

use api::http::Response;
use client::{Delta, WorkQueue};
use sim::{SimTime, Str, literal};

use crate::config::Config;
use crate::item::Item;
use crate::outcome::{Outcome, Purpose};
use crate::world::{Kind, World};
use crate::{
    cluster_role_aggregation, deployment, endpoint_slice, endpoints, garbage_collector, namespace, node_ipam,
    node_lifecycle, pod_gc, replica_set, service_account, taint_eviction,
};

/// One controller: what interests it, and what it does about it.
///
/// A controller is plain data. What it keeps is what the informers cannot tell: expectations, when it saw what.
pub trait Controller {
    /// The informers are in step for the first time. Periodic passes are put into the queue here.
    fn on_synced(&mut self, _now: SimTime, _queue: &mut WorkQueue<Item>) {}

    /// Something changed: which items are to be looked at?
    fn on_delta(
        &mut self,
        kind: Kind,
        delta: &Delta,
        world: &World,
        now: SimTime,
        queue: &mut WorkQueue<Item>,
    );

    /// Looks at one item and says what is to be done.
    fn reconcile(&mut self, item: &Item, world: &World, now: SimTime) -> Outcome;

    /// A request of an outcome was answered (`Err`: refused, with the message, or the connection broke).
    fn on_answer(
        &mut self,
        _item: &Item,
        _purpose: &Purpose,
        _answer: Result<&Response, &Str>,
        _now: SimTime,
        _queue: &mut WorkQueue<Item>,
    ) {
    }

    /// A request of an outcome was not sent, because one before it failed.
    fn on_skipped(&mut self, _item: &Item, _purpose: &Purpose) {}
}

macro_rules! controllers {
    ($($variant:ident, $field:ident: $type:ty = $name:literal, $source:literal;)*) => {
        /// The controllers that run in this process.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[allow(missing_docs)]
        pub enum Name {
            $($variant),*
        }

        impl Name {
            /// All of them, in the order in which they are told of changes.
            pub const ALL: &[Name] = &[$(Name::$variant),*];

            /// The controller's name, as in kube-controller-manager's `--controllers` flag.
            pub const fn as_str(self) -> &'static str {
                match self { $(Name::$variant => $name),* }
            }

            /// The `source.component` of its events.
            pub const fn event_source(self) -> Str {
                match self { $(Name::$variant => literal!($source)),* }
            }
        }

        /// Their state.
        #[derive(Clone, Debug, Hash)]
        pub(crate) struct Controllers {
            $($field: $type),*
        }

        impl Controllers {
            pub(crate) fn new(config: &Config) -> Controllers {
                Controllers { $($field: <$type>::new(config)),* }
            }

            pub(crate) fn get(&mut self, name: Name) -> &mut dyn Controller {
                match name { $(Name::$variant => &mut self.$field),* }
            }
        }
    };
}

controllers! {
    Deployment, deployment: deployment::DeploymentController = "deployment-controller", "deployment-controller";
    ReplicaSet, replica_set: replica_set::ReplicaSetController = "replicaset-controller", "replicaset-controller";
    EndpointSlice, endpoint_slice: endpoint_slice::EndpointSliceController =
        "endpointslice-controller", "endpoint-slice-controller";
    Endpoints, endpoints: endpoints::EndpointsController = "endpoints-controller", "endpoint-controller";
    NodeLifecycle, node_lifecycle: node_lifecycle::NodeLifecycleController =
        "node-lifecycle-controller", "node-controller";
    TaintEviction, taint_eviction: taint_eviction::TaintEvictionController =
        "taint-eviction-controller", "taint-eviction-controller";
    NodeIpam, node_ipam: node_ipam::NodeIpamController = "node-ipam-controller", "cidrAllocator";
    Namespace, namespace: namespace::NamespaceController = "namespace-controller", "namespace-controller";
    ServiceAccount, service_account: service_account::ServiceAccountController =
        "serviceaccount-controller", "serviceaccount-controller";
    GarbageCollector, garbage_collector: garbage_collector::GarbageCollector =
        "garbage-collector-controller", "garbage-collector-controller";
    PodGc, pod_gc: pod_gc::PodGcController = "pod-garbage-collector-controller", "pod-garbage-collector-controller";
    ClusterRoleAggregation, cluster_role_aggregation: cluster_role_aggregation::ClusterRoleAggregation =
        "clusterrole-aggregation-controller", "clusterrole-aggregation-controller";
}

impl Name {
    /// The service account in kube-system whose token its requests carry.
    pub const fn account(self) -> Str {
        match self {
            Name::Deployment => literal!("deployment-controller"),
            Name::ReplicaSet => literal!("replicaset-controller"),
            Name::EndpointSlice => literal!("endpointslice-controller"),
            Name::Endpoints => literal!("endpoint-controller"),
            Name::NodeLifecycle | Name::TaintEviction | Name::NodeIpam => literal!("node-controller"),
            Name::Namespace => literal!("namespace-controller"),
            Name::ServiceAccount => literal!("service-account-controller"),
            Name::GarbageCollector => literal!("generic-garbage-collector"),
            Name::PodGc => literal!("pod-garbage-collector"),
            Name::ClusterRoleAggregation => literal!("clusterrole-aggregation-controller"),
        }
    }
}
