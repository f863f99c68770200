//! Running ahead to the next thing of a kind that happens in Raft.

use std::time::Duration;

use lab::Lab;
use lab::view::MessageId;
use sim::{Actor, SimTime};

use super::work::End;

/// Virtual time after which a search gives up: a healthy cluster may never elect again.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goal {
    /// A pending event: a message's arrival, or a member's own step.
    Event(MessageId),
    /// Any event of one member: a message, a tick, an fsync, an apply.
    StepOf(u32),
    /// A member's role changes: somebody stands, wins, or steps down.
    Election,
    /// The commit index of the member that is farthest grows.
    Commit,
}

/// A search under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RaftSearch {
    goal: Goal,
    /// What it was at the start, and when to give up; `None` before the start.
    start: Option<(Vec<u64>, SimTime)>,
}

impl RaftSearch {
    /// A new search.
    pub fn new(goal: Goal) -> RaftSearch {
        RaftSearch { goal, start: None }
    }

    /// Takes at most `events_max` events; how it ended, or `None` when there is more to do.
    pub fn batch(&mut self, lab: &mut Lab, events_max: u64) -> Option<End> {
        let goal = self.goal;
        let (before, limit) = self.start.get_or_insert_with(|| (signature(lab, goal), lab.now() + PATIENCE));
        for _ in 0..events_max {
            if let Goal::Event(id) = goal {
                // False while it is not there yet; without it, time does not go on.
                let due = lab.cluster().connections().place(id).at;
                if lab.step_to_event(id, 1) || lab.next_at().is_none_or(|at| at > due) {
                    return Some(End::Done);
                }
                continue;
            }
            if lab.next_at().is_none_or(|at| at > *limit) || lab.step().is_none() {
                return Some(End::Cancelled);
            }
            let found = match goal {
                Goal::StepOf(member) => handled_by(lab) == Some(Actor::Etcd(member)),
                Goal::Event(_) => true,
                Goal::Election | Goal::Commit => signature(lab, goal) != *before,
            };
            if found {
                return Some(End::Done);
            }
        }
        None
    }
}

/// Who handled the last event.
fn handled_by(lab: &Lab) -> Option<Actor> {
    lab.cluster().trace().last().map(|record| lab::narrate::handler(&record.event))
}

/// What changes when the goal is reached.
fn signature(lab: &Lab, goal: Goal) -> Vec<u64> {
    let cluster = lab.cluster();
    let members = cluster.member_indexes().map(|index| cluster.member(index));
    match goal {
        Goal::Event(_) | Goal::StepOf(_) => Vec::new(),
        // A member that is down has no role.
        Goal::Election => members.map(|m| m.map_or(u64::MAX, |m| m.role() as u64)).collect(),
        Goal::Commit => vec![members.flatten().map(|m| m.commit_index().0).max().unwrap_or(0)],
    }
}
