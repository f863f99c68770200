//! Anything on the map can be pressed: by pointer, or with Enter and space when it has the focus.

use lab::{Ends, Fault};
use yew::prelude::*;

use crate::infra::ui::{Selection, Sheet};
use crate::infra::{Session, names};

/// Selects something, or makes it the other end of a link that is to be cut.
pub fn choose(session: &Session, selection: &Selection) {
    let picking = session.state().ui().picking.clone();
    if let (Some(from), Selection::Target(target)) = (picking, selection) {
        let Some(to) = names::target(&session.state().picture(), target) else { return };
        session.ui(|ui| ui.picking = None);
        if from != to {
            session.fault(Fault::Cut(Ends { from, to, one_way: false }));
        }
        return;
    }
    if matches!(selection, Selection::Message(_)) {
        // It would be gone before anybody could do something to it.
        session.set_playing(false);
    }
    session.ui(|ui| {
        ui.selected = Some(selection.clone());
        ui.panels.right_folded = false;
        ui.sheet = Sheet::Why;
    });
}

/// A group that can be pressed.
pub fn pressable(
    session: &Session,
    selection: Selection,
    class: Classes,
    label: String,
    key: String,
    inside: Html,
) -> Html {
    let selected = session.state().ui().selected.as_ref() == Some(&selection);
    let onclick = {
        let (session, selection) = (session.clone(), selection.clone());
        move |event: MouseEvent| {
            event.stop_propagation();
            choose(&session, &selection);
        }
    };
    let onkeydown = {
        let session = session.clone();
        move |event: KeyboardEvent| {
            if matches!(event.key().as_str(), "Enter" | " ") {
                event.prevent_default();
                event.stop_propagation();
                choose(&session, &selection);
            }
        }
    };
    html! {
        <g {key} class={classes!("press", class, selected.then_some("selected-mark"))} role="button" tabindex="0"
            aria-label={label} aria-pressed={selected.to_string()} {onclick} {onkeydown}>
            { inside }
        </g>
    }
}
