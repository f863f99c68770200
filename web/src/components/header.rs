//! The top line: which lab this is, and how to hand it on.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::icon;
use super::scenes::ScenesButton;
use crate::hooks::{use_language, use_redraw, use_session, use_texts};
use crate::infra::i18n::fill;
use crate::infra::ui::Theme;
use crate::infra::{Topic, storage};

/// The header.
#[component]
pub fn Header() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    let state = session.state();
    let (seed, name) = (state.lab().file().seed.to_string(), state.lab().file().name.clone());
    let picture = state.picture();
    let counts =
        [picture.members.len(), picture.nodes.len(), picture.pods_total as usize].map(|n| n.to_string());
    let copied = state.ui().copied.map(|n| n.to_string());
    let on_copy = {
        let session = session.clone();
        move |_: MouseEvent| session.copy_link()
    };
    let on_help = {
        let session = session.clone();
        move |_: MouseEvent| session.ui(|ui| ui.help = true)
    };
    let on_fork = {
        let session = session.clone();
        move |_: MouseEvent| session.fork()
    };
    html! {
        <header class="head">
            { icon::mark() }
            <h1>{ "Cluster Lab" }</h1>
            if !name.is_empty() {
                <span class="lab-name">{ name }</span>
            }
            <span class="chip">{ fill(t.seed, &[&seed]) }</span>
            <span class="chip wide-only">{ fill(t.counts, &[&counts[0], &counts[1], &counts[2]]) }</span>
            <span class="grow" />
            <ForkPicker />
            <ScenesButton />
            <button class="wide-only" onclick={on_help} title={t.keys_title} aria-label={t.keys_title}>{ "?" }</button>
            <button class="wide-only" onclick={on_fork} title={t.fork_title}>{ t.fork }</button>
            <button class="primary" onclick={on_copy}>
                { copied.map_or(t.copy_link.to_owned(), |n| fill(t.copy_link_count, &[&n])) }
            </button>
            <LanguageSwitch />
            <ThemeToggle />
        </header>
    }
}

/// Which fork or branch is on the page; only there when there is a choice.
#[component]
fn ForkPicker() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Lab);
    let state = session.state();
    let (forks, current) = state.forks();
    let branches = state.lab().branches();
    if forks.len() < 2 && branches.is_empty() {
        return Html::default();
    }
    let onchange = {
        let session = session.clone();
        move |event: Event| {
            let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else { return };
            let value = select.value();
            let Some((kind, index)) = value.split_once(' ') else { return };
            let Ok(index) = index.parse() else { return };
            if kind == "fork" { session.switch_fork(index) } else { session.switch_branch(index) }
        }
    };
    html! {
        <select {onchange} aria-label={t.branches}>
            { for forks.iter().enumerate().map(|(i, name)| html! {
                <option value={format!("fork {i}")} selected={i == current}>{ *name }</option>
            }) }
            { for branches.iter().enumerate().map(|(i, branch)| html! {
                <option value={format!("branch {i}")}>{ format!("↳ {}", branch.name) }</option>
            }) }
        </select>
    }
}

#[component]
fn LanguageSwitch() -> Html {
    let (session, t, language) = (use_session(), use_texts(), use_language());
    let onclick = move |_: MouseEvent| {
        let other = language.other();
        storage::write(storage::LANGUAGE, other.tag());
        session.ui(|ui| ui.language = other);
    };
    html! {
        <button {onclick} lang={language.other().tag()} title={t.other_language_title}>{ t.other_language }</button>
    }
}

#[component]
fn ThemeToggle() -> Html {
    let (session, t) = (use_session(), use_texts());
    let onclick = move |_: MouseEvent| {
        let theme = session.state().ui().theme;
        let dark = match theme {
            Theme::System => system_is_dark(),
            Theme::Dark => true,
            Theme::Light => false,
        };
        let (next, name) = if dark { (Theme::Light, "light") } else { (Theme::Dark, "dark") };
        storage::write(storage::THEME, name);
        session.ui(|ui| ui.theme = next);
    };
    html! { <button {onclick} title={t.theme} aria-label={t.theme}>{ "◐" }</button> }
}

fn system_is_dark() -> bool {
    let query = web_sys::window().and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok()).flatten();
    query.is_some_and(|q| q.matches())
}
