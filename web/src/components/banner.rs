//! A line that says what was opened, restored or refused, and what can be done about it.

use yew::prelude::*;

use crate::draw::format::thousands;
use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::i18n::{Texts, fill};
use crate::infra::ui::Banner;
use crate::infra::{Session, Topic};

/// The banner, if there is anything to say.
#[component]
pub fn BannerLine() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Ui);
    let state = session.state();
    let Some(banner) = state.ui().banner.clone() else { return Html::default() };
    if banner == Banner::Guest && state.ui().scene.is_some() {
        // The scene's own note says it.
        return Html::default();
    }
    let on_close = {
        let session = session.clone();
        move |_: MouseEvent| session.ui(|ui| ui.banner = None)
    };
    let (kind, text) = say(&banner, t);
    html! {
        <div class={classes!("banner", kind)} role={if kind == "bad" { "alert" } else { "status" }}>
            <span>{ text }</span>
            { offers(&banner, t, &session) }
            <span class="grow" />
            <button class="plain" onclick={on_close} aria-label={t.close}>{ "✕" }</button>
        </div>
    }
}

fn say(banner: &Banner, t: &'static Texts) -> (&'static str, String) {
    match banner {
        Banner::Opened { event, hash, expected, guest } => {
            let event = thousands(*event);
            let (kind, mut text) = if expected == hash {
                ("good", fill(t.opened_same, &[&event, hash]))
            } else {
                ("care", fill(t.opened_other, &[&event, hash, expected]))
            };
            if *guest {
                text.push(' ');
                text.push_str(t.guest_hint);
            }
            (kind, text)
        }
        Banner::Restored { event } => ("good", fill(t.restored, &[&thousands(*event)])),
        Banner::Guest => ("good", t.guest_hint.to_owned()),
        Banner::Broken(error) => ("bad", fill(t.broken_link, &[error])),
        Banner::Violated(what) => ("bad", fill(t.violated, &[what])),
        Banner::Copied(length) => ("good", fill(t.copied, &[&length.to_string()])),
        Banner::InAddress(length) => ("good", fill(t.in_address, &[&length.to_string()])),
    }
}

/// What can be done, as buttons.
fn offers(banner: &Banner, t: &'static Texts, session: &Session) -> Html {
    let button = |text, action| button(session, text, action);
    match banner {
        Banner::Guest | Banner::Opened { guest: true, .. } => guest_offers(session, t),
        Banner::Restored { .. } => button(t.start_fresh, Session::start_afresh),
        Banner::Violated(_) => button(t.copy_link, Session::copy_link),
        _ => Html::default(),
    }
}

fn button(session: &Session, text: &'static str, action: fn(&Session)) -> Html {
    let session = session.clone();
    html! { <button onclick={move |_: MouseEvent| action(&session)}>{ text }</button> }
}

/// Whether this lab shall take the place of the one that is kept.
pub fn guest_offers(session: &Session, t: &'static Texts) -> Html {
    html! {
        <>
            { button(session, t.adopt, Session::adopt) }
            { button(session, t.back_to_mine, Session::back_to_mine) }
        </>
    }
}
