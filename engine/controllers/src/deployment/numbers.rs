//! The arithmetic of rolling updates.

use api::intstr::IntOrString;
use api::types::{Deployment, RollingUpdate};

/// What a Deployment's spec resolves to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Numbers {
    /// `spec.replicas`.
    pub replicas: i64,
    /// `maxSurge` in pods; 0 for `Recreate`.
    pub max_surge: i64,
    /// `maxUnavailable` in pods; 0 for `Recreate`.
    pub max_unavailable: i64,
    /// `RollingUpdate`, not `Recreate`.
    pub rolling: bool,
}

impl Numbers {
    /// Resolves percentages: surge is rounded up, unavailable down; when both come to 0, one pod may be unavailable,
    /// or nothing would ever move.
    pub fn of(deployment: &Deployment) -> Numbers {
        let spec = &deployment.spec;
        let replicas = i64::from(spec.replicas.unwrap_or(1));
        if spec.strategy.kind == "Recreate" {
            return Numbers { replicas, max_surge: 0, max_unavailable: 0, rolling: false };
        }
        let quarter = || IntOrString::from("25%");
        let RollingUpdate { max_unavailable, max_surge } =
            spec.strategy.rolling_update.clone().unwrap_or_default();
        let max_surge = max_surge.unwrap_or_else(quarter).scaled(replicas, true).unwrap_or(0);
        let mut max_unavailable =
            max_unavailable.unwrap_or_else(quarter).scaled(replicas, false).unwrap_or(0);
        if max_surge == 0 && max_unavailable == 0 {
            max_unavailable = 1;
        }
        let max_unavailable = if replicas == 0 { 0 } else { max_unavailable.min(replicas) };
        Numbers { replicas, max_surge, max_unavailable, rolling: true }
    }

    /// As many pods as there may be.
    pub fn max_total(self) -> i64 {
        self.replicas + self.max_surge
    }

    /// As many pods as have to be available.
    pub fn min_available(self) -> i64 {
        self.replicas - self.max_unavailable
    }

    /// How large the new ReplicaSet may be when `total` is the size of all and `new` its own: Kubernetes'
    /// `NewRSNewReplicas`.
    pub fn new_size(self, total: i64, new: i64) -> i64 {
        if !self.rolling {
            return self.replicas;
        }
        if total >= self.max_total() {
            return new;
        }
        new + (self.max_total() - total).min(self.replicas - new)
    }

    /// What a ReplicaSet of `size` gets of a change of all by `to_add`, of which `added` is given out already:
    /// its fraction of the whole, rounded. `max_before` is how many pods there might be before the change.
    pub fn proportion(self, size: i64, max_before: i64, to_add: i64, added: i64) -> i64 {
        if size == 0 || to_add == 0 || to_add == added {
            return 0;
        }
        let fraction = if self.replicas == 0 {
            -size
        } else if max_before <= 0 {
            0
        } else {
            // Rounded half away from zero, in whole numbers.
            (2 * size * self.max_total() + max_before) / (2 * max_before) - size
        };
        let allowed = to_add - added;
        if to_add > 0 { fraction.min(allowed) } else { fraction.max(allowed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{Object, object};

    fn numbers(replicas: i64, surge: impl Into<api::Value>, unavailable: impl Into<api::Value>) -> Numbers {
        let (surge, unavailable) = (surge.into(), unavailable.into());
        let deployment = Object::new(object! {
            "apiVersion": "apps/v1", "kind": "Deployment",
            "spec": {
                "replicas": replicas,
                "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": surge, "maxUnavailable": unavailable } },
            },
        });
        Numbers::of(deployment.deployment().unwrap())
    }

    #[test]
    fn percentages_and_fenceposts() {
        for (replicas, surge, unavailable, expected) in [
            (3, "25%", "25%", (1, 0)),
            (4, "25%", "25%", (1, 1)),
            (10, "25%", "25%", (3, 2)),
            (10, "0%", "0%", (0, 1)),
            (0, "25%", "25%", (0, 0)),
            (2, "100%", "100%", (2, 2)),
        ] {
            let n = numbers(replicas, surge, unavailable);
            assert_eq!((n.max_surge, n.max_unavailable), expected, "{replicas} {surge} {unavailable}");
        }
        assert_eq!(numbers(3, 0, 7).max_unavailable, 3);
    }

    #[test]
    fn proportions_of_a_scaling_in_the_middle_of_a_rollout() {
        // The documentation's example: 10 replicas, surge 3, unavailable 2; 8 old and 5 new; scaled to 15.
        let n = numbers(15, 3, 2);
        let to_add = n.max_total() - 13;
        let first = n.proportion(8, 13, to_add, 0);
        let second = n.proportion(5, 13, to_add, first);
        assert_eq!((to_add, first, second), (5, 3, 2));
    }
}
