//! What a kubelet is told when it starts.

use api::quantity::Quantity;
use sim::{SimTime, Str};

/// A kubelet's configuration.
#[derive(Clone, Debug, Hash)]
pub struct Config {
    /// The node's number.
    pub number: u32,
    /// The node's name.
    pub name: Str,
    /// The node's address.
    pub address: Str,
    /// Labels for the Node object, besides the usual ones.
    pub labels: Vec<(Str, Str)>,
    /// CPUs: `4`.
    pub cpu: Str,
    /// Memory: `8Gi`.
    pub memory: Str,
    /// The most pods.
    pub pods: u32,
    /// Taints for the Node object: key, value, effect.
    pub taints: Vec<(Str, Str, Str)>,
    /// When the machine was switched on.
    pub booted: SimTime,
    /// The lab's seed.
    pub seed: u64,
}

impl Config {
    /// A node of 4 CPUs, 8 GiB and 110 pods.
    pub fn new(number: u32, name: impl Into<Str>, address: impl Into<Str>, seed: u64) -> Config {
        Config {
            number,
            name: name.into(),
            address: address.into(),
            labels: Vec::new(),
            cpu: sim::literal!("4"),
            memory: sim::literal!("8Gi"),
            pods: 110,
            taints: Vec::new(),
            booted: SimTime::ZERO,
            seed,
        }
    }

    pub(crate) fn ip(&self) -> Option<std::net::Ipv4Addr> {
        self.address.parse().ok()
    }

    /// Milli-CPUs and bytes. What is no quantity counts as nothing.
    pub(crate) fn capacity(&self) -> (i64, i64) {
        let read = |text: &str| Quantity::parse(text).unwrap_or_default();
        (read(&self.cpu).milli_value(), read(&self.memory).value())
    }
}
