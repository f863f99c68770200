//! What can be done to a message.

use lab::Fault;
use lab::view::MessageId;
use yew::prelude::*;

use super::act;
use super::popover::{button, close, facts, number};
use super::scene::Scene;
use crate::draw::format;
use crate::hooks::use_raft_texts;
use crate::infra::Session;
use crate::infra::i18n::{RaftTexts, fill};
use lab::view::RaftMessage;

/// Entries that are listed at the most.
const ENTRIES_MAX: usize = 6;

/// The menu of a message.
pub fn menu(scene: &Scene, id: MessageId) -> Html {
    let Some(message) = scene.message(id) else {
        return html! { <><h2>{ scene.t.message }</h2><p class="quiet">{ scene.t.message_gone }</p></> };
    };
    let (session, r, t) = (&scene.session, scene.r, scene.t);
    // Acts, and closes: the focus goes on to the next message.
    let act = |text: &str, class: &'static str, key: &'static str, does: fn(&Session, MessageId)| {
        let session = session.clone();
        button(text, class, key, move || {
            close(&session);
            does(&session, id);
        })
    };
    html! {
        <>
            <h2><span class="mono">{ message.kind.to_string() }</span>{ format!(" {} → {}", scene.name(message.from), scene.name(message.to)) }</h2>
            <div class="actions">
                { act(t.deliver, "primary", "d", act::deliver) }
                if !message.held {
                    { act(t.hold, "", "h", |s, id| s.fault(Fault::Hold(id))) }
                }
                { act(t.drop, "bad", "x", |s, id| s.fault(Fault::Drop(id))) }
                { act(r.duplicate, "", "c", |s, id| s.fault(Fault::Duplicate(id))) }
                { swap(scene, message) }
            </div>
            <DelayForm id={id} />
            <p class="mono said">{ &message.text }</p>
            { fields(scene, message) }
        </>
    }
}

/// Picks the message that this one changes places with: by pressing it, or from a list.
fn swap(scene: &Scene, message: &RaftMessage) -> Html {
    let (session, id) = (scene.session.clone(), message.id);
    // Two that wait have no order: a hand delivers them in any.
    let can = |other: &RaftMessage| other.id != id && !(other.held && message.held);
    if !scene.view.messages.iter().any(can) {
        return Html::default();
    }
    let start = {
        let session = session.clone();
        move || {
            session.ui(|ui| ui.raft.swapping = Some(id));
            close(&session);
        }
    };
    button(scene.r.swap, "", scene.r.swap_title, start)
}

fn fields(scene: &Scene, message: &RaftMessage) -> Html {
    let r: &RaftTexts = scene.r;
    let mut list = vec![(r.term, message.term.to_string())];
    if message.index > 0 || message.log_term > 0 {
        list.push((
            r.at_index,
            fill(r.index_of_term, &[&message.index.to_string(), &message.log_term.to_string()]),
        ));
    }
    if message.commit > 0 {
        list.push((scene.t.commit, message.commit.to_string()));
    }
    if message.entry_count > 0 {
        let mut entries: Vec<String> = message
            .entries
            .iter()
            .take(ENTRIES_MAX)
            .map(|(index, term)| format!("{index}·T{term}"))
            .collect();
        if message.entry_count > entries.len() as u64 {
            entries.push(format!("… {}", message.entry_count));
        }
        list.push((r.entries, entries.join(" ")));
    }
    if let Some(snapshot) = message.snapshot {
        list.push((r.snapshot, snapshot.to_string()));
    }
    if message.reject {
        let hint = if message.reject_hint > 0 {
            fill(r.try_at, &[&message.reject_hint.to_string()])
        } else {
            String::new()
        };
        list.push((r.rejects, hint));
    }
    list.push((scene.t.message_sent, format::seconds(message.sent)));
    let arrives = if message.held { scene.t.held.to_owned() } else { format::seconds(message.arrives) };
    list.push((scene.t.message_arrives, arrives));
    facts(&list)
}

#[derive(Properties, PartialEq)]
struct DelayProps {
    id: MessageId,
}

/// How much later.
#[component]
fn DelayForm(props: &DelayProps) -> Html {
    let (session, r) = (crate::hooks::use_session(), use_raft_texts());
    let by = use_node_ref();
    let id = props.id;
    let onsubmit = {
        let by = by.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(by_ms) = number(&by) {
                close(&session);
                session.fault(Fault::Delay { message: id, by_ms: by_ms.min(3_600_000) });
            }
        }
    };
    html! {
        <form class="row" {onsubmit}>
            <label>{ r.later_by }<input ref={by} type="number" min="1" max="3600000" value="100" /></label>
            <span class="quiet">{ "ms" }</span>
            <button type="submit" data-part="button">{ r.delay }</button>
        </form>
    }
}
