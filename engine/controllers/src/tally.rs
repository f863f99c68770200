//! Pods by controller, counted as they change, so that a ReplicaSet of thousands does not look at all of its pods
//! for each of them.

use api::{Object, Value};
use client::Delta;
use imbl::OrdMap;
use sim::{Digest, Str};

/// Pods of one controller that have the same labels.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    digest: Digest,
    /// Their labels.
    pub labels: Value,
    /// Neither terminal nor terminating.
    pub active: u32,
    /// Active and ready.
    pub ready: u32,
    /// Not terminal, but terminating.
    pub terminating: u32,
    /// All.
    pub total: u32,
}

/// How one pod counts.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Share {
    active: bool,
    ready: bool,
    terminating: bool,
}

fn share(pod: &Object) -> Share {
    let Some(pod) = pod.pod() else {
        return Share { active: false, ready: false, terminating: false };
    };
    let active = pod.is_active();
    Share { active, ready: active && pod.is_ready(), terminating: pod.is_terminating() && !pod.is_terminal() }
}

fn labels(pod: &Object) -> Value {
    pod.value().at(&["metadata", "labels"]).cloned().unwrap_or_default()
}

fn controller_uid(pod: &Object) -> Option<&Str> {
    pod.controller()?.get("uid")?.as_str()
}

/// All controllers' pods. Derived from the pod informer, so it adds nothing to the state hash.
#[derive(Clone, Debug, Default)]
pub struct Tallies {
    by_controller: OrdMap<Str, Vec<Group>>,
}

impl std::hash::Hash for Tallies {
    fn hash<H: std::hash::Hasher>(&self, _state: &mut H) {}
}

impl Tallies {
    /// The groups of a controller's pods: one, unless somebody changed labels.
    pub fn of(&self, uid: &str) -> &[Group] {
        self.by_controller.get(uid).map_or(&[], |groups| groups.as_slice())
    }

    /// Follows a change of a pod.
    pub fn apply(&mut self, delta: &Delta) {
        if let (Some(old), Some(new)) = (&delta.old, &delta.new)
            && !counts_differently(old, new)
        {
            return;
        }
        if let Some(old) = &delta.old {
            self.count(old, -1);
        }
        if let Some(new) = &delta.new {
            self.count(new, 1);
        }
    }

    fn count(&mut self, pod: &Object, by: i32) {
        let Some(uid) = controller_uid(pod) else { return };
        let labels = labels(pod);
        let digest = labels.digest();
        let mut groups = self.by_controller.get(uid).cloned().unwrap_or_default();
        let at = groups.iter().position(|group| group.digest == digest).unwrap_or_else(|| {
            groups.push(Group { digest, labels, active: 0, ready: 0, terminating: 0, total: 0 });
            groups.len() - 1
        });
        let Share { active, ready, terminating } = share(pod);
        let group = &mut groups[at];
        let add = |count: &mut u32, counts: bool| {
            if counts {
                *count = count.saturating_add_signed(by);
            }
        };
        add(&mut group.active, active);
        add(&mut group.ready, ready);
        add(&mut group.terminating, terminating);
        add(&mut group.total, true);
        if group.total == 0 {
            groups.remove(at);
        }
        if groups.is_empty() {
            self.by_controller.remove(uid);
        } else {
            self.by_controller.insert(uid.clone(), groups);
        }
    }
}

/// True when the change of a pod matters to whoever controls it.
pub fn counts_differently(old: &Object, new: &Object) -> bool {
    share(old) != share(new)
        || controller_uid(old) != controller_uid(new)
        || old.value().at(&["metadata", "labels"]) != new.value().at(&["metadata", "labels"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::pod;

    #[test]
    fn counts_follow_the_pods() {
        let mut tallies = Tallies::default();
        let pending = pod("a", "p1").owner("ReplicaSet", "web", "u1").label("app", "web").build();
        let ready = pod("a", "p1").owner("ReplicaSet", "web", "u1").label("app", "web").ready().build();
        let gone =
            pod("a", "p1").owner("ReplicaSet", "web", "u1").label("app", "web").ready().terminating().build();
        let numbers = |tallies: &Tallies| {
            tallies.of("u1").iter().map(|g| (g.active, g.ready, g.terminating, g.total)).collect::<Vec<_>>()
        };
        tallies.apply(&Delta { old: None, new: Some(pending.clone()) });
        assert_eq!(numbers(&tallies), [(1, 0, 0, 1)]);
        tallies.apply(&Delta { old: Some(pending), new: Some(ready.clone()) });
        assert_eq!(numbers(&tallies), [(1, 1, 0, 1)]);
        tallies.apply(&Delta { old: Some(ready), new: Some(gone.clone()) });
        assert_eq!(numbers(&tallies), [(0, 0, 1, 1)]);
        tallies.apply(&Delta { old: Some(gone), new: None });
        assert_eq!(numbers(&tallies), []);
    }
}
