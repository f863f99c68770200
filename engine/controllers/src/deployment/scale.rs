//! Scaling: all at once, or in proportion while a rollout is under way.

use client::resource::REPLICA_SETS;

use super::revisions::{DESIRED, MAX};
use super::sync::{Set, Sync};
use crate::outcome::{Call, EventDraft};

impl<'a> Sync<'a> {
    /// True when the Deployment's size changed since its ReplicaSets were last sized.
    pub fn is_scaling(&self) -> bool {
        self.all().filter(|set| set.replicas > 0).any(|set| {
            let desired = set.object.annotation(DESIRED).and_then(|text| text.parse::<i64>().ok());
            desired.is_some_and(|desired| desired != self.numbers.replicas)
        })
    }

    /// Kubernetes' `scale`.
    pub fn scale(&mut self) {
        let active: Vec<&Set<'a>> = self.all().filter(|set| set.replicas > 0).collect();
        let only = match active.as_slice() {
            [] => self.new.as_ref().or(self.old.last()),
            [one] => Some(*one),
            _ => None,
        };
        if let Some(set) = only {
            if set.replicas != self.numbers.replicas {
                let set = set.clone();
                self.resize(&set, self.numbers.replicas);
            }
            return;
        }
        if self.is_saturated() {
            for set in self.old.clone().iter().filter(|set| set.replicas > 0) {
                self.resize(set, 0);
            }
            return;
        }
        if self.numbers.rolling {
            self.scale_in_proportion();
        }
    }

    /// The new ReplicaSet is all there, available, and was sized for the current wish.
    fn is_saturated(&self) -> bool {
        self.new.as_ref().is_some_and(|new| {
            let desired = new.object.annotation(DESIRED).and_then(|text| text.parse::<i64>().ok());
            new.replicas == self.numbers.replicas
                && desired == Some(self.numbers.replicas)
                && new.available() == self.numbers.replicas
        })
    }

    fn scale_in_proportion(&mut self) {
        let mut sets: Vec<Set<'a>> = self.all().filter(|set| set.replicas > 0).cloned().collect();
        let total: i64 = sets.iter().map(|set| set.replicas).sum();
        let allowed = if self.numbers.replicas > 0 { self.numbers.max_total() } else { 0 };
        let to_add = allowed - total;
        // The largest first; among equals the newest when growing, the oldest when shrinking.
        sets.sort_by(|a, b| {
            let age = a.created().cmp(&b.created());
            b.replicas.cmp(&a.replicas).then(if to_add > 0 { age.reverse() } else { age })
        });
        let mut added = 0;
        let mut sizes = Vec::with_capacity(sets.len());
        for set in &sets {
            let annotated = set.object.annotation(MAX).and_then(|text| text.parse::<i64>().ok());
            let before = annotated.unwrap_or(i64::from(self.typed.status.replicas));
            let share = self.numbers.proportion(set.replicas, before, to_add, added);
            added += share;
            sizes.push(set.replicas + share);
        }
        // What rounding left over goes to the largest.
        if let Some(first) = sizes.first_mut() {
            *first = (*first + to_add - added).max(0);
        }
        for (set, size) in sets.iter().zip(sizes) {
            self.resize(set, size);
        }
    }

    /// Gives a ReplicaSet a size, and notes the Deployment's own size on it. True when its size changes.
    pub fn resize(&mut self, set: &Set<'a>, size: i64) -> bool {
        let desired = self.numbers.replicas.to_string();
        let max = self.numbers.max_total().to_string();
        let annotated =
            |name: &str, text: &str| set.object.annotation(name).is_some_and(|known| *known == text);
        let resized = set.replicas != size;
        if !resized && annotated(DESIRED, &desired) && annotated(MAX, &max) {
            return false;
        }
        let mut value = set.object.value().clone();
        value.set(&["spec", "replicas"], size);
        value.set(&["metadata", "annotations", DESIRED], desired);
        value.set(&["metadata", "annotations", MAX], max);
        let mut call = Call::new(REPLICA_SETS.update(value));
        if resized {
            let direction = if size > set.replicas { "up" } else { "down" };
            let message =
                format!("Scaled {direction} replica set {} from {} to {size}", set.name(), set.replicas);
            call = call.on_success(EventDraft::normal(self.object, "ScalingReplicaSet", message));
            let words = [self.object.key().to_string(), direction.to_owned(), set.name().to_owned()];
            let words = words.into_iter().chain([set.replicas.to_string(), size.to_string()]);
            self.out.note("deployment {0}: scale {1} {2} from {3} to {4}", words);
        }
        self.out.call(call);
        let name = set.object.name();
        for known in self.old.iter_mut().chain(&mut self.new).filter(|known| known.object.name() == name) {
            known.replicas = size;
        }
        resized
    }
}
