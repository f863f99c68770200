//! What the leader knows of the others, and the configuration that it acts by.

use yew::prelude::*;

use super::scene::{leader, name_of};
use crate::draw::format;
use crate::hooks::{use_raft_texts, use_redraw, use_session, use_texts};
use crate::infra::Topic;
use crate::infra::i18n::{RaftTexts, fill};
use lab::view::{ConfigView, ProgressView, RaftMember, RaftView};

/// Configuration and progress.
#[component]
pub fn Progress() -> Html {
    let (session, t, r) = (use_session(), use_texts(), use_raft_texts());
    use_redraw(Topic::Lab);
    let view = session.state().raft();
    // Without a leader, the member with the newest term says what the configuration is.
    let lead = leader(&view);
    let Some(member) =
        lead.or_else(|| view.members.iter().filter(|m| m.up).max_by_key(|m| (m.term, m.last_index)))
    else {
        return html! { <p class="care-text">{ t.no_leader }</p> };
    };
    html! {
        <>
            <h3>{ r.configuration }</h3>
            { configuration(&view, &member.config, r) }
            if let Some(leader) = lead {
                <h3>{ fill(t.progress_of, &[&leader.name]) }</h3>
                { table(&view, leader, r, t) }
            } else {
                <p class="care-text" role="status">{ t.no_leader }</p>
            }
        </>
    }
}

fn configuration(view: &RaftView, config: &ConfigView, r: &'static RaftTexts) -> Html {
    let names = |list: &[u32]| list.iter().map(|i| name_of(view, *i)).collect::<Vec<_>>().join(" ");
    let majority =
        |list: &[u32]| fill(r.majority, &[&(list.len() / 2 + 1).to_string(), &list.len().to_string()]);
    let row = |what: &'static str, class: &'static str, list: &[u32], votes: bool| {
        html! {
            <div class={classes!("config-row", class)}>
                <span class="quiet">{ what }</span>
                <span class="mono">{ names(list) }</span>
                if votes {
                    <span class="quiet">{ majority(list) }</span>
                }
            </div>
        }
    };
    let joint = !config.outgoing.is_empty();
    html! {
        <div class={classes!("config", joint.then_some("joint"))}>
            if joint {
                <p class="care-text">{ if config.auto_leave { r.joint_auto } else { r.joint } }</p>
                { row(r.outgoing, "", &config.outgoing, true) }
                { row(r.incoming, "", &config.voters, true) }
            } else {
                { row(r.voters, "", &config.voters, true) }
            }
            if !config.learners.is_empty() {
                { row(r.learners, "", &config.learners, false) }
            }
            if !config.learners_next.is_empty() {
                { row(r.learners_next, "", &config.learners_next, false) }
            }
        </div>
    }
}

fn table(
    view: &RaftView,
    leader: &RaftMember,
    r: &'static RaftTexts,
    t: &'static crate::infra::i18n::Texts,
) -> Html {
    html! {
        <div class="scroll-x">
            <table class="wide raft-progress">
                <thead><tr>{ for [t.follower, t.state, t.matched, t.next, r.inflight].map(|c| html! { <th>{ c }</th> }) }</tr></thead>
                <tbody>{ for leader.progress.iter().filter(|p| p.index != leader.index).map(|p| row(view, p, leader, r)) }</tbody>
            </table>
        </div>
    }
}

fn row(view: &RaftView, p: &ProgressView, leader: &RaftMember, r: &'static RaftTexts) -> Html {
    let (class, word, title) = match p.state.as_str() {
        "StateReplicate" => ("replicate", r.replicate, r.replicate_title),
        "StateSnapshot" => ("snapshot", r.snapshot, r.snapshot_title),
        _ => ("probe", r.probe, r.probe_title),
    };
    let behind = leader.last_index.saturating_sub(p.matched);
    let share = if p.inflight_max > 0 { p.inflight as f64 / p.inflight_max as f64 * 100.0 } else { 0.0 };
    html! {
        <tr key={p.index} class={(!p.active).then_some("is-quiet")}>
            <td>
                { name_of(view, p.index) }
                if p.learner {
                    <span class="quiet">{ format!(" {}", r.learner) }</span>
                }
            </td>
            <td>
                <span class={classes!("progress-state", class)} title={title}>{ word }</span>
                if p.paused {
                    <span class="care-text" title={r.paused_title}>{ format!(" {}", r.paused) }</span>
                }
                if p.pending_snapshot > 0 {
                    <span class="quiet">{ format!(" {}", fill(r.pending_snapshot, &[&p.pending_snapshot.to_string()])) }</span>
                }
                if !p.active {
                    <span class="quiet" title={r.silent_title}>{ format!(" {}", r.silent) }</span>
                }
            </td>
            <td class="mono">{ p.matched }
                if behind > 0 {
                    <span class="quiet">{ format!(" −{behind}") }</span>
                }
            </td>
            <td class="mono">{ p.next }</td>
            <td class="mono" title={format::bytes(p.inflight_bytes)}>
                { format!("{}/{}", p.inflight, p.inflight_max) }
                <span class="inflight" aria-hidden="true"><span style={format!("width:{share:.0}%")} /></span>
            </td>
        </tr>
    }
}
