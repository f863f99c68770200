//! What is picked up, and what can be done to it, next to where it is.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::board::RingProps;
use super::scene::Scene;
use super::{link_menu, member_menu, message_menu, rove};
use crate::draw::Point;
use crate::draw::ring::Ring;
use crate::hooks::{use_raft_texts, use_redraw, use_session, use_texts};
use crate::infra::raft_ui::Chosen;
use crate::infra::{Session, Topic};

/// Its width in CSS pixels; the stylesheet says the same.
const WIDTH: f64 = 292.0;
/// How far it stands from what it is about.
const GAP: f64 = 44.0;

/// The popover of what is chosen; nothing while nothing is.
#[component]
pub fn Popover(props: &RingProps) -> Html {
    let (session, t, r) = (use_session(), use_texts(), use_raft_texts());
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    let node = use_node_ref();
    // It stays where it opened: what moves is the message.
    let place = use_mut_ref(|| None::<(Chosen, String)>);
    let chosen = session.state().ui().raft.chosen;
    {
        let node = node.clone();
        use_effect_with(chosen, move |chosen| {
            if chosen.is_some()
                && let Some(first) =
                    node.cast::<Element>().and_then(|e| e.query_selector("button, input").ok()).flatten()
            {
                rove::focus(&first);
            }
        });
    }
    let Some(chosen) = chosen else {
        *place.borrow_mut() = None;
        return Html::default();
    };
    let scene = Scene::new(&session, t, r, props.ring.clone(), props.who.clone());
    let style = {
        let mut place = place.borrow_mut();
        match &*place {
            Some((what, style)) if *what == chosen => style.clone(),
            _ => {
                let style = beside(&props.ring, scene.anchor(chosen));
                *place = Some((chosen, style.clone()));
                style
            }
        }
    };
    let (label, body) = match chosen {
        Chosen::Member(index) => (scene.name(index), member_menu::menu(&scene, index)),
        Chosen::Message(id) => (t.message.to_owned(), message_menu::menu(&scene, id)),
        Chosen::Link(a, b) => {
            (format!("{} – {}", scene.name(a), scene.name(b)), link_menu::menu(&scene, a, b))
        }
    };
    let onkeydown = {
        let session = session.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.stop_propagation();
                close(&session);
            } else if !typing(&event) {
                rove::arrow(&event);
            }
        }
    };
    let on_close = {
        let session = session.clone();
        move |_: MouseEvent| close(&session)
    };
    html! {
        <div ref={node} class="raft-popover" {style} role="dialog" aria-label={label} data-group="menu" {onkeydown}>
            { body }
            <button class="plain close" onclick={on_close} aria-label={t.close} title={t.close}>{ "✕" }</button>
        </div>
    }
}

/// Arrow keys mean something else in a field.
fn typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|t| t.dyn_into::<HtmlElement>().ok());
    target.is_some_and(|e| matches!(e.tag_name().as_str(), "INPUT" | "SELECT"))
}

/// Closes it; the focus goes back to what it was about, or to the next message.
pub fn close(session: &Session) {
    let chosen = session.state().ui().raft.chosen;
    session.ui(|ui| ui.raft.chosen = None);
    let own = match chosen {
        None => return,
        Some(Chosen::Member(index)) => format!("[data-key=\"member-{index}\"]"),
        Some(Chosen::Link(a, b)) => format!("[data-key=\"link-{a}-{b}\"]"),
        Some(Chosen::Message(id)) => format!("[data-key=\"message-{}\"]", super::message::key(id)),
    };
    refocus(session, own);
}

/// Gives the focus back to what something was done to, or to the next message when it is gone.
pub fn refocus(session: &Session, own: String) {
    let session = session.clone();
    // After the page has drawn itself anew. Who has gone on to something else meanwhile is left there.
    crate::infra::frame::after(30, move || {
        let free = session.state().ui().raft.chosen.is_none() && rove::nothing_has_focus();
        if free && !rove::focus_first(&own) {
            rove::focus_first(".raft-messages [data-part]");
        }
    });
}

/// The style that puts the popover beside a point of the ring, on the side with more room.
fn beside(ring: &Ring, anchor: Option<Point>) -> String {
    let at = anchor.unwrap_or(ring.center);
    let (width, height) = ring.size;
    // Over the logs rather than over what it is about.
    let left = if at.x - GAP < WIDTH { at.x + GAP } else { at.x - GAP - WIDTH };
    let left = if ring.narrow { left.clamp(4.0, (width - WIDTH - 4.0).max(4.0)) } else { left };
    if at.y < height * 0.6 {
        let top = (at.y - 48.0).max(0.0);
        format!("left:{left:.0}px;top:{top:.0}px;max-height:{:.0}px", (height - top).max(240.0))
    } else {
        let bottom = (height - at.y - 48.0).max(0.0);
        format!(
            "left:{left:.0}px;bottom:{bottom:.0}px;max-height:{:.0}px",
            (height - bottom + 30.0).max(240.0)
        )
    }
}

/// A button of a menu.
pub fn button(text: &str, class: &'static str, title: &'static str, action: impl Fn() + 'static) -> Html {
    html! {
        <button {class} data-part="button" title={(!title.is_empty()).then_some(title)} onclick={move |_: MouseEvent| action()}>{ text }</button>
    }
}

/// Names and values.
pub fn facts(facts: &[(&'static str, String)]) -> Html {
    html! {
        <dl class="facts">
            { for facts.iter().map(|(name, value)| html! { <><dt>{ *name }</dt><dd class="mono">{ value }</dd></> }) }
        </dl>
    }
}

/// The number in a field.
pub fn number(node: &NodeRef) -> Option<u64> {
    node.cast::<web_sys::HtmlInputElement>()?.value().trim().parse().ok()
}
