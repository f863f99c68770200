//! The views, on the left; on a phone, in a row.

use yew::prelude::*;

use super::icon;
use crate::hooks::{use_language, use_redraw, use_session, use_texts};
use crate::infra::Topic;
use crate::infra::i18n::Language;
use crate::infra::ui::{Sheet, View};

/// A view's name.
pub const fn name(view: View, language: Language) -> &'static str {
    let t = language.texts();
    match view {
        View::Map => t.map,
        View::Raft => t.raft,
        View::Store => language.store().store,
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
    let (session, t, language) = (use_session(), use_texts(), use_language());
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
        let name = name(view, language);
        html! {
            <button key={name} {onclick} class="rail-item" aria-current={(view == current).then_some("page")}>
                { icon::view_icon(view) }
                <span>{ name }</span>
            </button>
        }
    });
    html! { <nav class="rail" aria-label={t.views}>{ for items }</nav> }
}
