//! The views, on the left; on a phone, in a row.

use yew::prelude::*;

use super::icon;
use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::Topic;
use crate::infra::i18n::Texts;
use crate::infra::ui::{Sheet, View};

/// A view's name.
const fn name(view: View, t: &'static Texts) -> &'static str {
    match view {
        View::Map => t.map,
        View::Raft => t.raft,
        View::PodLife => t.pod_life,
        View::Schedule => t.schedule,
        View::Loops => t.loops,
        View::Objects => t.objects,
        View::Trace => t.trace,
    }
}

/// The rail.
#[component]
pub fn Rail() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Ui);
    let current = session.state().ui().view;
    let items = View::ALL.into_iter().map(|view| {
        let session = session.clone();
        let onclick = move |_: MouseEvent| {
            session.ui(|ui| {
                ui.view = view;
                ui.sheet = Sheet::Picture;
            });
        };
        html! {
            <button key={name(view, t)} {onclick} class="rail-item" aria-current={(view == current).then_some("page")}>
                { icon::view_icon(view) }
                <span>{ name(view, t) }</span>
            </button>
        }
    });
    html! { <nav class="rail" aria-label={t.views}>{ for items }</nav> }
}
