//! The editor of manifests.

use lab::Action;
use web_sys::{Element, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::problems::Problems;
use super::samples::SAMPLES;
use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::i18n::{Texts, fill};
use crate::infra::{Session, Topic, storage};

/// Documents in a text, for the head of the panel: those between `---` that are not blank.
fn documents(text: &str) -> usize {
    text.split("\n---")
        .filter(|d| {
            d.lines().any(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#') && l.trim() != "---")
        })
        .count()
}

/// The byte offset of a line and column, both from 1; columns count characters.
fn offset(text: &str, line: u32, column: u32) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let rest = &text[start.min(text.len())..];
    let end = rest.find('\n').unwrap_or(rest.len());
    start + rest[..end].char_indices().nth(column.saturating_sub(1) as usize).map_or(end, |(i, _)| i)
}

/// How long the word at an offset is, in bytes.
fn word(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    rest.find(|c: char| !(c.is_alphanumeric() || "-_./".contains(c)))
        .unwrap_or(rest.len())
        .max(1)
        .min(rest.len())
}

/// The panel.
#[component]
pub fn Manifests() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Ui);
    let text = use_state(|| storage::read(storage::MANIFESTS).unwrap_or_else(|| SAMPLES[0].text.to_owned()));
    let file = use_state(|| SAMPLES[0].file);
    let area = use_node_ref();
    let change = {
        let text = text.clone();
        move |new: String| {
            storage::write(storage::MANIFESTS, &new);
            text.set(new);
        }
    };
    let apply = {
        let (session, text) = (session.clone(), text.clone());
        move || session.act(Action::Apply { text: (*text).clone() })
    };
    let oninput = {
        let change = change.clone();
        move |event: InputEvent| {
            if let Some(area) = event.target_dyn_into::<HtmlTextAreaElement>() {
                change(area.value());
            }
        }
    };
    let onkeydown = {
        let (apply, change) = (apply.clone(), change.clone());
        move |event: KeyboardEvent| {
            let Some(area) = event.target_dyn_into::<HtmlTextAreaElement>() else { return };
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                apply();
            } else if event.key() == "Tab" && !event.shift_key() && !event.ctrl_key() {
                event.prevent_default();
                insert(&area, "  ");
                change(area.value());
            }
        }
    };
    let onchange = {
        let (change, file) = (change.clone(), file.clone());
        move |event: Event| {
            let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else { return };
            if let Some(sample) = select.value().parse().ok().and_then(|i: usize| SAMPLES.get(i)) {
                file.set(sample.file);
                change(sample.text.to_owned());
            }
            select.set_value("");
        }
    };
    let jump = {
        let (area, text) = (area.clone(), text.clone());
        Callback::from(move |(line, column): (u32, u32)| {
            if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                go_to(&area, &text, line, column);
            }
        })
    };
    let count = documents(&text);
    let counted =
        if count == 1 { t.document_one.to_owned() } else { fill(t.documents, &[&count.to_string()]) };
    let onclick = move |_: MouseEvent| apply();
    html! {
        <section class="card manifests" aria-label={t.manifests}>
            <div class="panel-head">
                <h2>{ t.manifests }</h2>
                <span class="quiet">{ format!("{} · {counted}", *file) }</span>
                <span class="grow" />
                <select {onchange} aria-label={t.samples}>
                    <option value="" selected={true}>{ t.samples }</option>
                    { for SAMPLES.iter().enumerate().map(|(i, s)| html! { <option value={i.to_string()}>{ (s.name)(t) }</option> }) }
                </select>
                <button class="primary" {onclick}>{ t.apply }</button>
            </div>
            <Editor text={(*text).clone()} area={area} {oninput} {onkeydown} label={t.editor} />
            <Problems {jump} />
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct EditorProps {
    text: String,
    area: NodeRef,
    oninput: Callback<InputEvent>,
    onkeydown: Callback<KeyboardEvent>,
    label: &'static str,
}

/// The text with its line numbers; under it, the same text unseen, that carries the wavy lines.
#[component]
fn Editor(props: &EditorProps) -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Lab);
    let (numbers, under) = (use_node_ref(), use_node_ref());
    let onscroll = {
        let (numbers, under) = (numbers.clone(), under.clone());
        move |event: Event| {
            let Some(area) = event.target_dyn_into::<Element>() else { return };
            for other in [&numbers, &under] {
                if let Some(other) = other.cast::<Element>() {
                    other.set_scroll_top(area.scroll_top());
                    other.set_scroll_left(area.scroll_left());
                }
            }
        }
    };
    let lines = props.text.split('\n').count();
    let gutter = (1..=lines).map(|n| format!("{n}\n")).collect::<String>();
    let marked = marked(&session, &props.text, t);
    html! {
        <div class="editor mono">
            <pre class="gutter" ref={numbers} aria-hidden="true">{ gutter }</pre>
            <div class="editor-body">
                <pre class="under" ref={under} aria-hidden="true">{ marked }{ "\n" }</pre>
                <textarea ref={props.area.clone()} class="mono" wrap="off" spellcheck="false" autocapitalize="off" autocomplete="off"
                    aria-label={props.label} value={props.text.clone()} oninput={props.oninput.clone()}
                    onkeydown={props.onkeydown.clone()} {onscroll} />
            </div>
        </div>
    }
}

fn marked(session: &Session, text: &str, t: &'static Texts) -> Html {
    let state = session.state();
    let mut places: Vec<(usize, String)> = state
        .lab()
        .problems()
        .iter()
        .map(|p| (offset(text, p.line, p.column), super::problems::say(p, t)))
        .collect();
    places.sort();
    let mut parts = Vec::new();
    let mut at = 0;
    for (start, title) in places {
        if start < at || start >= text.len() {
            continue;
        }
        let end = start + word(text, start);
        // A word may end inside of a character that is no letter.
        let end = (end..=text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(text.len());
        parts.push(html! { { text[at..start].to_owned() } });
        parts.push(html! { <span class="wavy" {title}>{ text[start..end].to_owned() }</span> });
        at = end;
    }
    parts.push(html! { { text[at..].to_owned() } });
    parts.into_iter().collect()
}

/// Puts text where the caret is.
fn insert(area: &HtmlTextAreaElement, text: &str) {
    let place = |p: Result<Option<u32>, _>| p.ok().flatten().unwrap_or(0);
    let (start, end) = (place(area.selection_start()), place(area.selection_end()));
    // Only input types without a caret refuse, and a text area has one.
    let _ = area.set_range_text_with_start_and_end(text, start, end);
    let after = start + text.encode_utf16().count() as u32;
    let _ = area.set_selection_range(after, after);
}

/// Puts the caret at a place and brings it into sight.
fn go_to(area: &HtmlTextAreaElement, text: &str, line: u32, column: u32) {
    let at = offset(text, line, column);
    let start = text[..at].encode_utf16().count() as u32;
    let end = start + text[at..at + word(text, at).min(text.len() - at)].encode_utf16().count() as u32;
    // A hidden text area takes no focus; the panel is open when its problems can be clicked.
    let _ = area.focus();
    let _ = area.set_selection_range(start, end);
    let lines = text.split('\n').count().max(1) as i32;
    area.set_scroll_top(area.scroll_height() * (line as i32 - 3).max(0) / lines);
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn counts_documents_as_kubectl_does() {
        for (text, count) in
            [("", 0), ("a: 1", 1), ("---\na: 1\n---\n# only words\n---\nb: 2\n", 2), ("a: 1\n---\n", 1)]
        {
            assert_eq!(documents(text), count, "{text:?}");
        }
    }

    #[test]
    fn finds_places() {
        let text = "a: 1\nbä: imagee: x\n";
        assert_eq!(offset(text, 1, 1), 0);
        assert_eq!(&text[offset(text, 2, 5)..][..6], "imagee");
        assert_eq!(word(text, offset(text, 2, 5)), 6);
        assert_eq!(offset(text, 99, 1), text.len());
        assert_eq!(offset(text, 1, 99), 4);
    }
}
