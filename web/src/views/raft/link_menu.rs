//! What can be done to a link: each direction by itself.

use std::time::Duration;

use lab::Fault;
use sim::LinkRule;
use yew::prelude::*;

use super::act;
use super::popover::{button, close, number};
use super::scene::Scene;
use crate::hooks::{use_raft_texts, use_session};

/// The menu of a link.
pub fn menu(scene: &Scene, a: u32, b: u32) -> Html {
    let (session, r, t) = (&scene.session, scene.r, scene.t);
    let both = {
        let session = session.clone();
        move || session.fault(Fault::Cut(act::ends(a, b, false)))
    };
    let heal = {
        let session = session.clone();
        move || {
            close(&session);
            session.fault(Fault::Heal(act::ends(a, b, false)));
        }
    };
    html! {
        <>
            <h2>{ format!("{} – {}", scene.name(a), scene.name(b)) }</h2>
            <div class="actions">
                { button(r.cut_both, "bad", "", both) }
                { button(t.heal, "primary", "", heal) }
            </div>
            <Direction from={a} to={b} rule={scene.rule(a, b)} names={format!("{} → {}", scene.name(a), scene.name(b))} />
            <Direction from={b} to={a} rule={scene.rule(b, a)} names={format!("{} → {}", scene.name(b), scene.name(a))} />
        </>
    }
}

#[derive(Properties, PartialEq)]
struct DirectionProps {
    from: u32,
    to: u32,
    rule: LinkRule,
    names: String,
}

#[component]
fn Direction(props: &DirectionProps) -> Html {
    let (session, r) = (use_session(), use_raft_texts());
    let (from, to) = (props.from, props.to);
    let (latency, loss) = (use_node_ref(), use_node_ref());
    // Not drawn anew while time plays: that would take away what somebody types.
    let rule = props.rule;
    let switch = |text: &'static str, on: bool, change: fn(LinkRule, bool) -> LinkRule| {
        let session = session.clone();
        let onclick = move |_: MouseEvent| {
            let before = act::rule(&session, from, to);
            act::set_rule(&session, from, to, change(before, !on));
        };
        html! { <button data-part="button" aria-pressed={on.to_string()} {onclick}>{ text }</button> }
    };
    let onsubmit = {
        let (session, latency, loss) = (session.clone(), latency.clone(), loss.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let before = act::rule(&session, from, to);
            let latency_us = number(&latency).map_or(before.latency_ns / 1000, |ms| ms.min(60_000) * 1000);
            // The field counts whole milliseconds: what it can't show stays as it is.
            let latency_ns = if latency_us / 1000 == before.latency_ns / 1_000_000 {
                before.latency_ns
            } else {
                Duration::from_micros(latency_us).as_nanos() as u64
            };
            let loss_ppm =
                number(&loss).map_or(before.loss_ppm, |percent| (percent.min(100) * 10_000) as u32);
            act::set_rule(&session, from, to, LinkRule { latency_ns, loss_ppm, ..before });
        }
    };
    html! {
        <fieldset>
            <legend>{ &props.names }</legend>
            <div class="actions">
                { switch(r.cut, rule.cut, |rule, cut| LinkRule { cut, ..rule }) }
                { switch(r.hold_new, rule.hold, |rule, hold| LinkRule { hold, ..rule }) }
            </div>
            <form class="row" {onsubmit}>
                <label>{ r.latency }<input ref={latency} type="number" min="0" max="60000" value={(rule.latency_ns / 1_000_000).to_string()} /></label>
                <span class="quiet">{ "ms" }</span>
                <label>{ r.loss }<input ref={loss} type="number" min="0" max="100" value={(rule.loss_ppm / 10_000).to_string()} /></label>
                <span class="quiet">{ "%" }</span>
                <button type="submit" data-part="button">{ r.set }</button>
            </form>
        </fieldset>
    }
}
