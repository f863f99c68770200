//! The two strategies.

use api::Object;
use client::IndexBy;

use super::revisions;
use super::sync::{Set, Sync};
use crate::world::Kind;

impl<'a> Sync<'a> {
    /// `RollingUpdate`: grow the new ReplicaSet, or else shrink the old ones, or else tidy up.
    pub fn roll(&mut self) {
        if self.new.is_none() {
            // The watch brings the new ReplicaSet back, and with it the next look.
            return revisions::create(self);
        }
        revisions::keep(self);
        if self.renumbered {
            return self.update_status();
        }
        if self.grow_new() || self.shrink_old() {
            return self.update_status();
        }
        if self.is_complete() {
            self.clean_up();
        }
        self.update_status();
    }

    fn grow_new(&mut self) -> bool {
        let Some(new) = self.new.clone() else { return false };
        let wanted = self.numbers.replicas;
        match new.replicas.cmp(&wanted) {
            std::cmp::Ordering::Equal => false,
            std::cmp::Ordering::Greater => self.resize(&new, wanted),
            std::cmp::Ordering::Less => {
                let size = self.numbers.new_size(self.total(), new.replicas);
                self.resize(&new, size)
            }
        }
    }

    /// Shrinks the old ReplicaSets as far as availability allows: first pods that are not available anyway, the
    /// oldest revision first, then available ones.
    fn shrink_old(&mut self) -> bool {
        let Some(new) = self.new.clone() else { return false };
        if self.old.iter().all(|set| set.replicas == 0) {
            return false;
        }
        let new_unavailable = new.replicas - new.available();
        let max_shrink = self.total() - self.numbers.min_available() - new_unavailable;
        if max_shrink <= 0 {
            return false;
        }
        let unhealthy = self.shrink_unhealthy(max_shrink);
        let available = self.shrink_available();
        unhealthy + available > 0
    }

    fn shrink_unhealthy(&mut self, max: i64) -> i64 {
        let mut done = 0;
        for set in self.old.clone() {
            let unhealthy = set.replicas - set.available();
            if done >= max || set.replicas == 0 || unhealthy <= 0 {
                continue;
            }
            let by = unhealthy.min(max - done);
            if self.resize(&set, set.replicas - by) {
                done += by;
            }
        }
        done
    }

    fn shrink_available(&mut self) -> i64 {
        let available: i64 = self.all().map(Set::available).sum();
        let budget = available - self.numbers.min_available();
        let mut done = 0;
        for set in self.old.clone() {
            if done >= budget {
                break;
            }
            let by = set.replicas.min(budget - done);
            if by > 0 && self.resize(&set, set.replicas - by) {
                done += by;
            }
        }
        done
    }

    /// `Recreate`: end all old pods, then start the new ones.
    pub fn recreate(&mut self) {
        let mut shrunk = false;
        for set in self.old.clone().iter().filter(|set| set.replicas > 0) {
            shrunk |= self.resize(set, 0);
        }
        if shrunk || self.old_pods_run() {
            revisions::keep(self);
            return self.update_status();
        }
        let Some(new) = self.new.clone() else { return revisions::create(self) };
        revisions::keep(self);
        if !self.renumbered {
            self.resize(&new, self.numbers.replicas);
            if self.is_complete() {
                self.clean_up();
            }
        }
        self.update_status();
    }

    fn old_pods_run(&self) -> bool {
        let running = |pod: &Object| pod.pod().is_some_and(|pod| !pod.is_terminal());
        let pods = self.world.store(Kind::Pods);
        self.old.iter().any(|set| pods.by(IndexBy::Controller, &set.object.uid().0).any(running))
    }
}
