//! The latest events of the lab itself, newest first.

use lab::view::{Happened, Lane};
use yew::prelude::*;

use super::frame;
use crate::draw::format;
use crate::hooks::{use_language, use_redraw, use_session, use_texts};
use crate::infra::Topic;
use crate::infra::i18n::Language;

/// Events that are listed.
const LISTED: usize = 120;
/// Events that are looked through for them, when a lane is chosen.
const SEARCHED: usize = 2000;

/// The view.
#[component]
pub fn Trace() -> Html {
    let (session, t, language) = (use_session(), use_texts(), use_language());
    use_redraw(Topic::Lab);
    let lane = use_state(|| None::<Lane>);
    let state = session.state();
    let events: Vec<Happened> = state
        .lab()
        .latest(if lane.is_none() { LISTED } else { SEARCHED })
        .into_iter()
        .filter(|h| lane.is_none_or(|lane| h.lane == lane))
        .take(LISTED)
        .collect();
    let lanes = [
        (None, t.all),
        (Some(Lane::You), t.lane_you),
        (Some(Lane::Api), t.lane_api),
        (Some(Lane::Etcd), t.lane_etcd),
        (Some(Lane::Loops), t.lane_loops),
        (Some(Lane::Nodes), t.lane_nodes),
    ];
    let body = html! {
        <>
            <div class="filters">
                { for lanes.into_iter().map(|(which, name)| {
                    let pressed = (*lane == which).to_string();
                    let lane = lane.clone();
                    html! { <button key={name} aria-pressed={pressed} onclick={move |_: MouseEvent| lane.set(which)}>{ name }</button> }
                }) }
            </div>
            <ol class="trace">
                { for events.iter().map(|event| {
                    let session = session.clone();
                    let number = event.number;
                    let onclick = move |_: MouseEvent| session.seek(number);
                    line(event, language, Callback::from(onclick))
                }) }
            </ol>
        </>
    };
    frame(t.trace, t.trace_hint, body)
}

const fn lane_class(lane: Lane) -> &'static str {
    match lane {
        Lane::You => "lane-you",
        Lane::Api => "lane-api",
        Lane::Etcd => "lane-etcd",
        Lane::Loops => "lane-loops",
        Lane::Nodes => "lane-nodes",
    }
}

fn line(event: &Happened, language: Language, onclick: Callback<MouseEvent>) -> Html {
    html! {
        <li key={event.number.0}>
            <button class="plain" {onclick}>
                <span class="mono quiet">{ format::thousands(event.number.0) }</span>
                <span class="mono quiet">{ format::seconds(event.at) }</span>
                <span class={classes!("lane-mark", lane_class(event.lane))}>{ event.actor.to_string() }</span>
                <span>{ language.sentence(event) }</span>
            </button>
        </li>
    }
}
