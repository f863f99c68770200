//! The keys as a tree, split at their slashes.

use std::collections::BTreeMap;
use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::reading::Reading;
use super::rows::{CHILDREN_MAX, Move, Row, on_key, rows};
use super::window::use_window;
use crate::draw::format::{bytes, thousands};
use crate::hooks::{use_language, use_redraw, use_session};
use crate::infra::frame::now_ms;
use crate::infra::i18n::{StoreTexts, fill};
use crate::infra::ui::StorePlace;
use crate::infra::{Session, Topic};

/// Height of a row; the stylesheet says the same.
const ROW_PX: f64 = 24.0;
/// Wall milliseconds that a change can be seen; the stylesheet lets it fade for as long.
const FRESH_MS: f64 = 1600.0;
/// Changes of one redraw that are shown at the most.
const FRESH_MAX: usize = 400;

/// Keys that changed a moment ago: at which revision, and when (wall time).
#[derive(Default)]
struct Fresh {
    member: Option<u32>,
    seen: u64,
    keys: BTreeMap<String, (u64, f64)>,
}

impl Fresh {
    /// Looks at what has changed since the last time. Another member or a rewind changes nothing.
    fn look(&mut self, session: &Session, member: u32) {
        let state = session.state();
        let members = &state.picture().members;
        let revision = members.iter().find(|m| m.index == member).map_or(0, |m| m.revision);
        let now = now_ms();
        if self.member == Some(member) && revision > self.seen {
            for (key, revision) in state.lab().store_changes(member, self.seen, FRESH_MAX) {
                self.keys.insert(key.to_string(), (revision, now));
            }
        } else if revision < self.seen || self.member != Some(member) {
            self.keys.clear();
        }
        self.keys.retain(|_, (_, at)| now - *at < FRESH_MS);
        (self.member, self.seen) = (Some(member), revision);
    }

    /// The latest change at or below a row.
    fn of(&self, row: &Row) -> Option<u64> {
        if row.leaf {
            return self.keys.get(&row.path).map(|(revision, _)| *revision);
        }
        if row.open {
            return None;
        }
        let below = self.keys.range(row.path.clone()..).take_while(|(key, _)| key.starts_with(&row.path));
        below.map(|(_, (revision, _))| *revision).max()
    }
}

/// Reads the rows: the open branches, or the keys that the filter finds.
fn read(session: &Session, member: u32, place: &StorePlace) -> Vec<Row> {
    let state = session.state();
    if place.filter.is_empty() {
        return rows(&place.open, &mut |prefix| state.lab().store_children(member, prefix, CHILDREN_MAX));
    }
    let found = state.lab().store_search(member, &place.filter, CHILDREN_MAX);
    let count = found.len();
    let row = |(i, (key, bytes)): (usize, (sim::Str, u64))| Row {
        path: key.to_string(),
        name: key.to_string(),
        level: 1,
        keys: 1,
        bytes,
        leaf: true,
        more: false,
        open: false,
        place: (i + 1, count),
    };
    found.into_iter().enumerate().map(row).collect()
}

/// Stands on a row; a key is shown.
fn go_to(session: &Session, row: &Row) {
    let (path, leaf) = (row.path.clone(), row.leaf);
    session.ui(move |ui| {
        if leaf {
            ui.store.key = Some(path.clone());
        }
        ui.store.row = Some(path);
    });
}

fn toggle(session: &Session, row: &Row) {
    let path = row.path.clone();
    session.ui(move |ui| {
        if !ui.store.open.remove(&path) {
            ui.store.open.insert(path.clone());
        }
        ui.store.row = Some(path);
    });
}

/// Whose keys, and what the button for a new one does.
#[derive(Properties, PartialEq)]
pub struct TreeProps {
    /// The member's index.
    pub member: u32,
    /// A new key is wanted.
    pub on_new: Callback<MouseEvent>,
}

/// The tree with its filter.
#[component]
pub fn Tree(props: &TreeProps) -> Html {
    let (session, s) = (use_session(), use_language().store());
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    let node = use_node_ref();
    let window = use_window(&node, ROW_PX);
    let fresh = use_mut_ref(Fresh::default);
    let reading = use_mut_ref(Reading::<(u32, StorePlace), Vec<Row>>::default);
    let member = props.member;
    let place = session.state().ui().store.clone();
    // What is picked changes no rows.
    let what = StorePlace { key: None, row: None, ..place.clone() };
    let rows = reading.borrow_mut().get(&session, (member, what), || read(&session, member, &place));
    fresh.borrow_mut().look(&session, member);
    let at = place.row.as_ref().and_then(|path| rows.iter().position(|r| r.path == *path));
    let onkeydown = key_handler(&session, &rows, at, window.revealer());
    let range = window.range(rows.len());
    let drawn = range.clone().map(|i| {
        let row = &rows[i];
        line(
            &session,
            row,
            at == Some(i),
            place.key.as_deref() == Some(&*row.path),
            fresh.borrow().of(row),
            s,
        )
    });
    let empty = if place.filter.is_empty() { s.tree_empty } else { s.filter_none };
    html! {
        <div class="store-tree">
            <div class="tree-bar">
                { filter(&session, &place.filter, s) }
                <button class="new-key" onclick={props.on_new.clone()}>{ s.new_key }</button>
            </div>
            <div class="tree scroll" ref={node} role="tree" tabindex="0" aria-label={s.tree} {onkeydown} onscroll={window.onscroll()}
                aria-activedescendant={at.map(|i| row_id(&rows[i].path))}>
                if rows.is_empty() {
                    <p class="quiet">{ empty }</p>
                }
                { window.rows(rows.len(), &range, drawn.collect::<Html>()) }
            </div>
        </div>
    }
}

fn key_handler(
    session: &Session,
    rows: &Rc<Vec<Row>>,
    at: Option<usize>,
    reveal: Callback<usize>,
) -> Callback<KeyboardEvent> {
    let (session, rows) = (session.clone(), rows.clone());
    Callback::from(move |event: KeyboardEvent| {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        match on_key(&rows, at, &event.key()) {
            Some(Move::To(i)) => {
                go_to(&session, &rows[i]);
                reveal.emit(i);
            }
            Some(Move::Toggle(i)) => toggle(&session, &rows[i]),
            None => return,
        }
        event.prevent_default();
    })
}

fn filter(session: &Session, text: &str, s: &'static StoreTexts) -> Html {
    let session = session.clone();
    let oninput = move |event: InputEvent| {
        let text = event.target_dyn_into::<HtmlInputElement>().map(|i| i.value()).unwrap_or_default();
        session.ui(|ui| ui.store.filter = text);
    };
    html! {
        <input class="store-filter" type="search" placeholder={s.filter} aria-label={s.filter} value={text.to_owned()} {oninput}
            autocomplete="off" spellcheck="false" />
    }
}

/// Ids may hold anything but spaces.
fn row_id(path: &str) -> String {
    format!("row-{}", path.replace(char::is_whitespace, "_"))
}

fn line(
    session: &Session,
    row: &Row,
    here: bool,
    picked: bool,
    fresh: Option<u64>,
    s: &'static StoreTexts,
) -> Html {
    let onclick = {
        let (session, row) = (session.clone(), row.clone());
        move |_: MouseEvent| if row.leaf { go_to(&session, &row) } else { toggle(&session, &row) }
    };
    let counts = if row.leaf {
        bytes(row.bytes)
    } else {
        let keys = format!("{}{}", thousands(row.keys), if row.more { "+" } else { "" });
        fill(s.node_counts, &[&keys, &bytes(row.bytes)])
    };
    let sign = match (row.leaf, row.open) {
        (true, _) => "",
        (false, true) => "▾",
        (false, false) => "▸",
    };
    let class = classes!("tree-row", here.then_some("here"), row.leaf.then_some("leaf"));
    html! {
        // A new change is a new element: its mark fades from the start again.
        <div key={format!("{}{}", row.path, fresh.unwrap_or(0))} {class} id={row_id(&row.path)} role="treeitem" {onclick}
            style={format!("--level:{}", row.level)} aria-level={row.level.to_string()} title={row.path.clone()}
            aria-expanded={(!row.leaf).then(|| row.open.to_string())} aria-selected={picked.to_string()}
            aria-posinset={row.place.0.to_string()} aria-setsize={row.place.1.to_string()}>
            if fresh.is_some() {
                <span class="fresh" aria-hidden="true" />
            }
            <span class="tree-sign" aria-hidden="true">{ sign }</span>
            <span class="tree-name">{ &row.name }</span>
            <span class="quiet tree-counts">{ counts }</span>
        </div>
    }
}
