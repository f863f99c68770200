//! Starting containers: init containers one after another, then the others; again after they ended.

use std::sync::Arc;
use std::time::Duration;

use client::EventType;
use runtime::cri::{Request, Response};
use sim::{SimTime, Str};

use super::environment::Missing;
use super::{Busy, Exit, Phase, PodCall, Probes, Stage, Worker};
use crate::events::go_duration;
use crate::host::{CriCall, Host};
use crate::message::Context;

/// After an error in a container's configuration, the next look.
pub(super) const CONFIG_RETRY: Duration = Duration::from_secs(10);

impl Worker {
    /// Starts the next container that is to be started.
    pub(super) fn containers(&mut self, host: &mut Host, context: &mut Context<'_>) {
        for index in 0..self.records.len() as u32 {
            let record = &self.records[index as usize];
            if record.init && record.is_initialized() {
                continue;
            }
            if !record.init {
                self.phase = Phase::Running;
            }
            let init = record.init;
            self.consider(index, host, context);
            // An init container that is not through holds up all that follow.
            if self.busy.is_some() || (init && !self.records[index as usize].is_initialized()) {
                return;
            }
        }
    }

    /// Starts a container if it does not run and should.
    fn consider(&mut self, index: u32, host: &mut Host, context: &mut Context<'_>) {
        let now = context.now;
        let record = &self.records[index as usize];
        if record.is_running() || record.retry_at.is_some_and(|at| at > now) {
            return;
        }
        if let Some(exit) = record.exit().cloned() {
            if !self.restarts(&self.records[index as usize], exit.code) {
                return;
            }
            if let Some(until) = record.backoff.until(exit.finished_at, now) {
                return self.crash_loop(index, until, host, context);
            }
        }
        let record = &mut self.records[index as usize];
        record.retry_at = None;
        if std::mem::take(&mut record.image_ready) {
            return self.create(index, host, context);
        }
        self.image(index, host, context);
    }

    fn crash_loop(&mut self, index: u32, until: SimTime, host: &mut Host, context: &mut Context<'_>) {
        let name = self.records[index as usize].name.clone();
        let pod = format!("{}_{}({})", self.pod.name(), self.pod.namespace(), self.pod.uid());
        let message = format!("Back-off restarting failed container {name} in pod {pod}");
        self.container_event(host, context, index, EventType::Warning, "BackOff", &message);
        let record = &mut self.records[index as usize];
        let delay = go_duration(record.backoff.delay());
        record.wait(
            "CrashLoopBackOff",
            format!("back-off {delay} restarting failed container={name} pod={pod}"),
        );
        record.retry_at = Some(until);
    }

    /// The image is there: makes the container.
    pub(super) fn create(&mut self, index: u32, host: &mut Host, context: &mut Context<'_>) {
        let record = &self.records[index as usize];
        let again = record.exit().is_some();
        let attempt = if again { record.restarts + 1 } else { 0 };
        let Some((sandbox, _)) = self.sandbox else { return };
        match self.container_config(index, attempt, host, context) {
            Ok(config) => {
                let record = &mut self.records[index as usize];
                if again {
                    record.backoff.next(context.now);
                } else {
                    // The first failure is forgiven at once; the wait begins with the first restart.
                    record.backoff = Default::default();
                }
                self.busy = Some(Busy::Creating(index));
                let request = Request::CreateContainer { sandbox, config: Arc::new(config) };
                host.cri(context, CriCall::Pod(self.number, PodCall::Create(index)), request);
            }
            Err(Missing::Wait) => self.records[index as usize].image_ready = true,
            Err(Missing::Failed(message)) => {
                let text = format!("Error: {message}");
                self.container_event(host, context, index, EventType::Warning, "Failed", &text);
                let record = &mut self.records[index as usize];
                record.wait("CreateContainerConfigError", message);
                record.retry_at = Some(context.now + CONFIG_RETRY);
            }
        }
    }

    pub(super) fn on_created(
        &mut self,
        index: u32,
        response: &Response,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        self.busy = None;
        match response {
            Response::Container(id) => {
                let record = &mut self.records[index as usize];
                let restart = record.exit().is_some();
                record.restarts += u32::from(restart);
                let old = std::mem::replace(&mut record.previous, record.id);
                record.id = Some(*id);
                if let Some(old) = old {
                    host.cri(context, CriCall::Forgotten, Request::RemoveContainer(old));
                }
                self.container_event(host, context, index, EventType::Normal, "Created", "Container created");
                if self.deletion.is_some() || self.orphan {
                    return;
                }
                self.busy = Some(Busy::Starting(index));
                host.cri(
                    context,
                    CriCall::Pod(self.number, PodCall::Start(index)),
                    Request::StartContainer(*id),
                );
            }
            Response::Failed(failure) => {
                let message = failure.message.to_string();
                let text = format!("Error: {message}");
                self.container_event(host, context, index, EventType::Warning, "Failed", &text);
                if let Some(container) = self.spec(index) {
                    // The image may have been removed behind the kubelet's back.
                    host.images.forget(&container.image);
                }
                let record = &mut self.records[index as usize];
                record.wait("CreateContainerError", message);
                record.retry_at = Some(context.now + CONFIG_RETRY);
            }
            _ => {}
        }
    }

    pub(super) fn on_started(
        &mut self,
        index: u32,
        response: &Response,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        self.busy = None;
        let now = context.now;
        let image = self.spec(index).map(|c| c.image.clone()).unwrap_or_default();
        if let Response::Failed(failure) = response {
            let text = format!("Error: {}", failure.message);
            self.container_event(host, context, index, EventType::Warning, "Failed", &text);
            let record = &mut self.records[index as usize];
            let message = failure.message.clone();
            let (reason, id) = (sim::literal!("StartError"), record.id);
            record.stage = Stage::Exited(Exit {
                code: 128,
                reason,
                message,
                started_at: SimTime::ZERO,
                finished_at: now,
                id,
            });
            return;
        }
        self.container_event(host, context, index, EventType::Normal, "Started", "Container started");
        let probes = self.spec(index).map(|c| Probes::start(c, now)).unwrap_or_default();
        let record = &mut self.records[index as usize];
        record.image =
            runtime::images::ImageName::parse(&image).ok().map(|name| (name.full(), name.reference()));
        if let Stage::Exited(exit) = &record.stage
            && exit.id != record.id
        {
            record.last = Some(exit.clone());
        }
        record.stage = Stage::Running { started_at: now };
        record.probes = probes;
        let what = Str::from(format!("{}/{}", self.pod.key(), self.records[index as usize].name));
        context.note("kubelet {0}: container {1} started", [host.config.name.clone(), what]);
        self.post_start(index, host, context);
    }
}
