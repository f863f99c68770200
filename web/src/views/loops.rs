//! The control loops: what waits in each queue, and what was reconciled last.

use lab::view::ControllerView;
use yew::prelude::*;

use super::frame;
use crate::draw::format;
use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::Topic;
use crate::infra::i18n::{Texts, fill};

/// Reconciles that are listed.
const RECENT_MAX: usize = 6;

/// The view.
#[component]
pub fn Loops() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Lab);
    let picture = session.state().picture();
    let body = html! {
        <div class="loop-cards">{ for picture.controllers.iter().map(|c| card(c, t)) }</div>
    };
    frame(t.loops, t.loops_hint, body)
}

fn card(controller: &ControllerView, t: &'static Texts) -> Html {
    let busy = controller.depth > 0;
    html! {
        <section class="loop-card" key={controller.name.to_string()}>
            <h3 class="loop-name">{ controller.name.to_string() }
                <span class={classes!("count", busy.then_some("busy"))}>
                    { if busy { fill(t.queued, &[&controller.depth.to_string()]) } else { t.idle.to_owned() } }
                </span>
                if controller.retries > 0 {
                    <span class="count care-text">{ fill(t.retrying, &[&controller.retries.to_string()]) }</span>
                }
            </h3>
            if controller.recent.is_empty() {
                <p class="quiet">{ t.nothing_reconciled }</p>
            }
            <ul>
                { for controller.recent.iter().take(RECENT_MAX).map(|(at, key, what)| html! {
                    <li>
                        <span class="mono quiet">{ format::clock(*at) }</span>
                        <span class="mono">{ format!(" {key} ") }</span>
                        <span>{ what.to_string() }</span>
                    </li>
                }) }
            </ul>
        </section>
    }
}
