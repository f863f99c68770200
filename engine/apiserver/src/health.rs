//! `/version`, `/healthz`, `/livez`, `/readyz`.

use api::http::{Request, Response};
use api::{Value, object};

use crate::ApiServer;
use crate::watch_cache::Cache;

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
    /// Answers the health paths; `None` when the path is none of them.
    pub(crate) fn health(&self, path: &str, request: &Request) -> Option<Response> {
        let (probe, check) = match path.trim_matches('/').split_once('/') {
            Some((probe, check)) => (probe, Some(check)),
            None => (path.trim_matches('/'), None),
        };
        let all = self.checks(probe)?;
        if let Some(check) = check {
            let (_, fine) = all.iter().find(|(name, _)| *name == check)?;
            return Some(if *fine {
                Response::text(200, "ok")
            } else {
                Response::text(500, "internal server error: not ready\n")
            });
        }
        let fine = all.iter().all(|(_, fine)| *fine);
        let verbose = request.parameter("verbose").is_some();
        if fine && !verbose {
            return Some(Response::text(200, "ok"));
        }
        let mut text = String::new();
        for (name, fine) in &all {
            text += &if *fine {
                format!("[+]{name} ok\n")
            } else {
                format!("[-]{name} failed: reason withheld\n")
            };
        }
        text += &format!("{probe} check {}\n", if fine { "passed" } else { "failed" });
        Some(Response::text(if fine { 200 } else { 500 }, &text))
    }

    fn checks(&self, probe: &str) -> Option<Vec<(&'static str, bool)>> {
        let etcd = self.caches.values().any(Cache::is_ready);
        let synced =
            self.resources.core().all(|resource| self.caches.get(&resource).is_some_and(Cache::is_ready));
        let bootstrapped = self.bootstrap.is_done();
        let mut checks = vec![("ping", true), ("log", true)];
        match probe {
            "livez" => checks.push(("etcd", etcd)),
            "healthz" => checks
                .extend([("etcd", etcd), ("poststarthook/start-system-namespaces-controller", bootstrapped)]),
            "readyz" => checks.extend([
                ("etcd", etcd),
                ("etcd-readiness", etcd),
                ("informer-sync", synced),
                ("poststarthook/start-system-namespaces-controller", bootstrapped),
                ("poststarthook/start-service-ip-repair-controllers", bootstrapped),
                ("shutdown", true),
            ]),
            _ => return None,
        }
        Some(checks)
    }
}
