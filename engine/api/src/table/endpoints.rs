//! Endpoints and EndpointSlices.

use sim::SimTime;

use super::columns::{AGE, NAME, text};
use super::text::{NONE, age, first_three};
use super::{Cell, Printer};
use crate::Object;

pub(super) static ENDPOINTS: Printer = Printer { columns: &[NAME, text("Endpoints"), AGE], row: endpoints };

/// An address as a URL has it.
fn join(ip: &str, port: i32) -> String {
    if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
}

fn endpoints(object: &Object, now: SimTime) -> Vec<Cell> {
    let Some(endpoints) = object.endpoints() else { return Vec::new() };
    let mut list = Vec::new();
    for subset in &endpoints.subsets {
        // A headless service may have no ports.
        if subset.ports.is_empty() {
            list.extend(subset.addresses.iter().map(|a| a.ip.to_string()));
        }
        for port in &subset.ports {
            list.extend(subset.addresses.iter().map(|a| join(&a.ip, port.port.unwrap_or(0))));
        }
    }
    vec![Cell::from(object.name()), first_three(&list, NONE), age(object, now)]
}

pub(super) static ENDPOINT_SLICES: Printer = Printer {
    columns: &[NAME, text("AddressType"), text("Ports"), text("Endpoints"), AGE],
    row: endpoint_slice,
};

fn endpoint_slice(object: &Object, now: SimTime) -> Vec<Cell> {
    let Some(slice) = object.endpoint_slice() else { return Vec::new() };
    let ports: Vec<String> =
        slice.ports.iter().map(|p| p.port.map_or("*".to_owned(), |p| p.to_string())).collect();
    let addresses: Vec<String> =
        slice.endpoints.iter().flat_map(|e| e.addresses.iter().map(|a| a.to_string())).collect();
    vec![
        Cell::from(object.name()),
        Cell::from(&slice.address_type),
        first_three(&ports, "<unset>"),
        first_three(&addresses, "<unset>"),
        age(object, now),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn lists_are_cut() {
        let object = Object::new(object!({
            "apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"},
            "subsets": [{"addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}], "ports": [{"port": 80}, {"port": 443}]}],
        }));
        assert_eq!(
            endpoints(&object, SimTime::ZERO)[1],
            Cell::from("10.0.0.1:80,10.0.0.2:80,10.0.0.1:443 + 1 more...")
        );
        let slice = Object::new(object!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "web"}, "addressType": "IPv4",
            "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"name": "http", "port": 80}],
        }));
        assert_eq!(
            Cell::from(endpoint_slice(&slice, SimTime::ZERO)),
            object!(["web", "IPv4", "80", "10.0.0.1", "<unknown>"])
        );
    }
}
