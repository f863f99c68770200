//! ReplicaSets.

use api::Value;

use super::template::pod_template;
use super::text::{at, conditions, controlled_by, head, marks, number, selector_line};
use super::{Subject, events};

/// The description of a ReplicaSet.
pub fn describe(subject: &Subject<'_>) -> String {
    let set = subject.value();
    let mut out = String::new();
    head(set, &mut out);
    out.push_str(&format!("Selector:\t{}\n", selector_line(set)));
    marks(set, &mut out);
    controlled_by(set, &mut out);
    out.push_str(&format!(
        "Replicas:\t{} current / {} desired\n",
        number(set, &["status", "replicas"]),
        set.int_at(&["spec", "replicas"]).unwrap_or(1)
    ));
    let uid = at(set, &["metadata", "uid"]);
    let owned = |pod: &&Value| {
        pod.items_at(&["metadata", "ownerReferences"]).iter().any(|owner| at(owner, &["uid"]) == uid)
    };
    let count = |phase: &str| {
        subject.items(0).iter().filter(owned).filter(|pod| at(pod, &["status", "phase"]) == phase).count()
    };
    out.push_str(&format!(
        "Pods Status:\t{} Running / {} Waiting / {} Succeeded / {} Failed\n",
        count("Running"),
        count("Pending"),
        count("Succeeded"),
        count("Failed")
    ));
    out.push_str("Pod Template:\n");
    pod_template(&set.at(&["spec", "template"]).cloned().unwrap_or_default(), &mut out);
    conditions(set, &mut out);
    events::write(subject.events, subject.now, &mut out);
    out
}
