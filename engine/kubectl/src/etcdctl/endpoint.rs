//! Endpoints: what a person writes after `--endpoints`, and which member that is.

use api::Str;
use etcd::member::address;

/// The client port.
const PORT: &str = "2379";

/// One endpoint.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Endpoint {
    /// As it was written.
    pub text: Str,
    /// Which member listens there; `None` for an address at which nobody does.
    pub member: Option<u32>,
}

impl Endpoint {
    /// Reads `http://172.18.0.3:2379`, `172.18.0.3:2379`, `etcd-0:2379`, `etcd-0`, `127.0.0.1:2379` (which is `etcd-0`:
    /// the terminal stands on the first control-plane machine). `https://` is taken as well: the lab's etcd speaks
    /// without TLS.
    pub fn read(text: &str) -> Endpoint {
        let text = text.trim();
        let rest = ["http://", "https://", "unix://", "unixs://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .unwrap_or(text)
            .trim_end_matches('/');
        let (host, port) = match rest.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
        };
        Endpoint { text: text.into(), member: member(host, port) }
    }
}

fn member(host: &str, port: Option<&str>) -> Option<u32> {
    if port.is_some_and(|port| port != PORT) {
        return None;
    }
    match host {
        "127.0.0.1" | "localhost" | "::1" => Some(0),
        // Without a port only names are clear enough.
        _ if host.starts_with("etcd-") => address::index_of_name(host).filter(|index| *index < address::MOST),
        _ => port.and_then(|port| address::index_of_client_url(&format!("{host}:{port}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names() {
        for (text, expected) in [
            ("127.0.0.1:2379", Some(0)),
            ("http://127.0.0.1:2379/", Some(0)),
            ("https://localhost:2379", Some(0)),
            ("[::1]:2379", Some(0)),
            ("172.18.0.4:2379", Some(1)),
            ("http://172.18.0.5:2379", Some(2)),
            ("etcd-2", Some(2)),
            ("etcd-1:2379", Some(1)),
            ("etcd-1:2380", None),
            ("172.18.0.4:2380", None),
            ("172.18.0.4", None),
            ("etcd-99", None),
            ("10.0.0.1:2379", None),
            ("", None),
        ] {
            assert_eq!(Endpoint::read(text).member, expected, "{text}");
        }
    }
}
