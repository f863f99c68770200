//! A light terminal: lines, a prompt, history, Ctrl-C.

use lab::Action;
use lab::view::Channel;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::ui::Panels;
use crate::infra::{Session, Topic, storage};

/// Pieces of text that are drawn at the most; older ones stay in the lab.
const PIECES_MAX: usize = 600;
/// Terminals at the most.
const TERMINALS_MAX: u32 = 6;

/// What each terminal of the page remembers beside its lines.
#[derive(Default)]
struct Memory {
    history: Vec<String>,
    /// Where in the history the arrows stand; its length is the fresh line.
    at: usize,
    /// Lines before this one were cleared away.
    cleared: usize,
}

/// The terminal panel.
#[component]
pub fn Terminal() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Terminal);
    use_redraw(Topic::Ui);
    let memories = use_mut_ref(std::collections::BTreeMap::<u32, Memory>::new);
    let input = use_node_ref();
    let scroll = use_node_ref();
    let number = session.state().ui().terminal;
    {
        let scroll = scroll.clone();
        use_effect(move || {
            if let Some(element) = scroll.cast::<Element>() {
                element.set_scroll_top(element.scroll_height());
            }
        });
    }
    let onkeydown = {
        let (session, memories, input) = (session.clone(), memories.clone(), input.clone());
        let update = use_force_update();
        Callback::from(move |event: KeyboardEvent| {
            let Some(input) = input.cast::<HtmlInputElement>() else { return };
            let mut memories = memories.borrow_mut();
            let memory = memories.entry(number).or_default();
            if on_key(&session, number, memory, &input, &event) {
                event.prevent_default();
                update.force_update();
            }
        })
    };
    let onpaste = paste(&session, number, &input);
    let focus = {
        let input = input.clone();
        move |_: MouseEvent| {
            let selecting = web_sys::window()
                .and_then(|w| w.get_selection().ok().flatten())
                .is_some_and(|s| !s.is_collapsed());
            if let (false, Some(input)) = (selecting, input.cast::<HtmlInputElement>()) {
                // Clicking elsewhere keeps the focus there; no harm.
                let _ = input.focus();
            }
        }
    };
    let state = session.state();
    let view = state.lab().session(number);
    let cleared = memories.borrow().get(&number).map_or(0, |m| m.cleared).min(view.lines.len());
    let from = cleared.max(view.lines.len().saturating_sub(PIECES_MAX));
    let waiting = view.running && !state.clock().playing && !state.is_busy();
    html! {
        <section class="card terminal" aria-label={t.terminal}>
            <div class="panel-head">
                <h2>{ t.terminal }</h2>
                <span class="quiet">{ t.terminal_as }</span>
                <Tabs />
                <span class="grow" />
                if waiting {
                    <span class="care-text" role="status">{ t.terminal_paused }</span>
                } else if view.running {
                    <span class="quiet">{ t.terminal_running }</span>
                }
                <FoldLower />
            </div>
            <div class="screen mono" ref={scroll} onclick={focus} tabindex="0" role="log" aria-label={t.terminal}>
                <pre>{ for view.lines[from..].iter().enumerate().map(|(i, piece)| {
                    let (class, sign) = match piece.channel {
                        Channel::Typed if piece.text == "^C\n" => ("typed", ""),
                        Channel::Typed => ("typed", "$ "),
                        Channel::Stdout => ("", ""),
                        Channel::Stderr => ("stderr", ""),
                    };
                    html! { <span key={from + i} {class}>{ format!("{sign}{}", piece.text) }</span> }
                }) }</pre>
                <div class="prompt">
                    <span aria-hidden="true">{ if view.running { "" } else { "$" } }</span>
                    <input ref={input} id="terminal-input" type="text" class="mono" autocomplete="off" autocapitalize="off"
                        spellcheck="false" aria-label={t.terminal_input}
                        placeholder={if view.lines.is_empty() { t.terminal_hint } else { "" }} {onkeydown} {onpaste} />
                </div>
            </div>
        </section>
    }
}

/// Does what a key says; true when it is the terminal's.
fn on_key(
    session: &Session,
    number: u32,
    memory: &mut Memory,
    input: &HtmlInputElement,
    event: &KeyboardEvent,
) -> bool {
    let ctrl = event.ctrl_key();
    match event.key().as_str() {
        "Enter" => {
            let line = input.value();
            input.set_value("");
            enter(session, number, memory, line.trim());
        }
        "ArrowUp" => {
            memory.at = memory.at.saturating_sub(1);
            recall(memory, input);
        }
        "ArrowDown" => {
            memory.at = (memory.at + 1).min(memory.history.len());
            recall(memory, input);
        }
        // With a selection, Ctrl-C copies, as in any terminal of a desktop.
        "c" if ctrl && input.selection_start() == input.selection_end() => {
            input.set_value("");
            session.act(Action::Interrupt { session: number });
        }
        "l" if ctrl => memory.cleared = session.state().lab().printed_pieces(number) as usize,
        "u" if ctrl => input.set_value(""),
        _ => return false,
    }
    true
}

fn recall(memory: &Memory, input: &HtmlInputElement) {
    input.set_value(memory.history.get(memory.at).map_or("", |l| l));
}

fn enter(session: &Session, number: u32, memory: &mut Memory, line: &str) {
    // An empty line says nothing to the terminal, but may to a program that reads (`etcdctl txn -i`).
    if line.is_empty() {
        if session.state().lab().session(number).running {
            session.act(Action::Kubectl { session: number, line: String::new(), stdin: None });
        }
        return;
    }
    if memory.history.last().is_none_or(|last| last != line) {
        memory.history.push(line.to_owned());
    }
    memory.at = memory.history.len();
    if line == "clear" {
        memory.cleared = session.state().lab().printed_pieces(number) as usize;
        return;
    }
    // `-f -` reads what is in the editor: there is no other file in the page.
    let reads = line.contains("-f -") || line.contains("--filename=-") || line.contains("--filename -");
    let stdin = reads.then(|| storage::read(storage::MANIFESTS)).flatten();
    session.act(Action::Kubectl { session: number, line: line.to_owned(), stdin });
}

/// Pasting several lines runs all but the last, as terminals do.
fn paste(session: &Session, number: u32, input: &NodeRef) -> Callback<Event> {
    let (session, input) = (session.clone(), input.clone());
    Callback::from(move |event: Event| {
        let data = js_sys::Reflect::get(&event, &"clipboardData".into()).ok();
        let get = data.as_ref().and_then(|d| js_sys::Reflect::get(d, &"getData".into()).ok());
        let (Some(data), Some(get)) = (data, get) else { return };
        let function: js_sys::Function = get.into();
        let text = function.call1(&data, &"text".into()).ok().and_then(|t| t.as_string()).unwrap_or_default();
        let (Some((lines, last)), Some(input)) = (text.rsplit_once('\n'), input.cast::<HtmlInputElement>())
        else {
            return;
        };
        event.prevent_default();
        let first = input.value();
        for (i, line) in lines.lines().enumerate() {
            let line = if i == 0 { format!("{first}{line}") } else { line.to_owned() };
            let line = line.trim().trim_start_matches("$ ").to_owned();
            if !line.is_empty() {
                session.act(Action::Kubectl { session: number, line, stdin: None });
            }
        }
        input.set_value(last);
    })
}

/// One tab a terminal.
#[component]
fn Tabs() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Ui);
    let (current, count) = {
        let state = session.state();
        (state.ui().terminal, state.ui().terminals)
    };
    let more = {
        let session = session.clone();
        move |_: MouseEvent| {
            session.ui(|ui| {
                ui.terminal = ui.terminals;
                ui.terminals += 1;
            });
        }
    };
    html! {
        <span class="tabs">
            if count > 1 {
                { for (0..count).map(|i| {
                    let session = session.clone();
                    let onclick = move |_: MouseEvent| session.ui(|ui| ui.terminal = i);
                    html! { <button key={i} class="plain" {onclick} aria-pressed={(i == current).to_string()}
                        aria-label={format!("{} {}", t.terminal, i + 1)}>{ i + 1 }</button> }
                }) }
            }
            if count < TERMINALS_MAX {
                <button class="plain" onclick={more} aria-label={t.terminal_new} title={t.terminal_new}>{ "+" }</button>
            }
        </span>
    }
}

/// Folds terminal and manifests away.
#[component]
fn FoldLower() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Ui);
    let folded = session.state().ui().panels.lower_folded;
    let onclick = move |_: MouseEvent| {
        session.ui(|ui| ui.panels = Panels { lower_folded: !ui.panels.lower_folded, ..ui.panels });
        session.state().ui().panels.save();
    };
    let label = if folded { t.unfold } else { t.fold };
    html! {
        <button class="plain fold-lower" {onclick} aria-expanded={(!folded).to_string()} aria-label={label} title={label}>
            { if folded { "▴" } else { "▾" } }
        </button>
    }
}
