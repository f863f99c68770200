//! Deployments.

use api::Value;

use super::template::pod_template;
use super::text::{at, conditions, head, long_time, marks, number, selector_line};
use super::{Subject, events};
use crate::print::jsonpath::text_of;

/// The description of a Deployment.
pub fn describe(subject: &Subject<'_>) -> String {
    let deployment = subject.value();
    let mut out = String::new();
    head(deployment, &mut out);
    let created = long_time(at(deployment, &["metadata", "creationTimestamp"]));
    out.push_str(&format!("CreationTimestamp:\t{created}\n"));
    marks(deployment, &mut out);
    out.push_str(&format!("Selector:\t{}\n", selector_line(deployment)));
    let status = |field: &str| number(deployment, &["status", field]);
    out.push_str(&format!(
        "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable\n",
        deployment.int_at(&["spec", "replicas"]).unwrap_or(1),
        status("updatedReplicas"),
        status("replicas"),
        status("availableReplicas"),
        status("unavailableReplicas")
    ));
    out.push_str(&format!("StrategyType:\t{}\n", at(deployment, &["spec", "strategy", "type"])));
    out.push_str(&format!("MinReadySeconds:\t{}\n", number(deployment, &["spec", "minReadySeconds"])));
    if let Some(rolling) = deployment.at(&["spec", "strategy", "rollingUpdate"]) {
        let part = |field: &str| rolling.get(field).map(text_of).unwrap_or_default();
        out.push_str(&format!(
            "RollingUpdateStrategy:\t{} max unavailable, {} max surge\n",
            part("maxUnavailable"),
            part("maxSurge")
        ));
    }
    out.push_str("Pod Template:\n");
    pod_template(&deployment.at(&["spec", "template"]).cloned().unwrap_or_default(), &mut out);
    conditions(deployment, &mut out);
    replica_sets(subject, &mut out);
    events::write(subject.events, subject.now, &mut out);
    out
}

fn replica_sets(subject: &Subject<'_>, out: &mut String) {
    // The new set is the one with the Deployment's template, but for the hash that the controller adds.
    let is_new = |set: &Value| {
        let mut template = set.at(&["spec", "template"]).cloned().unwrap_or_default();
        template.remove(&["metadata", "labels", "pod-template-hash"]);
        subject.value().at(&["spec", "template"]) == Some(&template)
    };
    let deployment = subject.value();
    let uid = at(deployment, &["metadata", "uid"]);
    let owned = |set: &&Value| {
        set.items_at(&["metadata", "ownerReferences"]).iter().any(|owner| at(owner, &["uid"]) == uid)
    };
    let (new, old): (Vec<&Value>, Vec<&Value>) =
        subject.items(0).iter().filter(owned).partition(|set| is_new(set));
    let line = |sets: &[&Value]| -> String {
        let texts: Vec<String> = sets
            .iter()
            .map(|set| {
                format!(
                    "{} ({}/{} replicas created)",
                    at(set, &["metadata", "name"]),
                    number(set, &["status", "replicas"]),
                    number(set, &["spec", "replicas"])
                )
            })
            .collect();
        if texts.is_empty() { "<none>".to_owned() } else { texts.join(", ") }
    };
    out.push_str(&format!("OldReplicaSets:\t{}\n", line(&old)));
    out.push_str(&format!("NewReplicaSet:\t{}\n", line(&new)));
}
