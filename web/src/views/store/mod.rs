//! A member's store: keys and their history, who watches, the log on disk, the database.
//!
//! Each member has its own: while one lags or is cut off, they differ, so the member is chosen first.

mod commands;
mod database;
mod hex;
mod history;
mod key;
mod put;
mod reading;
mod rows;
mod tree;
mod wal;
mod watchers;
mod window;

use lab::view::MemberView;
use yew::prelude::*;

use crate::draw::format::thousands;
use crate::hooks::{use_language, use_redraw, use_session};
use crate::infra::i18n::{StoreTexts, fill};
use crate::infra::ui::StorePart;
use crate::infra::{Session, Topic};

/// What every part is told.
#[derive(Clone, Properties, PartialEq)]
pub struct PartProps {
    /// The member's index.
    pub member: u32,
}

/// The view.
#[component]
pub fn Store() -> Html {
    let (session, s) = (use_session(), use_language().store());
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    let (member, part) = {
        let state = session.state();
        (state.ui().store.member, state.ui().store.part)
    };
    let picture = session.state().picture();
    // A lab with fewer members may have been opened since.
    let shown = picture.members.iter().find(|m| m.index == member).or(picture.members.first());
    let member = shown.map_or(0, |m| m.index);
    let body = match part {
        StorePart::Keys => html! { <key::Keys {member} /> },
        StorePart::Watchers => html! { <watchers::WatchersPart {member} /> },
        StorePart::Wal => html! { <wal::WalPart {member} /> },
        StorePart::Database => html! { <database::DatabasePart {member} /> },
    };
    html! {
        <section class="card middle store" aria-label={s.store}>
            <div class="panel-head"><h2>{ s.store }</h2><span class="quiet">{ s.hint }</span></div>
            <div class="store-bar">
                { members(&session, s, &picture.members, member) }
                { parts(&session, s, part) }
            </div>
            if shown.is_some_and(|m| !m.up) {
                <p class="care-text">{ s.no_member }</p>
            }
            <div class="store-body" role="tabpanel" aria-label={name(part, s)}>{ body }</div>
            <commands::Typed />
        </section>
    }
}

/// Whose store: a button a member, with its revision and how far it is behind.
fn members(session: &Session, s: &'static StoreTexts, members: &[MemberView], shown: u32) -> Html {
    let newest = members.iter().filter(|m| m.up).map(|m| m.revision).max().unwrap_or(0);
    let buttons = members.iter().map(|m| {
        let index = m.index;
        let session = session.clone();
        let onclick = move |_: MouseEvent| session.ui(|ui| ui.store.member = index);
        let behind = newest.saturating_sub(m.revision);
        html! {
            <button key={index} class={classes!("store-member", (!m.up).then_some("is-down"))} {onclick}
                aria-pressed={(index == shown).to_string()}>
                <span>{ m.name.to_string() }</span>
                if m.up {
                    <span class="mono quiet"><span class="wide-only">{ s.revision }{ " " }</span>{ thousands(m.revision) }</span>
                    if behind > 0 {
                        <span class="care-text">{ fill(s.member_behind, &[&thousands(behind)]) }</span>
                    }
                } else {
                    <span class="bad-text">{ "✕" }</span>
                }
            </button>
        }
    });
    html! { <div class="store-members" role="group" aria-label={s.members}>{ for buttons }</div> }
}

const fn name(part: StorePart, s: &'static StoreTexts) -> &'static str {
    match part {
        StorePart::Keys => s.keys,
        StorePart::Watchers => s.watchers,
        StorePart::Wal => s.wal,
        StorePart::Database => s.database,
    }
}

const PARTS: [StorePart; 4] = [StorePart::Keys, StorePart::Watchers, StorePart::Wal, StorePart::Database];

/// The tabs; the arrow keys move between them.
fn parts(session: &Session, s: &'static StoreTexts, current: StorePart) -> Html {
    let onkeydown = {
        let session = session.clone();
        move |event: KeyboardEvent| {
            let at = PARTS.iter().position(|p| *p == current).unwrap_or(0);
            let to = match event.key().as_str() {
                "ArrowRight" => (at + 1) % PARTS.len(),
                "ArrowLeft" => (at + PARTS.len() - 1) % PARTS.len(),
                _ => return,
            };
            event.prevent_default();
            session.ui(|ui| ui.store.part = PARTS[to]);
            if let Some(tab) = event
                .target_dyn_into::<web_sys::Element>()
                .and_then(|tab| tab.parent_element())
                .and_then(|list| list.children().item(to as u32))
            {
                // The focus stays with the list if the tab can't have it.
                let _ = wasm_bindgen::JsCast::unchecked_into::<web_sys::HtmlElement>(tab).focus();
            }
        }
    };
    let tabs = PARTS.into_iter().map(|part| {
        let session = session.clone();
        let onclick = move |_: MouseEvent| session.ui(|ui| ui.store.part = part);
        let chosen = part == current;
        html! {
            <button key={name(part, s)} role="tab" class="plain" {onclick} aria-selected={chosen.to_string()}
                tabindex={if chosen { "0" } else { "-1" }}>{ name(part, s) }</button>
        }
    });
    html! { <div class="store-parts" role="tablist" aria-label={s.parts} {onkeydown}>{ for tabs }</div> }
}
