//! The scheduler's decisions: who was ruled out and why, and how the others scored.

use lab::view::{Decision, NodeVerdict};
use yew::prelude::*;

use super::frame;
use crate::draw::format;
use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::Topic;
use crate::infra::i18n::{Texts, fill};

/// Machines of one decision that are shown at the most.
const NODES_MAX: usize = 60;

/// The view.
#[component]
pub fn Schedule() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Lab);
    let chosen = use_state(|| None::<(String, u64)>);
    let picture = session.state().picture();
    let decisions = &picture.scheduler.decisions;
    let key = |d: &Decision| (d.pod.to_string(), d.at.as_nanos());
    let current = decisions.iter().find(|d| Some(key(d)) == *chosen).or_else(|| decisions.first());
    let Some(current) = current else {
        return frame(t.schedule, t.schedule_hint, html! { <p class="quiet">{ t.no_decisions }</p> });
    };
    let current_key = key(current);
    let list = decisions.iter().map(|decision| {
        let this = key(decision);
        let pressed = (this == current_key).to_string();
        let chosen = chosen.clone();
        let where_to = decision.node.as_ref().map_or(t.no_fit, |n| n.as_str());
        html! {
            <li key={format!("{this:?}")}>
                <button class="plain pick" aria-pressed={pressed} onclick={move |_: MouseEvent| chosen.set(Some(this.clone()))}>
                    <span class="mono">{ decision.pod.to_string() }</span>
                    <span class="quiet">{ format!("→ {where_to}") }</span>
                    <span class="mono quiet">{ format::clock(decision.at) }</span>
                </button>
            </li>
        }
    });
    let body = html! {
        <div class="two">
            <ul class="picks">{ for list }</ul>
            <div>{ verdicts(current, t) }</div>
        </div>
    };
    frame(t.schedule, t.schedule_hint, body)
}

fn verdicts(decision: &Decision, t: &'static Texts) -> Html {
    let mut plugins: Vec<&str> = Vec::new();
    for (plugin, _) in decision.nodes.iter().flat_map(|n| &n.scores) {
        if !plugins.contains(&plugin.as_str()) {
            plugins.push(plugin);
        }
    }
    let rest = decision.nodes.len().saturating_sub(NODES_MAX);
    html! {
        <>
            <table class="wide">
                <thead><tr>
                    <th>{ t.node }</th>
                    { for plugins.iter().map(|p| html! { <th>{ *p }</th> }) }
                    <th>{ t.total }</th>
                </tr></thead>
                <tbody>{ for decision.nodes.iter().take(NODES_MAX).map(|n| verdict(decision, n, &plugins, t)) }</tbody>
            </table>
            if rest > 0 {
                <p class="quiet">{ fill(t.more_nodes, &[&rest.to_string()]) }</p>
            }
        </>
    }
}

fn verdict(decision: &Decision, node: &NodeVerdict, plugins: &[&str], t: &'static Texts) -> Html {
    let won = decision.node.as_ref() == Some(&node.node);
    let name = html! { <td class="mono">{ node.node.to_string() }{ if won { format!(" ✓ {}", t.chosen) } else { String::new() } }</td> };
    if let Some((plugin, reason)) = &node.filtered {
        return html! {
            <tr key={node.node.to_string()}>
                { name }
                <td class="bad-text" colspan={(plugins.len() + 1).to_string()}>{ fill(t.filtered_by, &[plugin, reason]) }</td>
            </tr>
        };
    }
    let score = |plugin: &str| {
        node.scores.iter().find(|(p, _)| p == plugin).map_or_else(|| "—".to_owned(), |(_, s)| s.to_string())
    };
    html! {
        <tr key={node.node.to_string()} class={won.then_some("won")}>
            { name }
            { for plugins.iter().map(|p| html! { <td class="mono">{ score(p) }</td> }) }
            <td class="mono">{ node.total }</td>
        </tr>
    }
}
