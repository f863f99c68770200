//! Probes and lifecycle hooks of running containers.

use std::time::Duration;

use api::types::LifecycleHandler;
use client::EventType;
use runtime::cri::{Request, Response};
use sim::Str;

use super::probes::{self, Verdict};
use super::{Busy, Phase, PodCall, ProbeKind, Worker};
use crate::host::{CriCall, Host};
use crate::message::Context;

impl Worker {
    /// Sends the probes that are due.
    pub(super) fn probe(&mut self, host: &mut Host, context: &mut Context<'_>) {
        let Some((sandbox, _)) = self.sandbox else { return };
        for index in 0..self.records.len() as u32 {
            let record = &mut self.records[index as usize];
            if record.probes.states.is_empty() || !record.is_running() || record.stopping {
                continue;
            }
            let due = record.probes.due(context.now);
            let Some(id) = record.id else { continue };
            for kind in due {
                let Some(container) = self.spec(index) else { continue };
                let request =
                    kind.of(container).and_then(|probe| probes::request(probe, container, sandbox, id));
                match request {
                    Some(request) => {
                        let call = CriCall::Pod(self.number, PodCall::Probe(index, kind));
                        host.cri(context, call, request);
                    }
                    None => {
                        self.probed(index, kind, Err("couldn't find the probe's port".into()), host, context)
                    }
                }
            }
        }
    }

    pub(super) fn on_probe(
        &mut self,
        index: u32,
        kind: ProbeKind,
        response: &Response,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        let ip = self.sandbox.map_or(String::new(), |(_, ip)| ip.to_string());
        let Some(probe) = self.spec(index).and_then(|c| kind.of(c)) else { return };
        let outcome = probes::judge(probe, &ip, response);
        self.probed(index, kind, outcome, host, context);
    }

    fn probed(
        &mut self,
        index: u32,
        kind: ProbeKind,
        outcome: Result<(), Str>,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        if !self.records[index as usize].is_running() || self.phase >= Phase::Terminating {
            return;
        }
        if let Err(why) = &outcome {
            let message = format!("{} probe failed: {why}", kind.name());
            self.container_event(host, context, index, EventType::Warning, "Unhealthy", &message);
        }
        let Some(probe) = self.spec(index).and_then(|c| kind.of(c)).cloned() else { return };
        let record = &mut self.records[index as usize];
        let verdict = record.probes.answer(kind, outcome.is_ok(), &probe, context.now);
        if verdict == Verdict::Kill && !record.stopping {
            let what = kind.name().to_lowercase();
            let message = format!("Container {} failed {what} probe, will be restarted", record.name);
            let own = probe.termination_grace_period_seconds;
            let grace =
                own.or(self.typed().and_then(|p| p.spec.termination_grace_period_seconds)).unwrap_or(30);
            let grace = Duration::from_secs(u64::try_from(grace).unwrap_or(0));
            self.stop_container(index, grace, &message, host, context);
        }
    }

    /// Runs the postStart hook of a container that has just started.
    pub(super) fn post_start(&mut self, index: u32, host: &mut Host, context: &mut Context<'_>) {
        let hook = self.spec(index).and_then(|c| c.lifecycle.as_ref()?.post_start.clone());
        let Some(hook) = hook else { return };
        if let Some(request) = self.hook_request(index, &hook, Duration::from_secs(300)) {
            self.busy = Some(Busy::PostStart(index));
            host.cri(context, CriCall::Pod(self.number, PodCall::PostStart(index)), request);
        }
    }

    /// What to ask the runtime for a hook; nothing for one that only sleeps.
    pub(super) fn hook_request(
        &self,
        index: u32,
        hook: &LifecycleHandler,
        timeout: Duration,
    ) -> Option<Request> {
        let (sandbox, _) = self.sandbox?;
        if let Some(exec) = &hook.exec {
            let container = self.records[index as usize].id?;
            return Some(Request::ExecSync { container, command: exec.command.clone(), timeout });
        }
        let container = self.spec(index)?;
        let (port, path) = match (&hook.http_get, &hook.tcp_socket) {
            (Some(http), _) => (&http.port, Some(http.path.clone())),
            (None, Some(tcp)) => (&tcp.port, None),
            (None, None) => return None,
        };
        Some(Request::Probe { sandbox, port: probes::port(container, port)?, path })
    }

    pub(super) fn on_post_start(
        &mut self,
        index: u32,
        response: &Response,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        self.busy = None;
        let why = match response {
            Response::Exec { code, stderr, .. } if *code != 0 => {
                format!("command exited with {code}: {stderr}")
            }
            Response::Failed(failure) => failure.message.to_string(),
            _ => return,
        };
        let message = format!("PostStartHook failed: {why}");
        self.container_event(host, context, index, EventType::Warning, "FailedPostStartHook", &message);
        self.stop_container(index, Duration::from_secs(30), "FailedPostStartHook", host, context);
    }
}
