//! Leases: what is replicated of them. Who lets them expire, and when, is the leader's business
//! ([`crate::member`]).

use std::hash::{Hash, Hasher};

use imbl::{OrdMap, OrdSet};

use crate::rpc::{Error, Key, LeaseId};

/// The longest lease, in seconds (etcd's limit).
pub const MAX_TTL_SECONDS: i64 = 9_000_000_000;

/// A lease.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lease {
    /// How long it lives without being kept alive.
    pub ttl_seconds: i64,
    /// The keys that go with it.
    pub keys: OrdSet<Key>,
}

impl Hash for Lease {
    /// Which keys go with a lease stands in the keys themselves, whose digest is at hand: walking thousands of Events after
    /// each entry would cost more than applying it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ttl_seconds.hash(state);
        self.keys.len().hash(state);
    }
}

/// All leases, as every member knows them.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Leases {
    leases: OrdMap<LeaseId, Lease>,
}

impl Leases {
    /// A lease.
    pub fn get(&self, id: LeaseId) -> Option<&Lease> {
        self.leases.get(&id)
    }

    /// All leases by ID.
    pub fn iter(&self) -> impl Iterator<Item = (LeaseId, &Lease)> {
        self.leases.iter().map(|(id, lease)| (*id, lease))
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.leases.len() as u64
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.leases.is_empty()
    }

    /// Grants a lease of at least `min_ttl_seconds`. Returns the time to live that it got.
    ///
    /// # Errors
    /// [`Error::LeaseTtlTooLarge`], [`Error::LeaseExists`], [`Error::LeaseNotFound`] for the ID 0.
    pub fn grant(&mut self, id: LeaseId, ttl_seconds: i64, min_ttl_seconds: i64) -> Result<i64, Error> {
        if id.0 == 0 {
            return Err(Error::LeaseNotFound);
        }
        if ttl_seconds > MAX_TTL_SECONDS {
            return Err(Error::LeaseTtlTooLarge);
        }
        if self.leases.contains_key(&id) {
            return Err(Error::LeaseExists);
        }
        let ttl_seconds = ttl_seconds.max(min_ttl_seconds);
        self.leases.insert(id, Lease { ttl_seconds, keys: OrdSet::new() });
        Ok(ttl_seconds)
    }

    /// Takes a lease away. Returns it, with the keys that must go, in key order.
    pub fn revoke(&mut self, id: LeaseId) -> Option<Lease> {
        self.leases.remove(&id)
    }

    /// Moves a key from one lease (0: none) to another.
    pub fn attach(&mut self, key: &Key, from: LeaseId, to: LeaseId) {
        if from == to {
            return;
        }
        if let Some(lease) = self.leases.get_mut(&from) {
            lease.keys.remove(key);
        }
        if let Some(lease) = self.leases.get_mut(&to) {
            lease.keys.insert(key.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_and_refusals() {
        let mut leases = Leases::default();
        let table = [
            (1, 10, Ok(10)),
            (1, 10, Err(Error::LeaseExists)),
            (2, 1, Ok(2)),
            (3, MAX_TTL_SECONDS + 1, Err(Error::LeaseTtlTooLarge)),
            (0, 10, Err(Error::LeaseNotFound)),
        ];
        for (id, ttl, expected) in table {
            assert_eq!(leases.grant(LeaseId(id), ttl, 2), expected);
        }
        assert_eq!(leases.len(), 2);
    }

    #[test]
    fn keys_move_between_leases() {
        let mut leases = Leases::default();
        let key = Key::from("a");
        for id in [1, 2] {
            assert!(leases.grant(LeaseId(id), 10, 2).is_ok());
        }
        leases.attach(&key, LeaseId(0), LeaseId(1));
        leases.attach(&key, LeaseId(1), LeaseId(2));
        assert_eq!(leases.revoke(LeaseId(1)).map(|lease| lease.keys.len()), Some(0));
        assert_eq!(leases.revoke(LeaseId(2)).map(|lease| lease.keys.contains(&key)), Some(true));
        assert_eq!(leases.revoke(LeaseId(2)), None);
    }
}
