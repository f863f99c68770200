//! The etcd members: their role as a letter, their election timer as an arc.

use lab::view::{MemberView, Role, Target};
use sim::Actor;
use yew::prelude::*;

use super::Board;
use super::press::pressable;
use crate::draw::Point;
use crate::draw::geometry::arc;
use crate::infra::i18n::{Texts, fill};
use crate::infra::ui::Selection;

/// All members.
pub fn members(board: &Board, t: &'static Texts) -> Html {
    board
        .picture
        .members
        .iter()
        .zip(&board.map.members)
        .map(|(member, at)| one(board, t, member, *at))
        .collect()
}

const fn letter(member: &MemberView) -> &'static str {
    if !member.up {
        return "×";
    }
    match member.role {
        Role::Leader => "L",
        Role::Follower => "F",
        Role::Candidate => "C",
        Role::PreCandidate => "P",
        Role::Learner => "l",
    }
}

const fn role(member: &MemberView, t: &'static Texts) -> &'static str {
    if !member.up {
        return t.down;
    }
    match member.role {
        Role::Leader => t.role_leader,
        Role::Follower => t.role_follower,
        Role::Candidate => t.role_candidate,
        Role::PreCandidate => t.role_pre,
        Role::Learner => t.role_learner,
    }
}

fn one(board: &Board, t: &'static Texts, member: &MemberView, at: Point) -> Html {
    let r = board.map.member_radius;
    let leads = member.up && member.role == Role::Leader;
    // The timer runs down: what is left is drawn.
    let left = 1.0 - f64::from(member.timer_permille) / 1000.0;
    let (x, anchor, y) = name_place(board, at);
    let term = if member.up { fill(t.term, &[&member.term.to_string()]) } else { t.down.to_owned() };
    let (cx, cy) = (format!("{:.1}", at.x), format!("{:.1}", at.y));
    let inside = html! {
        <>
            <circle class="disc" cx={cx.clone()} cy={cy.clone()} r={format!("{r:.1}")} />
            if leads {
                <circle class="crown" cx={cx.clone()} cy={cy.clone()} r={format!("{:.1}", r + 3.5)} />
            } else if member.up {
                <path class="timer" d={arc(at, r + 3.5, left)} />
            }
            <text class="role" x={cx} y={format!("{:.1}", at.y + 5.0)}>{ letter(member) }</text>
            <text class="member-name" x={format!("{x:.1}")} y={format!("{y:.1}")} text-anchor={anchor}>
                { if board.map.narrow { member.name.to_string() } else { format!("{} {term}", member.name) } }
            </text>
        </>
    };
    let class = classes!("member", leads.then_some("leads"), (!member.up).then_some("is-down"));
    let words = format!("{}: {}, {term}", member.name, role(member, t));
    let selection = Selection::Target(Target::Process(Actor::Etcd(member.index)));
    pressable(&board.session, selection, class, words, member.name.to_string(), inside)
}

/// Names stand outside of the ring, where there is room.
fn name_place(board: &Board, at: Point) -> (f64, &'static str, f64) {
    let (ring, r) = (board.map.ring, board.map.member_radius);
    if board.map.narrow {
        let below = at.y > ring.y;
        return (
            at.x.min(board.map.width - 46.0),
            "middle",
            if below { at.y + r + 17.0 } else { at.y - r - 8.0 },
        );
    }
    if at.x < ring.x - 1.0 {
        (at.x - r - 10.0, "end", at.y + 5.0)
    } else {
        (at.x + r + 10.0, "start", at.y + 5.0)
    }
}
