//! How an API server is set up: the flags that the lab acts on.

use std::net::Ipv4Addr;

use sim::Str;

/// kube-apiserver's flags, as far as the lab has them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The lab's seed.
    pub seed: u64,
    /// How many etcd members there are (`--etcd-servers`): `Actor::Etcd(0)` and so on.
    pub etcd_members: u32,
    /// `--service-cluster-ip-range`.
    pub service_cidr: Cidr,
    /// `--service-node-port-range`, both inclusive.
    pub node_ports: (u16, u16),
    /// `--advertise-address`, where the `kubernetes` Service leads to.
    pub advertise_address: Str,
    /// `--secure-port`.
    pub secure_port: u16,
    /// The InternalIP that node 0 would have: node N has the N-th address after it. Used to find the kubelet that a
    /// node's address belongs to.
    pub node_address_base: Ipv4Addr,
}

impl Config {
    /// The flags that kubeadm sets, for a lab with `seed` and so many etcd members.
    pub fn new(seed: u64, etcd_members: u32) -> Config {
        Config {
            seed,
            etcd_members,
            service_cidr: Cidr { base: Ipv4Addr::new(10, 96, 0, 0), bits: 12 },
            node_ports: (30000, 32767),
            advertise_address: sim::literal!("172.18.0.2"),
            secure_port: 6443,
            node_address_base: Ipv4Addr::new(172, 18, 0, 10),
        }
    }

    /// The key that service account tokens are signed with (`--service-account-signing-key-file`). It is the same for
    /// all labs with this seed, so a token is worth nothing outside of the lab.
    pub(crate) fn token_key(&self) -> Str {
        let mut random = sim::Stream::derive(self.seed, "apiserver/token-key");
        Str::from(format!("{}{}", random.uuid(), random.uuid()))
    }
}

/// A range of IPv4 addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Cidr {
    /// The first address.
    pub base: Ipv4Addr,
    /// The length of the prefix.
    pub bits: u8,
}

impl Cidr {
    /// How many addresses there are.
    pub fn size(self) -> u64 {
        1u64 << (32 - u32::from(self.bits.min(32)))
    }

    /// The address at a place; `None` outside.
    pub fn address(self, offset: u64) -> Option<Ipv4Addr> {
        let offset = u32::try_from(offset).ok().filter(|_| offset < self.size())?;
        Some(Ipv4Addr::from(u32::from(self.base).wrapping_add(offset)))
    }

    /// The place of an address; `None` when it is outside.
    pub fn offset(self, address: Ipv4Addr) -> Option<u64> {
        let offset = u64::from(u32::from(address).checked_sub(u32::from(self.base))?);
        (offset < self.size()).then_some(offset)
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}
