//! Where members live: the one place that knows how a member's number, name and URLs belong together.
//!
//! `etcd-0` is the machine 172.18.0.3, `etcd-1` the next, up to the last address before the nodes'.

use sim::Str;

/// The port for other members.
const PEER_PORT: u16 = 2380;

/// The port for clients.
const CLIENT_PORT: u16 = 2379;

/// The last part of the address of `etcd-0`.
const FIRST_HOST: u32 = 3;

/// How many members have an address.
pub const MOST: u32 = 8;

/// A member's name: `etcd-0`.
pub fn name(index: u32) -> Str {
    Str::from(format!("etcd-{index}"))
}

/// The number in a member's name.
pub fn index_of_name(name: &str) -> Option<u32> {
    name.strip_prefix("etcd-")?.parse().ok()
}

/// Where other members reach it: `http://172.18.0.3:2380`.
pub fn peer_url(index: u32) -> Str {
    url(index, PEER_PORT)
}

/// Where clients reach it: `http://172.18.0.3:2379`.
pub fn client_url(index: u32) -> Str {
    url(index, CLIENT_PORT)
}

/// Which member a peer URL leads to: the number in `Actor::Etcd(index)`.
pub fn index_of_peer_url(url: &str) -> Option<u32> {
    index_of(url, PEER_PORT)
}

/// Which member a client URL, or an endpoint without `http://`, leads to.
pub fn index_of_client_url(url: &str) -> Option<u32> {
    index_of(url, CLIENT_PORT)
}

fn url(index: u32, port: u16) -> Str {
    Str::from(format!("http://172.18.0.{}:{port}", FIRST_HOST + index))
}

fn index_of(url: &str, port: u16) -> Option<u32> {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (host, given) = rest.trim_end_matches('/').split_once(':')?;
    if given.parse() != Ok(port) {
        return None;
    }
    let index = host.strip_prefix("172.18.0.")?.parse::<u32>().ok()?.checked_sub(FIRST_HOST)?;
    (index < MOST).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for index in 0..MOST {
            assert_eq!(index_of_peer_url(&peer_url(index)), Some(index));
            assert_eq!(index_of_client_url(&client_url(index)), Some(index));
            assert_eq!(index_of_name(&name(index)), Some(index));
        }
        assert_eq!(peer_url(2), "http://172.18.0.5:2380");
        assert_eq!(index_of_client_url("172.18.0.5:2379"), Some(2));
        for other in
            ["http://172.18.0.5:2379", "http://172.18.0.2:2380", "http://172.18.0.11:2380", "etcd-1:2380", ""]
        {
            assert_eq!(index_of_peer_url(other), None, "{other}");
        }
    }
}
