//! `/version`, `/healthz`, `/livez`, `/readyz`.
//!
//! Whether etcd is there is asked for each probe with a read that needs a quorum, as a real server does
//! (`--etcd-healthcheck-timeout`, `--etcd-readycheck-timeout`: two seconds).

use std::sync::Arc;
use std::time::Duration;

use api::http::{Method, Request, Response};
use api::{Value, literal, object};
use etcd::rpc::{self, KeyRange, Range};
use sim::{Actor, SimTime};

use crate::deadlines::Deadline;
use crate::failure::Failure;
use crate::storage::Owner;
use crate::watch_cache::Cache;
use crate::{ApiServer, Context, RequestId};

/// How long a probe waits for etcd.
const PATIENCE: Duration = Duration::from_secs(2);

/// Probes that wait for etcd.
#[derive(Clone, Debug, Hash, Default)]
pub(crate) struct Probes {
    waiting: Vec<Probe>,
    /// How many members were asked for them.
    asked: u32,
}

#[derive(Clone, Debug, Hash)]
struct Probe {
    from: Actor,
    id: RequestId,
    request: Arc<Request>,
    until: SimTime,
}

impl Probes {
    /// A client no longer waits.
    pub fn forget(&mut self, from: Actor, id: RequestId) {
        self.waiting.retain(|probe| (probe.from, probe.id) != (from, id));
    }
}

/// True for the paths that everybody may ask at any time.
pub(crate) fn is_health(request: &Request) -> bool {
    ["/healthz", "/livez", "/readyz"].iter().any(|probe| {
        request.path.strip_prefix(probe).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// What `/version` says.
pub(crate) fn version() -> Value {
    object! {
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "35", "gitVersion": "v1.36.0",
        "gitCommit": "0000000000000000000000000000000000000000", "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z", "goVersion": "go1.26.0", "compiler": "gc", "platform": "linux/amd64",
    }
}

impl ApiServer {
    /// Answers a probe, with etcd's help when it asks about etcd.
    pub(crate) fn probe(
        &mut self,
        from: Actor,
        id: RequestId,
        request: Arc<Request>,
        context: &mut Context<'_>,
    ) {
        let path = request.path.trim_matches('/');
        let about_etcd = path.split_once('/').is_none_or(|(_, check)| check.starts_with("etcd"));
        if !about_etcd || !matches!(request.method, Method::Get | Method::Head) {
            return self.tell(from, id, &request, true, context);
        }
        let until = context.now + PATIENCE;
        self.probes.waiting.push(Probe { from, id, request, until });
        self.deadlines.set(until, Deadline::Probe, context);
        if !self.etcd.is_waiting(Owner::Health) {
            self.probes.asked = 0;
            self.ask_health(context);
        }
    }

    /// Asks the member of the moment, unless all were asked.
    pub(crate) fn ask_health(&mut self, context: &mut Context<'_>) {
        if self.probes.waiting.is_empty() || self.probes.asked >= self.config.etcd_members {
            return;
        }
        self.probes.asked += 1;
        let mut range = Range::new(KeyRange::key(literal!("/registry/health")));
        range.count_only = true;
        let request = Arc::new(rpc::Request::Range(range));
        self.etcd.call(Owner::Health, request, &mut self.deadlines, context);
    }

    pub(crate) fn health_answered(&mut self, response: &rpc::Response, context: &mut Context<'_>) {
        if matches!(response, rpc::Response::Error(_)) {
            let endpoint = self.etcd.endpoint();
            self.leave_endpoint(endpoint, context);
            return self.ask_health(context);
        }
        for probe in std::mem::take(&mut self.probes.waiting) {
            self.tell(probe.from, probe.id, &probe.request, true, context);
        }
    }

    /// Answers the probes that etcd did not answer in time.
    pub(crate) fn probes_run_out(&mut self, context: &mut Context<'_>) {
        let probes = std::mem::take(&mut self.probes.waiting);
        let (due, waiting): (Vec<Probe>, Vec<Probe>) =
            probes.into_iter().partition(|probe| probe.until <= context.now);
        self.probes.waiting = waiting;
        for probe in due {
            self.tell(probe.from, probe.id, &probe.request, false, context);
        }
    }

    fn tell(&mut self, to: Actor, id: RequestId, request: &Request, etcd: bool, context: &mut Context<'_>) {
        let response = match request.method {
            Method::Get | Method::Head => self.health(&request.path, request, etcd),
            _ => Some(Response::tree(405, Failure::no_such_verb().body)),
        };
        let response = response.unwrap_or_else(|| {
            let failure = Failure::no_such_path();
            Response::tree(failure.code, failure.body)
        });
        self.respond(to, id, "", request, response, context);
    }

    /// The answer to a probe; `None` when there is no such check.
    fn health(&self, path: &str, request: &Request, etcd: bool) -> Option<Response> {
        let (probe, check) = match path.trim_matches('/').split_once('/') {
            Some((probe, check)) => (probe, Some(check)),
            None => (path.trim_matches('/'), None),
        };
        let all = self.checks(probe, etcd)?;
        if let Some(check) = check {
            let (_, fine) = all.iter().find(|(name, _)| *name == check)?;
            return Some(if *fine {
                Response::text(200, "ok")
            } else {
                Response::text(500, "internal server error: not ready\n")
            });
        }
        let excluded =
            |name: &str| request.query.iter().any(|(key, value)| key == "exclude" && value == name);
        let fine = all.iter().all(|(name, fine)| *fine || excluded(name));
        let verbose = request.parameter("verbose").is_some();
        if fine && !verbose {
            return Some(Response::text(200, "ok"));
        }
        let mut text = String::new();
        for (name, fine) in &all {
            text += &match (excluded(name), *fine) {
                (true, _) => format!("[+]{name} excluded: ok\n"),
                (false, true) => format!("[+]{name} ok\n"),
                (false, false) => format!("[-]{name} failed: reason withheld\n"),
            };
        }
        text += &format!("{probe} check {}\n", if fine { "passed" } else { "failed" });
        Some(Response::text(if fine { 200 } else { 500 }, &text))
    }

    fn checks(&self, probe: &str, etcd: bool) -> Option<Vec<(&'static str, bool)>> {
        let synced =
            self.resources.core().all(|resource| self.caches.get(&resource).is_some_and(Cache::is_ready));
        let bootstrapped = self.bootstrap.is_done();
        let hooks = [
            ("poststarthook/start-system-namespaces-controller", bootstrapped),
            ("poststarthook/start-service-ip-repair-controllers", bootstrapped),
            ("poststarthook/rbac/bootstrap-roles", self.door.is_open()),
            ("poststarthook/scheduling/bootstrap-system-priority-classes", bootstrapped),
            ("poststarthook/bootstrap-controller", bootstrapped),
        ];
        let mut checks = vec![("ping", true), ("log", true), ("etcd", etcd)];
        match probe {
            "livez" | "healthz" => checks.extend(hooks),
            "readyz" => {
                checks.extend([("etcd-readiness", etcd), ("informer-sync", synced)]);
                checks.extend(hooks);
                checks.push(("shutdown", true));
            }
            _ => return None,
        }
        Some(checks)
    }
}
