//! How components hear of changes.

use std::rc::Rc;

use gloo_events::EventListener;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::infra::i18n::{Language, RaftTexts, Texts};
use crate::infra::{Session, Topic};

/// The page's session.
#[hook]
pub fn use_session() -> Session {
    use_context::<Session>().expect("the app provides the session")
}

/// The words of the current language.
#[hook]
pub fn use_texts() -> &'static Texts {
    use_context::<Language>().unwrap_or(Language::English).texts()
}

/// The Raft view's words of the current language.
#[hook]
pub fn use_raft_texts() -> &'static RaftTexts {
    use_context::<Language>().unwrap_or(Language::English).raft()
}

/// The current language.
#[hook]
pub fn use_language() -> Language {
    use_context::<Language>().unwrap_or(Language::English)
}

/// Draws the component again whenever something of `topic` happens.
#[hook]
pub fn use_redraw(topic: Topic) {
    let session = use_session();
    let update = use_force_update();
    use_effect_with((), move |()| {
        let id = session.listen(topic, Rc::new(move || update.force_update()));
        move || session.unlisten(id)
    });
}

/// The size of an element in CSS pixels; follows the window and the panels.
#[hook]
pub fn use_size(node: &NodeRef) -> (f64, f64) {
    use_redraw(Topic::Ui);
    let size = use_state_eq(|| (0.0, 0.0));
    let measure = {
        let (node, size) = (node.clone(), size.setter());
        move || {
            if let Some(element) = node.cast::<HtmlElement>() {
                size.set((f64::from(element.client_width()), f64::from(element.client_height())));
            }
        }
    };
    // After each drawing: panels may have moved.
    use_effect(measure.clone());
    use_effect_with((), move |()| {
        let listener = web_sys::window().map(|w| EventListener::new(&w, "resize", move |_| measure()));
        move || drop(listener)
    });
    *size
}
