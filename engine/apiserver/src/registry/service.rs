//! Services: their cluster IPs and node ports.

use std::net::Ipv4Addr;

use api::validate::FieldError;
use api::{Str, Value, literal};

use super::Resource;
use super::allocators::{addresses, node_ports};
use crate::ApiServer;
use crate::failure::{Failure, Result};
use crate::handlers::copy;
use crate::operation::Operation;
use crate::watch_cache::Cache;

/// What one write has taken, so that it can be given back.
#[derive(Default)]
struct Taken {
    addresses: Vec<u64>,
    ports: Vec<u16>,
}

impl ApiServer {
    /// Gives a Service the addresses and ports that it has none of.
    pub(super) fn prepare_service(
        &mut self,
        op: &Operation,
        resource: &Resource,
        service: &mut Value,
        old: Option<&Value>,
    ) -> Result<()> {
        if let Some(old) = old {
            carry_allocations(service, old);
        } else {
            service.set(&["status"], api::object! { "loadBalancer": {} });
        }
        let known = self.resources.find_plural("", "services").and_then(|id| self.caches.get(&id));
        if !known.is_some_and(Cache::is_ready) {
            // What is taken is not known yet.
            return Err(api::status::too_many_requests("the service allocators are not ready yet", 1).into());
        }
        let mut taken = Taken::default();
        let result = self
            .give_address(op, resource, service, old, &mut taken)
            .and_then(|()| self.give_ports(op, resource, service, old, &mut taken));
        // A dry run takes nothing.
        if result.is_err() || op.dry_run {
            for address in taken.addresses {
                self.allocators.free_address(address);
            }
            for port in taken.ports {
                self.allocators.free_port(port);
            }
        }
        result
    }

    fn give_address(
        &mut self,
        op: &Operation,
        resource: &Resource,
        service: &mut Value,
        old: Option<&Value>,
        taken: &mut Taken,
    ) -> Result<()> {
        let range = self.config.service_cidr;
        if type_of(service) == "ExternalName" {
            return Ok(());
        }
        let wanted = service.str_at(&["spec", "clusterIP"]).cloned().unwrap_or_default();
        if wanted.is_empty() {
            let address = self
                .allocators
                .any_address(range, &mut self.random)
                .ok_or_else(|| Failure::internal("failed to allocate a serviceIP: range is full"))?;
            taken.addresses.extend(range.offset(address));
            service.set(&["spec", "clusterIP"], address.to_string());
        } else if wanted != "None"
            && old.is_none_or(|old| old.str_at(&["spec", "clusterIP"]) != Some(&wanted))
        {
            let refuse = |why: String| {
                let list = vec![Value::from(&wanted)];
                let detail = format!("failed to allocate IP {wanted}: {why}");
                Failure::field(resource, &op.name, FieldError::invalid("spec.clusterIPs", list, detail))
            };
            // What is no address at all is validation's business.
            if let Ok(address) = wanted.parse::<Ipv4Addr>() {
                let Some(offset) = range.offset(address) else {
                    return Err(refuse(format!(
                        "the provided IP ({wanted}) is not in the valid range. The range of valid IPs is {range}"
                    )));
                };
                if !self.allocators.take_address(offset) {
                    return Err(refuse("provided IP is already allocated".to_owned()));
                }
                taken.addresses.push(offset);
            }
        }
        if service.items_at(&["spec", "clusterIPs"]).is_empty() {
            let address = service.str_at(&["spec", "clusterIP"]).cloned().unwrap_or_default();
            service.set(&["spec", "clusterIPs"], vec![Value::from(address)]);
        }
        for (field, value) in [
            ("ipFamilyPolicy", Value::from("SingleStack")),
            ("ipFamilies", Value::from(vec![Value::from("IPv4")])),
        ] {
            if service.at(&["spec", field]).is_none_or(Value::is_empty) {
                service.set(&["spec", field], value);
            }
        }
        Ok(())
    }

    fn give_ports(
        &mut self,
        op: &Operation,
        resource: &Resource,
        service: &mut Value,
        old: Option<&Value>,
        taken: &mut Taken,
    ) -> Result<()> {
        let kind = type_of(service);
        let allocates = match kind.as_str() {
            "NodePort" => true,
            "LoadBalancer" => {
                service.at(&["spec", "allocateLoadBalancerNodePorts"]).and_then(Value::as_bool) != Some(false)
            }
            _ => false,
        };
        let had = old.map_or_else(Vec::new, node_ports);
        // Ports of this Service, by number: one number may serve two protocols.
        let mut own: Vec<(i64, u16)> = Vec::new();
        let ports = service.items_at(&["spec", "ports"]).to_vec();
        for (at, port) in ports.iter().enumerate() {
            let number = port.int_at(&["port"]).unwrap_or(0);
            let wanted = port.int_at(&["nodePort"]).unwrap_or(0);
            let given = if wanted != 0 {
                let field = format!("spec.ports[{at}].nodePort");
                let node_port = self.check_port(wanted).map_err(|why| {
                    Failure::field(resource, &op.name, FieldError::invalid(field.clone(), wanted, why))
                })?;
                let ours = had.contains(&node_port) || own.iter().any(|(_, taken)| *taken == node_port);
                if !ours {
                    if !self.allocators.take_port(node_port) {
                        let error = FieldError::invalid(field, wanted, "provided port is already allocated");
                        return Err(Failure::field(resource, &op.name, error));
                    }
                    taken.ports.push(node_port);
                }
                node_port
            } else if allocates {
                let same = own.iter().find(|(other, _)| *other == number).map(|(_, port)| *port);
                let node_port = match same {
                    Some(port) => port,
                    None => {
                        let port = self.allocators.any_port(self.config.node_ports, &mut self.random);
                        let port = port.ok_or_else(|| {
                            Failure::internal("failed to allocate a nodePort: range is full")
                        })?;
                        taken.ports.push(port);
                        port
                    }
                };
                if let Some(entry) = service.entry(&["spec", "ports"]).make_list().as_mut().get_mut(at) {
                    entry.set(&["nodePort"], i64::from(node_port));
                }
                node_port
            } else {
                continue;
            };
            own.push((number, given));
        }
        Ok(())
    }

    fn check_port(&self, port: i64) -> std::result::Result<u16, String> {
        let (first, last) = self.config.node_ports;
        u16::try_from(port).ok().filter(|port| (first..=last).contains(port)).ok_or_else(|| {
            format!("provided port is not in the valid range. The range of valid ports is {first}-{last}")
        })
    }

    /// Frees what `service` has and `old` had not.
    pub(super) fn release_service(&mut self, old: Option<&Value>, service: &Value) {
        let range = self.config.service_cidr;
        let had = old.map_or_else(Vec::new, |old| addresses(old, range));
        for address in addresses(service, range) {
            if !had.contains(&address) {
                self.allocators.free_address(address);
            }
        }
        let had = old.map_or_else(Vec::new, node_ports);
        for port in node_ports(service) {
            if !had.contains(&port) {
                self.allocators.free_port(port);
            }
        }
    }
}

fn type_of(service: &Value) -> Str {
    service.str_at(&["spec", "type"]).cloned().unwrap_or(literal!("ClusterIP"))
}

/// A client that does not mention addresses and node ports keeps those that there are.
fn carry_allocations(service: &mut Value, old: &Value) {
    let (now, before) = (type_of(service), type_of(old));
    if now != "ExternalName"
        && before != "ExternalName"
        && service.str_at(&["spec", "clusterIP"]).is_none_or(|ip| ip.is_empty())
    {
        copy(service, old, &["spec", "clusterIP"]);
        copy(service, old, &["spec", "clusterIPs"]);
    }
    if now == "ExternalName" && before != "ExternalName" {
        service.remove(&["spec", "clusterIP"]);
        service.remove(&["spec", "clusterIPs"]);
    }
    let uses = |kind: &str| kind == "NodePort" || kind == "LoadBalancer";
    if uses(&before) && !uses(&now) {
        // Ports that were given by the server go with the type.
        let old_ports = node_ports(old);
        if let Some(Value::List(_)) = service.at(&["spec", "ports"]) {
            for port in service.entry(&["spec", "ports"]).make_list().as_mut() {
                if port.int_at(&["nodePort"]).is_some_and(|p| old_ports.iter().any(|o| i64::from(*o) == p)) {
                    port.remove(&["nodePort"]);
                }
            }
        }
        return;
    }
    if !uses(&now) {
        return;
    }
    let old_ports = old.items_at(&["spec", "ports"]).to_vec();
    let key = |port: &Value| {
        (port.int_at(&["port"]), port.str_at(&["protocol"]).cloned().unwrap_or(literal!("TCP")))
    };
    let missing = |port: &Value| port.int_at(&["nodePort"]).unwrap_or(0) == 0;
    if !service.items_at(&["spec", "ports"]).iter().any(missing) {
        return;
    }
    for port in service.entry(&["spec", "ports"]).make_list().as_mut() {
        let found =
            old_ports.iter().find(|old| key(old) == key(port)).and_then(|old| old.int_at(&["nodePort"]));
        if let (true, Some(node_port)) = (missing(port), found) {
            port.set(&["nodePort"], node_port);
        }
    }
}
