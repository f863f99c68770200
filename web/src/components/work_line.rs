//! How far long work is, with a way to stop it.

use yew::prelude::*;

use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::Topic;
use crate::infra::work::Job;

/// The line under the time bar; nothing while nothing takes long.
#[component]
pub fn WorkLine() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    let state = session.state();
    let Some(work) = state.progress() else { return Html::default() };
    let text = match work.job {
        Job::Start(_) => t.doing_start,
        Job::Seek(_) => t.doing_seek,
        Job::Open(_) => t.doing_open,
        Job::Command { .. } | Job::Request { .. } => t.doing_command,
        Job::RunUntil(_) | Job::Step(_) | Job::NextRaft | Job::NextObject | Job::Raft(_) | Job::Act(_) => {
            t.doing_run
        }
    };
    let percent = f64::from(work.permille) / 10.0;
    let on_cancel = {
        let session = session.clone();
        move |_: MouseEvent| session.cancel()
    };
    html! {
        <div class="work" role="progressbar" aria-label={text} aria-valuenow={format!("{percent:.0}")} aria-valuemin="0" aria-valuemax="100">
            <span>{ text }</span>
            <span class="work-bar"><span style={format!("width:{percent}%")} /></span>
            <span class="mono">{ state.lab().now().to_string() }</span>
            <button onclick={on_cancel}>{ t.cancel }</button>
        </div>
    }
}
