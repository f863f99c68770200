//! A Deployment's status: counts, availability, progress.

use std::time::Duration;

use api::Value;
use api::types::DeploymentStatus;
use client::resource::DEPLOYMENTS;

use super::conditions::{self, COMPLETE, ENOUGH, TIMED_OUT, TOO_FEW, UPDATED};
use super::sync::Sync;
use crate::objects::{find_condition, is, time_of};
use crate::outcome::Call;

/// The counts of a status.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Counts {
    replicas: i64,
    updated: i64,
    ready: i64,
    available: i64,
    observed_generation: i64,
}

impl Counts {
    fn old(status: &DeploymentStatus) -> Counts {
        Counts {
            replicas: status.replicas.into(),
            updated: status.updated_replicas.into(),
            ready: status.ready_replicas.into(),
            available: status.available_replicas.into(),
            observed_generation: status.observed_generation,
        }
    }
}

impl Sync<'_> {
    fn counts(&self) -> Counts {
        let sum = |count: fn(&api::types::ReplicaSetStatus) -> i32| -> i64 {
            self.all().map(|set| i64::from(count(&set.typed.status))).sum()
        };
        Counts {
            replicas: sum(|s| s.replicas),
            updated: self.new.as_ref().map_or(0, |new| new.typed.status.replicas.into()),
            ready: sum(|s| s.ready_replicas),
            available: sum(|s| s.available_replicas),
            observed_generation: self.typed.metadata.generation,
        }
    }

    fn complete(&self, counts: Counts) -> bool {
        let wanted = self.numbers.replicas;
        counts.updated == wanted
            && counts.replicas == wanted
            && counts.available == wanted
            && counts.observed_generation >= self.typed.metadata.generation
    }

    /// The rollout is over, by the status as it is stored.
    pub fn is_complete(&self) -> bool {
        self.complete(Counts::old(&self.typed.status))
    }

    /// Brings the status up to date: Kubernetes' `syncRolloutStatus` (and, for a paused Deployment or one being
    /// scaled, `syncDeploymentStatus`, which leaves progress alone).
    pub fn update_status(&mut self) {
        let counts = self.counts();
        self.write_counts(counts);
        if counts.available >= self.numbers.min_available() {
            let message = "Deployment has minimum availability.";
            conditions::set(&mut self.value, "Available", "True", ENOUGH, message, self.now);
        } else {
            let message = "Deployment does not have minimum availability.";
            conditions::set(&mut self.value, "Available", "False", TOO_FEW, message, self.now);
        }
        if !self.typed.spec.paused && !self.is_scaling() && !self.object.is_terminating() {
            self.judge_progress(counts);
            self.copy_replica_failure();
        }
        if self.value == *self.object.value() {
            self.wait_for_deadline(counts);
        } else {
            self.send_status();
        }
    }

    fn write_counts(&mut self, counts: Counts) {
        let size: i64 = self.all().map(|set| i64::from(set.typed.spec.replicas.unwrap_or(1))).sum();
        let terminating: i64 =
            self.all().map(|set| i64::from(set.typed.status.terminating_replicas.unwrap_or(0))).sum();
        let mut status = self.value.get("status").cloned().unwrap_or_else(Value::map);
        let fields = [
            ("replicas", counts.replicas),
            ("updatedReplicas", counts.updated),
            ("readyReplicas", counts.ready),
            ("availableReplicas", counts.available),
            ("unavailableReplicas", (size - counts.available).max(0)),
            ("observedGeneration", counts.observed_generation),
        ];
        for (field, count) in fields {
            // Zeros are left out, as Go's `omitempty` does.
            if count == 0 {
                status.remove(&[field]);
            } else if status.int_at(&[field]) != Some(count) {
                status.set(&[field], count);
            }
        }
        if status.int_at(&["terminatingReplicas"]) != Some(terminating) {
            status.set(&["terminatingReplicas"], terminating);
        }
        if self.value.get("status").is_none_or(|known| *known != status) {
            self.value.set(&["status"], status);
        }
    }

    fn judge_progress(&mut self, counts: Counts) {
        if !self.has_deadline() {
            return conditions::remove(&mut self.value, "Progressing");
        }
        let known = find_condition(conditions::conditions(&self.value), "Progressing").cloned();
        let was_complete = known.as_ref().is_some_and(|c| is(c, "reason", COMPLETE));
        if was_complete && counts.replicas == counts.updated {
            return;
        }
        let subject = match &self.new {
            Some(new) => format!("ReplicaSet \"{}\"", new.name()),
            None => format!("Deployment \"{}\"", self.object.name()),
        };
        if self.complete(counts) {
            let message = format!("{subject} has successfully progressed.");
            conditions::set(&mut self.value, "Progressing", "True", COMPLETE, &message, self.now);
            let note = [self.object.key().to_string()];
            self.out.note("deployment {0}: the rollout is complete", note);
        } else if self.progressed(counts) {
            // The update time moves with every step: the deadline counts from the last one.
            let message = format!("{subject} is progressing.");
            conditions::renew(&mut self.value, "Progressing", "True", UPDATED, &message, self.now);
        } else if self.timed_out(known.as_ref()) {
            let message = format!("{subject} has timed out progressing.");
            conditions::set(&mut self.value, "Progressing", "False", TIMED_OUT, &message, self.now);
            let note = [self.object.key().to_string()];
            self.out.note("deployment {0}: the rollout has made no progress before its deadline", note);
        }
    }

    fn progressed(&self, new: Counts) -> bool {
        let old = Counts::old(&self.typed.status);
        new.updated > old.updated
            || new.replicas - new.updated < old.replicas - old.updated
            || new.ready > old.ready
            || new.available > old.available
    }

    fn deadline(&self) -> Duration {
        let seconds = self.typed.spec.progress_deadline_seconds.unwrap_or(0);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }

    fn timed_out(&self, progressing: Option<&Value>) -> bool {
        let Some(condition) = progressing else { return false };
        if is(condition, "reason", COMPLETE) {
            return false;
        }
        if is(condition, "reason", TIMED_OUT) {
            return true;
        }
        time_of(condition, "lastUpdateTime").is_some_and(|since| self.now.since(since) > self.deadline())
    }

    /// A rollout that stands still is looked at again when its deadline is over.
    fn wait_for_deadline(&mut self, counts: Counts) {
        if !self.has_deadline() || self.typed.spec.paused || self.complete(counts) {
            return;
        }
        let Some(condition) = find_condition(conditions::conditions(&self.value), "Progressing") else {
            return;
        };
        if is(condition, "reason", TIMED_OUT) || is(condition, "reason", COMPLETE) {
            return;
        }
        if let Some(since) = time_of(condition, "lastUpdateTime") {
            // One more second, since the time stamps are whole seconds.
            let after = (since + self.deadline()).since(self.now) + Duration::from_secs(1);
            self.out.again_after(after);
        }
    }

    /// Sends annotations and status as they have become.
    pub fn send_status(&mut self) {
        if self.value != *self.object.value() {
            self.out.call(Call::new(DEPLOYMENTS.update_status(self.value.clone())).tolerate(&[404]));
        }
    }
}
