//! Startup, liveness and readiness probes.

use std::time::Duration;

use api::intstr::IntOrString;
use api::types::{Container, Probe};
use runtime::cri::{Failure, Request, Response};
use sim::{SimTime, Str};

/// The three kinds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum ProbeKind {
    Startup,
    Liveness,
    Readiness,
}

impl ProbeKind {
    /// All of them, in the order they matter.
    pub const ALL: [ProbeKind; 3] = [ProbeKind::Startup, ProbeKind::Liveness, ProbeKind::Readiness];

    /// As in events.
    pub fn name(self) -> &'static str {
        match self {
            ProbeKind::Startup => "Startup",
            ProbeKind::Liveness => "Liveness",
            ProbeKind::Readiness => "Readiness",
        }
    }

    /// The container's probe of this kind.
    pub fn of(self, container: &Container) -> Option<&Probe> {
        match self {
            ProbeKind::Startup => container.startup_probe.as_deref(),
            ProbeKind::Liveness => container.liveness_probe.as_deref(),
            ProbeKind::Readiness => container.readiness_probe.as_deref(),
        }
    }
}

/// One probe of a running container.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ProbeState {
    /// Which.
    pub kind: ProbeKind,
    /// When it is due next.
    pub next: SimTime,
    /// True while its answer is awaited.
    pub asking: bool,
    /// How often in a row it said the same.
    pub run: u32,
    /// What it said last.
    pub last: bool,
    /// What counts: the last result that came often enough.
    pub result: bool,
}

/// All probes of one container, from its start on.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Probes {
    /// Those that it has.
    pub states: Vec<ProbeState>,
}

/// What a probe's result changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing, or only readiness.
    Fine,
    /// The container is to be restarted.
    Kill,
}

fn at_least_one(n: i32) -> u32 {
    u32::try_from(n).unwrap_or(0).max(1)
}

fn seconds(n: i32) -> Duration {
    Duration::from_secs(u64::try_from(n).unwrap_or(0))
}

/// How long after each other; 10 s where nothing is said.
fn period(probe: &Probe) -> Duration {
    if probe.period_seconds > 0 { seconds(probe.period_seconds) } else { Duration::from_secs(10) }
}

impl Probes {
    /// The probes of a container that has just started.
    pub fn start(container: &Container, now: SimTime) -> Probes {
        let state = |kind: ProbeKind| {
            let probe = kind.of(container)?;
            let next = now + seconds(probe.initial_delay_seconds);
            // Alive until found dead; neither started nor ready until found so.
            Some(ProbeState {
                kind,
                next,
                asking: false,
                run: 0,
                last: false,
                result: kind == ProbeKind::Liveness,
            })
        };
        Probes { states: ProbeKind::ALL.into_iter().filter_map(state).collect() }
    }

    fn result(&self, kind: ProbeKind) -> bool {
        self.states.iter().find(|s| s.kind == kind).is_none_or(|s| s.result)
    }

    /// The startup probe, if there is one, has succeeded.
    pub fn started(&self) -> bool {
        self.result(ProbeKind::Startup)
    }

    /// The readiness probe, if there is one, succeeds.
    pub fn ready(&self) -> bool {
        self.result(ProbeKind::Readiness)
    }

    /// Whether a probe takes part at this stage: before the start only the startup probe, after it the others.
    fn active(&self, kind: ProbeKind) -> bool {
        (kind == ProbeKind::Startup) != self.started()
    }

    /// When the next probe is due.
    pub fn next(&self) -> Option<SimTime> {
        self.states.iter().filter(|s| !s.asking && self.active(s.kind)).map(|s| s.next).min()
    }

    /// Takes the probes that are due.
    pub fn due(&mut self, now: SimTime) -> Vec<ProbeKind> {
        let started = self.started();
        let active = |s: &ProbeState| (s.kind == ProbeKind::Startup) != started;
        let mut due = Vec::new();
        for state in &mut self.states {
            if active(state) && !state.asking && state.next <= now {
                state.asking = true;
                due.push(state.kind);
            }
        }
        due
    }

    /// Notes a probe's answer and sets its next turn.
    pub fn answer(&mut self, kind: ProbeKind, success: bool, probe: &Probe, now: SimTime) -> Verdict {
        let Some(state) = self.states.iter_mut().find(|s| s.kind == kind) else { return Verdict::Fine };
        state.asking = false;
        state.next = now + period(probe);
        state.run = if state.last == success && state.run > 0 { state.run + 1 } else { 1 };
        state.last = success;
        let failures = if probe.failure_threshold > 0 { at_least_one(probe.failure_threshold) } else { 3 };
        let enough = if success { at_least_one(probe.success_threshold) } else { failures };
        if state.run < enough {
            return Verdict::Fine;
        }
        state.result = success;
        if !success && kind != ProbeKind::Readiness { Verdict::Kill } else { Verdict::Fine }
    }
}

/// The port's number, by name from the container's ports.
pub fn port(container: &Container, port: &IntOrString) -> Option<u16> {
    match port {
        IntOrString::Int(number) => u16::try_from(*number).ok(),
        IntOrString::Str(name) => {
            let named = container.ports.iter().find(|p| p.name == *name);
            named.and_then(|p| u16::try_from(p.container_port).ok()).or_else(|| name.parse().ok())
        }
    }
}

/// What to ask the runtime for a probe. `None` when the probe can't be carried out.
pub fn request(
    probe: &Probe,
    container: &Container,
    sandbox: runtime::cri::SandboxId,
    id: runtime::cri::ContainerId,
) -> Option<Request> {
    if let Some(http) = &probe.http_get {
        let path = if http.path.is_empty() { sim::literal!("/") } else { http.path.clone() };
        return Some(Request::Probe { sandbox, port: port(container, &http.port)?, path: Some(path) });
    }
    if let Some(tcp) = &probe.tcp_socket {
        return Some(Request::Probe { sandbox, port: port(container, &tcp.port)?, path: None });
    }
    if let Some(grpc) = &probe.grpc {
        // The health protocol is not simulated: an open port is healthy.
        return Some(Request::Probe { sandbox, port: u16::try_from(grpc.port).ok()?, path: None });
    }
    let exec = probe.exec.as_ref()?;
    let timeout = seconds(probe.timeout_seconds.max(1));
    Some(Request::ExecSync { container: id, command: exec.command.clone(), timeout })
}

/// What a probe's answer means: `Ok`, or the message of the failure as the event says it.
pub fn judge(probe: &Probe, ip: &str, response: &Response) -> Result<(), Str> {
    let failed = |failure: &Failure| match &probe.http_get {
        Some(http) => {
            let path = if http.path.is_empty() { "/" } else { http.path.as_str() };
            let port = match &http.port {
                IntOrString::Int(n) => n.to_string(),
                IntOrString::Str(s) => s.to_string(),
            };
            format!("Get \"http://{ip}:{port}{path}\": {}", failure.message)
        }
        None if probe.exec.is_some() => format!("command timed out: {}", failure.message),
        None => failure.message.to_string(),
    };
    match response {
        Response::Probed { status: 0 } => Ok(()),
        Response::Probed { status } if (200..400).contains(status) => Ok(()),
        Response::Probed { status } => Err(format!("HTTP probe failed with statuscode: {status}").into()),
        Response::Exec { code: 0, .. } => Ok(()),
        Response::Exec { stdout, stderr, .. } => Err(format!("{stdout}{stderr}").trim_end().into()),
        Response::Failed(failure) => Err(failed(failure).into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{Object, object};

    #[test]
    fn thresholds() {
        let pod = Object::new(object! {
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p" },
            "spec": { "containers": [{ "name": "c",
                "startupProbe": { "tcpSocket": { "port": 1 }, "failureThreshold": 2, "periodSeconds": 5 },
                "livenessProbe": { "tcpSocket": { "port": 1 }, "failureThreshold": 2, "periodSeconds": 5 },
                "readinessProbe": { "httpGet": { "port": "web" }, "successThreshold": 2, "initialDelaySeconds": 3 },
                "ports": [{ "name": "web", "containerPort": 80 }],
            }] },
        });
        let container = &pod.pod().unwrap().spec.containers[0];
        let at = SimTime::from_secs;
        let mut probes = Probes::start(container, at(100));
        assert_eq!(probes.due(at(103)), [ProbeKind::Startup], "the others wait for the start");
        assert_eq!(probes.due(at(103)), [], "one at a time");
        let probe = |kind: ProbeKind| kind.of(container).unwrap();
        let answer = |probes: &mut Probes, kind: ProbeKind, ok: bool, now| {
            probes.answer(kind, ok, probe(kind), at(now))
        };
        assert_eq!(answer(&mut probes, ProbeKind::Startup, false, 103), Verdict::Fine);
        assert_eq!(probes.next(), Some(at(108)));
        assert_eq!(answer(&mut probes, ProbeKind::Startup, true, 108), Verdict::Fine);
        assert!(probes.started() && !probes.ready());
        assert_eq!(probes.due(at(108)), [ProbeKind::Liveness, ProbeKind::Readiness]);
        answer(&mut probes, ProbeKind::Readiness, true, 108);
        assert!(!probes.ready(), "twice in a row");
        answer(&mut probes, ProbeKind::Readiness, true, 118);
        assert!(probes.ready());
        assert_eq!(answer(&mut probes, ProbeKind::Liveness, false, 110), Verdict::Fine);
        assert_eq!(answer(&mut probes, ProbeKind::Liveness, false, 115), Verdict::Kill);
        assert_eq!(port(container, &IntOrString::Str("web".into())), Some(80));
    }
}
