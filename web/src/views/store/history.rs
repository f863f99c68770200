//! One key by revision: what each change changed.

use std::rc::Rc;

use lab::view::KeyVersion;
use yew::prelude::*;

use super::reading::Reading;
use crate::draw::format::thousands;
use crate::hooks::{use_language, use_redraw, use_session};
use crate::infra::Topic;
use crate::infra::i18n::{StoreTexts, fill};

/// Which key of whom.
#[derive(Properties, PartialEq)]
pub struct HistoryProps {
    /// The member's index.
    pub member: u32,
    /// The key.
    pub name: String,
}

/// The versions on the left, the newest first; what the chosen one changed on the right.
#[component]
pub fn History(props: &HistoryProps) -> Html {
    let (session, s) = (use_session(), use_language().store());
    use_redraw(Topic::Lab);
    let chosen = use_state(|| None::<(u64, u64)>);
    let reading = use_mut_ref(Reading::<(u32, String, u64, u64), Vec<KeyVersion>>::default);
    let view = session.state().lab().store_view(props.member).unwrap_or_default();
    let compacted = view.compact_revision;
    // A history can be long: it is read again only when it has changed. A key that is gone may come and go.
    let key = session.state().lab().store_key(props.member, &props.name);
    let newest = key.map_or(view.revision, |k| k.mod_revision);
    let what = (props.member, props.name.clone(), newest, compacted);
    let read = || session.state().lab().key_history(props.member, &props.name);
    let versions: Rc<Vec<KeyVersion>> = reading.borrow_mut().of(&session, what, read);
    // Without a choice, the newest: it follows while time plays.
    let at = chosen.and_then(|id| versions.iter().position(|v| v.revision == id));
    let at = at.or(versions.len().checked_sub(1));
    let generations = generations(&versions);
    let lives = generations.last().is_some_and(|n| *n > 1);
    let rows = versions.iter().enumerate().rev().map(|(i, version)| {
        let set = chosen.setter();
        let id = version.revision;
        let onclick = move |_: MouseEvent| set.set(Some(id));
        let new_life = i > 0 && versions[i - 1].deleted;
        html! {
            <li key={format!("{}.{}", id.0, id.1)} class={classes!("version", new_life.then_some("new-life"))}>
                <button class="plain" {onclick} aria-pressed={(at == Some(i)).to_string()}>
                    <span class="mono">{ thousands(id.0) }{ if id.1 > 0 { format!(".{}", id.1) } else { String::new() } }</span>
                    { what_happened(version, s) }
                    if lives {
                        <span class="quiet">{ fill(s.generation, &[&generations[i].to_string()]) }</span>
                    }
                </button>
            </li>
        }
    });
    html! {
        <div class="history">
            <ol class="versions scroll">
                { for rows }
                if compacted > 0 {
                    <li class="quiet compacted-mark">{ fill(s.compacted_before, &[&thousands(compacted)]) }</li>
                }
            </ol>
            if let Some(i) = at {
                <div class="version-detail">{ difference(&versions[i], i == 0, s) }</div>
            }
        </div>
    }
}

/// Which life of the key each version belongs to, from 1: a tombstone ends one.
fn generations(versions: &[KeyVersion]) -> Vec<u64> {
    let mut life = 1;
    let count = |v: &KeyVersion| {
        let mine = life;
        life += u64::from(v.deleted);
        mine
    };
    versions.iter().map(count).collect()
}

fn what_happened(version: &KeyVersion, s: &'static StoreTexts) -> Html {
    match (version.deleted, version.version) {
        (true, _) => html! { <span class="bad-text">{ s.deleted }</span> },
        (false, 1) => html! { <span class="plus">{ s.created }</span> },
        (false, n) => html! { <span>{ s.changed }{ format!(" · {} {n}", s.version) }</span> },
    }
}

fn difference(version: &KeyVersion, oldest: bool, s: &'static StoreTexts) -> Html {
    let lines = version.lines.iter().map(|(sign, text)| {
        let class = if *sign == '+' { "plus" } else { "minus" };
        html! { <span {class}>{ format!("{sign}\u{a0}{text}\n") }</span> }
    });
    html! {
        <>
            if version.deleted {
                <p class="quiet">{ s.tombstone }</p>
            } else if oldest && version.version > 1 {
                <p class="quiet">{ s.first_known }</p>
            } else if version.lines.is_empty() {
                <p class="quiet">{ s.no_difference }</p>
            }
            if !version.lines.is_empty() {
                <pre class="yaml store-value" tabindex="0">{ for lines }</pre>
            }
        </>
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn a_tombstone_ends_a_life() {
        let version = |deleted| KeyVersion { deleted, ..KeyVersion::default() };
        assert_eq!(generations(&[version(false), version(true), version(false)]), [1, 1, 2]);
    }
}
