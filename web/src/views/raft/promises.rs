//! The invariants, in full, when somebody wants to see them.

use yew::prelude::*;

use crate::hooks::{use_language, use_redraw, use_session, use_texts};
use crate::infra::Topic;
use crate::infra::i18n::Language;

/// Each promise: whether it holds, and what it says.
#[component]
pub fn Promises() -> Html {
    let (session, t, language) = (use_session(), use_texts(), use_language());
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    if !session.state().ui().raft.invariants {
        return Html::default();
    }
    let invariants = session.state().lab().invariants();
    html! {
        <section class="promises" aria-label={t.invariants}>
            <h3>{ t.invariants }</h3>
            <ul>
                { for invariants.iter().map(|i| {
                    let broken = i.broken.is_some();
                    html! {
                        <li key={i.name} class={if broken { "broken" } else { "holds" }}>
                            <span class="mark" aria-hidden="true">{ if broken { "✕" } else { "✓" } }</span>
                            <div>
                                <strong>{ language.words(i.name) }</strong>
                                <span class="quiet">{ format!(" {}", says(language, i.says)) }</span>
                                if let Some(how) = &i.broken {
                                    <p class="bad-text">{ how }</p>
                                }
                            </div>
                        </li>
                    }
                }) }
            </ul>
        </section>
    }
}

fn says(language: Language, english: &'static str) -> &'static str {
    language.words(english)
}
