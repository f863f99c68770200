//! The keyboard, for the whole page.

use gloo_events::{EventListener, EventListenerOptions};
use sim::EventNumber;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use crate::infra::Session;
use crate::infra::ui::Sheet;
use crate::infra::work::Job;
use crate::views::close_raft;

/// Starts to listen, for as long as the page is there.
pub fn listen(session: &Session) {
    let Some(document) = web_sys::window().and_then(|w| w.document()) else { return };
    let session = session.clone();
    EventListener::new_with_options(
        &document,
        "keydown",
        EventListenerOptions::enable_prevent_default(),
        move |event| {
            if let Some(event) = event.dyn_ref::<KeyboardEvent>()
                && handle(&session, event)
            {
                event.prevent_default();
            }
        },
    )
    .forget();
}

/// Does what a key says; true when it meant something.
fn handle(session: &Session, event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
        return false;
    }
    let target: Option<Element> = event.target().and_then(|t| t.dyn_into().ok());
    let key = event.key();
    if key == "Escape" {
        escape(session);
        return false;
    }
    if target.as_ref().is_some_and(is_typing) {
        return false;
    }
    // A focused button or tile takes space and Enter for itself.
    if key == " " && target.as_ref().is_some_and(is_pressable) {
        return false;
    }
    match key.as_str() {
        " " => {
            let playing = session.state().clock().playing;
            session.set_playing(!playing);
        }
        "." => session.step(Job::Step(1)),
        "," => back(session),
        "r" => session.step(Job::NextRaft),
        "o" => session.step(Job::NextObject),
        "?" => session.ui(|ui| ui.help = !ui.help),
        "/" => {
            session.ui(|ui| {
                ui.sheet = Sheet::Terminal;
                ui.panels.lower_folded = false;
            });
            focus("terminal-input");
        }
        _ => return false,
    }
    true
}

/// One event back.
pub fn back(session: &Session) {
    let cursor = session.state().lab().cursor();
    session.seek(EventNumber(cursor.0.saturating_sub(1)));
}

fn escape(session: &Session) {
    if session.state().ui().raft.chosen.is_some() {
        return close_raft(session);
    }
    session.ui(|ui| {
        if ui.help {
            ui.help = false;
        } else if ui.picking.is_some() {
            ui.picking = None;
        } else if !ui.raft.leave() {
            ui.selected = None;
        }
    });
}

fn is_typing(element: &Element) -> bool {
    matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
        // Sliders and check boxes are no text.
        && !matches!(element.get_attribute("type").as_deref(), Some("range" | "checkbox"))
}

fn is_pressable(element: &Element) -> bool {
    matches!(element.tag_name().as_str(), "BUTTON" | "A" | "SUMMARY")
        || element.get_attribute("role").as_deref() == Some("button")
}

fn focus(id: &str) {
    let element = web_sys::window().and_then(|w| w.document()).and_then(|d| d.get_element_by_id(id));
    if let Some(element) = element.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        // An element that can't be focused keeps the focus where it was.
        let _ = element.focus();
    }
}
