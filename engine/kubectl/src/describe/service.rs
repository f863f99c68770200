//! Services.

use api::{Map, Value};

use super::text::{at, head, joined, marks, number};
use super::{Subject, events};
use crate::print::jsonpath::text_of;

/// The description of a Service.
pub fn describe(subject: &Subject<'_>) -> String {
    let service = subject.value();
    let spec = |field: &str| at(service, &["spec", field]);
    let mut out = String::new();
    head(service, &mut out);
    marks(service, &mut out);
    let pairs: Vec<String> = service
        .at(&["spec", "selector"])
        .and_then(Value::as_map)
        .into_iter()
        .flat_map(Map::iter)
        .map(|(key, value)| format!("{key}={}", text_of(value)))
        .collect();
    let selector = if pairs.is_empty() { "<none>".to_owned() } else { pairs.join(",") };
    out.push_str(&format!("Selector:\t{selector}\nType:\t{}\n", spec("type")));
    if !spec("ipFamilyPolicy").is_empty() {
        out.push_str(&format!("IP Family Policy:\t{}\n", spec("ipFamilyPolicy")));
    }
    let families = service.items_at(&["spec", "ipFamilies"]);
    if !families.is_empty() {
        out.push_str(&format!("IP Families:\t{}\n", joined(families, ",")));
    }
    out.push_str(&format!("IP:\t{}\n", spec("clusterIP")));
    out.push_str(&format!("IPs:\t{}\n", joined(service.items_at(&["spec", "clusterIPs"]), ",")));
    let external = service.items_at(&["spec", "externalIPs"]);
    if !external.is_empty() {
        out.push_str(&format!("External IPs:\t{}\n", joined(external, ",")));
    }
    if !spec("loadBalancerIP").is_empty() {
        out.push_str(&format!("Desired LoadBalancer IP:\t{}\n", spec("loadBalancerIP")));
    }
    if !spec("externalName").is_empty() {
        out.push_str(&format!("External Name:\t{}\n", spec("externalName")));
    }
    let ingress = service.items_at(&["status", "loadBalancer", "ingress"]);
    if !ingress.is_empty() {
        let addresses: Vec<String> = ingress
            .iter()
            .map(|i| match (at(i, &["ip"]), at(i, &["ipMode"])) {
                ("", _) => at(i, &["hostname"]).to_owned(),
                (ip, "") => ip.to_owned(),
                (ip, mode) => format!("{ip} ({mode})"),
            })
            .collect();
        out.push_str(&format!("LoadBalancer Ingress:\t{}\n", addresses.join(", ")));
    }
    for port in service.items_at(&["spec", "ports"]) {
        ports(subject, port, &mut out);
    }
    out.push_str(&format!("Session Affinity:\t{}\n", spec("sessionAffinity")));
    for (label, field) in [
        ("External Traffic Policy", "externalTrafficPolicy"),
        ("Internal Traffic Policy", "internalTrafficPolicy"),
    ] {
        if !spec(field).is_empty() {
            out.push_str(&format!("{label}:\t{}\n", spec(field)));
        }
    }
    events::write(subject.events, subject.now, &mut out);
    out
}

fn ports(subject: &Subject<'_>, port: &Value, out: &mut String) {
    let name = match at(port, &["name"]) {
        "" => "<unset>",
        name => name,
    };
    let protocol = at(port, &["protocol"]);
    let target = port.get("targetPort").map(text_of).unwrap_or_default();
    out.push_str(&format!("Port:\t{name}\t{}/{protocol}\n", number(port, &["port"])));
    out.push_str(&format!("TargetPort:\t{target}/{protocol}\n"));
    let node_port = number(port, &["nodePort"]);
    if node_port != 0 {
        out.push_str(&format!("NodePort:\t{name}\t{node_port}/{protocol}\n"));
    }
    let endpoints: Vec<String> = subject
        .items(0)
        .iter()
        .flat_map(|slice| {
            let number = slice
                .items_at(&["ports"])
                .iter()
                .find(|p| at(p, &["name"]) == at(port, &["name"]))
                .map(|p| super::text::number(p, &["port"]));
            let ready = |e: &&Value| e.at(&["conditions", "ready"]).and_then(Value::as_bool) != Some(false);
            slice
                .items_at(&["endpoints"])
                .iter()
                .filter(ready)
                .flat_map(|e| e.items_at(&["addresses"]))
                .filter_map(move |address| Some(format!("{}:{}", text_of(address), number?)))
        })
        .collect();
    // Three are shown, the rest counted.
    let text = match endpoints.len() {
        0 => String::new(),
        n if n > 3 => format!("{} + {} more...", endpoints[..3].join(","), n - 3),
        _ => endpoints.join(","),
    };
    out.push_str(&format!("Endpoints:\t{text}\n"));
}
