//! What can be done to the whole group, and where it stands.

use lab::Fault;
use yew::prelude::*;

use super::scene::{leader, name_of};
use super::{act, forms};
use crate::hooks::{use_raft_texts, use_redraw, use_session, use_texts};
use crate::infra::i18n::fill;
use crate::infra::raft_search::Goal;
use crate::infra::raft_ui::Form;
use crate::infra::work::Job;
use crate::infra::{Session, Topic};

/// Two lines: what is, and what can be done.
#[component]
pub fn Toolbar() -> Html {
    let (session, t, r) = (use_session(), use_texts(), use_raft_texts());
    // Not with every change of the lab: what is shown here changes by the person's hand, or stops the lab.
    use_redraw(Topic::Ui);
    let (invariants, partition, form, slow) = {
        let state = session.state();
        let raft = &state.ui().raft;
        (raft.invariants, raft.groups.is_some(), raft.form, raft.slow)
    };
    let promises = session.state().lab().invariants();
    let broken = promises.iter().filter(|i| i.broken.is_some()).count();
    let button = |text: &str, title: &'static str, action: fn(&Session)| {
        let session = session.clone();
        html! { <button {title} onclick={move |_: MouseEvent| action(&session)}>{ text }</button> }
    };
    let switch = |text: &str, title: &'static str, on: bool, action: fn(&Session, bool)| {
        let session = session.clone();
        html! { <button {title} aria-pressed={on.to_string()} onclick={move |_: MouseEvent| action(&session, !on)}>{ text }</button> }
    };
    let holds = act::holds_all(&session);
    html! {
        <>
            <div class="panel-head raft-head">
                <h2>{ t.raft }</h2>
                <forms::Strip />
                <button class={classes!("promise-switch", if broken > 0 { "broken" } else { "holds" })} aria-pressed={invariants.to_string()}
                    title={r.invariants_title} onclick={let session = session.clone(); move |_: MouseEvent| session.ui(|ui| ui.raft.invariants = !ui.raft.invariants)}>
                    <span class="mark" aria-hidden="true">{ if broken > 0 { "✕ " } else { "✓ " } }</span>
                    <span class="promise-word">{ t.invariants }</span>
                    <span class="mono">{ format!(" {}/{}", promises.len() - broken, promises.len()) }</span>
                </button>
            </div>
            <div class="raft-tools" role="toolbar" aria-label={r.tools}>
                { switch(if holds { r.holding } else { r.hold_all }, r.hold_all_title, holds, act::hold_all) }
                { switch(r.slow, r.slow_title, slow, |s, on| s.ui(|ui| ui.raft.slow = on)) }
                <span class="tool-group" role="group" aria-label={r.next_group}>
                    { button(r.next_message, r.next_message_title, |s| s.step(Job::NextRaft)) }
                    { button(r.next_commit, r.next_commit_title, |s| act::search(s, Goal::Commit)) }
                    { button(r.next_election, r.next_election_title, |s| act::search(s, Goal::Election)) }
                </span>
                { switch(r.propose_dots, r.propose_title, form == Some(Form::Propose), |s, on| s.ui(|ui| {
                    ui.raft.groups = None;
                    ui.raft.form = on.then_some(Form::Propose);
                })) }
                { switch(r.add_dots, r.add_title, form == Some(Form::AddMember), |s, on| s.ui(|ui| {
                    ui.raft.groups = None;
                    ui.raft.form = on.then_some(Form::AddMember);
                })) }
                { switch(r.partition_dots, r.partition_title, partition, |s, on| s.ui(|ui| {
                    ui.raft.form = None;
                    ui.raft.chosen = None;
                    ui.raft.groups = on.then(Default::default);
                })) }
                { button(r.split, r.split_title, act::split_vote) }
                { button(r.heal_all, r.heal_all_title, |s| s.fault(Fault::HealAll)) }
            </div>
        </>
    }
}

/// Where the group stands, in a line.
pub fn status(session: &Session) -> Html {
    let (view, t, r) = {
        let state = session.state();
        let language = state.ui().language;
        (state.raft(), language.texts(), language.raft())
    };
    let commit = view.members.iter().filter(|m| m.up).map(|m| m.commit).max().unwrap_or(0);
    let term = view.members.iter().map(|m| m.term).max().unwrap_or(0);
    let held = view.messages.iter().filter(|m| m.held).count();
    let text = match leader(&view) {
        Some(member) => {
            fill(r.status, &[&name_of(&view, member.index), &member.term.to_string(), &commit.to_string()])
        }
        None => fill(r.status_no_leader, &[t.no_leader, &term.to_string(), &commit.to_string()]),
    };
    html! {
        <span class="quiet raft-status">
            { text }
            if held > 0 {
                <span class="care-text">{ format!(" · {}", fill(r.held_count, &[&held.to_string()])) }</span>
            }
        </span>
    }
}
