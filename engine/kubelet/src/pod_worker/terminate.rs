//! The way down: hooks, SIGTERM, grace, SIGKILL, the sandbox, and the last word to the API server.

use std::time::Duration;

use client::{DeleteOptions, EventType};
use runtime::cri::{Request, Response};

use super::{Busy, Phase, PodCall, Worker};
use crate::host::{ApiCall, CriCall, Host};
use crate::message::Context;

impl Worker {
    /// Ends what still runs; when nothing does, the sandbox.
    pub(super) fn terminate(&mut self, host: &mut Host, context: &mut Context<'_>) {
        if let Some(Busy::Pulling(_)) = self.busy {
            host.images.cancel(self.number);
            self.busy = None;
        }
        self.delayed_stops(host, context);
        let grace = self.grace();
        let mut running = false;
        // Sidecars outlive the containers they serve.
        let mains_run = self.records.iter().any(|r| !r.sidecar && r.is_running());
        for index in 0..self.records.len() as u32 {
            let record = &self.records[index as usize];
            if !record.is_running() {
                continue;
            }
            running = true;
            if !(record.stopping || record.sidecar && mains_run) {
                let message = format!("Stopping container {}", record.name);
                self.stop_container(index, grace, &message, host, context);
            }
        }
        if running || self.busy.is_some() {
            return;
        }
        match self.sandbox {
            Some((sandbox, _)) => {
                self.busy = Some(Busy::StopSandbox);
                let call = CriCall::Pod(self.number, PodCall::StopSandbox);
                host.cri(context, call, Request::StopPodSandbox(sandbox));
            }
            None => self.phase = Phase::Finished,
        }
    }

    /// How long containers have to end.
    fn grace(&self) -> Duration {
        let own = self.typed().and_then(|p| p.spec.termination_grace_period_seconds).unwrap_or(30);
        let own = Duration::from_secs(u64::try_from(own).unwrap_or(0));
        match self.deletion {
            Some(deletion) => deletion.grace,
            // Forced away: SIGTERM is still sent.
            None if self.orphan => own.min(Duration::from_secs(2)),
            None => own,
        }
    }

    /// Ends a container: its preStop hook, then SIGTERM and, after the grace period, SIGKILL.
    pub(super) fn stop_container(
        &mut self,
        index: u32,
        grace: Duration,
        message: &str,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        self.container_event(host, context, index, EventType::Normal, "Killing", message);
        self.records[index as usize].stopping = true;
        let hook = self.spec(index).and_then(|c| c.lifecycle.as_ref()?.pre_stop.clone());
        if let Some(hook) = hook.filter(|_| !grace.is_zero()) {
            if let Some(sleep) = &hook.sleep {
                let sleep = Duration::from_secs(u64::try_from(sleep.seconds).unwrap_or(0)).min(grace);
                self.delayed_stops.push((context.now + sleep, index));
                return;
            }
            if let Some(request) = self.hook_request(index, &hook, grace) {
                host.cri(context, CriCall::Pod(self.number, PodCall::PreStop(index)), request);
                return;
            }
        }
        self.signal(index, grace, host, context);
    }

    fn signal(&mut self, index: u32, grace: Duration, host: &mut Host, context: &mut Context<'_>) {
        let Some(container) = self.records[index as usize].id else { return };
        let call = CriCall::Pod(self.number, PodCall::Stop(index));
        host.cri(context, call, Request::StopContainer { container, grace });
    }

    /// What is left of the grace period after a preStop hook; at least two seconds, as the kubelet grants.
    fn rest_of_grace(&self, context: &Context<'_>) -> Duration {
        let since = self.deletion.map_or(context.now, |d| d.since);
        self.grace().saturating_sub(context.now - since).max(Duration::from_secs(2))
    }

    pub(super) fn on_pre_stop(
        &mut self,
        index: u32,
        response: &Response,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        let why = match response {
            Response::Exec { code, stderr, .. } if *code != 0 => {
                Some(format!("command exited with {code}: {stderr}"))
            }
            Response::Failed(failure) => Some(failure.message.to_string()),
            _ => None,
        };
        if let Some(why) = why {
            let message = format!("PreStopHook failed: {why}");
            self.container_event(host, context, index, EventType::Warning, "FailedPreStopHook", &message);
        }
        let grace = self.rest_of_grace(context);
        self.signal(index, grace, host, context);
    }

    /// Sends the signals that a sleeping preStop hook held back.
    pub(super) fn delayed_stops(&mut self, host: &mut Host, context: &mut Context<'_>) {
        let (due, later) =
            std::mem::take(&mut self.delayed_stops).into_iter().partition(|(at, _)| *at <= context.now);
        self.delayed_stops = later;
        let grace = self.rest_of_grace(context);
        for (_, index) in due {
            self.signal(index, grace, host, context);
        }
    }

    /// Once everything has ended and the API server knows it, deletes the pod for good.
    pub(super) fn confirm(&mut self, host: &mut Host, context: &mut Context<'_>) {
        if self.phase != Phase::Finished || self.orphan || self.report.in_flight {
            return;
        }
        let Some(deletion) = &mut self.deletion else { return };
        if deletion.confirmed || self.report.retry_at.is_some() {
            return;
        }
        deletion.confirmed = true;
        let options =
            DeleteOptions { grace_seconds: Some(0), uid: Some(self.pod.uid().0), ..DeleteOptions::default() };
        let request = client::resource::PODS.delete(self.key(), &options);
        host.api(context, ApiCall::DeletePod(self.number), request);
    }

    /// The API server answered the final deletion (`None`: it did not).
    pub(crate) fn delete_answered(&mut self, code: Option<u16>, context: &Context<'_>) {
        if !matches!(code, Some(200..300 | 404 | 409))
            && let Some(deletion) = &mut self.deletion
        {
            deletion.confirmed = false;
            self.report.retry_at = Some(context.now + Duration::from_secs(2));
        }
    }

    /// True when nothing is left to do: the worker can be forgotten.
    pub(crate) fn is_over(&self) -> bool {
        self.orphan && self.phase == Phase::Finished
    }

    /// Removes what the pod left behind on the node.
    pub(crate) fn clean_up(&self, host: &mut Host, context: &mut Context<'_>) {
        if let Some((sandbox, _)) = self.sandbox {
            host.cri(context, CriCall::Forgotten, Request::RemovePodSandbox(sandbox));
        }
        if self.typed().is_some_and(|p| !p.spec.volumes.is_empty()) {
            let path = super::volumes::directory(&self.pod.uid().0).into();
            host.cri(context, CriCall::Forgotten, Request::RemoveVolume { path });
        }
    }
}
