//! Time: where it stands, how it moves, and the score of all that happened.

use yew::prelude::*;

use super::score::Score;
use super::speed::Speed;
use super::until::Until;
use crate::app::back;
use crate::draw::format;
use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::i18n::fill;
use crate::infra::work::Job;
use crate::infra::{Session, Topic};

/// The panel below the picture.
#[component]
pub fn TimeBar() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Ui);
    let playing = session.state().clock().playing;
    let button = |class: &'static str, label: Html, title: &'static str, action: fn(&Session)| {
        let session = session.clone();
        html! { <button {class} {title} onclick={move |_: MouseEvent| action(&session)}>{ label }</button> }
    };
    let toggle = {
        let session = session.clone();
        move |_: MouseEvent| {
            let playing = session.state().clock().playing;
            session.set_playing(!playing);
        }
    };
    html! {
        <section class="card time" aria-label={t.time}>
            <div class="time-buttons">
                { button("", html! { <span aria-label={t.to_start}>{ "|◀" }</span> }, t.to_start, |s| s.seek(sim::EventNumber(0))) }
                { button("", html! { <><span aria-hidden="true">{ "◀ " }</span>{ t.step }</> }, t.step_back, back) }
                <button class="primary play" onclick={toggle} aria-pressed={playing.to_string()}>
                    <span aria-hidden="true">{ if playing { "❚❚ " } else { "▶ " } }</span>
                    { if playing { t.pause } else { t.play } }
                </button>
                { button("", html! { <>{ t.step }<span aria-hidden="true">{ " ▶" }</span></> }, t.step_forward, |s| s.step(Job::Step(1))) }
                { button("", html! { t.next_raft }, t.next_raft_title, |s| s.step(Job::NextRaft)) }
                { button("", html! { t.next_object }, t.next_object_title, |s| s.step(Job::NextObject)) }
                <Until />
                <Speed />
                <span class="grow" />
                <Clock />
            </div>
            <Score />
        </section>
    }
}

/// `40.009 s of 3 min 00.000 s`.
#[component]
fn Clock() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Frame);
    use_redraw(Topic::Lab);
    let state = session.state();
    let lab = state.lab();
    let now = format::clock(lab.now());
    let text = if lab.cursor() < lab.last() {
        fill(t.clock_of, &[&now, &format::clock(lab.time_of(lab.last()))])
    } else {
        now
    };
    html! { <span class="clock mono">{ text }</span> }
}
