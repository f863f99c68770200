//! The etcd members side by side: roles, logs, and what the leader knows of the others.

use lab::view::{MemberView, Role, Target};
use sim::Actor;
use yew::prelude::*;

use super::frame;
use crate::draw::format;
use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::i18n::{Texts, fill};
use crate::infra::ui::Selection;
use crate::infra::{Session, Topic};

/// Entries before the last one that the bars show.
const WINDOW: u64 = 40;

/// The view.
#[component]
pub fn Raft() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Lab);
    let picture = session.state().picture();
    let members = &picture.members;
    let last = members.iter().map(|m| m.last_index).max().unwrap_or(0);
    let leader = members.iter().filter(|m| m.up && m.role == Role::Leader).max_by_key(|m| m.term);
    let body = html! {
        <>
            <table class="wide">
                <thead><tr>
                    { for [t.member, t.role, t.term_column, t.vote, t.leader, t.last_index, t.commit, t.applied, t.revision, t.disk, t.log].map(|c| html! { <th>{ c }</th> }) }
                </tr></thead>
                <tbody>{ for members.iter().map(|m| row(&session, t, m, last)) }</tbody>
            </table>
            if let Some(leader) = leader {
                <h3>{ fill(t.progress_of, &[&leader.name]) }</h3>
                { progress(leader, members, t) }
            } else {
                <p class="care-text">{ t.no_leader }</p>
            }
        </>
    };
    frame(t.raft, t.raft_hint, body)
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

fn row(session: &Session, t: &'static Texts, member: &MemberView, last: u64) -> Html {
    let index = member.index;
    let onclick = {
        let session = session.clone();
        move |_: MouseEvent| {
            session.ui(|ui| ui.selected = Some(Selection::Target(Target::Process(Actor::Etcd(index)))));
        }
    };
    let other = |who: Option<u32>| who.map_or_else(|| "—".to_owned(), |i| format!("etcd-{i}"));
    html! {
        <tr key={index} class={classes!((!member.up).then_some("is-down"))}>
            <td><button class="plain link" {onclick}>{ member.name.to_string() }</button></td>
            <td><span class={classes!("role-word", (member.up && member.role == Role::Leader).then_some("leads"))}>{ role(member, t) }</span></td>
            <td class="mono">{ member.term }</td>
            <td class="mono">{ other(member.vote) }</td>
            <td class="mono">{ other(member.leader) }</td>
            <td class="mono">{ member.last_index }</td>
            <td class="mono">{ member.commit }</td>
            <td class="mono">{ member.applied }</td>
            <td class="mono">{ member.revision }</td>
            <td class="mono">{ format::bytes(member.db_bytes) }</td>
            <td>{ log_bar(member, last) }</td>
        </tr>
    }
}

/// The last entries of a log: applied, committed, only appended.
fn log_bar(member: &MemberView, last: u64) -> Html {
    let first = last.saturating_sub(WINDOW);
    html! {
        <svg class="log-bar" width="204" height="14" aria-hidden="true">
            { for (first + 1..=last).map(|i| {
                let class = if i <= member.applied { "entry applied" } else if i <= member.commit { "entry committed" }
                    else if i <= member.last_index { "entry appended" } else { "entry" };
                html! { <rect {class} x={((i - first - 1) * 5 + 1).to_string()} y="1" width="4" height="12" rx="1" /> }
            }) }
        </svg>
    }
}

fn progress(leader: &MemberView, members: &[MemberView], t: &'static Texts) -> Html {
    html! {
        <table class="wide">
            <thead><tr>{ for [t.follower, t.matched, t.next, t.state].map(|c| html! { <th>{ c }</th> }) }</tr></thead>
            <tbody>
                { for leader.progress.iter().map(|p| {
                    let name = members.iter().find(|m| m.index == p.index).map_or_else(|| format!("etcd-{}", p.index), |m| m.name.to_string());
                    html! {
                        <tr key={p.index}>
                            <td>{ name }</td><td class="mono">{ p.matched }</td><td class="mono">{ p.next }</td><td class="mono">{ p.state.to_string() }</td>
                        </tr>
                    }
                }) }
            </tbody>
        </table>
    }
}
