//! What can be in the middle. Views read the lab and never change it.

mod loops;
mod map;
mod objects;
mod pod_life;
mod raft;
mod schedule;
mod store;
mod trace;

pub use raft::close as close_raft;

use yew::prelude::*;

use crate::hooks::{use_redraw, use_session};
use crate::infra::Topic;
use crate::infra::ui::View;

/// The view that the rail chose.
#[component]
pub fn Middle() -> Html {
    let session = use_session();
    use_redraw(Topic::Ui);
    match session.state().ui().view {
        View::Map => html! { <map::Map /> },
        View::Raft => html! { <raft::Raft /> },
        View::Store => html! { <store::Store /> },
        View::PodLife => html! { <pod_life::PodLife /> },
        View::Schedule => html! { <schedule::Schedule /> },
        View::Loops => html! { <loops::Loops /> },
        View::Objects => html! { <objects::Objects /> },
        View::Trace => html! { <trace::Trace /> },
    }
}

/// The frame of a view: its title and what it is about.
fn frame(title: &'static str, hint: &'static str, body: Html) -> Html {
    html! {
        <section class="card middle" aria-label={title}>
            <div class="panel-head"><h2>{ title }</h2><span class="quiet">{ hint }</span></div>
            <div class="middle-body scroll" tabindex="0" role="region" aria-label={title}>{ body }</div>
        </section>
    }
}
