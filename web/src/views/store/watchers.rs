//! Who watches what, and how far each has got.

use lab::view::{WatcherState, WatcherView};
use yew::prelude::*;

use super::PartProps;
use super::reading::Reading;
use super::window::use_window;
use crate::draw::format::thousands;
use crate::hooks::{use_language, use_redraw, use_session};
use crate::infra::i18n::{StoreTexts, fill};
use crate::infra::{Session, Topic};

/// Height of a row; the stylesheet says the same.
const ROW_PX: f64 = 26.0;

/// The watchers of a member.
#[component]
pub fn WatchersPart(props: &PartProps) -> Html {
    let (session, s) = (use_session(), use_language().store());
    use_redraw(Topic::Lab);
    let node = use_node_ref();
    let window = use_window(&node, ROW_PX);
    let reading = use_mut_ref(Reading::<u32, Vec<WatcherView>>::default);
    let read = || session.state().lab().store_watchers(props.member);
    let watchers = reading.borrow_mut().get(&session, props.member, read);
    if watchers.is_empty() {
        return html! { <p class="quiet store-note">{ s.no_watchers }{ " " }{ elsewhere(&session, s) }</p> };
    }
    let late = watchers.iter().filter(|w| w.state != WatcherState::Synced).count();
    let range = window.range(watchers.len());
    let rows = watchers[range.clone()].iter().map(|w| row(w, s));
    let columns = [
        s.watch_client,
        s.watch_call,
        s.watch_range,
        s.watch_next,
        s.watch_behind,
        s.watch_state,
        s.watch_events,
        s.watch_wants,
    ];
    html! {
        <>
            <p class="quiet store-note">{ fill(s.watchers_here, &[&thousands(watchers.len() as u64), &late.to_string()]) }</p>
            <div class="list watchers scroll" ref={node} role="table" aria-label={s.watchers} tabindex="0" onscroll={window.onscroll()}
                aria-rowcount={(watchers.len() + 1).to_string()}>
                <div class="list-head" role="row">{ for columns.map(|c| html! { <span role="columnheader">{ c }</span> }) }</div>
                { window.rows(watchers.len(), &range, rows.collect::<Html>()) }
            </div>
        </>
    }
}

/// The members that have watchers: a client talks to one.
fn elsewhere(session: &Session, s: &'static StoreTexts) -> Html {
    let state = session.state();
    let members = &state.picture().members;
    let watched = members.iter().filter_map(|m| {
        let (synced, unsynced) = state.lab().store_view(m.index)?.watchers;
        let (count, index) = (synced + unsynced, m.index);
        let session = session.clone();
        let onclick = move |_: MouseEvent| session.ui(|ui| ui.store.member = index);
        let text = fill(s.watchers_there, &[&m.name, &thousands(count)]);
        (count > 0).then(|| html! { <button key={index} class="plain link" {onclick}>{ text }</button> })
    });
    watched.collect()
}

fn row(w: &WatcherView, s: &'static StoreTexts) -> Html {
    let (class, state) = match w.state {
        WatcherState::Synced => ("good-text", s.synced),
        WatcherState::Unsynced => ("care-text", s.unsynced),
        WatcherState::Future => ("quiet", s.future),
        WatcherState::Victim => ("bad-text", s.victim),
    };
    let wants = [(w.prev_kv, "prev_kv"), (w.progress_notify, "progress_notify")];
    let wants: Vec<&str> = wants.into_iter().filter(|(has, _)| *has).map(|(_, name)| name).collect();
    html! {
        <div key={format!("{}-{}", w.client, w.call)} class="list-row" role="row">
            <span role="cell">{ &w.name }</span>
            <span role="cell" class="mono quiet">{ w.call }</span>
            <span role="cell" class="mono" title={w.range.clone()}>{ &w.range }</span>
            <span role="cell" class="mono number">{ thousands(w.next_revision) }</span>
            <span role="cell" class="mono number">{ if w.behind > 0 { thousands(w.behind) } else { s.up_to_date.to_owned() } }</span>
            <span role="cell" {class}>{ state }</span>
            <span role="cell" class="mono number">{ thousands(w.events) }</span>
            <span role="cell" class="mono quiet">{ wants.join(" ") }</span>
        </div>
    }
}
