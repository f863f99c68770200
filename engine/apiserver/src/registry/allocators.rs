//! Which cluster IPs and node ports are taken.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use api::Value;
use sim::Stream;

use crate::config::Cidr;

/// The lower part of the range, from which nothing is handed out unless it is asked for by name or the rest is full
/// (1/16 of the range, at least 16, at most 256).
fn reserved(size: u64) -> u64 {
    (size / 16).clamp(16, 256).min(size)
}

/// Cluster IPs and node ports in use, each with how many uses it has (a Service may use one port for two protocols).
///
/// Follows from the Services in the cache and those on their way to etcd.
#[derive(Clone, Debug, Hash, Default)]
pub(crate) struct Allocators {
    /// Offsets in the range.
    addresses: BTreeMap<u64, u32>,
    ports: BTreeMap<u16, u32>,
}

impl Allocators {
    /// What these Services use.
    pub fn of<'a>(services: impl Iterator<Item = &'a Value>, range: Cidr) -> Allocators {
        let mut allocators = Allocators::default();
        for service in services {
            allocators.changed(None, Some(service), range);
        }
        allocators
    }

    /// A Service has changed. What it used and no longer uses is free; what it uses is taken (again: when it was taken
    /// for this Service already, that stays one use).
    pub fn changed(&mut self, before: Option<&Value>, after: Option<&Value>, range: Cidr) {
        let after_addresses: Vec<u64> = after.map_or_else(Vec::new, |service| addresses(service, range));
        let after_ports: Vec<u16> = after.map_or_else(Vec::new, node_ports);
        for address in before.map_or_else(Vec::new, |service| addresses(service, range)) {
            if !after_addresses.contains(&address) {
                self.addresses.remove(&address);
            }
        }
        for port in before.map_or_else(Vec::new, node_ports) {
            if !after_ports.contains(&port) {
                self.ports.remove(&port);
            }
        }
        for address in after_addresses {
            self.addresses.insert(address, 1);
        }
        for port in after_ports {
            self.ports.insert(port, 1);
        }
    }

    /// Takes one address; false when it is taken.
    pub fn take_address(&mut self, offset: u64) -> bool {
        self.addresses.insert(offset, 1).is_none()
    }

    /// Gives an address back.
    pub fn free_address(&mut self, offset: u64) {
        self.addresses.remove(&offset);
    }

    /// Takes any address.
    pub fn any_address(&mut self, range: Cidr, random: &mut Stream) -> Option<Ipv4Addr> {
        let size = range.size();
        let low = reserved(size);
        // The first and the last address of a range are never given out.
        let offset =
            pick(low, size.saturating_sub(1), random, |offset| !self.addresses.contains_key(&offset))
                .or_else(|| pick(1, low, random, |offset| !self.addresses.contains_key(&offset)))?;
        self.addresses.insert(offset, 1);
        range.address(offset)
    }

    /// Takes one port; false when it is taken.
    pub fn take_port(&mut self, port: u16) -> bool {
        self.ports.insert(port, 1).is_none()
    }

    /// Gives a port back.
    pub fn free_port(&mut self, port: u16) {
        self.ports.remove(&port);
    }

    /// Takes any port.
    pub fn any_port(&mut self, (first, last): (u16, u16), random: &mut Stream) -> Option<u16> {
        let (first, end) = (u64::from(first), u64::from(last) + 1);
        // As for addresses, the lower band (86 of 2,768 ports) is left to those who ask for a port by number.
        let band = first + ((end - first) / 32).clamp(16.min(end - first), 128);
        let free = |port: u64| u16::try_from(port).is_ok_and(|port| !self.ports.contains_key(&port));
        let port = pick(band, end, random, free).or_else(|| pick(first, band, random, free))?;
        let port = u16::try_from(port).ok()?;
        self.ports.insert(port, 1);
        Some(port)
    }
}

/// A random free place in a range: from a random start on, round once.
fn pick(start: u64, end: u64, random: &mut Stream, free: impl Fn(u64) -> bool) -> Option<u64> {
    if start >= end {
        return None;
    }
    let first = random.range(start..end);
    (first..end).chain(start..first).find(|place| free(*place))
}

/// The places of a Service's cluster IPs in the range.
pub(super) fn addresses(service: &Value, range: Cidr) -> Vec<u64> {
    let list = service.items_at(&["spec", "clusterIPs"]);
    let texts = if list.is_empty() {
        service.at(&["spec", "clusterIP"]).map_or(&[][..], std::slice::from_ref)
    } else {
        list
    };
    let address = |text: &Value| range.offset(text.as_str()?.parse().ok()?);
    texts.iter().filter_map(address).collect()
}

/// A Service's node ports, health check port included.
pub(super) fn node_ports(service: &Value) -> Vec<u16> {
    let number = |value: &Value| u16::try_from(value.as_int()?).ok().filter(|port| *port > 0);
    let ports = service.items_at(&["spec", "ports"]).iter().filter_map(|port| port.get("nodePort"));
    ports.chain(service.at(&["spec", "healthCheckNodePort"])).filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_ranges_fill_up_and_nothing_is_given_twice() {
        let range = Cidr { base: Ipv4Addr::new(10, 0, 0, 0), bits: 27 };
        let mut random = Stream::derive(1, "test");
        let mut allocators = Allocators::default();
        let mut seen = std::collections::BTreeSet::new();
        while let Some(address) = allocators.any_address(range, &mut random) {
            assert!(seen.insert(address), "{address} twice");
        }
        assert_eq!(seen.len(), 30, "all but the first and the last");
        assert!(!allocators.take_address(5));
        allocators.free_address(5);
        assert_eq!(allocators.any_address(range, &mut random), Some(Ipv4Addr::new(10, 0, 0, 5)));

        let mut ports = std::collections::BTreeSet::new();
        while let Some(port) = allocators.any_port((30000, 30099), &mut random) {
            assert!(ports.insert(port));
        }
        assert_eq!(ports.len(), 100);
    }
}
