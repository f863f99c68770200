//! Service accounts: every living namespace has one called `default`.

use api::{Object, ObjectKey, object};
use client::resource::SERVICE_ACCOUNTS;
use client::{Delta, WorkQueue};
use sim::{SimTime, literal};

use crate::config::Config;
use crate::controllers::Controller;
use crate::item::Item;
use crate::outcome::{Call, Outcome};
use crate::world::{Kind, World};

/// The service account controller.
#[derive(Clone, Debug, Hash)]
pub struct ServiceAccountController;

impl ServiceAccountController {
    pub(crate) fn new(_config: &Config) -> ServiceAccountController {
        ServiceAccountController
    }
}

impl Controller for ServiceAccountController {
    fn on_delta(
        &mut self,
        kind: Kind,
        delta: &Delta,
        _world: &World,
        _now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        match kind {
            Kind::Namespaces if !delta.is_deletion() => {
                queue.add(Item::new(Kind::Namespaces, delta.key().clone()))
            }
            Kind::ServiceAccounts if delta.is_deletion() => {
                let namespace = ObjectKey { namespace: literal!(""), name: delta.key().namespace.clone() };
                queue.add(Item::new(Kind::Namespaces, namespace));
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, item: &Item, world: &World, _now: SimTime) -> Outcome {
        let mut out = Outcome::nothing();
        let namespace = &item.key.name;
        let alive = |namespace: &Object| !namespace.is_terminating();
        let key = ObjectKey { namespace: namespace.clone(), name: literal!("default") };
        if !world.get(Kind::Namespaces, &item.key).is_some_and(alive)
            || world.get(Kind::ServiceAccounts, &key).is_some()
        {
            return out;
        }
        let account = object! {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": { "name": "default", "namespace": namespace },
        };
        out.note("namespace {0}: create the service account \"default\"", [namespace.clone()]);
        // 409: somebody was quicker.
        out.call(Call::new(SERVICE_ACCOUNTS.create(namespace, account)).tolerate(&[409]));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Builder, at, requests, run, world};

    #[test]
    fn a_default_account_for_each_living_namespace() {
        let account = Builder::new("v1", "ServiceAccount", "b", "default");
        let namespace = |name: &str| Builder::new("v1", "Namespace", "", name);
        let known = world([namespace("a"), namespace("b"), namespace("c").terminating(), account]);
        for (name, expected) in [("a", 1), ("b", 0), ("c", 0), ("d", 0)] {
            let out = run(&mut ServiceAccountController, Kind::Namespaces, name, &known, at(0));
            assert_eq!(requests(&out), vec!["POST /api/v1/namespaces/a/serviceaccounts"; expected], "{name}");
        }
    }
}
