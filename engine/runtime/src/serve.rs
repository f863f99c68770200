//! What answers at an address: probes, and requests that come over the simulated network.

use std::net::Ipv4Addr;

use api::http::{Method, Request, Response as HttpResponse};
use sim::{SimTime, Str};

use crate::cri::{self, CallId, Code, Failure, SandboxId};
use crate::process::{self, Refusal};
use crate::runtime::{Context, Runtime};
use crate::sandbox::Sandbox;

impl Runtime {
    /// Sends one HTTP request to a port of a pod (or host-network pod) on this node: what its server answers. The
    /// server writes its log, and that is all that changes. A header `x-lab-client` names the caller's address.
    ///
    /// # Errors
    /// The [`Refusal`] when nothing answers.
    pub fn http(
        &mut self,
        now: SimTime,
        ip: Ipv4Addr,
        port: u16,
        request: &Request,
    ) -> Result<HttpResponse, Refusal> {
        let container = self.listener(ip, port)?;
        self.ask(now, container, port, request)
    }

    fn ask(
        &mut self,
        now: SimTime,
        container: u64,
        port: u16,
        request: &Request,
    ) -> Result<HttpResponse, Refusal> {
        let Some((mut container, place)) = self.running(container, now) else {
            return Err(Refusal::ConnectionRefused);
        };
        let answer = container.in_world(place, |process, world| {
            let server = process.as_ref().and_then(|p| p.server()).ok_or(Refusal::ConnectionRefused)?;
            process::answer(server, port, request, world)
        });
        self.put(container);
        answer
    }

    /// True when a server listens at an address of this node.
    pub fn listens(&self, ip: Ipv4Addr, port: u16) -> bool {
        self.listener(ip, port).is_ok()
    }

    fn listener(&self, ip: Ipv4Addr, port: u16) -> Result<u64, Refusal> {
        let found = self.sandboxes().filter(|s| s.ready && s.ip == Some(ip));
        let mut refusal = Refusal::NoRoute;
        for sandbox in found {
            refusal = Refusal::ConnectionRefused;
            if let Some(number) = self.listener_in(sandbox, port) {
                return Ok(number);
            }
        }
        Err(refusal)
    }

    /// The container of a sandbox whose server listens on a port.
    fn listener_in(&self, sandbox: &Sandbox, port: u16) -> Option<u64> {
        let listens = |number: &&u64| {
            let server = self.container(**number).and_then(|c| c.process.as_ref()?.server());
            server.is_some_and(|server| server.ports.contains(&port))
        };
        sandbox.containers.iter().find(listens).copied()
    }

    /// A kubelet's probe.
    pub(crate) fn probe(
        &mut self,
        call: CallId,
        sandbox: SandboxId,
        port: u16,
        path: Option<Str>,
        context: &mut Context<'_>,
    ) {
        let Some((sandbox, ip)) = self.sandbox(sandbox).and_then(|s| Some((s, s.ip?))) else {
            return self.fail(call, Failure::new(Code::NotFound, "no such sandbox"), context);
        };
        let listener = self.listener_in(sandbox, port).ok_or(Refusal::ConnectionRefused);
        let result = match (path, listener) {
            (None, listener) => listener.map(|_| 0),
            (Some(_), Err(refusal)) => Err(refusal),
            (Some(path), Ok(listener)) => {
                let (path, query) =
                    path.split_once('?').map_or((path.clone(), None), |(p, q)| (p.into(), Some(q)));
                let mut request = Request::new(Method::Get, path).header("user-agent", "kube-probe/1.36");
                for (name, value) in
                    query.into_iter().flat_map(|q| q.split('&')).filter_map(|p| p.split_once('='))
                {
                    request = request.query(name, value);
                }
                self.ask(context.now, listener, port, &request).map(|response| response.status)
            }
        };
        match result {
            Ok(status) => self.respond(call, cri::Response::Probed { status }, context),
            Err(refusal) => {
                let message = format!("dial tcp {ip}:{port}: {refusal}");
                self.fail(call, Failure::new(Code::Unknown, message), context);
            }
        }
    }
}
