//! Running ahead to a time.

use std::time::Duration;

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::hooks::{use_session, use_texts};
use crate::infra::Session;
use crate::infra::clock::parse_duration;
use crate::infra::i18n::fill;
use crate::infra::work::Job;
use sim::SimTime;

/// The menu.
#[component]
pub fn Until() -> Html {
    let (session, t) = (use_session(), use_texts());
    let open = use_state(|| false);
    let wish = use_node_ref();
    let run = {
        let open = open.clone();
        move |session: &Session, to: SimTime| {
            session.step(Job::RunUntil(to));
            open.set(false);
        }
    };
    let ahead = |seconds: u64| {
        let (session, run) = (session.clone(), run.clone());
        let onclick = move |_: MouseEvent| {
            let to = session.state().lab().now() + Duration::from_secs(seconds);
            run(&session, to);
        };
        html! { <button role="menuitem" {onclick}>{ fill(t.until_plus, &[&seconds.to_string()]) }</button> }
    };
    let onsubmit = {
        let (session, run, wish) = (session.clone(), run.clone(), wish.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let text = wish.cast::<HtmlInputElement>().map(|i| i.value()).unwrap_or_default();
            if let Some(span) = parse_duration(&text) {
                run(&session, SimTime::ZERO + span);
            }
        }
    };
    let toggle = {
        let open = open.clone();
        move |_: MouseEvent| open.set(!*open)
    };
    let onkeydown = {
        let open = open.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                open.set(false);
            }
        }
    };
    let anchor = use_node_ref();
    let onfocusout = {
        let (open, anchor) = (open.clone(), anchor.clone());
        move |event: FocusEvent| {
            let to: Option<web_sys::Node> = event.related_target().and_then(|t| t.dyn_into().ok());
            let inside = anchor.cast::<web_sys::Node>().is_some_and(|a| a.contains(to.as_ref()));
            if !inside {
                open.set(false);
            }
        }
    };
    html! {
        <span class="menu-anchor" ref={anchor} {onkeydown} {onfocusout}>
            <button onclick={toggle} aria-haspopup="menu" aria-expanded={open.to_string()}>{ t.until }</button>
            if *open {
                <div class="menu" role="menu">
                    { for [1, 10, 60].map(ahead) }
                    <form {onsubmit}>
                        <label>{ t.until_time }<input ref={wish} type="text" size="6" placeholder="60s" /></label>
                        <button type="submit">{ t.until_go }</button>
                    </form>
                </div>
            }
        </span>
    }
}
