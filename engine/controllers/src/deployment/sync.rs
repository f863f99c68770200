//! One look at one Deployment.

use api::types::{Deployment, ReplicaSet};
use api::{Object, Value};
use sim::SimTime;

use super::numbers::Numbers;
use super::revisions;
use crate::claim::claim;
use crate::outcome::Outcome;
use crate::template::equal_ignore_hash;
use crate::world::{Kind, World};

/// A ReplicaSet of the Deployment.
#[derive(Clone)]
pub struct Set<'a> {
    pub object: &'a Object,
    pub typed: &'a ReplicaSet,
    /// Its size, as decided so far in this look.
    pub replicas: i64,
}

impl Set<'_> {
    pub fn name(&self) -> &str {
        self.object.name()
    }

    pub fn available(&self) -> i64 {
        i64::from(self.typed.status.available_replicas)
    }

    pub fn created(&self) -> (Option<SimTime>, &str) {
        (self.typed.metadata.creation_timestamp, self.object.name())
    }
}

/// What is known and what has been decided.
pub struct Sync<'a> {
    pub object: &'a Object,
    pub typed: &'a Deployment,
    pub world: &'a World,
    pub now: SimTime,
    pub numbers: Numbers,
    /// The ReplicaSet of the current template, if it is there.
    pub new: Option<Set<'a>>,
    /// The others, oldest first.
    pub old: Vec<Set<'a>>,
    /// The Deployment as it is to become: annotations and status. Sent as a status update when it differs.
    pub value: Value,
    /// The new ReplicaSet's annotations are being written: its size is decided at the next look.
    pub renumbered: bool,
    pub out: Outcome,
}

impl<'a> Sync<'a> {
    pub fn new(object: &'a Object, typed: &'a Deployment, world: &'a World, now: SimTime) -> Sync<'a> {
        let mut out = Outcome::nothing();
        let claim = claim(object, &typed.spec.selector, Kind::ReplicaSets, world);
        out.batch(claim.patches);
        let mut sets: Vec<Set<'a>> = claim
            .mine
            .into_iter()
            .filter_map(|object| {
                let typed = object.replica_set()?;
                Some(Set { object, typed, replicas: i64::from(typed.spec.replicas.unwrap_or(1)) })
            })
            .collect();
        sets.sort_by(|a, b| a.created().cmp(&b.created()));
        // Should several have the current template, the oldest is it.
        let template = object.value().at(&["spec", "template"]).cloned().unwrap_or_default();
        let current = sets.iter().position(|set| {
            set.object.value().at(&["spec", "template"]).is_some_and(|t| equal_ignore_hash(t, &template))
        });
        let new = current.map(|at| sets.remove(at));
        let numbers = Numbers::of(typed);
        Sync {
            object,
            typed,
            world,
            now,
            numbers,
            new,
            old: sets,
            value: object.value().clone(),
            renumbered: false,
            out,
        }
    }

    /// Decides. The order is that of Kubernetes' `syncDeployment`.
    pub fn run(mut self) -> Outcome {
        if self.object.is_terminating() {
            self.update_status();
            return self.out;
        }
        if self.paused_changed() {
            self.send_status();
            return self.out;
        }
        if self.typed.spec.paused || self.is_scaling() {
            revisions::keep(&mut self);
            if !self.renumbered {
                self.scale();
            }
            if self.typed.spec.paused {
                self.clean_up();
            }
            self.update_status();
            return self.out;
        }
        if self.numbers.rolling {
            self.roll()
        } else {
            self.recreate()
        }
        self.out
    }

    /// All ReplicaSets, the old ones first.
    pub fn all(&self) -> impl Iterator<Item = &Set<'a>> {
        self.old.iter().chain(&self.new)
    }

    /// The size of all ReplicaSets together.
    pub fn total(&self) -> i64 {
        self.all().map(|set| set.replicas).sum()
    }

    /// A Deployment with a progress deadline has a Progressing condition.
    pub fn has_deadline(&self) -> bool {
        self.typed.spec.progress_deadline_seconds.is_some_and(|seconds| seconds != i32::MAX)
    }
}
