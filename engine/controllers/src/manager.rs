//! The process: inputs to informers, changes to keys, keys to work, answers to retries.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use api::http::{Credential, Request, Response};
use client::{Calls, Component, Context, Delta, Input, RequestId, Session};
use sim::{SimTime, Str, Stream, Token};

use crate::config::Config;
use crate::controllers::{Controllers, Name};
use crate::item::Item;
use crate::outcome::{Call, EventDraft, Outcome, Purpose};
use crate::runtime::{Runtime, Underway, name_in};
use crate::world::{Kind, World};

/// The kinds of this process' timers; `arg` is the controller's (or informer's) number.
mod timer {
    /// The next work item of a controller.
    pub const STEP: u16 = 1;
    /// A delayed work item of a controller is due.
    pub const WAKE: u16 = 2;
    /// An informer's backoff.
    pub const INFORMER: u16 = 3;
    /// An event recorder's retry.
    pub const RECORDER: u16 = 4;
    /// Requests without an answer.
    pub const CALLS: u16 = 5;
    /// The request limit allows another request.
    pub const THROTTLE: u16 = 6;
}

/// A request without an answer for this long is given up (client-go's rest client has no timeout of its own for
/// kube-controller-manager; the API server ends requests after a minute).
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// What a request was sent for.
#[derive(Clone, Debug, Hash)]
struct Tag {
    controller: Name,
    item: Item,
    purpose: Purpose,
    tolerate: &'static [u16],
    on_success: Option<EventDraft>,
    on_failure: Option<EventDraft>,
}

/// kube-controller-manager.
#[derive(Clone, Debug, Hash)]
pub struct ControllerManager {
    config: Config,
    session: Session,
    world: World,
    controllers: Controllers,
    /// In the order of [`Name::ALL`].
    runtimes: Vec<Runtime>,
    calls: Calls<Tag>,
    /// Requests that the request limit holds back.
    held: VecDeque<(Request, Tag)>,
    /// When the request limit's bucket, drained by one a request, is full again.
    full_at: SimTime,
    running: bool,
}

impl ControllerManager {
    /// A process that has not started; `random` is its own stream.
    pub fn new(config: Config, random: Stream) -> ControllerManager {
        let runtime = |name: &Name| Runtime::new(*name, Token::new(timer::RECORDER, *name as u64));
        ControllerManager {
            session: Session::new(config.agent.clone(), random),
            world: World::new(timer::INFORMER),
            controllers: Controllers::new(&config),
            runtimes: Name::ALL.iter().map(runtime).collect(),
            calls: Calls::new(CALL_TIMEOUT, Token::new(timer::CALLS, 0)),
            held: VecDeque::new(),
            full_at: SimTime::ZERO,
            running: false,
            config,
        }
    }

    /// The flags.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What the process knows.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The controllers with their queues.
    pub fn runtimes(&self) -> &[Runtime] {
        &self.runtimes
    }

    /// One of them.
    pub fn runtime(&self, name: Name) -> &Runtime {
        &self.runtimes[name as usize]
    }

    /// True once all informers are in step and the controllers work.
    pub fn running(&self) -> bool {
        self.running
    }

    /// Requests under way, and requests that the limit holds back.
    pub fn outstanding(&self) -> (u64, u64) {
        (self.calls.len() as u64, self.held.len() as u64)
    }

    /// True when no controller has anything to do now (periodic passes and delayed looks aside).
    pub fn is_quiet(&self) -> bool {
        self.running
            && self.calls.is_empty()
            && self.held.is_empty()
            && self.runtimes.iter().all(|r| r.queue.depth() == 0 && r.queue.in_flight() == 0)
    }

    fn start(&mut self, context: &mut Context<'_>) {
        // Memory is empty at a start; only the dice go on, so that a restarted process does not repeat itself.
        let session = self.session.clone();
        *self = ControllerManager {
            session,
            ..ControllerManager::new(self.config.clone(), Stream::derive(0, ""))
        };
        self.world.start(&mut self.session, context);
    }

    fn on_deltas(&mut self, kind: Kind, deltas: &[Delta], context: &mut Context<'_>) {
        let now = context.now;
        for delta in deltas {
            for name in Name::ALL {
                let queue = &mut self.runtimes[*name as usize].queue;
                self.controllers.get(*name).on_delta(kind, delta, &self.world, now, queue);
            }
        }
        if !self.running && self.world.synced() {
            self.running = true;
            for name in Name::ALL {
                let queue = &mut self.runtimes[*name as usize].queue;
                self.controllers.get(*name).on_synced(now, queue);
            }
        }
        if self.running {
            for name in Name::ALL {
                self.schedule(*name, context);
            }
        }
    }

    /// Sets the timers for a controller's next work.
    fn schedule(&mut self, name: Name, context: &mut Context<'_>) {
        let workers = self.config.workers as usize;
        let runtime = &mut self.runtimes[name as usize];
        let busy = runtime.queue.in_flight() >= workers;
        if !runtime.step_pending && runtime.queue.depth() > 0 && !busy {
            runtime.step_pending = true;
            context.timer(Duration::ZERO, Token::new(timer::STEP, name as u64));
        }
        if let Some(at) = runtime.queue.next_later()
            && runtime.wake_at.is_none_or(|set| at < set)
        {
            runtime.wake_at = Some(at);
            context.timer_at(at, Token::new(timer::WAKE, name as u64));
        }
    }

    fn on_timer(&mut self, token: Token, context: &mut Context<'_>) {
        let name = usize::try_from(token.arg).ok().and_then(|i| Name::ALL.get(i)).copied();
        match (token.kind, name) {
            (timer::STEP, Some(name)) => {
                self.runtimes[name as usize].step_pending = false;
                self.step(name, context);
                self.schedule(name, context);
            }
            (timer::WAKE, Some(name)) => {
                let runtime = &mut self.runtimes[name as usize];
                if runtime.wake_at.is_some_and(|at| at <= context.now) {
                    runtime.wake_at = None;
                }
                runtime.queue.ripen(context.now);
                self.schedule(name, context);
            }
            (timer::CALLS, _) => {
                for (_, tag) in self.calls.expired(&self.session, context) {
                    self.answered(tag, Err(sim::literal!("context deadline exceeded")), context);
                }
            }
            (timer::THROTTLE, _) => self.release(context),
            _ => {}
        }
    }

    /// Works on one item of a controller.
    fn step(&mut self, name: Name, context: &mut Context<'_>) {
        let now = context.now;
        let runtime = &mut self.runtimes[name as usize];
        let Some(item) = runtime.queue.take(now) else { return };
        let outcome = self.controllers.get(name).reconcile(&item, &self.world, now);
        let runtime = &mut self.runtimes[name as usize];
        runtime.count(now, &item, &outcome);
        let Outcome { batches, events, requeue_after, also, also_at, retry, note } = outcome;
        if let Some(note) = note {
            context.note(note.template, note.args);
        }
        for other in also {
            runtime.queue.add(other);
        }
        for (other, at) in also_at {
            runtime.queue.add_at(other, at, now);
        }
        for event in events {
            runtime.recorder.record(
                &mut self.session,
                context,
                &event.about,
                event.kind,
                event.reason,
                &event.message,
            );
        }
        let underway = Underway { batches: batches.into(), outstanding: 0, failed: retry, requeue_after };
        runtime.underway.insert(item.clone(), underway);
        self.advance(name, item, context);
    }

    /// Sends an item's next batch, or ends its work.
    fn advance(&mut self, name: Name, item: Item, context: &mut Context<'_>) {
        let runtime = &mut self.runtimes[name as usize];
        let Some(underway) = runtime.underway.get_mut(&item) else { return };
        if underway.outstanding > 0 {
            return;
        }
        if underway.failed || underway.batches.is_empty() {
            let Some(underway) = runtime.underway.remove(&item) else { return };
            for call in underway.batches.iter().flatten() {
                self.controllers.get(name).on_skipped(&item, &call.purpose);
            }
            runtime.queue.done(&item);
            if underway.failed {
                runtime.queue.add_rate_limited(item, context.now);
            } else {
                runtime.queue.forget(&item);
                if let Some(after) = underway.requeue_after {
                    runtime.queue.add_after(item, after, context.now);
                }
            }
            self.schedule(name, context);
            return;
        }
        let batch = underway.batches.pop_front().unwrap_or_default();
        underway.outstanding = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        for call in batch {
            let Call { request, purpose, tolerate, on_success, on_failure } = call;
            let tag = Tag { controller: name, item: item.clone(), purpose, tolerate, on_success, on_failure };
            self.submit(request, tag, context);
        }
    }

    /// Sends a request now, or when the request limit allows it.
    fn submit(&mut self, request: Request, tag: Tag, context: &mut Context<'_>) {
        if self.config.qps > 0 {
            if self.held.is_empty() && self.admit(context.now) {
                return self.send(request, tag, context);
            }
            if self.held.is_empty() {
                self.wait_for_admission(context);
            }
            self.held.push_back((request, tag));
            return;
        }
        self.send(request, tag, context);
    }

    fn send(&mut self, mut request: Request, tag: Tag, context: &mut Context<'_>) {
        request.credential = Credential::ServiceAccount(tag.controller.account());
        let agent: Str = format!("{}/{}", self.config.agent, tag.controller.as_str()).into();
        let id = self.session.send_as(context, agent, request);
        self.calls.track(id, tag, context);
    }

    /// One request's share of a second.
    fn interval(&self) -> Duration {
        Duration::from_secs(1) / self.config.qps.max(1)
    }

    /// Takes a token of the bucket: `burst` tokens at most, `qps` new ones a second.
    fn admit(&mut self, now: SimTime) -> bool {
        let full = self.full_at.max(now) + self.interval();
        let admitted = full.since(now) <= self.interval() * self.config.burst.max(1);
        if admitted {
            self.full_at = full;
        }
        admitted
    }

    fn wait_for_admission(&self, context: &mut Context<'_>) {
        let ahead = self.full_at.since(context.now) + self.interval();
        let wait = ahead.saturating_sub(self.interval() * self.config.burst.max(1));
        context.timer(wait, Token::new(timer::THROTTLE, 0));
    }

    fn release(&mut self, context: &mut Context<'_>) {
        while !self.held.is_empty() && self.admit(context.now) {
            if let Some((request, tag)) = self.held.pop_front() {
                self.send(request, tag, context);
            }
        }
        if !self.held.is_empty() {
            self.wait_for_admission(context);
        }
    }

    fn on_response(&mut self, id: RequestId, response: &Arc<Response>, context: &mut Context<'_>) {
        if let Some(tag) = self.calls.take(id) {
            let good = response.is_success() || tag.tolerate.contains(&response.status);
            let answer = if good { Ok(response.as_ref()) } else { Err(response.message()) };
            self.answered(tag, answer, context);
        }
    }

    fn answered(&mut self, tag: Tag, answer: Result<&Response, Str>, context: &mut Context<'_>) {
        let Tag { controller: name, item, purpose, on_success, on_failure, .. } = tag;
        let runtime = &mut self.runtimes[name as usize];
        let event = match &answer {
            Ok(response) => on_success.map(|event| (event, name_in(response.value()))),
            Err(message) => on_failure.map(|event| (event, message.clone())),
        };
        if let Some((event, word)) = event {
            let message = event.message.replace("{}", &word);
            runtime.recorder.record(
                &mut self.session,
                context,
                &event.about,
                event.kind,
                event.reason,
                &message,
            );
        }
        if let Err(message) = &answer {
            runtime.failed(message.clone());
        }
        let heard = answer.as_ref().map(|response| *response);
        self.controllers.get(name).on_answer(&item, &purpose, heard, context.now, &mut runtime.queue);
        if let Some(underway) = runtime.underway.get_mut(&item) {
            underway.outstanding = underway.outstanding.saturating_sub(1);
            underway.failed |= answer.is_err();
        }
        self.advance(name, item, context);
        self.schedule(name, context);
    }
}

impl Component for ControllerManager {
    fn handle(&mut self, input: Input, context: &mut Context<'_>) {
        if input == Input::Start {
            return self.start(context);
        }
        if let Some((kind, deltas)) = self.world.on_input(&input, &mut self.session, context) {
            return self.on_deltas(kind, &deltas, context);
        }
        for runtime in &mut self.runtimes {
            if runtime.recorder.on_input(&input, &mut self.session, context) {
                return;
            }
        }
        match input {
            Input::Response { id, response } => self.on_response(id, &response, context),
            Input::Failed { id, reason } => {
                if let Some(tag) = self.calls.take(id) {
                    self.answered(tag, Err(reason), context);
                }
            }
            Input::Timer(token) => self.on_timer(token, context),
            Input::Start | Input::Frame { .. } => {}
        }
    }
}
