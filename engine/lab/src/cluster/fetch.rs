//! One HTTP request inside the simulated network, from the user's machine.

use std::net::Ipv4Addr;
use std::sync::Arc;

use api::http::{Method, Request, Response};
use network::{Destination, Way};
use sim::{Note, Str};

use super::machines::address;
use super::{Cluster, HostEvent};

impl Cluster {
    /// Carries the request out at once and hands back what came; `Failed` with a reason when nothing answers.
    pub(super) fn fetch(&mut self, id: u64, url: &str) {
        let event = match self.try_fetch(url) {
            Ok(response) => HostEvent::Response(id, Arc::new(response)),
            Err(reason) => {
                self.current.push(Note::new("fetch {0}: {1}", [url, reason.as_str()]));
                HostEvent::Failed(id, Str::from(reason))
            }
        };
        self.host.push(event);
    }

    fn try_fetch(&mut self, url: &str) -> Result<Response, String> {
        let (host, port, path) = parse(url)?;
        let entry = self.entry(&host)?;
        let machine = self.machine(entry.machine).ok_or("no machine to go through")?;
        if !machine.powered {
            return Err(format!("dial tcp {}:{port}: connect: no route to host", entry.ip));
        }
        let own: Ipv4Addr = address(entry.machine).parse().expect("machines have addresses");
        let name = Str::from(machine.spec.name.as_str());
        let rules = machine.rules().clone();
        let way = if entry.inside { Way::Inside } else { Way::Outside };
        let to = (entry.ip, port);
        let (ip, port) = match network::walk(&rules, &name, own, to, way, &mut self.random) {
            Destination::Backend(backend, service) => {
                let pod = format!("{}:{}", backend.ip, backend.port);
                self.current.push(Note::new(
                    "{0}: {1} sends the packet to {2}",
                    [name.to_string(), service.to_string(), pod],
                ));
                (backend.ip, backend.port)
            }
            Destination::Unchanged(ip, port) => (ip, port),
            Destination::Rejected(_) => return Err(refused(to)),
            Destination::Dropped(_) => return Err(format!("dial tcp {}:{}: i/o timeout", to.0, to.1)),
        };
        self.ask(ip, port, &host, &path)
    }

    fn ask(&mut self, ip: Ipv4Addr, port: u16, host: &str, path: &str) -> Result<Response, String> {
        let holder = self
            .machines()
            .find(|(_, m)| m.powered && m.runtime.sandboxes().any(|s| s.ready && s.ip == Some(ip)));
        let Some((number, _)) = holder else {
            let machine = self.machines().any(|(n, m)| m.powered && address(n) == ip.to_string());
            return Err(if machine {
                refused((ip, port))
            } else {
                format!("dial tcp {ip}:{port}: connect: no route to host")
            });
        };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut request =
            Request::new(Method::Get, path).header("host", host).header("user-agent", "clusterlab");
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            request = request.query(name, value);
        }
        let now = self.now;
        let machine = self.machine_mut(number).ok_or("the machine is gone")?;
        let answer = Arc::make_mut(&mut machine.runtime).http(now, ip, port, &request);
        match answer {
            Ok(answer) => Ok(Response {
                status: answer.status,
                headers: answer.headers,
                body: answer.body,
                streaming: false,
            }),
            Err(_) => Err(refused((ip, port))),
        }
    }

    /// Where a packet for a host name enters: a machine is its own door, anything else goes through the first machine
    /// that is on.
    fn entry(&self, host: &str) -> Result<Entry, String> {
        if let Some((number, _)) = self.machines().find(|(n, m)| m.spec.name == host || address(*n) == host) {
            let ip = address(number).parse().expect("machines have addresses");
            return Ok(Entry { machine: number, ip, inside: false });
        }
        let ip: Ipv4Addr = match host.parse() {
            Ok(ip) => ip,
            Err(_) => self.service_address(host).ok_or_else(|| format!("lookup {host}: no such host"))?,
        };
        let machine = self.machines().find(|(_, m)| m.powered).map(|(n, _)| n).ok_or("no machine is on")?;
        Ok(Entry { machine, ip, inside: true })
    }

    /// `web`, `web.default`, `web.default.svc.cluster.local`: a service's address.
    fn service_address(&self, host: &str) -> Option<Ipv4Addr> {
        let host = host.strip_suffix(".svc.cluster.local").or(host.strip_suffix(".svc")).unwrap_or(host);
        let (name, namespace) = host.split_once('.').unwrap_or((host, "default"));
        let service = self.stored("", "services", &api::ObjectKey::new(namespace, name))?;
        service.service()?.spec.cluster_ip.parse().ok()
    }
}

struct Entry {
    machine: u32,
    ip: Ipv4Addr,
    inside: bool,
}

fn refused((ip, port): (Ipv4Addr, u16)) -> String {
    format!("dial tcp {ip}:{port}: connect: connection refused")
}

/// Host, port and path of a URL.
fn parse(url: &str) -> Result<(String, u16, String), String> {
    let rest = url.strip_prefix("http://").ok_or_else(|| format!("{url:?}: the lab fetches http:// URLs"))?;
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| format!("{url:?}: {port:?} is no port"))?),
        None => (authority, 80),
    };
    if host.is_empty() {
        return Err(format!("{url:?} has no host"));
    }
    Ok((host.to_owned(), port, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn urls() {
        assert_eq!(parse("http://node-1:31000/a?b=c"), Ok(("node-1".into(), 31000, "/a?b=c".into())));
        assert_eq!(parse("http://web.default"), Ok(("web.default".into(), 80, "/".into())));
        for bad in ["https://x", "http://:80/", "http://x:99999/", "web"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
