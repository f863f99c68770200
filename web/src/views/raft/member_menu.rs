//! What can be done to a member.

use lab::Fault;
use lab::view::{Role, Target};
use sim::Actor;
use yew::prelude::*;

use super::popover::{button, close, facts, number};
use super::scene::{Scene, leader};
use super::{act, member};
use crate::hooks::{use_raft_texts, use_session};
use crate::infra::Session;
use crate::infra::i18n::fill;
use crate::infra::raft_search::Goal;
use crate::infra::ui::{Selection, Sheet};
use lab::view::RaftMember;

/// How long an fsync takes, to choose from: a name, and microseconds at least and at most.
const DISKS: [(&str, u64, u64); 4] = [
    ("0.5–2 ms", 500, 2_000),
    ("10–20 ms", 10_000, 20_000),
    ("100–200 ms", 100_000, 200_000),
    ("1–2 s", 1_000_000, 2_000_000),
];

/// The menu of a member.
pub fn menu(scene: &Scene, index: u32) -> Html {
    let Some(member) = scene.member(index) else { return ghost(scene, index) };
    let session = &scene.session;
    let r = scene.r;
    let lead = leader(&scene.view).map(|m| m.index);
    let name = member.name.to_string();
    let fault = |text: &str, class: &'static str, title: &'static str, fault: Fault| {
        let session = session.clone();
        button(text, class, title, move || session.fault(fault.clone()))
    };
    let does = |text: &str, title: &'static str, does: fn(&Session, u32)| {
        let session = session.clone();
        button(text, "", title, move || does(&session, index))
    };
    let learner = member.config.learners.contains(&index) || member.role == Role::Learner;
    html! {
        <>
            <h2>{ &name }<span class="quiet">{ format!(" · {}", member::role(member, scene.t, r)) }</span></h2>
            <div class="actions">
                if member.up {
                    { fault(r.crash, "bad", "", Fault::Crash(name.clone())) }
                } else {
                    { fault(scene.t.restart, "primary", "", Fault::Restart(name.clone())) }
                }
                if member.up {
                    { fault(r.campaign, "", r.campaign_title, Fault::Campaign(vec![name.clone()])) }
                    if !learner && lead.is_some() && lead != Some(index) {
                        { transfer(scene, member) }
                    }
                    { does(r.next_step, r.next_step_title, |s, i| act::search(s, Goal::StepOf(i))) }
                }
            </div>
            <h3>{ r.membership }</h3>
            <div class="actions">
                if learner {
                    { line(session, r.promote, format!("member promote {:x}", member.id)) }
                }
                { line(session, r.remove, format!("member remove {:x}", member.id)) }
                if !member.up {
                    { fault(r.join, "", r.join_title, Fault::Join(name.clone())) }
                }
            </div>
            if member.up {
                <ProposeHere {index} />
            }
            <h3>{ scene.t.disk }</h3>
            <div class="actions">
                { disk(scene, member) }
                { lies(session, r.lying_disk, member) }
                { fault(r.wipe, "bad", r.wipe_title, Fault::Wipe(name.clone())) }
            </div>
            if member.up {
                <TornForm name={name.clone()} />
                <ClockForm {name} tick={member.timer.tick.as_millis() as u64} heartbeat={member.timer.heartbeat_ticks} />
            }
            <h3>{ r.state }</h3>
            { facts(&state(scene, member)) }
            { button(r.inspect, "link plain", "", inspect(session, index)) }
        </>
    }
}

/// A member that was added and never started.
fn ghost(scene: &Scene, index: u32) -> Html {
    let name = scene.name(index);
    let session = scene.session.clone();
    let fault = Fault::Join(name.clone());
    html! {
        <>
            <h2>{ &name }</h2>
            <p class="quiet">{ scene.r.ghost_says }</p>
            <div class="actions">
                { button(scene.r.join, "primary", scene.r.join_title, move || {
                    close(&session);
                    session.fault(fault.clone());
                }) }
            </div>
        </>
    }
}

/// An etcdctl line.
fn line(session: &Session, text: &'static str, words: String) -> Html {
    let session = session.clone();
    button(text, "", "", move || act::etcdctl(&session, &words))
}

fn transfer(scene: &Scene, member: &RaftMember) -> Html {
    line(&scene.session, scene.r.transfer, format!("move-leader {:x}", member.id))
}

fn lies(session: &Session, text: &'static str, member: &RaftMember) -> Html {
    let session = session.clone();
    let (target, lies) = (member.name.to_string(), !member.disk.lies);
    let onclick = move |_: MouseEvent| session.fault(Fault::DiskLies { target: target.clone(), lies });
    html! { <button data-part="button" aria-pressed={member.disk.lies.to_string()} {onclick}>{ text }</button> }
}

fn disk(scene: &Scene, member: &RaftMember) -> Html {
    let session = scene.session.clone();
    let target = member.name.to_string();
    let onchange = move |event: Event| {
        let choice = event.target_dyn_into::<web_sys::HtmlSelectElement>().map(|s| s.selected_index());
        if let Some((_, min_us, max_us)) = choice.and_then(|i| DISKS.get(usize::try_from(i).ok()?).copied()) {
            session.fault(Fault::DiskLatency { target: target.clone(), min_us, max_us });
        }
    };
    let now = DISKS.iter().rposition(|(_, min, _)| member.disk.latency_us.0 >= *min).unwrap_or(0);
    html! {
        <label class="pick-one">{ "fsync " }
            <select {onchange} data-part="button" aria-label={scene.r.fsync_takes}>
                { for DISKS.iter().enumerate().map(|(i, (name, ..))| html! { <option selected={i == now}>{ *name }</option> }) }
            </select>
        </label>
    }
}

fn state(scene: &Scene, member: &RaftMember) -> Vec<(&'static str, String)> {
    let r = scene.r;
    let other = |who: Option<u32>| who.map_or_else(|| "—".to_owned(), |i| scene.name(i));
    let durable = &member.durable;
    vec![
        (r.id, format!("{:x}", member.id)),
        (r.term, member.term.to_string()),
        (scene.t.vote, other(member.vote)),
        (scene.t.leader, other(member.leader)),
        (scene.t.log, format!("{} – {}", member.first_index, member.last_index)),
        (scene.t.commit, member.commit.to_string()),
        (scene.t.applied, format!("{} · {} {}", member.applied, scene.t.revision, member.revision)),
        (
            r.on_disk,
            fill(
                r.on_disk_says,
                &[
                    &durable.term.to_string(),
                    &other(durable.vote),
                    &durable.last_index.to_string(),
                    &durable.commit.to_string(),
                ],
            ),
        ),
        (
            r.waiting,
            fill(r.waiting_says, &[&member.pending_calls.to_string(), &member.pending_reads.to_string()]),
        ),
    ]
}

/// Shows the member in the right panel.
fn inspect(session: &Session, index: u32) -> impl Fn() + use<> {
    let session = session.clone();
    move || {
        session.ui(|ui| {
            ui.selected = Some(Selection::Target(Target::Process(Actor::Etcd(index))));
            ui.panels.right_folded = false;
            ui.sheet = Sheet::Why;
        });
    }
}

#[derive(Properties, PartialEq)]
struct ProposeProps {
    index: u32,
}

/// A value, through this member.
#[component]
fn ProposeHere(props: &ProposeProps) -> Html {
    let (session, r) = (use_session(), use_raft_texts());
    let (key, value) = (use_node_ref(), use_node_ref());
    let index = props.index;
    let onsubmit = {
        let (key, value) = (key.clone(), value.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let text = |node: &NodeRef| {
                node.cast::<web_sys::HtmlInputElement>().map(|i| i.value()).unwrap_or_default()
            };
            act::propose(&session, index, &text(&key), &text(&value));
        }
    };
    html! {
        <form class="row" {onsubmit}>
            <label>{ "put " }<input ref={key} type="text" value="x" aria-label={r.key} /></label>
            <input ref={value} type="text" value="1" aria-label={r.value} />
            <button type="submit" data-part="button">{ r.propose }</button>
        </form>
    }
}

#[derive(Properties, PartialEq)]
struct TornProps {
    name: String,
}

/// A crash in the middle of a write.
#[component]
fn TornForm(props: &TornProps) -> Html {
    let (session, r) = (use_session(), use_raft_texts());
    let sectors = use_node_ref();
    let target = props.name.clone();
    let onsubmit = {
        let sectors = sectors.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            let sectors = number(&sectors).unwrap_or(1).min(1 << 20);
            session.fault(Fault::CrashTorn { target: target.clone(), sectors });
        }
    };
    html! {
        <form class="row" {onsubmit}>
            <label>{ r.torn_after }<input ref={sectors} type="number" min="0" value="1" /></label>
            <span class="quiet">{ r.sectors }</span>
            <button type="submit" class="bad" data-part="button">{ r.crash_torn }</button>
        </form>
    }
}

#[derive(Properties, PartialEq)]
struct ClockProps {
    name: String,
    tick: u64,
    heartbeat: u32,
}

/// Its tick and its timeouts.
#[component]
fn ClockForm(props: &ClockProps) -> Html {
    let (session, r) = (use_session(), use_raft_texts());
    let (tick, heartbeat, election, all) = (use_node_ref(), use_node_ref(), use_node_ref(), use_node_ref());
    let target = props.name.clone();
    let onsubmit = {
        let (tick, heartbeat, election, all) =
            (tick.clone(), heartbeat.clone(), election.clone(), all.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let small = |node: &NodeRef| number(node).filter(|n| *n > 0).map(|n| n.min(10_000) as u32);
            let all = all.cast::<web_sys::HtmlInputElement>().is_some_and(|i| i.checked());
            session.fault(Fault::Tune {
                target: if all { "all".to_owned() } else { target.clone() },
                tick_ms: number(&tick).filter(|n| *n > 0).map(|n| n.min(600_000)),
                heartbeat_ticks: small(&heartbeat),
                election_ticks: small(&election),
            });
        }
    };
    html! {
        <>
            <h3>{ r.clock }</h3>
            <form class="row" {onsubmit}>
                <label>{ r.tick }<input ref={tick} type="number" min="1" value={props.tick.to_string()} /></label>
                <span class="quiet">{ "ms" }</span>
                <label>{ r.heartbeat }<input ref={heartbeat} type="number" min="1" value={props.heartbeat.to_string()} /></label>
                <label>{ r.election }<input ref={election} type="number" min="1" placeholder="10" /></label>
                <label><input ref={all} type="checkbox" />{ r.all_members }</label>
                <button type="submit" data-part="button">{ r.set }</button>
            </form>
        </>
    }
}
