//! The edges between panels: drag them, or move them with the arrow keys.

use web_sys::{Element, PointerEvent};
use yew::prelude::*;

use crate::hooks::{use_session, use_texts};
use crate::infra::Session;
use crate::infra::ui::Panels;

/// Which edge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandleOf {
    /// Left of the right panel.
    Right,
    /// Above terminal and manifests.
    Lower,
    /// Between terminal and manifests.
    Between,
}

/// Properties of [`Handle`].
#[derive(Properties, PartialEq)]
pub struct HandleProps {
    /// Which edge it is.
    pub which: HandleOf,
}

fn shift(session: &Session, which: HandleOf, dx: f64, dy: f64) {
    session.ui(|ui| {
        let p = ui.panels;
        ui.panels = match which {
            HandleOf::Right => Panels { right_px: p.right_px - dx, ..p },
            HandleOf::Lower => Panels { lower_px: p.lower_px - dy, ..p },
            HandleOf::Between => Panels { terminal_percent: p.terminal_percent + dx / 12.0, ..p },
        }
        .clamped();
    });
}

/// A separator that can be moved.
#[component]
pub fn Handle(props: &HandleProps) -> Html {
    let (session, t) = (use_session(), use_texts());
    let which = props.which;
    let last = use_mut_ref(|| None::<(f64, f64)>);
    let place = |event: &PointerEvent| (f64::from(event.client_x()), f64::from(event.client_y()));
    let onpointerdown = {
        let last = last.clone();
        move |event: PointerEvent| {
            if let Some(element) = event.target_dyn_into::<Element>() {
                // Without capture the drag ends at the edge of the handle; nothing breaks.
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            *last.borrow_mut() = Some(place(&event));
            event.prevent_default();
        }
    };
    let onpointermove = {
        let (last, session) = (last.clone(), session.clone());
        move |event: PointerEvent| {
            let now = place(&event);
            let before = last.borrow_mut().as_mut().map(|p| std::mem::replace(p, now));
            if let Some(before) = before {
                shift(&session, which, now.0 - before.0, now.1 - before.1);
            }
        }
    };
    let onpointerup = {
        let session = session.clone();
        move |_: PointerEvent| {
            *last.borrow_mut() = None;
            session.state().ui().panels.save();
        }
    };
    let onkeydown = {
        let session = session.clone();
        move |event: KeyboardEvent| {
            let (dx, dy) = match event.key().as_str() {
                "ArrowLeft" => (-24.0, 0.0),
                "ArrowRight" => (24.0, 0.0),
                "ArrowUp" => (0.0, -24.0),
                "ArrowDown" => (0.0, 24.0),
                _ => return,
            };
            event.prevent_default();
            shift(&session, which, dx, dy);
            session.state().ui().panels.save();
        }
    };
    let (class, label, orientation) = match which {
        HandleOf::Right => ("handle handle-right", t.resize_right, "vertical"),
        HandleOf::Lower => ("handle handle-lower", t.resize_lower, "horizontal"),
        HandleOf::Between => ("handle handle-between", t.resize_between, "vertical"),
    };
    let panels = session.state().ui().panels;
    let value = match which {
        HandleOf::Right => panels.right_px,
        HandleOf::Lower => panels.lower_px,
        HandleOf::Between => panels.terminal_percent,
    };
    html! {
        <div {class} role="separator" tabindex="0" aria-label={label} aria-orientation={orientation}
            aria-valuenow={format!("{value:.0}")} {onpointerdown} {onpointermove} {onpointerup} {onkeydown} />
    }
}
