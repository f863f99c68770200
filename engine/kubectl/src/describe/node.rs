//! Nodes.

use api::quantity::Quantity;
use api::{Map, Value};

use super::text::{annotations, at, head, joined, labels, long_time};
use super::{Subject, events};
use crate::print::jsonpath::text_of;

/// The description of a Node.
pub fn describe(subject: &Subject<'_>) -> String {
    let node = subject.value();
    let mut out = String::new();
    head(node, &mut out);
    out.push_str(&format!("Roles:\t{}\n", roles(node)));
    labels("Labels", node.at(&["metadata", "labels"]), &mut out);
    annotations("Annotations", node.at(&["metadata", "annotations"]), &mut out);
    let created = long_time(at(node, &["metadata", "creationTimestamp"]));
    out.push_str(&format!("CreationTimestamp:\t{created}\n"));
    taints(node, &mut out);
    let off = node.at(&["spec", "unschedulable"]).and_then(Value::as_bool).unwrap_or(false);
    out.push_str(&format!("Unschedulable:\t{off}\n"));
    lease(subject.answers.first(), &mut out);
    conditions(node, &mut out);
    let addresses = node.items_at(&["status", "addresses"]);
    out.push_str("Addresses:\n");
    for address in addresses {
        out.push_str(&format!("  {}:\t{}\n", at(address, &["type"]), at(address, &["address"])));
    }
    for (label, field) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
        out.push_str(&format!("{label}:\n"));
        for (name, amount) in entries(node, field) {
            out.push_str(&format!("  {name}:\t{}\n", text_of(amount)));
        }
    }
    system(node, &mut out);
    if !at(node, &["spec", "podCIDR"]).is_empty() {
        out.push_str(&format!("PodCIDR:\t{}\n", at(node, &["spec", "podCIDR"])));
        out.push_str(&format!("PodCIDRs:\t{}\n", joined(node.items_at(&["spec", "podCIDRs"]), ",")));
    }
    if !at(node, &["spec", "providerID"]).is_empty() {
        out.push_str(&format!("ProviderID:\t{}\n", at(node, &["spec", "providerID"])));
    }
    pods(subject, &mut out);
    events::write(subject.events, subject.now, &mut out);
    out
}

fn roles(node: &Value) -> String {
    let labels = node.at(&["metadata", "labels"]).and_then(Value::as_map);
    let roles: Vec<&str> = labels
        .into_iter()
        .flat_map(Map::iter)
        .filter_map(|(name, value)| match name.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => Some(role),
            None if name == "kubernetes.io/role" => value.as_str().map(|s| s.as_str()),
            None => None,
        })
        .filter(|role| !role.is_empty())
        .collect();
    if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") }
}

fn taints(node: &Value, out: &mut String) {
    let mut taints: Vec<String> = node
        .items_at(&["spec", "taints"])
        .iter()
        .map(|taint| match at(taint, &["value"]) {
            "" => format!("{}:{}", at(taint, &["key"]), at(taint, &["effect"])),
            value => format!("{}={value}:{}", at(taint, &["key"]), at(taint, &["effect"])),
        })
        .collect();
    taints.sort();
    let text = if taints.is_empty() { "<none>".to_owned() } else { taints.join("\n\t") };
    out.push_str(&format!("Taints:\t{text}\n"));
}

fn lease(lease: Option<&Value>, out: &mut String) {
    let Some(lease) = lease.filter(|l| !l.is_null()) else {
        out.push_str("Lease:\tFailed to get lease\n");
        return;
    };
    let holder = match at(lease, &["spec", "holderIdentity"]) {
        "" => "<unset>",
        holder => holder,
    };
    out.push_str(&format!(
        "Lease:\n  HolderIdentity:\t{holder}\n  AcquireTime:\t{}\n  RenewTime:\t{}\n",
        long_time(at(lease, &["spec", "acquireTime"])),
        long_time(at(lease, &["spec", "renewTime"]))
    ));
}

fn conditions(node: &Value, out: &mut String) {
    let conditions = node.items_at(&["status", "conditions"]);
    if conditions.is_empty() {
        return;
    }
    out.push_str("Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n");
    out.push_str("  ----\t------\t-----------------\t------------------\t------\t-------\n");
    for condition in conditions {
        let part = |field: &str| at(condition, &[field]);
        out.push_str(&format!(
            "  {} \t{} \t{} \t{} \t{} \t{}\n",
            part("type"),
            part("status"),
            long_time(part("lastHeartbeatTime")),
            long_time(part("lastTransitionTime")),
            part("reason"),
            part("message")
        ));
    }
}

fn system(node: &Value, out: &mut String) {
    out.push_str("System Info:\n");
    for (label, field) in [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ] {
        out.push_str(&format!("  {label}:\t{}\n", at(node, &["status", "nodeInfo", field])));
    }
}

fn entries<'v>(node: &'v Value, field: &str) -> impl Iterator<Item = (&'v api::Str, &'v Value)> {
    node.at(&["status", field]).and_then(Value::as_map).into_iter().flat_map(Map::iter)
}

/// The pods with their share of the node, and the sums.
fn pods(subject: &Subject<'_>, out: &mut String) {
    let node = subject.value();
    let pods = subject.items(1);
    out.push_str(&format!("Non-terminated Pods:\t({} in total)\n", pods.len()));
    out.push_str("  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n");
    out.push_str("  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n");
    let names = ["cpu", "memory", "ephemeral-storage"];
    let allocatable = |name: &str| {
        node.at(&["status", "allocatable", name])
            .and_then(|v| Quantity::parse(&text_of(v)).ok())
            .unwrap_or(Quantity::ZERO)
    };
    let share = |name: &str, amount: Quantity| {
        let whole = allocatable(name).milli_value();
        let percent = if whole == 0 { 0 } else { i128::from(amount.milli_value()) * 100 / i128::from(whole) };
        format!("{amount} ({percent}%)")
    };
    let mut sums = [[Quantity::ZERO; 2]; 3];
    for pod in pods {
        let mut cells = [[Quantity::ZERO; 2]; 3];
        for (i, name) in names.iter().enumerate() {
            for (j, kind) in ["requests", "limits"].iter().enumerate() {
                cells[i][j] = pod_amount(pod, kind, name);
                sums[i][j] = add(sums[i][j], cells[i][j]);
            }
        }
        out.push_str(&format!(
            "  {}\t{}\t\t{}\t{}\t{}\t{}\t{}\n",
            at(pod, &["metadata", "namespace"]),
            at(pod, &["metadata", "name"]),
            share("cpu", cells[0][0]),
            share("cpu", cells[0][1]),
            share("memory", cells[1][0]),
            share("memory", cells[1][1]),
            api::duration::age_of(Some(at(pod, &["metadata", "creationTimestamp"])), subject.now)
        ));
    }
    out.push_str("Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n");
    out.push_str("  Resource\tRequests\tLimits\n  --------\t--------\t------\n");
    for (i, name) in names.iter().enumerate() {
        out.push_str(&format!("  {name}\t{}\t{}\n", share(name, sums[i][0]), share(name, sums[i][1])));
    }
    for (name, _) in entries(node, "allocatable").filter(|(name, _)| name.starts_with("hugepages-")) {
        let sum = |kind| pods.iter().map(|pod| pod_amount(pod, kind, name)).fold(Quantity::ZERO, add);
        out.push_str(&format!(
            "  {name}\t{}\t{}\n",
            share(name, sum("requests")),
            share(name, sum("limits"))
        ));
    }
}

/// A sum that keeps the other side's way of writing when one side is nothing (`128Mi`, not `134217728`).
fn add(a: Quantity, b: Quantity) -> Quantity {
    if a.is_zero() { b } else { a + b }
}

/// What a pod's containers ask for together.
fn pod_amount(pod: &Value, kind: &str, name: &str) -> Quantity {
    pod.items_at(&["spec", "containers"])
        .iter()
        .filter_map(|c| c.at(&["resources", kind, name]))
        .filter_map(|v| Quantity::parse(&text_of(v)).ok())
        .fold(Quantity::ZERO, add)
}
