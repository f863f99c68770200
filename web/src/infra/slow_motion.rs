//! Slow motion: a message between members takes half a millisecond, a heartbeat comes every hundred. No one speed shows both; so time
//! goes slowly while something is under way, and as chosen in between.

use std::time::Duration;

use lab::Lab;
use lab::event::{Event, Message};
use lab::view::{RaftStep, RaftView, StepKind};
use sim::SimTime;

use super::frame::now_ms;

/// Virtual seconds a wall second while something is under way: a message travels for about half a second.
const SLOW: f64 = 0.001;
/// An fsync alone is watched at this speed.
const SLOW_DISK: f64 = 0.004;
/// Nothing is waited for longer than this: a slow link is not slowed down further.
const FAR: Duration = Duration::from_millis(8);

/// True while one of Raft's messages is under way.
fn is_under_way(lab: &Lab) -> bool {
    let now = lab.now();
    let soon = lab.cluster().queue().iter().take_while(|(at, ..)| at.since(now) <= FAR);
    soon.into_iter().any(|(.., queued)| {
        matches!(&queued.event, Event::Deliver(envelope) if matches!(envelope.message, Message::Raft(_)))
    })
}

/// The speed of the next frame.
pub fn speed(lab: &Lab, view: &RaftView, chosen: f64) -> f64 {
    let now = lab.now();
    let works =
        |step: &RaftStep| matches!(step.kind, StepKind::Fsync | StepKind::Apply) && step.at.since(now) <= FAR;
    if is_under_way(lab) {
        SLOW.min(chosen)
    } else if view.steps.iter().any(works) {
        SLOW_DISK.min(chosen)
    } else {
        chosen
    }
}

/// Runs to `target`, but stops where something comes under way; true when the frame has got as far as it should.
pub fn run(lab: &mut Lab, target: SimTime, deadline_ms: f64) -> bool {
    let quiet = !is_under_way(lab);
    while lab.next_at().is_some_and(|at| at <= target) {
        lab.step();
        if quiet && is_under_way(lab) {
            return true;
        }
        if now_ms() >= deadline_ms {
            return false;
        }
    }
    lab.advance_clock(target);
    true
}
