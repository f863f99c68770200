//! What one kube-proxy programs into its machine: service ports and their backends.

use std::net::Ipv4Addr;
use std::sync::Arc;

use api::ObjectKey;
use api::types::{EndpointSlice, Service};
use imbl::OrdMap;
use sim::Str;

/// A port of a service: `default/web:http`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PortName {
    /// The service.
    pub service: ObjectKey,
    /// The port's name; empty for the only one.
    pub port: Str,
}

impl std::fmt::Display for PortName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.port.is_empty() { self.service.fmt(f) } else { write!(f, "{}:{}", self.service, self.port) }
    }
}

/// One port of one service, with those who serve it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ServicePort {
    /// Its name.
    pub name: PortName,
    /// `TCP`, `UDP`, `SCTP`.
    pub protocol: Str,
    /// The service's address.
    pub cluster_ip: Ipv4Addr,
    /// The port there.
    pub port: u16,
    /// The port on every machine; 0 for none.
    pub node_port: u16,
    /// Other addresses that the service answers on: external IPs and load balancers.
    pub external: Vec<Ipv4Addr>,
    /// `sessionAffinity: ClientIP`: for so many seconds a client keeps its backend.
    pub affinity_seconds: Option<u32>,
    /// `internalTrafficPolicy: Local`.
    pub internal_local: bool,
    /// `externalTrafficPolicy: Local`.
    pub external_local: bool,
    /// Who serves it, in order.
    pub backends: Arc<[Backend]>,
}

/// A pod behind a service port.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Backend {
    /// The pod's address.
    pub ip: Ipv4Addr,
    /// The port there.
    pub port: u16,
    /// Its machine.
    pub node: Str,
    /// Ready to take new connections; without any such, those that are still serving while they end are taken.
    pub ready: bool,
}

/// The machine's rules. Service ports are found by address and port, as the kernel's rules match them.
#[derive(Clone, Hash, Debug, Default)]
pub struct Table {
    ports: OrdMap<PortName, Arc<ServicePort>>,
    by_address: OrdMap<(Ipv4Addr, u16), PortName>,
    by_node_port: OrdMap<u16, PortName>,
}

impl Table {
    /// All service ports by name.
    pub fn ports(&self) -> impl Iterator<Item = &Arc<ServicePort>> {
        self.ports.values()
    }

    /// A service port by name.
    pub fn port(&self, name: &PortName) -> Option<&Arc<ServicePort>> {
        self.ports.get(name)
    }

    /// How many service ports there are.
    pub fn len(&self) -> usize {
        self.ports.len()
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty()
    }

    /// The service port behind a service's address.
    pub fn by_address(&self, ip: Ipv4Addr, port: u16) -> Option<&Arc<ServicePort>> {
        self.ports.get(self.by_address.get(&(ip, port))?)
    }

    /// The service port behind a port of the machine.
    pub fn by_node_port(&self, port: u16) -> Option<&Arc<ServicePort>> {
        self.ports.get(self.by_node_port.get(&port)?)
    }

    /// Replaces all that concerns one service; `None` when it is gone. True when something changed.
    pub(crate) fn set_service<'a>(
        &mut self,
        key: &ObjectKey,
        service: Option<&Service>,
        slices: impl Iterator<Item = &'a EndpointSlice> + Clone,
    ) -> bool {
        let fresh: Vec<ServicePort> = service.map(|s| service_ports(key, s, slices)).unwrap_or_default();
        let first = PortName { service: key.clone(), port: Str::new() };
        let known: Vec<Arc<ServicePort>> = self
            .ports
            .range(first..)
            .take_while(|(name, _)| name.service == *key)
            .map(|(_, port)| port.clone())
            .collect();
        if known.len() == fresh.len() && known.iter().zip(&fresh).all(|(a, b)| **a == *b) {
            return false;
        }
        for port in known {
            self.ports.remove(&port.name);
            for address in port.addresses() {
                self.by_address.remove(&(address, port.port));
            }
            self.by_node_port.remove(&port.node_port);
        }
        for port in fresh {
            for address in port.addresses() {
                self.by_address.insert((address, port.port), port.name.clone());
            }
            if port.node_port != 0 {
                self.by_node_port.insert(port.node_port, port.name.clone());
            }
            self.ports.insert(port.name.clone(), Arc::new(port));
        }
        true
    }
}

impl ServicePort {
    fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> + '_ {
        std::iter::once(self.cluster_ip).chain(self.external.iter().copied())
    }
}

/// The ports of a service, by name. Headless services and names for external hosts have none.
fn service_ports<'a>(
    key: &ObjectKey,
    service: &Service,
    slices: impl Iterator<Item = &'a EndpointSlice> + Clone,
) -> Vec<ServicePort> {
    let Ok(cluster_ip) = service.spec.cluster_ip.parse::<Ipv4Addr>() else { return Vec::new() };
    let spec = &service.spec;
    let loads = service.status.load_balancer.ingress.iter().map(|ingress| &ingress.ip);
    let external: Vec<Ipv4Addr> =
        spec.external_ips.iter().chain(loads).filter_map(|ip| ip.parse().ok()).collect();
    let affinity_seconds = (spec.session_affinity == "ClientIP").then(|| {
        let config = spec.session_affinity_config.as_ref().and_then(|c| c.client_ip.as_ref());
        config.and_then(|c| c.timeout_seconds).and_then(|s| u32::try_from(s).ok()).unwrap_or(10_800)
    });
    let mut ports: Vec<ServicePort> = spec
        .ports
        .iter()
        .map(|port| ServicePort {
            name: PortName { service: key.clone(), port: port.name.clone() },
            protocol: port.protocol.clone(),
            cluster_ip,
            port: port.port.clamp(0, 65_535) as u16,
            node_port: port.node_port.clamp(0, 65_535) as u16,
            external: external.clone(),
            affinity_seconds,
            internal_local: spec.internal_traffic_policy == "Local",
            external_local: spec.external_traffic_policy == "Local",
            backends: backends(&port.name, slices.clone()),
        })
        .collect();
    ports.sort_by(|a, b| a.name.cmp(&b.name));
    ports
}

fn backends<'a>(port: &Str, slices: impl Iterator<Item = &'a EndpointSlice>) -> Arc<[Backend]> {
    let mut found = Vec::new();
    for slice in slices.filter(|s| s.address_type == "IPv4") {
        let Some(number) = slice.ports.iter().find(|p| p.name == *port).and_then(|p| p.port) else {
            continue;
        };
        for endpoint in &slice.endpoints {
            let conditions = &endpoint.conditions;
            let ready = conditions.ready.unwrap_or(true);
            // While a pod ends it still serves: taken only when nobody is ready.
            let ending = conditions.serving.unwrap_or(ready) && conditions.terminating.unwrap_or(false);
            let Some(ip) = endpoint.addresses.first().and_then(|a| a.parse().ok()) else { continue };
            if ready || ending {
                let port = number.clamp(0, 65_535) as u16;
                found.push(Backend { ip, port, node: endpoint.node_name.clone(), ready });
            }
        }
    }
    found.sort();
    found.dedup();
    if found.iter().any(|b| b.ready) {
        found.retain(|b| b.ready);
    }
    found.into()
}
