//! The walk of a packet through one machine's rules.

use std::net::Ipv4Addr;

use sim::{Str, Stream};

use crate::table::{Backend, PortName, ServicePort, Table};

/// Where a packet goes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Destination {
    /// To a pod, by a service's rules.
    Backend(Backend, PortName),
    /// To where it was addressed: no rule matches.
    Unchanged(Ipv4Addr, u16),
    /// The service has nobody: kube-proxy rejects (`connection refused`).
    Rejected(PortName),
    /// The service has nobody on this machine, and its policy is `Local`: kube-proxy drops (the client waits in vain).
    Dropped(PortName),
}

/// Where a packet comes in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Way {
    /// From a pod or a process of the machine.
    Inside,
    /// From outside of the cluster.
    Outside,
}

/// Walks a packet to `ip:port` through the rules of `machine` (whose own address is `own`).
///
/// Each ready backend is as likely (iptables' `statistic mode random`).
pub fn walk(
    table: &Table,
    machine: &Str,
    own: Ipv4Addr,
    (ip, port): (Ipv4Addr, u16),
    way: Way,
    random: &mut Stream,
) -> Destination {
    let (service, external) = if let Some(service) = table.by_address(ip, port) {
        (service, ip != service.cluster_ip || way == Way::Outside)
    } else if ip == own
        && let Some(service) = table.by_node_port(port)
    {
        (service, true)
    } else {
        return Destination::Unchanged(ip, port);
    };
    choose(service, machine, external, random)
}

fn choose(service: &ServicePort, machine: &Str, external: bool, random: &mut Stream) -> Destination {
    let local_only = if external { service.external_local } else { service.internal_local };
    let eligible: Vec<&Backend> =
        service.backends.iter().filter(|b| !local_only || b.node == *machine).collect();
    if eligible.is_empty() {
        let name = service.name.clone();
        return if service.backends.is_empty() {
            Destination::Rejected(name)
        } else {
            Destination::Dropped(name)
        };
    }
    let chosen = eligible[random.range(0..eligible.len() as u64) as usize];
    Destination::Backend(chosen.clone(), service.name.clone())
}

#[cfg(test)]
mod tests {
    use api::types::{EndpointSlice, Service};
    use api::{Object, ObjectKey, object};

    use super::*;

    const OWN: Ipv4Addr = Ipv4Addr::new(172, 18, 0, 11);

    fn table(policy: &str, endpoints: api::Value) -> Table {
        let service = Object::new(object! {
            "apiVersion": "v1", "kind": "Service", "metadata": { "namespace": "default", "name": "web" },
            "spec": { "clusterIP": "10.96.0.9", "type": "NodePort", "externalTrafficPolicy": policy,
                "ports": [{ "port": 80, "targetPort": 8080, "nodePort": 31000, "protocol": "TCP" }] }
        });
        let slice = Object::new(object! {
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": { "namespace": "default", "name": "web-x" }, "addressType": "IPv4",
            "ports": [{ "name": "", "port": 8080 }], "endpoints": endpoints
        });
        let (service, slice): (&Service, &EndpointSlice) =
            (service.service().unwrap(), slice.endpoint_slice().unwrap());
        let mut table = Table::default();
        assert!(table.set_service(&ObjectKey::new("default", "web"), Some(service), std::iter::once(slice)));
        assert!(!table.set_service(&ObjectKey::new("default", "web"), Some(service), std::iter::once(slice)));
        table
    }

    fn to(table: &Table, ip: Ipv4Addr, port: u16) -> Destination {
        walk(table, &Str::from("node-1"), OWN, (ip, port), Way::Outside, &mut Stream::derive(1, "walk"))
    }

    #[test]
    fn packets_find_ready_pods() {
        let table = table(
            "Cluster",
            object!([
                { "addresses": ["10.244.0.5"], "nodeName": "node-1", "conditions": { "ready": false } },
                { "addresses": ["10.244.1.7"], "nodeName": "node-2", "conditions": { "ready": true } }
            ]),
        );
        let cluster_ip = Ipv4Addr::new(10, 96, 0, 9);
        for (ip, port) in [(cluster_ip, 80), (OWN, 31000)] {
            match to(&table, ip, port) {
                Destination::Backend(backend, _) => assert_eq!(backend.ip, Ipv4Addr::new(10, 244, 1, 7)),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(to(&table, OWN, 31001), Destination::Unchanged(OWN, 31001));
        assert_eq!(to(&table, cluster_ip, 81), Destination::Unchanged(cluster_ip, 81));
    }

    #[test]
    fn nobody_is_refused_and_local_is_dropped() {
        let elsewhere = object!([{ "addresses": ["10.244.1.7"], "nodeName": "node-2" }]);
        assert!(matches!(to(&table("Local", elsewhere), OWN, 31000), Destination::Dropped(_)));
        assert!(matches!(to(&table("Cluster", object!([])), OWN, 31000), Destination::Rejected(_)));
    }

    #[test]
    fn a_service_that_goes_leaves_nothing() {
        let mut table = table("Cluster", object!([]));
        assert!(table.set_service(&ObjectKey::new("default", "web"), None, std::iter::empty()));
        assert!(table.is_empty() && table.by_node_port(31000).is_none());
    }
}
