//! Aggregated ClusterRoles: one that has an `aggregationRule` gets the rules of all that its selectors match.

use api::selector::LabelSelector;
use api::types::Decode;
use api::{Object, Value};
use client::resource::CLUSTER_ROLES;
use client::{Delta, WorkQueue};
use sim::SimTime;

use crate::config::Config;
use crate::controllers::Controller;
use crate::item::Item;
use crate::outcome::{Call, Outcome};
use crate::world::{Kind, World};

/// The clusterrole-aggregation controller.
#[derive(Clone, Debug, Hash)]
pub struct ClusterRoleAggregation;

impl ClusterRoleAggregation {
    pub(crate) fn new(_config: &Config) -> ClusterRoleAggregation {
        ClusterRoleAggregation
    }
}

fn is_aggregated(role: &Object) -> bool {
    role.value().get("aggregationRule").is_some_and(|rule| !rule.is_null())
}

impl Controller for ClusterRoleAggregation {
    fn on_delta(
        &mut self,
        kind: Kind,
        _delta: &Delta,
        world: &World,
        _now: SimTime,
        queue: &mut WorkQueue<Item>,
    ) {
        // Any role may be a part of any aggregated one; of these there are few.
        if kind == Kind::ClusterRoles {
            for role in world.store(kind).iter().filter(|role| is_aggregated(role)) {
                queue.add(Item::of(kind, role));
            }
        }
    }

    fn reconcile(&mut self, item: &Item, world: &World, _now: SimTime) -> Outcome {
        let mut out = Outcome::nothing();
        let Some(role) = world.get(Kind::ClusterRoles, &item.key).filter(|role| is_aggregated(role)) else {
            return out;
        };
        let mut rules: Vec<Value> = Vec::new();
        for selector in role.value().items_at(&["aggregationRule", "clusterRoleSelectors"]) {
            let Ok(selector) = <LabelSelector as Decode>::decode(selector) else { continue };
            // By name, so that the same roles make the same rules.
            let mut parts: Vec<&Object> = world
                .store(Kind::ClusterRoles)
                .iter()
                .filter(|part| part.name() != role.name() && selector.matches(*part))
                .collect();
            parts.sort_by_key(|part| part.name().clone());
            for rule in parts.iter().flat_map(|part| part.value().items_at(&["rules"])) {
                if !rules.contains(rule) {
                    rules.push(rule.clone());
                }
            }
        }
        if role.value().items_at(&["rules"]) != rules {
            let mut wanted = role.value().clone();
            wanted.set(&["rules"], rules);
            out.call(Call::new(CLUSTER_ROLES.update(wanted)));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use api::object;

    use super::*;
    use crate::testing::{at, requests, run};

    #[test]
    fn an_aggregated_role_has_the_rules_of_its_parts() {
        let role = |name: &str, label: &str, verbs: &[&str]| {
            let verbs: Vec<Value> = verbs.iter().map(|verb| Value::from(*verb)).collect();
            let mut value = object! {
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                "metadata": { "name": name, "labels": { "to": label } },
                "rules": [{ "verbs": (verbs), "apiGroups": [""], "resources": ["pods"] }],
            };
            if name == "all" {
                let selector = object! { "matchLabels": { "to": "all" } };
                value.set(&["aggregationRule", "clusterRoleSelectors"], vec![selector]);
            }
            Object::new(value)
        };
        let reconcile = |objects: &[Object], name: &str| {
            let mut world = World::new(1);
            for object in objects {
                world.put(object.clone());
            }
            run(&mut ClusterRoleAggregation, Kind::ClusterRoles, name, &world, at(0))
        };
        let part = role("part", "all", &["get"]);
        let other = role("other", "none", &["delete"]);
        let missing = [role("all", "x", &["list"]), part.clone(), other.clone()];
        let out = reconcile(&missing, "all");
        assert_eq!(requests(&out), ["PUT /apis/rbac.authorization.k8s.io/v1/clusterroles/all"]);
        let there = [role("all", "x", &["get"]), part, other];
        assert!(reconcile(&there, "all").is_nothing());
        assert!(reconcile(&there, "part").is_nothing());
        assert!(reconcile(&there, "gone").is_nothing());
    }
}
