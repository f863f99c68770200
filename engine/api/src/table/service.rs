//! Services, ingresses, network policies.

use sim::SimTime;

use super::columns::{AGE, NAME, text, wide};
use super::text::{NONE, age, at, labels, or_none, selector};
use super::{Cell, Printer};
use crate::types::Service;
use crate::{Object, Value};

pub(super) static SERVICES: Printer = Printer {
    columns: &[
        NAME,
        text("Type"),
        text("Cluster-IP"),
        text("External-IP"),
        text("Port(s)"),
        AGE,
        wide("Selector"),
    ],
    row: service,
};

fn external_ip(service: &Service) -> String {
    let listed = service.spec.external_ips.join(",");
    match service.spec.kind.as_str() {
        "ExternalName" => service.spec.external_name.to_string(),
        "LoadBalancer" => {
            let ingress = service.status.load_balancer.ingress.iter();
            let mut addresses: Vec<&str> =
                ingress.map(|i| if i.ip.is_empty() { i.hostname.as_str() } else { i.ip.as_str() }).collect();
            addresses.sort_unstable();
            addresses.dedup();
            addresses.extend(service.spec.external_ips.iter().map(|ip| ip.as_str()));
            if addresses.is_empty() { "<pending>".to_owned() } else { addresses.join(",") }
        }
        _ => listed,
    }
}

fn service(object: &Object, now: SimTime) -> Vec<Cell> {
    let Some(service) = object.service() else { return Vec::new() };
    let ports: Vec<String> = service
        .spec
        .ports
        .iter()
        .map(|port| {
            let node_port = if port.node_port > 0 { format!(":{}", port.node_port) } else { String::new() };
            format!("{}{node_port}/{}", port.port, port.protocol)
        })
        .collect();
    vec![
        Cell::from(object.name()),
        Cell::from(&service.spec.kind),
        or_none(service.spec.cluster_ips.first().unwrap_or(&service.spec.cluster_ip)),
        or_none(&external_ip(service)),
        or_none(&ports.join(",")),
        age(object, now),
        labels(&service.spec.selector),
    ]
}

pub(super) static INGRESSES: Printer = Printer {
    columns: &[NAME, text("Class"), text("Hosts"), text("Address"), text("Ports"), AGE],
    row: ingress,
};

fn ingress(object: &Object, now: SimTime) -> Vec<Cell> {
    let value = object.value();
    let field =
        |item: &Value, name: &str| item.str_at(&[name]).map(|s| s.to_string()).filter(|s| !s.is_empty());
    let rules = value.items_at(&["spec", "rules"]);
    let hosts: Vec<String> = rules.iter().filter_map(|rule| field(rule, "host")).collect();
    let hosts = match hosts.len() {
        0 => "*".to_owned(),
        1..=3 => hosts.join(","),
        more => format!("{} + {} more...", hosts[..3].join(","), more - 3),
    };
    let addresses = value.items_at(&["status", "loadBalancer", "ingress"]).iter();
    let addresses: Vec<String> =
        addresses.filter_map(|i| field(i, "ip").or_else(|| field(i, "hostname"))).collect();
    let class = at(object, &["spec", "ingressClassName"]);
    let class = if class.is_empty() {
        at(object, &["metadata", "annotations", "kubernetes.io/ingress.class"])
    } else {
        class
    };
    let ports = if value.items_at(&["spec", "tls"]).is_empty() { "80" } else { "80, 443" };
    vec![
        Cell::from(object.name()),
        or_none(class),
        Cell::from(hosts),
        Cell::from(addresses.join(",")),
        Cell::from(ports),
        age(object, now),
    ]
}

pub(super) static INGRESS_CLASSES: Printer = Printer {
    columns: &[NAME, text("Controller"), text("Parameters"), AGE],
    row: |object, now| {
        let parameters = |name| at(object, &["spec", "parameters", name]);
        let group = parameters("apiGroup");
        let kind = if group.is_empty() {
            parameters("kind").to_owned()
        } else {
            format!("{}.{group}", parameters("kind"))
        };
        let text = if kind.is_empty() { NONE.to_owned() } else { format!("{kind}/{}", parameters("name")) };
        vec![
            Cell::from(object.name()),
            Cell::from(at(object, &["spec", "controller"])),
            Cell::from(text),
            age(object, now),
        ]
    },
};

pub(super) static NETWORK_POLICIES: Printer = Printer {
    columns: &[NAME, text("Pod-Selector"), AGE],
    row: |object, now| {
        vec![
            Cell::from(object.name()),
            selector(object.value().at(&["spec", "podSelector"])),
            age(object, now),
        ]
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn services() {
        let cells = |spec: Value, status: Value| {
            let service = object!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec, "status": status});
            let row = super::service(&Object::new(service), SimTime::ZERO);
            row[1..5].iter().map(|c| c.as_str().unwrap().to_string()).collect::<Vec<_>>().join(" ")
        };
        let ports =
            || object!([{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]);
        let none = || object!({});
        assert_eq!(
            cells(object!({"type": "NodePort", "clusterIP": "10.96.0.9", "ports": ports()}), none()),
            "NodePort 10.96.0.9 <none> 80:30080/TCP,53/UDP"
        );
        assert_eq!(
            cells(object!({"type": "LoadBalancer", "ports": []}), none()),
            "LoadBalancer <none> <pending> <none>"
        );
        assert_eq!(
            cells(
                object!({"type": "LoadBalancer"}),
                object!({"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}})
            ),
            "LoadBalancer <none> 1.2.3.4 <none>"
        );
        assert_eq!(
            cells(object!({"type": "ExternalName", "externalName": "example.com"}), none()),
            "ExternalName <none> example.com <none>"
        );
        assert_eq!(
            cells(object!({"type": "ClusterIP", "clusterIP": "None"}), none()),
            "ClusterIP None <none> <none>"
        );
    }
}
