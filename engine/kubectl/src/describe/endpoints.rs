//! Endpoints and EndpointSlices.

use api::Value;

use super::text::{at, head, joined, marks, number};
use super::{Subject, events};

/// The description of an Endpoints object.
pub fn describe(subject: &Subject<'_>) -> String {
    let endpoints = subject.value();
    let mut out = String::new();
    head(endpoints, &mut out);
    marks(endpoints, &mut out);
    out.push_str("Subsets:\n");
    for subset in endpoints.items_at(&["subsets"]) {
        let addresses = |field: &str| {
            let ips: Vec<Value> =
                subset.items_at(&[field]).iter().filter_map(|a| a.get("ip").cloned()).collect();
            joined(&ips, ",")
        };
        out.push_str(&format!("  Addresses:\t{}\n", addresses("addresses")));
        out.push_str(&format!("  NotReadyAddresses:\t{}\n", addresses("notReadyAddresses")));
        let list = subset.items_at(&["ports"]);
        if !list.is_empty() {
            out.push_str("  Ports:\n");
            ports(list, "    ", &mut out);
        }
        out.push('\n');
    }
    events::write(subject.events, subject.now, &mut out);
    out
}

/// The description of an EndpointSlice.
pub fn describe_slice(subject: &Subject<'_>) -> String {
    let slice = subject.value();
    let mut out = String::new();
    head(slice, &mut out);
    marks(slice, &mut out);
    out.push_str(&format!("AddressType:\t{}\n", at(slice, &["addressType"])));
    let list = slice.items_at(&["ports"]);
    if list.is_empty() {
        out.push_str("Ports: <unset>\n");
    } else {
        out.push_str("Ports:\n");
        ports(list, "  ", &mut out);
    }
    let list = slice.items_at(&["endpoints"]);
    out.push_str(if list.is_empty() { "Endpoints: <none>\n" } else { "Endpoints:\n" });
    for endpoint in list {
        out.push_str(&format!("  - Addresses:\t{}\n", joined(endpoint.items_at(&["addresses"]), ", ")));
        let ready = endpoint.at(&["conditions", "ready"]).and_then(Value::as_bool);
        let ready = ready.map_or("<unset>".to_owned(), |ready| ready.to_string());
        out.push_str(&format!("    Conditions:\n      Ready:\t{ready}\n"));
        out.push_str(&format!("    Hostname:\t{}\n", set(at(endpoint, &["hostname"]))));
        if let Some(target) = endpoint.get("targetRef") {
            out.push_str(&format!("    TargetRef:\t{}/{}\n", at(target, &["kind"]), at(target, &["name"])));
        }
        out.push_str(&format!("    NodeName:\t{}\n", set(at(endpoint, &["nodeName"]))));
        out.push_str(&format!("    Zone:\t{}\n", set(at(endpoint, &["zone"]))));
    }
    events::write(subject.events, subject.now, &mut out);
    out
}

fn ports(ports: &[Value], indent: &str, out: &mut String) {
    out.push_str(&format!("{indent}Name\tPort\tProtocol\n{indent}----\t----\t--------\n"));
    for port in ports {
        let name = set(at(port, &["name"]));
        let protocol = at(port, &["protocol"]);
        out.push_str(&format!("{indent}{name}\t{}\t{protocol}\n", number(port, &["port"])));
    }
}

fn set(text: &str) -> &str {
    if text.is_empty() { "<unset>" } else { text }
}
