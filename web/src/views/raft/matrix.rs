//! The logs side by side: a row a member, a column an index, coloured by term.

use std::rc::Rc;

use lab::view::Role;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::link::px;
use super::member::letter;
use super::scene::leader;
use crate::draw::format::{self, thousands};
use crate::hooks::{use_raft_texts, use_redraw, use_session, use_size, use_texts};
use crate::infra::i18n::{RaftTexts, fill};
use crate::infra::{Session, Topic};
use lab::view::{EntryShape, LogCell, RaftMember, RaftView};

/// A cell, a row and the names before the cells, in pixels.
const CELL: f64 = 23.0;
const CELL_HEIGHT: f64 = 19.0;
const ROW: f64 = 33.0;
const NAMES: f64 = 78.0;
/// The indexes above.
const HEAD: f64 = 18.0;
/// Terms have so many colours, in turn.
const COLOURS: u64 = 8;

/// What the window shows.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Window {
    from: u64,
    columns: u64,
}

impl Window {
    /// The window of `columns` that begins at `from`, or follows the end.
    fn new(view: &RaftView, from: Option<u64>, columns: u64) -> Window {
        // One column stays free: there the next entry goes.
        let latest = (view.last_index + 2).saturating_sub(columns).max(1);
        Window { from: from.map_or(latest, |from| from.clamp(1, latest)), columns }
    }

    fn latest(view: &RaftView, columns: u64) -> u64 {
        (view.last_index + 2).saturating_sub(columns).max(1)
    }

    fn to(self) -> u64 {
        self.from + self.columns - 1
    }

    /// The left edge of an index's column, wherever that is.
    fn x(self, index: u64) -> f64 {
        let columns = index as f64 - self.from as f64;
        NAMES + columns.clamp(0.0, self.columns as f64) * CELL
    }

    fn has(self, index: u64) -> bool {
        (self.from..=self.to()).contains(&index)
    }
}

/// The matrix with its controls. Only this part is measured: to ask for a size makes the browser lay everything out.
#[component]
pub fn Matrix() -> Html {
    let frame = use_node_ref();
    let (width, _) = use_size(&frame);
    html! {
        <div ref={frame}>
            if width > 10.0 {
                <Logs {width} />
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct LogsProps {
    width: f64,
}

#[component]
fn Logs(props: &LogsProps) -> Html {
    let (session, t, r) = (use_session(), use_texts(), use_raft_texts());
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    let frame = use_node_ref();
    let width = props.width;
    let looked_at = use_state_eq(|| None::<(usize, u64)>);
    let view = session.state().raft();
    let columns = (((width - NAMES - 6.0) / CELL).floor().max(4.0)) as u64;
    let from = session.state().ui().raft.log_from;
    let window = Window::new(&view, from, columns);
    let rows: Vec<Vec<LogCell>> = view
        .members
        .iter()
        .map(|m| session.state().lab().raft_log(m.index, window.from, window.to()))
        .collect();
    let rows = Rc::new(rows);
    let height = HEAD + view.members.len() as f64 * ROW;
    let onmousemove = {
        let (frame, looked_at, count) = (frame.clone(), looked_at.clone(), view.members.len());
        move |event: MouseEvent| {
            let Some(element) = frame.cast::<HtmlElement>() else { return };
            let rect = element.get_bounding_client_rect();
            let (x, y) = (
                f64::from(event.client_x()) - rect.x() - NAMES,
                f64::from(event.client_y()) - rect.y() - HEAD,
            );
            let row = (y / ROW).floor();
            looked_at.set(
                (x >= 0.0 && row >= 0.0 && (row as usize) < count)
                    .then(|| (row as usize, window.from + (x / CELL) as u64)),
            );
        }
    };
    let onkeydown = keys(&session, &view, window, &looked_at);
    let says =
        looked_at.and_then(|(row, index)| Some(says(view.members.get(row)?, rows.get(row)?, index, r)));
    html! {
        <section class="raft-log" aria-label={r.logs}>
            <h3>{ r.logs }<span class="log-range">{ fill(r.log_range, &[&thousands(window.from), &thousands(window.to().min(view.last_index)), &thousands(view.last_index)]) }</span></h3>
            <div ref={frame} class="matrix-frame" role="application" tabindex="0" aria-label={r.matrix_label} {onmousemove} {onkeydown}>
                    <svg class="board matrix" width={px(width.floor())} height={px(height)} aria-hidden="true">
                        { head(window) }
                        { for view.members.iter().zip(rows.iter()).enumerate().map(|(place, (member, cells))| {
                            let looked_at = looked_at.filter(|(row, index)| *row == place && window.has(*index)).map(|(_, index)| index);
                            html! { <Row key={member.index} {place} log={Log::of(&view, member, cells)} {window} {looked_at} /> }
                        }) }
                    </svg>
            </div>
            <p class="entry-says" role="status" aria-live="polite">
                { says.unwrap_or_else(|| r.matrix_hint.to_owned()) }
            </p>
            <Slider from={window.from} latest={Window::latest(&view, columns)} follows={from.is_none()} />
            <div class="legend matrix-legend">
                <span><i class="cell-sign solid" />{ r.committed }</span>
                <span><i class="cell-sign hollow" />{ r.uncommitted }</span>
                <span><i class="cell-sign unstable" />{ r.not_durable }</span>
                <span><i class="bar-sign applied" />{ t.applied }</span>
                <span>{ "▲ " }{ t.matched }</span>
                <span>{ "△ " }{ t.next }</span>
            </div>
        </section>
    }
}

fn keys(
    session: &Session,
    view: &Rc<RaftView>,
    window: Window,
    looked_at: &UseStateHandle<Option<(usize, u64)>>,
) -> impl Fn(KeyboardEvent) + use<> {
    let (session, view, looked_at) = (session.clone(), view.clone(), looked_at.clone());
    move |event: KeyboardEvent| {
        let rows = view.members.len();
        let (row, index) = looked_at.unwrap_or((0, window.to().min(view.last_index).max(1)));
        let (row, index) = match event.key().as_str() {
            "ArrowLeft" => (row, index.saturating_sub(1).max(1)),
            "ArrowRight" => (row, (index + 1).min(view.last_index.max(1))),
            "ArrowUp" => (row.saturating_sub(1), index),
            "ArrowDown" => ((row + 1).min(rows.saturating_sub(1)), index),
            "PageUp" => (row, index.saturating_sub(window.columns).max(1)),
            "PageDown" => (row, (index + window.columns).min(view.last_index.max(1))),
            "Home" => (row, view.first_index.max(1)),
            "End" => (row, view.last_index.max(1)),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        looked_at.set(Some((row, index)));
        if !window.has(index) {
            let latest = Window::latest(&view, window.columns);
            let from =
                if index < window.from { index } else { (index + 1).saturating_sub(window.columns).max(1) };
            session.ui(|ui| ui.raft.log_from = (from < latest).then_some(from));
        }
    }
}

/// Indexes above the columns.
fn head(window: Window) -> Html {
    let marked = (window.from..=window.to()).filter(|index| index % 5 == 0);
    html! { <g class="index-head">{ for marked.map(|index| html! {
        <text class="mono" x={px(window.x(index) + CELL / 2.0)} y="12" text-anchor="middle">{ thousands(index) }</text>
    }) }</g> }
}

/// As much of a member as its row shows: while that stays the same, nothing is drawn anew.
#[derive(Clone, PartialEq, Debug)]
struct Log {
    index: u32,
    name: sim::Str,
    letter: &'static str,
    up: bool,
    leads: bool,
    first: u64,
    snapshot: u64,
    commit: u64,
    applied: u64,
    /// What the leader believes of it: the last entry it has, and the next one to send.
    progress: Option<(u64, u64)>,
    cells: Vec<LogCell>,
}

impl Log {
    fn of(view: &RaftView, member: &RaftMember, cells: &[LogCell]) -> Log {
        let known = leader(view).filter(|l| l.index != member.index);
        let progress = known.and_then(|l| l.progress.iter().find(|p| p.index == member.index));
        Log {
            index: member.index,
            name: member.name.clone(),
            letter: letter(member),
            up: member.up,
            leads: member.up && member.role == Role::Leader,
            first: member.first_index,
            snapshot: member.snapshot_index,
            commit: member.commit,
            applied: member.applied,
            progress: progress.map(|p| (p.matched, p.next)),
            cells: cells.to_vec(),
        }
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    place: usize,
    log: Log,
    window: Window,
    looked_at: Option<u64>,
}

#[component]
fn Row(props: &RowProps) -> Html {
    let r = use_raft_texts();
    let (log, window) = (&props.log, props.window);
    let y = HEAD + props.place as f64 * ROW;
    let class = classes!("log-row", (!log.up).then_some("is-down"), log.leads.then_some("leads"));
    html! {
        <g {class} data-log={log.index.to_string()}>
            <rect class="log-ground" x={px(NAMES)} y={px(y)} width={px(window.columns as f64 * CELL)} height={px(CELL_HEIGHT)} />
            <text class="log-name" x="0" y={px(y + 14.0)}>{ log.name.to_string() }</text>
            <text class="log-role mono" x={px(NAMES - 14.0)} y={px(y + 14.0)} text-anchor="middle">{ log.letter }</text>
            { compacted(log, window, y, r) }
            { for log.cells.iter().map(|cell| draw_cell(cell, log, window, y)) }
            { bars(log, window, y) }
            { arrows(log, window, y) }
            if let Some(index) = props.looked_at {
                <rect class="looked-at" x={px(window.x(index) + 0.5)} y={px(y - 1.0)} width={px(CELL - 1.0)} height={px(CELL_HEIGHT + 2.0)} rx="3" />
            }
        </g>
    }
}

/// What a snapshot stands for.
fn compacted(log: &Log, window: Window, y: f64, r: &'static RaftTexts) -> Html {
    let last = log.first.saturating_sub(1).min(window.to());
    if last < window.from {
        return Html::default();
    }
    let width = window.x(last + 1) - NAMES;
    html! {
        <g class="compacted">
            <rect x={px(NAMES + 1.0)} y={px(y + 1.0)} width={px((width - 2.0).max(1.0))} height={px(CELL_HEIGHT - 2.0)} rx="3" />
            if width > 90.0 {
                <text x={px(NAMES + width / 2.0)} y={px(y + 13.5)} text-anchor="middle">{ fill(r.snapshot_to, &[&thousands(log.snapshot)]) }</text>
            }
        </g>
    }
}

fn draw_cell(cell: &LogCell, log: &Log, window: Window, y: f64) -> Html {
    let x = window.x(cell.index);
    let class = classes!(
        "cell",
        format!("term-{}", cell.term % COLOURS),
        (cell.index <= log.commit).then_some("committed"),
        (!cell.durable).then_some("unstable"),
    );
    html! {
        <g key={cell.index} {class} data-index={cell.index.to_string()}>
            <rect x={px(x + 1.5)} y={px(y + 1.0)} width={px(CELL - 3.0)} height={px(CELL_HEIGHT - 2.0)} rx="3" />
            <text x={px(x + CELL / 2.0)} y={px(y + 13.5)} text-anchor="middle">{ cell.term }</text>
            if cell.kind == EntryShape::ConfChange {
                <path class="conf-sign" d={format!("M{:.1} {:.1}h7l-7 7z", x + 1.5, y + 1.0)} />
            } else if cell.kind == EntryShape::Empty {
                <path class="empty-sign" d={format!("M{:.1} {:.1}h8", x + CELL / 2.0 - 4.0, y + CELL_HEIGHT - 3.5)} />
            }
        </g>
    }
}

/// How far it has committed, and how far it has applied.
fn bars(log: &Log, window: Window, y: f64) -> Html {
    let end = |index: u64| window.x(index + 1) - NAMES;
    let (applied, committed) = (end(log.applied), end(log.commit));
    html! {
        <>
            if committed > 0.0 {
                <rect class="committed-bar" x={px(NAMES)} y={px(y + CELL_HEIGHT + 1.0)} width={px(committed)} height="2" />
                if window.has(log.commit) {
                    <rect class="committed-bar" x={px(NAMES + committed - 2.0)} y={px(y - 1.0)} width="2" height={px(CELL_HEIGHT + 4.0)} />
                }
            }
            if applied > 0.0 {
                <rect class="applied-bar" x={px(NAMES)} y={px(y + CELL_HEIGHT + 4.0)} width={px(applied)} height="3" />
            }
        </>
    }
}

/// What the leader believes of a follower: the last entry it has, and the next one to send.
fn arrows(log: &Log, window: Window, y: f64) -> Html {
    let Some((matched, next)) = log.progress else { return Html::default() };
    let arrow = |index: u64, class: &'static str| {
        let x = window.x(index) + CELL / 2.0;
        html! { <path {class} d={format!("M{:.1} {:.1}l4.5 6h-9z", x, y + CELL_HEIGHT + 6.5)} /> }
    };
    html! {
        <>
            if window.has(matched) {
                { arrow(matched, "match-arrow") }
            }
            if window.has(next) {
                { arrow(next, "next-arrow") }
            }
        </>
    }
}

/// What is known of an entry, in a line.
fn says(member: &RaftMember, cells: &[LogCell], index: u64, r: &'static RaftTexts) -> String {
    let Some(cell) = cells.iter().find(|c| c.index == index) else {
        let what = if index < member.first_index { r.in_snapshot } else { r.no_entry };
        return format!("{} {index}: {what}", member.name);
    };
    let state = if index <= member.applied {
        r.entry_applied
    } else if index <= member.commit {
        r.entry_committed
    } else if cell.durable {
        r.entry_durable
    } else {
        r.entry_unstable
    };
    fill(
        r.entry_says,
        &[
            &member.name,
            &index.to_string(),
            &cell.term.to_string(),
            state,
            &format::bytes(cell.bytes),
            &cell.text,
        ],
    )
}

#[derive(Properties, PartialEq)]
struct SliderProps {
    from: u64,
    latest: u64,
    follows: bool,
}

/// Moves the window over the log.
#[component]
fn Slider(props: &SliderProps) -> Html {
    let (session, r) = (use_session(), use_raft_texts());
    let (latest, from) = (props.latest, props.from);
    let go = {
        let session = session.clone();
        move |to: u64| session.ui(|ui| ui.raft.log_from = (to < latest).then_some(to.max(1)))
    };
    let oninput = {
        let go = go.clone();
        move |event: InputEvent| {
            if let Some(to) = event.target_dyn_into::<HtmlInputElement>().and_then(|i| i.value().parse().ok())
            {
                go(to);
            }
        }
    };
    let to_start = {
        let go = go.clone();
        move |_: MouseEvent| go(1)
    };
    let follow = move |_: MouseEvent| {
        session.ui(|ui| ui.raft.log_from = ui.raft.log_from.is_none().then_some(from.min(latest)))
    };
    html! {
        <div class="log-slider">
            <button class="plain" onclick={to_start} disabled={latest <= 1} aria-label={r.to_first}>{ "|◀" }</button>
            <input type="range" min="1" max={latest.to_string()} value={from.to_string()} {oninput} disabled={latest <= 1} aria-label={r.window} />
            <button class="plain" aria-pressed={props.follows.to_string()} onclick={follow}>{ r.follow }</button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn the_window_follows_the_end_and_stays_where_it_was_put() {
        let view = |last_index| RaftView { last_index, ..RaftView::default() };
        assert_eq!(Window::new(&view(3), None, 16), Window { from: 1, columns: 16 });
        let follows = Window::new(&view(100_000), None, 16);
        assert!(follows.has(100_000) && follows.has(100_001) && !follows.has(100_002));
        assert_eq!(Window::new(&view(100_000), Some(500), 16).from, 500);
        assert_eq!(Window::new(&view(10), Some(500), 16).from, 1);
    }
}
