//! A member's clocks: the election timer as an arc of ticks that runs down, the time to the next heartbeats, a candidate's votes.

use lab::view::{RaftMember, Role, TimerView};
use sim::SimTime;
use yew::prelude::*;

use super::link::px;
use super::scene::Scene;
use crate::draw::Point;
use crate::draw::geometry::arc;
use crate::infra::i18n::fill;

/// Pixels from the disc to the arc of the clock.
pub const CLOCK: f64 = 6.0;

/// How much of a tick has passed.
fn tick_part(timer: &TimerView, now: SimTime) -> f64 {
    let whole = timer.tick.as_secs_f64();
    match timer.next_tick {
        Some(next) if whole > 0.0 => (1.0 - next.since(now).as_secs_f64() / whole).clamp(0.0, 1.0),
        _ => 0.0,
    }
}

/// The election timer as an arc of ticks that runs down; for a leader, the time to its next heartbeats.
pub fn clock(scene: &Scene, member: &RaftMember, at: Point) -> Html {
    if !member.up || member.failed.is_some() {
        return Html::default();
    }
    let timer = &member.timer;
    let part = tick_part(timer, scene.now);
    let radius = scene.ring.disc;
    if member.role == Role::Leader {
        let whole = f64::from(timer.heartbeat_ticks.max(1));
        let left = (whole - f64::from(timer.heartbeat_elapsed) - part).clamp(0.0, whole);
        return html! {
            <>
                <circle class="crown" cx={px(at.x)} cy={px(at.y)} r={px(radius + 3.5)} />
                <path class="beat" d={arc(at, radius + CLOCK + 2.0, left / whole)} />
            </>
        };
    }
    if member.role == Role::Learner || !member.joined {
        // It has no election to wait for.
        return Html::default();
    }
    let whole = f64::from(timer.timeout_ticks.max(1));
    let left = (whole - f64::from(timer.elapsed_ticks) - part).clamp(0.0, whole);
    let late = left <= whole / 3.0;
    html! {
        <>
            <circle class="timer-way" cx={px(at.x)} cy={px(at.y)} r={px(radius + CLOCK)} />
            if left > 0.01 {
                <path class={classes!("timer", late.then_some("late"))} d={arc(at, radius + CLOCK, left / whole)}
                    pathLength={format!("{left:.3}")} stroke-dasharray="0.82 0.18" />
            }
        </>
    }
}

/// Under the disc: a candidate's votes, or the exact ticks while somebody can read them.
pub fn below(scene: &Scene, member: &RaftMember, at: Point) -> Html {
    if !member.up || member.failed.is_some() {
        return Html::default();
    }
    let y = at.y + scene.ring.disc + CLOCK + 13.0;
    if matches!(member.role, Role::Candidate | Role::PreCandidate) {
        return votes(scene, member, Point::new(at.x, y - 4.0));
    }
    if !scene.exact || member.role == Role::Learner || !member.joined {
        return Html::default();
    }
    let timer = &member.timer;
    let says = if member.role == Role::Leader {
        fill(scene.r.beat_ticks, &[&timer.heartbeat_elapsed.to_string(), &timer.heartbeat_ticks.to_string()])
    } else {
        fill(scene.r.timer_ticks, &[&timer.elapsed_ticks.to_string(), &timer.timeout_ticks.to_string()])
    };
    html! { <text class="ticks mono" x={px(at.x)} y={px(y)}>{ says }</text> }
}

/// A pip for each voter: full for yes, crossed for no, empty for not yet.
fn votes(scene: &Scene, member: &RaftMember, at: Point) -> Html {
    let mut voters = member.config.voters.clone();
    voters.extend(member.config.outgoing.iter().filter(|o| !member.config.voters.contains(o)));
    let left = at.x - (voters.len().saturating_sub(1)) as f64 * 6.5;
    let pips = voters.iter().enumerate().map(|(i, voter)| {
        let x = left + i as f64 * 13.0;
        let vote = member.votes.iter().find(|(who, _)| who == voter).map(|(_, granted)| *granted);
        let (class, word) = match vote {
            Some(true) => ("pip yes", scene.r.vote_yes),
            Some(false) => ("pip no", scene.r.vote_no),
            None => ("pip", scene.r.vote_open),
        };
        html! {
            <g key={*voter}>
                <title>{ format!("{}: {word}", scene.name(*voter)) }</title>
                <circle {class} cx={px(x)} cy={px(at.y)} r="5" />
                if vote == Some(false) {
                    <path class="pip-cross" d={format!("M{:.1} {:.1}l5 5m0 -5l-5 5", x - 2.5, at.y - 2.5)} />
                }
            </g>
        }
    });
    html! { <g class="votes">{ for pips }</g> }
}
