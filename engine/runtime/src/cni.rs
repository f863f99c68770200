//! Addresses for pods: what the CNI plugins `bridge` and `host-local` do.

use std::net::Ipv4Addr;

use sim::Str;

/// The node's range of pod addresses and who has which.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AddressRange {
    network: u32,
    prefix: u8,
    /// The address given out last; `host-local` goes on from there, so that addresses are reused late.
    last: u32,
    used: imbl::OrdSet<u32>,
}

impl AddressRange {
    /// Reads `10.244.1.0/24`. `None` when it is no IPv4 range with room for pods.
    pub fn parse(cidr: &str) -> Option<AddressRange> {
        let (address, prefix) = cidr.split_once('/')?;
        let (address, prefix): (Ipv4Addr, u8) = (address.parse().ok()?, prefix.parse().ok()?);
        if !(1..=30).contains(&prefix) {
            return None;
        }
        let network = u32::from(address) & (u32::MAX << (32 - prefix));
        // The first address is the bridge's own, the pods' gateway.
        Some(AddressRange { network, prefix, last: network + 1, used: imbl::OrdSet::new() })
    }

    /// The gateway: the bridge's address.
    pub fn gateway(&self) -> Ipv4Addr {
        Ipv4Addr::from(self.network + 1)
    }

    /// The range in CIDR notation.
    pub fn cidr(&self) -> Str {
        Str::from(format!("{}/{}", Ipv4Addr::from(self.network), self.prefix))
    }

    /// True when `address` lies in the range.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        u32::from(address) & (u32::MAX << (32 - self.prefix)) == self.network
    }

    /// Takes the next free address; `None` when all are taken.
    pub fn allocate(&mut self) -> Option<Ipv4Addr> {
        let broadcast = self.network | !(u32::MAX << (32 - self.prefix));
        let first = self.network + 2;
        let room = broadcast - first;
        if self.used.len() as u32 >= room {
            return None;
        }
        let mut next = self.last;
        loop {
            next = if next + 1 >= broadcast { first } else { next + 1 };
            if !self.used.contains(&next) {
                break;
            }
        }
        self.last = next;
        self.used.insert(next);
        Some(Ipv4Addr::from(next))
    }

    /// Gives an address back.
    pub fn release(&mut self, address: Ipv4Addr) {
        self.used.remove(&u32::from(address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_go_round() {
        let mut range = AddressRange::parse("10.244.3.0/29").unwrap();
        let given: Vec<String> = std::iter::from_fn(|| range.allocate()).map(|a| a.to_string()).collect();
        assert_eq!(given, ["10.244.3.2", "10.244.3.3", "10.244.3.4", "10.244.3.5", "10.244.3.6"]);
        range.release("10.244.3.4".parse().unwrap());
        assert_eq!(range.allocate(), Some("10.244.3.4".parse().unwrap()));
        assert_eq!(range.allocate(), None);
        assert_eq!(range.gateway().to_string(), "10.244.3.1");
        for bad in ["10.244.3.0", "x/24", "10.0.0.0/31", "fd00::/64"] {
            assert_eq!(AddressRange::parse(bad), None, "{bad}");
        }
    }
}
