//! What runs pods.

use super::pod::pod_spec;
use super::storage;
use super::tools::{default, default_text, each, has, text, within};
use crate::{Value, object};

pub(super) fn pod_template(object: &mut Value) {
    within(object, &["template", "spec"], pod_spec);
}

pub(super) fn replication_controller(object: &mut Value) {
    within(object, &["spec"], |spec| {
        default(spec, &["replicas"], 1);
        within(spec, &["template", "spec"], pod_spec);
    });
    let labels = object.at(&["spec", "template", "metadata", "labels"]).filter(|l| !l.is_empty()).cloned();
    if let Some(labels) = labels {
        default_text(object, &["spec", "selector"], &labels);
        default_text(object, &["metadata", "labels"], labels);
    }
}

pub(super) fn deployment(object: &mut Value) {
    within(object, &["spec"], |spec| {
        default(spec, &["replicas"], 1);
        default_text(spec, &["strategy", "type"], "RollingUpdate");
        if text(spec, &["strategy", "type"]) == "RollingUpdate" {
            default(spec, &["strategy", "rollingUpdate", "maxUnavailable"], "25%");
            default(spec, &["strategy", "rollingUpdate", "maxSurge"], "25%");
        }
        default(spec, &["revisionHistoryLimit"], 10);
        default(spec, &["progressDeadlineSeconds"], 600);
        within(spec, &["template", "spec"], pod_spec);
    });
}

pub(super) fn replica_set(object: &mut Value) {
    within(object, &["spec"], |spec| {
        default(spec, &["replicas"], 1);
        within(spec, &["template", "spec"], pod_spec);
    });
}

pub(super) fn stateful_set(object: &mut Value) {
    within(object, &["spec"], |spec| {
        default(spec, &["replicas"], 1);
        default_text(spec, &["podManagementPolicy"], "OrderedReady");
        default_text(spec, &["updateStrategy", "type"], "RollingUpdate");
        if text(spec, &["updateStrategy", "type"]) == "RollingUpdate" {
            default(spec, &["updateStrategy", "rollingUpdate", "partition"], 0);
        }
        default_text(spec, &["persistentVolumeClaimRetentionPolicy", "whenDeleted"], "Retain");
        default_text(spec, &["persistentVolumeClaimRetentionPolicy", "whenScaled"], "Retain");
        default(spec, &["revisionHistoryLimit"], 10);
        within(spec, &["template", "spec"], pod_spec);
        each(spec, &["volumeClaimTemplates"], |claim| {
            default_text(claim, &["apiVersion"], "v1");
            default_text(claim, &["kind"], "PersistentVolumeClaim");
            storage::claim(claim);
        });
    });
}

pub(super) fn daemon_set(object: &mut Value) {
    within(object, &["spec"], |spec| {
        default_text(spec, &["updateStrategy", "type"], "RollingUpdate");
        if text(spec, &["updateStrategy", "type"]) == "RollingUpdate" {
            default(spec, &["updateStrategy", "rollingUpdate", "maxUnavailable"], 1);
            default(spec, &["updateStrategy", "rollingUpdate", "maxSurge"], 0);
        }
        default(spec, &["revisionHistoryLimit"], 10);
        within(spec, &["template", "spec"], pod_spec);
    });
}

pub(super) fn job(object: &mut Value) {
    within(object, &["spec"], |spec| {
        if !has(spec, &["completions"]) && !has(spec, &["parallelism"]) {
            spec.set(&["completions"], 1);
        }
        default(spec, &["parallelism"], 1);
        default(spec, &["backoffLimit"], 6);
        default_text(spec, &["completionMode"], "NonIndexed");
        default(spec, &["suspend"], false);
        let replacement = if has(spec, &["podFailurePolicy"]) { "Failed" } else { "TerminatingOrFailed" };
        default_text(spec, &["podReplacementPolicy"], replacement);
        within(spec, &["template", "spec"], pod_spec);
    });
}

pub(super) fn cron_job(object: &mut Value) {
    within(object, &["spec"], |spec| {
        default_text(spec, &["concurrencyPolicy"], "Allow");
        default(spec, &["suspend"], false);
        default(spec, &["successfulJobsHistoryLimit"], 3);
        default(spec, &["failedJobsHistoryLimit"], 1);
        within(spec, &["jobTemplate", "spec", "template", "spec"], pod_spec);
    });
}

pub(super) fn autoscaler(object: &mut Value, version: &str) {
    within(object, &["spec"], |spec| {
        default(spec, &["minReplicas"], 1);
        // Version 1 says it with `targetCPUUtilizationPercentage`, and defaults nothing.
        if version == "v1" {
            return;
        }
        let cpu = object!([{"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80},
        }}]);
        default_text(spec, &["metrics"], cpu);
        if has(spec, &["behavior"]) {
            default_scaling(spec);
        }
    });
}

/// Rules that are given in part are completed.
fn default_scaling(spec: &mut Value) {
    let up = object!([
        {"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15},
    ]);
    let down = object!([{"type": "Percent", "value": 100, "periodSeconds": 15}]);
    for (direction, policies) in [("scaleUp", up), ("scaleDown", down)] {
        default_text(spec, &["behavior", direction, "selectPolicy"], "Max");
        default_text(spec, &["behavior", direction, "policies"], policies);
    }
    default(spec, &["behavior", "scaleUp", "stabilizationWindowSeconds"], 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{defaults, kinds};

    #[test]
    fn a_deployment() {
        let mut web =
            object!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "b:1"}]}}}});
        defaults::apply(&kinds::DEPLOYMENTS, &mut web);
        assert_eq!(web.int_at(&["spec", "replicas"]), Some(1));
        assert_eq!(
            web.at(&["spec", "strategy"]),
            Some(
                &object!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}})
            )
        );
        let pod = web.at(&["spec", "template", "spec"]).unwrap();
        assert_eq!(pod.get("enableServiceLinks"), None, "only pods get it, templates do not");
        assert_eq!(pod.int_at(&["terminationGracePeriodSeconds"]), Some(30));
        assert_eq!(pod.items_at(&["containers"])[0].str_at(&["imagePullPolicy"]).unwrap(), "IfNotPresent");

        let mut recreate = object!({"spec": {"replicas": 0, "strategy": {"type": "Recreate"}}});
        defaults::apply(&kinds::DEPLOYMENTS, &mut recreate);
        assert_eq!(recreate.at(&["spec", "strategy"]), Some(&object!({"type": "Recreate"})));
        assert_eq!(recreate.int_at(&["spec", "replicas"]), Some(0));
    }
}
