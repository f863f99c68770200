//! The tree of keys and the key that was picked.

use lab::view::StoreKey;
use yew::prelude::*;

use super::PartProps;
use super::commands::Line;
use super::history::History;
use super::put::PutForm;
use super::reading::Reading;
use super::tree::Tree;
use crate::draw::format::{bytes, thousands};
use crate::hooks::{use_language, use_redraw, use_session};
use crate::infra::Topic;
use crate::infra::i18n::{StoreTexts, fill};

/// Lines of a value that are shown at the most.
const LINES_MAX: usize = 1_500;

/// Tree and key side by side.
#[component]
pub fn Keys(props: &PartProps) -> Html {
    let (session, s) = (use_session(), use_language().store());
    use_redraw(Topic::Ui);
    let picked = session.state().ui().store.key.clone();
    let adding = use_state(|| false);
    let on_new = {
        let adding = adding.setter();
        Callback::from(move |_: MouseEvent| adding.set(true))
    };
    let done = {
        let (session, adding) = (session.clone(), adding.setter());
        Callback::from(move |key: Option<String>| {
            adding.set(false);
            if let Some(key) = key {
                session.ui(|ui| ui.store.key = Some(key));
            }
        })
    };
    html! {
        <div class={classes!("store-keys", (picked.is_some() || *adding).then_some("has-key"))}>
            <Tree member={props.member} {on_new} />
            <div class="store-key scroll" tabindex="0" role="region" aria-label={s.value}>
                if *adding {
                    <PutForm name="" value="" {done} />
                } else if let Some(key) = picked {
                    <KeyPane key={key.clone()} member={props.member} name={key.clone()} />
                } else {
                    <p class="quiet">{ s.pick_key }</p>
                }
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct KeyProps {
    member: u32,
    name: String,
}

/// What is shown of the key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Value,
    History,
    Put,
}

#[component]
fn KeyPane(props: &KeyProps) -> Html {
    let (session, s) = (use_session(), use_language().store());
    use_redraw(Topic::Lab);
    let side = use_state(|| Side::Value);
    let reading = use_mut_ref(Reading::<(u32, String), Option<StoreKey>>::default);
    let what = (props.member, props.name.clone());
    let found = reading
        .borrow_mut()
        .get(&session, what, || session.state().lab().store_key(props.member, &props.name));
    let tab = |which: Side, text: &'static str| {
        let set = side.setter();
        html! { <button class="plain" role="tab" aria-selected={(*side == which).to_string()} onclick={move |_: MouseEvent| set.set(which)}>{ text }</button> }
    };
    let back = {
        let session = session.clone();
        move |_: MouseEvent| session.ui(|ui| ui.store.key = None)
    };
    let done = {
        let set = side.setter();
        Callback::from(move |_: Option<String>| set.set(Side::Value))
    };
    let delete = {
        let (session, key) = (session.clone(), props.name.clone());
        move |_: MouseEvent| Line::delete(&key).run(&session)
    };
    let edit = {
        let set = side.setter();
        move |_: MouseEvent| set.set(Side::Put)
    };
    html! {
        <>
            <div class="key-head">
                <button class="plain key-back" onclick={back} aria-label={s.keys}>{ "‹" }</button>
                <h2 class="mono key-name">{ &props.name }</h2>
            </div>
            if let Some(key) = &*found {
                { facts(key, s) }
            }
            <div class="key-bar">
                <span role="tablist" class="store-parts">
                    { tab(Side::Value, s.value) }
                    { tab(Side::History, s.history) }
                </span>
                <span class="grow" />
                <button onclick={edit}>{ s.edit }</button>
                if found.is_some() {
                    <button class="bad" onclick={delete}>{ s.delete }</button>
                }
            </div>
            { match *side {
                Side::Put => html! { <PutForm name={props.name.clone()} value={text_of(found.as_ref().as_ref())} {done} /> },
                Side::History => html! { <History member={props.member} name={props.name.clone()} /> },
                Side::Value => match &*found {
                    Some(key) => value(&key.value_yaml, s),
                    None => html! { <p class="care-text">{ s.key_gone }</p> },
                },
            } }
        </>
    }
}

/// The text to begin a change with; objects are not text.
fn text_of(key: Option<&StoreKey>) -> String {
    key.filter(|k| !k.key.starts_with("/registry/"))
        .map(|k| k.value_yaml.trim_end().to_owned())
        .unwrap_or_default()
}

fn facts(key: &StoreKey, s: &'static StoreTexts) -> Html {
    let lease = if key.lease == 0 { s.no_lease.to_owned() } else { format!("{:x}", key.lease) };
    let facts = [
        (s.create_revision, thousands(key.create_revision)),
        (s.mod_revision, thousands(key.mod_revision)),
        (s.version, thousands(key.version)),
        (s.lease, lease),
        (s.size, bytes(key.bytes)),
    ];
    html! {
        <dl class="key-facts">
            { for facts.into_iter().map(|(name, value)| html! { <div><dt>{ name }</dt><dd class="mono">{ value }</dd></div> }) }
        </dl>
    }
}

/// A value as text, not longer than a screen can take.
pub fn value(text: &str, s: &'static StoreTexts) -> Html {
    let lines = text.lines().count();
    let shown = match text.match_indices('\n').nth(LINES_MAX) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    html! {
        <>
            <pre class="yaml store-value" tabindex="0">{ shown }</pre>
            if lines > LINES_MAX {
                <p class="quiet">{ fill(s.more_lines, &[&thousands((lines - LINES_MAX) as u64)]) }</p>
            }
        </>
    }
}
