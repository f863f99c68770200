//! What the controllers know: the shared informers, one a kind, and what is derived from them.

use api::{Object, ObjectKey};
use client::resource as r;
use client::{Context, Delta, Handled, IndexBy, Informer, Input, Resource, Selection, Session, Store};
use sim::Token;

use crate::tally::Tallies;

/// The label that says whose slice an EndpointSlice is.
pub const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $resource:ident, $core:literal, [$($index:expr),*];)*) => {
        /// The kinds that the controller manager follows.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[allow(missing_docs)]
        pub enum Kind {
            $($name),*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Kind] = &[$(Kind::$name),*];

            /// Where its objects are served.
            pub fn resource(self) -> &'static Resource {
                match self { $(Kind::$name => &r::$resource),* }
            }

            /// True when controllers wait for its first list before they begin. The others are followed for the
            /// garbage collector and the namespace controller only.
            pub fn is_core(self) -> bool {
                match self { $(Kind::$name => $core),* }
            }

            fn indexes(self) -> &'static [IndexBy] {
                match self { $(Kind::$name => &[IndexBy::Owner, $($index),*]),* }
            }
        }
    };
}

kinds! {
    Pods = PODS, true, [IndexBy::Controller, IndexBy::Node];
    ReplicaSets = REPLICA_SETS, true, [IndexBy::Controller];
    Deployments = DEPLOYMENTS, true, [];
    Services = SERVICES, true, [];
    Endpoints = ENDPOINTS, true, [];
    EndpointSlices = ENDPOINT_SLICES, true, [IndexBy::Label(SERVICE_NAME_LABEL)];
    Nodes = NODES, true, [];
    Leases = LEASES, true, [];
    Namespaces = NAMESPACES, true, [];
    ServiceAccounts = SERVICE_ACCOUNTS, true, [];
    ConfigMaps = CONFIG_MAPS, false, [];
    Secrets = SECRETS, false, [];
    PersistentVolumeClaims = PERSISTENT_VOLUME_CLAIMS, false, [];
    ReplicationControllers = REPLICATION_CONTROLLERS, false, [];
    StatefulSets = STATEFUL_SETS, false, [];
    DaemonSets = DAEMON_SETS, false, [];
    ControllerRevisions = CONTROLLER_REVISIONS, false, [];
    Jobs = JOBS, false, [];
    CronJobs = CRON_JOBS, false, [];
    PodDisruptionBudgets = POD_DISRUPTION_BUDGETS, false, [];
    ClusterRoles = CLUSTER_ROLES, false, [];
}

impl Kind {
    /// The kind of an object or an owner reference.
    pub fn of(api_version: &str, kind: &str) -> Option<Kind> {
        Kind::ALL
            .iter()
            .copied()
            .find(|k| k.resource().kind == kind && k.resource().is_api_version(api_version))
    }
}

/// The informers of the process.
#[derive(Clone, Debug, Hash)]
pub struct World {
    /// In the order of [`Kind::ALL`].
    informers: Vec<Informer>,
    tallies: Tallies,
}

impl World {
    /// Informers that know nothing yet. Their timers come back with `token_kind` and the kind's number.
    pub fn new(token_kind: u16) -> World {
        let informer = |kind: &Kind| {
            let token = Token::new(token_kind, *kind as u64);
            Informer::new(kind.resource().clone(), Selection::default(), kind.indexes(), token)
        };
        World { informers: Kind::ALL.iter().map(informer).collect(), tallies: Tallies::default() }
    }

    /// What is known of a kind.
    pub fn store(&self, kind: Kind) -> &Store {
        self.informers[kind as usize].store()
    }

    /// An informer, for the page.
    pub fn informer(&self, kind: Kind) -> &Informer {
        &self.informers[kind as usize]
    }

    /// An object.
    pub fn get(&self, kind: Kind, key: &ObjectKey) -> Option<&Object> {
        self.store(kind).get(key)
    }

    /// Pods by controller, counted.
    pub fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// The pods that are bound to a node.
    pub fn pods_on<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.store(Kind::Pods).by(IndexBy::Node, node)
    }

    /// True when all kinds that controllers wait for have been listed.
    pub fn synced(&self) -> bool {
        Kind::ALL.iter().all(|kind| !kind.is_core() || self.informer(*kind).synced())
    }

    /// Sends the first lists.
    pub(crate) fn start(&mut self, session: &mut Session, context: &mut Context<'_>) {
        for informer in &mut self.informers {
            informer.start(session, context);
        }
    }

    /// Offers an input to the informers; `None` when it was for none of them.
    pub(crate) fn on_input(
        &mut self,
        input: &Input,
        session: &mut Session,
        context: &mut Context<'_>,
    ) -> Option<(Kind, Vec<Delta>)> {
        for kind in Kind::ALL {
            match self.informers[*kind as usize].on_input(input, session, context) {
                Handled::NotMine => {}
                Handled::Deltas(deltas) => {
                    if *kind == Kind::Pods {
                        for delta in &deltas {
                            self.tallies.apply(delta);
                        }
                    }
                    return Some((*kind, deltas));
                }
            }
        }
        None
    }

    /// Puts an object in as if a watch had told of it, for tables of tests.
    pub fn put(&mut self, object: Object) -> Option<(Kind, Delta)> {
        let kind = Kind::of(object.api_version(), object.kind())?;
        let delta = self.informers[kind as usize].store_mut().put(object)?;
        if kind == Kind::Pods {
            self.tallies.apply(&delta);
        }
        Some((kind, delta))
    }

    /// Takes an object out as if a watch had told so, for tables of tests.
    pub fn remove(&mut self, kind: Kind, key: &ObjectKey) -> Option<Delta> {
        let delta = self.informers[kind as usize].store_mut().remove(key)?;
        if kind == Kind::Pods {
            self.tallies.apply(&delta);
        }
        Some(delta)
    }
}
