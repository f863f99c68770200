//! One member: its role as a letter, its clocks as arcs, its disk and its store as lamps.

use lab::view::{RaftMember, Role};
use yew::prelude::*;

use super::clock::{self, CLOCK};
use super::link::px;
use super::rove;
use super::scene::Scene;
use crate::draw::ring::Side;
use crate::draw::{Point, format};
use crate::infra::i18n::{RaftTexts, Texts, fill};
use crate::infra::raft_ui::Chosen;

/// The lines of words beside a disc are so far apart.
const LINE: f64 = 14.0;
/// How wide the bar of a running fsync is.
const BAR: f64 = 34.0;

/// All members, those that never started too.
pub fn members(scene: &Scene) -> Html {
    let parts = scene.who.iter().zip(&scene.ring.places).enumerate().map(|(i, (index, at))| {
        match scene.member(*index) {
            Some(member) => one(scene, member, *at, i == 0),
            None => ghost(scene, *index, *at, i == 0),
        }
    });
    html! { <g class="raft-members" data-group="members">{ for parts }</g> }
}

/// The letter in the disc.
pub const fn letter(member: &RaftMember) -> &'static str {
    if member.failed.is_some() {
        return "!";
    }
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

/// The role in a word.
pub fn role(member: &RaftMember, t: &'static Texts, r: &'static RaftTexts) -> &'static str {
    if member.failed.is_some() {
        return r.failed;
    }
    if !member.up {
        return t.down;
    }
    if !member.joined {
        return r.removed;
    }
    match member.role {
        Role::Leader => t.role_leader,
        Role::Follower => t.role_follower,
        Role::Candidate => t.role_candidate,
        Role::PreCandidate => t.role_pre,
        Role::Learner => t.role_learner,
    }
}

/// Opens a member's popover, or moves it to the next group of a partition.
fn press(scene: &Scene, index: u32) -> impl Fn() + Clone + use<> {
    let session = scene.session.clone();
    move || {
        session.ui(|ui| {
            if ui.raft.groups.is_some() {
                ui.raft.next_group(index);
            } else {
                ui.raft.chosen = Some(Chosen::Member(index));
            }
        });
    }
}

fn frame(scene: &Scene, index: u32, class: Classes, label: String, first: bool, inside: Html) -> Html {
    let press = press(scene, index);
    let (chosen, group) = {
        let state = scene.session.state();
        let raft = &state.ui().raft;
        let group = raft.groups.as_ref().map(|groups| groups.get(&index).copied());
        (raft.chosen == Some(Chosen::Member(index)), group)
    };
    let onclick = {
        let press = press.clone();
        move |event: MouseEvent| {
            event.stop_propagation();
            press();
        }
    };
    let session = scene.session.clone();
    let onkeydown = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "Enter" | " " => press(),
            "n" => super::act::search(&session, crate::infra::raft_search::Goal::StepOf(index)),
            _ => {
                rove::arrow(&event);
                return;
            }
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let badge = group.flatten();
    let class = classes!(
        "press",
        "raft-member",
        class,
        chosen.then_some("chosen"),
        badge.map(|g| format!("group-{g}"))
    );
    let at = scene.place(index).unwrap_or_default();
    let r = scene.ring.disc;
    html! {
        <g key={index} {class} role="button" data-part="member" data-key={format!("member-{index}")} data-member={index.to_string()}
            tabindex={if first { "0" } else { "-1" }} aria-label={label} aria-haspopup="dialog" {onclick} {onkeydown}>
            { inside }
            if let Some(group) = badge {
                <circle class="badge" cx={px(at.x - r * 0.8)} cy={px(at.y - r * 0.8)} r="10" />
                <text class="badge-name" x={px(at.x - r * 0.8)} y={px(at.y - r * 0.8 + 4.0)}>{ group_name(group) }</text>
            }
        </g>
    }
}

/// `A`, `B`, `C`.
pub const fn group_name(group: u8) -> &'static str {
    match group {
        0 => "A",
        1 => "B",
        _ => "C",
    }
}

/// A member that a configuration names and that never started.
fn ghost(scene: &Scene, index: u32, at: Point, first: bool) -> Html {
    let name = scene.name(index);
    let label = format!("{name}: {}", scene.r.never_started);
    let inside = html! {
        <>
            <circle class="disc" cx={px(at.x)} cy={px(at.y)} r={px(scene.ring.disc)} />
            <text class="role" x={px(at.x)} y={px(at.y + 5.0)}>{ "?" }</text>
            { words(scene, at, &[(classes!("name"), name.clone()), (classes!("facts-line"), scene.r.never_started.to_owned())]) }
        </>
    };
    frame(scene, index, classes!("is-down", "ghost"), label, first, inside)
}

fn one(scene: &Scene, member: &RaftMember, at: Point, first: bool) -> Html {
    let (t, r) = (scene.t, scene.r);
    let leads = member.up && member.role == Role::Leader;
    let radius = scene.ring.disc;
    let small = if scene.ring.narrow { 1.0 } else { 0.0 };
    let inside = html! {
        <>
            <circle class="disc" cx={px(at.x)} cy={px(at.y)} r={px(radius)} />
            { clock::clock(scene, member, at) }
            <text class="role" x={px(at.x)} y={px(at.y + 1.0)}>{ letter(member) }</text>
            <text class="term mono" x={px(at.x)} y={px(at.y + 15.0 - small)}>{ format!("T{}", member.term) }</text>
            { clock::below(scene, member, at) }
            { beside(scene, member, at) }
        </>
    };
    let word = role(member, t, r);
    let class = classes!(
        leads.then_some("leads"),
        (!member.up).then_some("is-down"),
        (!member.joined).then_some("is-removed"),
        member.failed.is_some().then_some("has-failed"),
        (member.up && matches!(member.role, Role::Candidate | Role::PreCandidate)).then_some("stands"),
        (member.up && member.role == Role::Learner).then_some("learns"),
    );
    let numbers = [member.term, member.last_index, member.commit, member.applied].map(|n| n.to_string());
    let label =
        fill(r.member_label, &[&member.name, word, &numbers[0], &numbers[1], &numbers[2], &numbers[3]]);
    frame(scene, member.index, class, label, first, inside)
}

/// Lines of words beside the disc, away from the ring.
fn words(scene: &Scene, at: Point, lines: &[(Classes, String)]) -> Html {
    let (x, anchor) = beside_x(scene, at);
    let top = at.y + 5.0 - (lines.len() as f64 - 1.0) * LINE / 2.0;
    lines
        .iter()
        .enumerate()
        .map(|(i, (class, line))| {
            html! { <text class={class.clone()} x={px(x)} y={px(top + i as f64 * LINE)} text-anchor={anchor}>{ line }</text> }
        })
        .collect()
}

fn beside_x(scene: &Scene, at: Point) -> (f64, &'static str) {
    let gap = scene.ring.disc + CLOCK + 9.0;
    match scene.ring.side(at) {
        Side::Left => (at.x - gap, "end"),
        Side::Right => (at.x + gap, "start"),
    }
}

fn beside(scene: &Scene, member: &RaftMember, at: Point) -> Html {
    let (t, r) = (scene.t, scene.r);
    let mut lines = vec![(classes!("name"), member.name.to_string())];
    if scene.ring.narrow {
        lines.push((classes!("facts-line"), role(member, t, r).to_owned()));
        return html! { <>{ words(scene, at, &lines) }{ lamps(scene, member, at, false) }</> };
    }
    lines.push((classes!("facts-line", "role-line"), role(member, t, r).to_owned()));
    let second = if let Some(why) = &member.failed {
        (classes!("facts-line", "bad-text"), format::shorten(why, 24))
    } else if let Some(to) = member.transferee {
        (classes!("facts-line", "care-text"), fill(r.hands_over, &[&scene.name(to)]))
    } else if let Some(vote) = member.vote {
        (classes!("facts-line"), fill(r.voted_for, &[&scene.name(vote)]))
    } else {
        (classes!("facts-line"), r.no_vote.to_owned())
    };
    lines.push(second);
    if member.up {
        // Room for the lamps.
        lines.push((classes!(), String::new()));
        lines.push((classes!(), String::new()));
    }
    html! { <>{ words(scene, at, &lines) }{ lamps(scene, member, at, true) }</> }
}

/// Disk and store at work: a lamp each, and what they do.
fn lamps(scene: &Scene, member: &RaftMember, at: Point, with_words: bool) -> Html {
    if !member.up {
        return Html::default();
    }
    let r = scene.r;
    let (x, anchor) = beside_x(scene, at);
    let disk = &member.disk;
    let writing =
        disk.fsync_done.map(|done| (done.since(scene.now).as_nanos() as f64, disk.latency_us.1 as f64 * 1e3));
    let waiting =
        if disk.appends_waiting > 1 { format!(" +{}", disk.appends_waiting - 1) } else { String::new() };
    let slow = disk.latency_us.0 >= 10_000;
    let disk_says = match writing {
        _ if disk.lies => r.disk_lies.to_owned(),
        Some((left, _)) if scene.exact => format!("fsync {}{waiting}", micros(left)),
        Some(_) => format!("fsync{waiting}"),
        None if slow => r.disk_slow.to_owned(),
        None => r.disk_synced.to_owned(),
    };
    let disk_class = match (disk.lies, writing) {
        (true, _) => "lamp lies",
        (_, Some(_)) => "lamp busy",
        _ => "lamp",
    };
    let behind = member.commit.saturating_sub(member.applied);
    let (apply_class, apply_says) = if behind > 0 {
        ("lamp busy", fill(r.to_apply, &[&behind.to_string()]))
    } else {
        ("lamp on", fill(r.applied_to, &[&member.applied.to_string()]))
    };
    let bar =
        writing.map(|(left, whole)| if whole > 0.0 { (1.0 - left / whole).clamp(0.0, 1.0) } else { 1.0 });
    let (lamp_x, text_x) = if anchor == "end" { (x - 4.0, x - 12.0) } else { (x + 4.0, x + 12.0) };
    if !with_words {
        let y = at.y + 5.0 + LINE * 1.6;
        return html! {
            <>
                <circle class={disk_class} cx={px(lamp_x)} cy={px(y)} r="3.5" />
                <rect class={apply_class} x={px(lamp_x + if anchor == "end" { -15.0 } else { 8.0 })} y={px(y - 3.5)} width="7" height="7" />
            </>
        };
    }
    let y = at.y + 5.0 + LINE;
    html! {
        <g class="lamps">
            <circle class={disk_class} cx={px(lamp_x)} cy={px(y - 4.0)} r="3.5" />
            <text class="facts-line" x={px(text_x)} y={px(y)} text-anchor={anchor}>{ disk_says }</text>
            if let Some(part) = bar {
                <rect class="fsync" x={px(if anchor == "end" { x - BAR } else { x })} y={px(y + 2.5)} width={px(BAR * part)} height="1.5" />
            }
            <rect class={apply_class} x={px(lamp_x - 3.5)} y={px(y + LINE - 7.5)} width="7" height="7" />
            <text class="facts-line" x={px(text_x)} y={px(y + LINE)} text-anchor={anchor}>{ apply_says }</text>
        </g>
    }
}

/// A short time: `640 µs`, `1.2 ms`, `85 ms`.
pub fn micros(nanos: f64) -> String {
    let micros = nanos / 1e3;
    if micros < 1000.0 {
        format!("{micros:.0} µs")
    } else if micros < 20_000.0 {
        format!("{:.1} ms", micros / 1e3)
    } else {
        format!("{:.0} ms", micros / 1e3)
    }
}
