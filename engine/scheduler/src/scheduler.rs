//! The process: informers feed cache and queue; one pod is scheduled per step; bindings go to the API server.

use std::sync::Arc;
use std::time::Duration;

use api::{Object, object};
use client::events::{EventRecorder, EventType};
use client::resource::{NODES, PODS, REPLICA_SETS, SERVICES};
use client::{
    Calls, Component, Context, Delta, Handled, Informer, Input, PatchType, Selection, Session, requests,
};
use sim::{SimTime, Str, Stream, Token};

use crate::cache::Cache;
use crate::cycle::{self, Outcome};
use crate::decision::{Decision, Decisions};
use crate::pod_info::PodInfo;
use crate::queue::Queue;

/// The name that pods ask for in `spec.schedulerName`.
const NAME: &str = "default-scheduler";

/// The kinds of this process' timers.
mod timer {
    pub const STEP: u16 = 1;
    pub const FLUSH: u16 = 2;
    pub const INFORMER: u16 = 3;
    pub const RECORDER: u16 = 4;
    pub const CALLS: u16 = 5;
}

/// What a request was sent for.
#[derive(Clone, Debug, Hash)]
enum Purpose {
    Bind { pod: Object, node: Str },
    Status,
}

/// kube-scheduler.
#[derive(Clone, Debug, Hash)]
pub struct Scheduler {
    session: Session,
    pods: Informer,
    nodes: Informer,
    services: Informer,
    replica_sets: Informer,
    recorder: EventRecorder,
    calls: Calls<Purpose>,
    cache: Cache,
    queue: Queue,
    decisions: Decisions,
    /// Where the last cycle stopped looking at nodes.
    start: u32,
    stepping: bool,
    flush_at: Option<SimTime>,
    scheduled: u64,
}

impl Scheduler {
    /// A process that has not started.
    pub fn new(random: Stream) -> Scheduler {
        let informer = |resource: &client::Resource, fields: &'static str, arg| {
            let selection = Selection { fields: fields.into(), ..Selection::default() };
            Informer::new(resource.clone(), selection, &[], Token::new(timer::INFORMER, arg))
        };
        Scheduler {
            session: Session::new("kube-scheduler", random),
            pods: informer(&PODS, "status.phase!=Succeeded,status.phase!=Failed", 0),
            nodes: informer(&NODES, "", 1),
            services: informer(&SERVICES, "", 2),
            replica_sets: informer(&REPLICA_SETS, "", 3),
            recorder: EventRecorder::new(NAME, "", Token::new(timer::RECORDER, 0)),
            calls: Calls::new(Duration::from_secs(30), Token::new(timer::CALLS, 0)),
            cache: Cache::default(),
            queue: Queue::default(),
            decisions: Decisions::default(),
            start: 0,
            stepping: false,
            flush_at: None,
            scheduled: 0,
        }
    }

    /// Pods to try next, waiting after a failure, without a place, and gated.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Nodes and pods as the scheduler knows them.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// The latest decisions.
    pub fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// Pods that were bound since the process started.
    pub fn scheduled(&self) -> u64 {
        self.scheduled
    }

    fn informers(&mut self) -> [&mut Informer; 4] {
        // Pods last: when they come, the nodes are known.
        [&mut self.nodes, &mut self.services, &mut self.replica_sets, &mut self.pods]
    }

    fn synced(&self) -> bool {
        [&self.nodes, &self.services, &self.replica_sets, &self.pods].iter().all(|i| i.synced())
    }

    fn offer(&mut self, input: &Input, context: &mut Context<'_>) -> bool {
        let mut session = self.session.clone();
        for i in 0..4 {
            let handled = self.informers()[i].on_input(input, &mut session, context);
            if let Handled::Deltas(deltas) = handled {
                self.session = session;
                match i {
                    0 => self.on_nodes(&deltas, context),
                    3 => self.on_pods(&deltas, context),
                    _ => {}
                }
                self.go_on(context);
                return true;
            }
        }
        false
    }

    fn on_nodes(&mut self, deltas: &[Delta], context: &Context<'_>) {
        let mut helps = false;
        for delta in deltas {
            let name = &delta.key().name;
            helps |= match (&delta.old, &delta.new) {
                (Some(old), Some(new)) => may_help(old, new),
                (None, Some(_)) => true,
                (_, None) => false,
            };
            self.cache.set_node(name, delta.new.clone());
        }
        if helps {
            self.queue.move_unschedulable(context.now);
        }
    }

    fn on_pods(&mut self, deltas: &[Delta], context: &Context<'_>) {
        let mut room = false;
        for delta in deltas {
            let key = delta.key();
            let Some(object) = &delta.new else {
                room |= self.cache.place_of(key).is_some();
                self.cache.remove(key);
                self.queue.delete(key);
                continue;
            };
            let Some(info) = PodInfo::new(object) else { continue };
            let spec = &info.pod().spec;
            if !spec.node_name.is_empty() {
                let node = spec.node_name.clone();
                self.queue.delete(key);
                self.cache.confirm(Arc::new(info), &node);
            } else if spec.scheduler_name == NAME && !self.cache.is_assumed(key) {
                if info.pod().is_terminating() {
                    self.queue.delete(key);
                } else if delta.old.as_ref().is_none_or(|old| !only_status(old, object)) {
                    let gated = !spec.scheduling_gates.is_empty();
                    self.queue.add(key, info.priority(), gated, context.now);
                }
            }
        }
        if room {
            self.queue.move_unschedulable(context.now);
        }
    }

    /// Sets the timers for what comes next.
    fn go_on(&mut self, context: &mut Context<'_>) {
        if !self.stepping && self.queue.has_active() && self.synced() {
            self.stepping = true;
            context.timer(Duration::ZERO, Token::new(timer::STEP, 0));
        }
        if let Some(at) = self.queue.next_flush()
            && self.flush_at.is_none_or(|set| at < set)
        {
            self.flush_at = Some(at);
            context.timer_at(at, Token::new(timer::FLUSH, 0));
        }
    }

    fn step(&mut self, context: &mut Context<'_>) {
        self.stepping = false;
        if let Some((key, popped_at)) = self.queue.pop() {
            match self.pods.store().get(&key).and_then(PodInfo::new) {
                Some(pod) => self.schedule(pod, popped_at, context),
                None => self.queue.delete(&key),
            }
        }
        self.go_on(context);
    }

    fn schedule(&mut self, pod: PodInfo, popped_at: u64, context: &mut Context<'_>) {
        let mut start = self.start as usize;
        let outcome = cycle::run(
            &pod,
            &mut self.cache,
            self.services.store(),
            self.replica_sets.store(),
            &mut start,
            self.session.random(),
        );
        self.start = start as u32;
        let Outcome { node, verdicts, looked_at, reasons, crowded } = outcome;
        let key = pod.key().clone();
        self.decisions.push(Decision {
            at: context.now,
            pod: key.clone(),
            node: node.clone(),
            verdicts,
            looked_at,
        });
        match node {
            Some(node) => {
                context.note(
                    "scheduler: {0} goes to {1}, the best of {2} nodes",
                    [Str::from(key.to_string()), node.clone(), Str::from(looked_at.to_string())],
                );
                let object = pod.object.clone();
                let request = requests::bind(&object, &node);
                self.cache.assume(Arc::new(pod), &node);
                let purpose = Purpose::Bind { pod: object, node };
                self.calls.send(&mut self.session, context, request, purpose);
            }
            None => {
                let message = no_fit(looked_at, &reasons, crowded);
                context.note("scheduler: no node for {0}: {1}", [key.to_string(), message.clone()]);
                self.queue.failed(&key, popped_at, true, context.now);
                self.report(&pod.object, &message, context);
            }
        }
    }

    /// Tells the world why a pod stays where it is: an Event and the pod's condition.
    fn report(&mut self, pod: &Object, message: &str, context: &mut Context<'_>) {
        self.recorder.record(
            &mut self.session,
            context,
            pod,
            EventType::Warning,
            "FailedScheduling",
            message,
        );
        let condition = pod.pod().and_then(|p| p.condition("PodScheduled"));
        if condition.is_some_and(|c| c.status == "False" && c.message == message) {
            return;
        }
        let since = match condition {
            Some(c) if c.status == "False" => c.last_transition_time,
            _ => None,
        };
        let patch = object! { "status": { "conditions": [{
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": message,
            "lastProbeTime": null,
            "lastTransitionTime": since.unwrap_or(context.now).rfc3339()
        }]}};
        let request = PODS.patch_status(pod.key(), PatchType::Strategic, patch);
        self.calls.send(&mut self.session, context, request, Purpose::Status);
    }

    fn answered(&mut self, purpose: Purpose, failure: Option<String>, context: &mut Context<'_>) {
        let Purpose::Bind { pod, node } = purpose else { return };
        let key = pod.key().clone();
        match failure {
            None => {
                self.scheduled += 1;
                self.queue.delete(&key);
                let text = format!("Successfully assigned {key} to {node}");
                self.recorder.record(&mut self.session, context, &pod, EventType::Normal, "Scheduled", &text);
            }
            Some(why) => {
                if self.cache.is_assumed(&key) {
                    self.cache.remove(&key);
                }
                // Gone while its binding was under way: nothing to try again.
                if self.pods.store().get(&key).is_none_or(Object::is_terminating) {
                    return self.queue.delete(&key);
                }
                context.note(
                    "scheduler: binding {0} to {1} failed: {2}",
                    [Str::from(key.to_string()), node, Str::from(why.as_str())],
                );
                self.queue.failed(&key, u64::MAX, false, context.now);
                self.go_on(context);
            }
        }
    }
}

impl Component for Scheduler {
    fn handle(&mut self, input: Input, context: &mut Context<'_>) {
        if let Input::Start = input {
            let mut session = self.session.clone();
            for informer in self.informers() {
                informer.start(&mut session, context);
            }
            self.session = session;
            return;
        }
        if self.offer(&input, context) || self.recorder.on_input(&input, &mut self.session, context) {
            return;
        }
        match input {
            Input::Timer(Token { kind: timer::STEP, .. }) => self.step(context),
            Input::Timer(Token { kind: timer::FLUSH, .. }) => {
                self.flush_at = None;
                self.queue.flush(context.now);
                self.go_on(context);
            }
            Input::Timer(Token { kind: timer::CALLS, .. }) => {
                for (_, purpose) in self.calls.expired(&self.session, context) {
                    self.answered(purpose, Some("context deadline exceeded".to_owned()), context);
                }
            }
            Input::Response { id, response } => {
                if let Some(purpose) = self.calls.take(id) {
                    let failure = (!response.is_success()).then(|| response.message().to_string());
                    self.answered(purpose, failure, context);
                }
            }
            Input::Failed { id, reason } => {
                if let Some(purpose) = self.calls.take(id) {
                    self.answered(purpose, Some(reason.to_string()), context);
                }
            }
            Input::Start | Input::Frame { .. } | Input::Timer(_) => {}
        }
    }
}

/// True when a node's change can make room for a pod that had none.
fn may_help(old: &Object, new: &Object) -> bool {
    let differs = |path: &[&str]| {
        let (a, b) = (old.value().at(path), new.value().at(path));
        match (a, b) {
            (Some(a), Some(b)) => !a.same(b) && a != b,
            (None, None) => false,
            _ => true,
        }
    };
    differs(&["metadata", "labels"]) || differs(&["spec"]) || differs(&["status", "allocatable"])
}

/// True when two versions of a pod differ in nothing that a scheduler reads.
fn only_status(old: &Object, new: &Object) -> bool {
    let same = |path: &[&str]| old.value().at(path) == new.value().at(path);
    same(&["spec"])
        && same(&["metadata", "labels"])
        && same(&["metadata", "uid"])
        && same(&["metadata", "deletionTimestamp"])
}

/// kube-scheduler's sentence when no node fits, with the one about preemption behind it.
fn no_fit(nodes: u32, reasons: &std::collections::BTreeMap<String, u32>, crowded: u32) -> String {
    if nodes == 0 {
        return "no nodes available to schedule pods".to_owned();
    }
    let mut parts: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.sort();
    // Where others take the room, preemption looks for victims; the lab does not preempt yet and finds none.
    let mut preemption = Vec::new();
    if crowded > 0 {
        preemption.push(format!("{crowded} No preemption victims found for incoming pod"));
    }
    if nodes > crowded {
        preemption.push(format!("{} Preemption is not helpful for scheduling", nodes - crowded));
    }
    preemption.sort();
    format!(
        "0/{nodes} nodes are available: {}. preemption: 0/{nodes} nodes are available: {}.",
        parts.join(", "),
        preemption.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_of_no_fit() {
        let reasons =
            [("Insufficient cpu".to_owned(), 2), ("node(s) had untolerated taint(s)".to_owned(), 1)].into();
        assert_eq!(
            no_fit(3, &reasons, 2),
            "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. preemption: 0/3 nodes \
             are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod."
        );
        assert_eq!(no_fit(0, &[].into(), 0), "no nodes available to schedule pods");
    }
}
