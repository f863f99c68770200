//! Pods.

use api::Value;

use super::text::{at, controlled_by, head, labels, long_time, marks, number};
use super::{Subject, container, events, volume};

/// The description of a pod.
pub fn describe(subject: &Subject<'_>) -> String {
    let pod = subject.value();
    let mut out = String::new();
    head(pod, &mut out);
    if let Some(priority) = pod.int_at(&["spec", "priority"]) {
        out.push_str(&format!("Priority:\t{priority}\n"));
    }
    for (label, field) in [
        ("Priority Class Name", "priorityClassName"),
        ("Runtime Class Name", "runtimeClassName"),
        ("Service Account", "serviceAccountName"),
    ] {
        if !at(pod, &["spec", field]).is_empty() {
            out.push_str(&format!("{label}:\t{}\n", at(pod, &["spec", field])));
        }
    }
    match at(pod, &["spec", "nodeName"]) {
        "" => out.push_str("Node:\t<none>\n"),
        node => out.push_str(&format!("Node:\t{node}/{}\n", at(pod, &["status", "hostIP"]))),
    }
    if !at(pod, &["status", "startTime"]).is_empty() {
        out.push_str(&format!("Start Time:\t{}\n", long_time(at(pod, &["status", "startTime"]))));
    }
    marks(pod, &mut out);
    status(subject, &mut out);
    addresses(pod, &mut out);
    controlled_by(pod, &mut out);
    if !at(pod, &["status", "nominatedNodeName"]).is_empty() {
        out.push_str(&format!("NominatedNodeName:\t{}\n", at(pod, &["status", "nominatedNodeName"])));
    }
    let init = pod.items_at(&["spec", "initContainers"]);
    if !init.is_empty() {
        container::write(
            "Init Containers",
            init,
            pod.items_at(&["status", "initContainerStatuses"]),
            "",
            &mut out,
        );
    }
    let statuses = pod.items_at(&["status", "containerStatuses"]);
    container::write("Containers", pod.items_at(&["spec", "containers"]), statuses, "", &mut out);
    let conditions = pod.items_at(&["status", "conditions"]);
    if !conditions.is_empty() {
        out.push_str("Conditions:\n  Type\tStatus\n");
        for condition in conditions {
            out.push_str(&format!("  {} \t{} \n", at(condition, &["type"]), at(condition, &["status"])));
        }
    }
    volume::write(pod.items_at(&["spec", "volumes"]), "", &mut out);
    out.push_str(&format!("QoS Class:\t{}\n", quality(pod)));
    labels("Node-Selectors", pod.at(&["spec", "nodeSelector"]), &mut out);
    tolerations("Tolerations", pod.items_at(&["spec", "tolerations"]), &mut out);
    events::write(subject.events, subject.now, &mut out);
    out
}

fn status(subject: &Subject<'_>, out: &mut String) {
    let pod = subject.value();
    let deleted = at(pod, &["metadata", "deletionTimestamp"]);
    if deleted.is_empty() {
        out.push_str(&format!("Status:\t{}\n", at(pod, &["status", "phase"])));
    } else {
        let age = api::duration::age_of(Some(deleted), subject.now);
        let grace = number(pod, &["metadata", "deletionGracePeriodSeconds"]);
        out.push_str(&format!("Status:\tTerminating (lasts {age})\nTermination Grace Period:\t{grace}s\n"));
    }
    for (label, field) in [("Reason", "reason"), ("Message", "message")] {
        if !at(pod, &["status", field]).is_empty() {
            out.push_str(&format!("{label}:\t{}\n", at(pod, &["status", field])));
        }
    }
}

fn addresses(pod: &Value, out: &mut String) {
    out.push_str(&format!("IP:\t{}\n", at(pod, &["status", "podIP"])));
    let all = pod.items_at(&["status", "podIPs"]);
    if all.is_empty() {
        out.push_str("IPs:\t<none>\n");
        return;
    }
    out.push_str("IPs:\n");
    for ip in all {
        out.push_str(&format!("  IP:\t{}\n", at(ip, &["ip"])));
    }
}

/// The class in the status, or, before the kubelet wrote one, worked out from the resources.
fn quality(pod: &Value) -> String {
    let written = at(pod, &["status", "qosClass"]);
    if !written.is_empty() {
        return written.to_owned();
    }
    let any = pod.items_at(&["spec", "containers"]).iter().any(|c| {
        c.at(&["resources", "requests"]).or(c.at(&["resources", "limits"])).is_some_and(|r| !r.is_empty())
    });
    if any { "Burstable" } else { "BestEffort" }.to_owned()
}

/// Tolerations, one a line.
pub fn tolerations(label: &str, tolerations: &[Value], out: &mut String) {
    out.push_str(&format!("{label}:\t"));
    if tolerations.is_empty() {
        out.push_str("<none>\n");
        return;
    }
    for (i, toleration) in tolerations.iter().enumerate() {
        if i > 0 {
            out.push('\t');
        }
        let (key, value, effect) =
            (at(toleration, &["key"]), at(toleration, &["value"]), at(toleration, &["effect"]));
        let mut text = key.to_owned();
        if !value.is_empty() {
            text.push_str(&format!("={value}"));
        }
        if !effect.is_empty() {
            text.push_str(&format!(":{effect}"));
        }
        if at(toleration, &["operator"]) == "Exists" && value.is_empty() {
            text.push_str(if text.is_empty() { "op=Exists" } else { " op=Exists" });
        }
        if let Some(seconds) = toleration.int_at(&["tolerationSeconds"]) {
            text.push_str(&format!(" for {seconds}s"));
        }
        out.push_str(&format!("{text}\n"));
    }
}
