//! The teacher: what just happened, why, what it changed, and what still holds.

use lab::Lab;
use lab::view::{Change, Happened, Invariant, Lane};
use sim::EventNumber;
use yew::prelude::*;

use super::detail::Selected;
use crate::draw::format;
use crate::hooks::{use_language, use_redraw, use_session, use_texts};
use crate::infra::Topic;
use crate::infra::i18n::fill;
use crate::infra::ui::Panels;

/// Causes that are shown at the most, the latest ones and the first.
const CAUSES_MAX: usize = 9;
/// Events that are looked through for one worth telling.
const LOOK_BACK: usize = 300;
/// Changed lines that are shown at the most.
const LINES_MAX: usize = 24;

/// The panel on the right.
#[component]
pub fn RightPanel() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Ui);
    let folded = session.state().ui().panels.right_folded;
    let has_selection = session.state().ui().selected.is_some();
    let fold = {
        let session = session.clone();
        move |_: MouseEvent| {
            session.ui(|ui| ui.panels = Panels { right_folded: !ui.panels.right_folded, ..ui.panels });
            session.state().ui().panels.save();
        }
    };
    html! {
        <aside class="card right" aria-label={t.what_happened}>
            <button class="plain fold" onclick={fold} aria-expanded={(!folded).to_string()}
                title={if folded { t.unfold } else { t.fold }} aria-label={if folded { t.unfold } else { t.fold }}>
                { if folded { "‹" } else { "›" } }
            </button>
            <div class="right-body">
                if has_selection {
                    <Selected />
                }
                <JustHappened />
            </div>
        </aside>
    }
}

#[component]
fn JustHappened() -> Html {
    let (session, t, language) = (use_session(), use_texts(), use_language());
    use_redraw(Topic::Lab);
    let state = session.state();
    let lab = state.lab();
    let cursor = if state.clock().playing { notable(lab) } else { lab.cursor() };
    let happened = lab.happened(cursor);
    let invariants = lab.invariants();
    let mut causes = runs(lab.causes(cursor));
    if causes.len() > CAUSES_MAX {
        // The beginning is what the person did; it stays.
        causes.drain(1..=causes.len() - CAUSES_MAX);
    }
    html! {
        <>
            <div class="panel-head">
                <h2>{ t.what_happened }</h2>
                <span class="mono quiet">{ fill(t.event_number, &[&format::thousands(cursor.0)]) }</span>
            </div>
            <p class="sentence">
                { happened.as_ref().map_or_else(|| t.nothing_yet.to_owned(), |h| language.sentence(h)) }
            </p>
            if !causes.is_empty() {
                <h3>{ t.why }</h3>
                <ol class="why">
                    { for causes.iter().map(|(cause, times)| html! {
                        <Cause key={cause.number.0} now={cause.number == cursor} cause={cause.clone()} times={*times} />
                    }) }
                </ol>
            }
            if let Some(happened) = happened.filter(|h| !h.changed.is_empty()) {
                <h3>{ t.changed }</h3>
                { for happened.changed.iter().take(4).map(|change| changed(change, t)) }
            }
            if !invariants.is_empty() {
                <h3>{ t.invariants }</h3>
                <ul class="invariants">{ for invariants.iter().map(|i| invariant(i, language, t)) }</ul>
            }
        </>
    }
}

/// While time plays, nobody can read every event: the newest one that changed an object or was the person's own.
fn notable(lab: &Lab) -> EventNumber {
    let cursor = lab.cursor();
    let says_something = |h: &Happened| {
        let by_hand = h.lane == Lane::You && h.cause.is_none() && !h.notes.is_empty();
        by_hand || h.changed.iter().any(|c| !c.what.starts_with("leases/") && !c.what.starts_with("events/"))
    };
    lab.latest(LOOK_BACK).into_iter().find(says_something).map_or(cursor, |h| h.number)
}

/// Runs of the same sentence (a clock that ticks) as one, the latest, with their number.
fn runs(causes: Vec<Happened>) -> Vec<(Happened, usize)> {
    let mut runs: Vec<(Happened, usize)> = Vec::new();
    for cause in causes {
        match runs.last_mut() {
            Some((last, times)) if last.sentence == cause.sentence => {
                *last = cause;
                *times += 1;
            }
            _ => runs.push((cause, 1)),
        }
    }
    runs
}

#[derive(Properties, PartialEq)]
struct CauseProps {
    cause: Happened,
    times: usize,
    now: bool,
}

#[component]
fn Cause(props: &CauseProps) -> Html {
    let (session, t, language) = (use_session(), use_texts(), use_language());
    let CauseProps { cause, times, now } = props;
    let number = cause.number;
    let onclick = move |_: MouseEvent| session.seek(EventNumber(number.0));
    let sentence = language.sentence(cause);
    html! {
        <li class={now.then_some("now")}>
            <button class="plain" {onclick} title={format!("{}: {sentence}", t.go_to_event)}>
                <span class="why-text">{ sentence }</span>
                if *times > 1 {
                    <span class="quiet">{ format!("×{times}") }</span>
                }
                <span class="mono quiet" title={format::seconds(cause.at)}>{ format::millis(cause.at) }</span>
            </button>
        </li>
    }
}

fn changed(change: &Change, t: &'static crate::infra::i18n::Texts) -> Html {
    let rest = change.lines.len().saturating_sub(LINES_MAX);
    html! {
        <pre class="diff" tabindex="0" aria-label={change.what.clone()}>
            <span class="diff-what">{ &change.what }{ "\n" }</span>
            { for change.lines.iter().take(LINES_MAX).map(|(sign, line)| html! {
                <span class={if *sign == '-' { "minus" } else { "plus" }}>{ format!("{sign} {line}\n") }</span>
            }) }
            if rest > 0 {
                <span class="quiet">{ fill(t.more_lines, &[&rest.to_string()]) }</span>
            }
        </pre>
    }
}

fn invariant(
    invariant: &Invariant,
    language: crate::infra::i18n::Language,
    t: &'static crate::infra::i18n::Texts,
) -> Html {
    let broken = invariant.broken.clone();
    let title =
        broken.clone().map_or_else(|| invariant.says.to_owned(), |how| format!("{} — {how}", invariant.says));
    let class = if broken.is_some() { "broken" } else { "holds" };
    html! {
        <li {class} {title}>
            <span aria-hidden="true">{ if broken.is_some() { "✕" } else { "✓" } }</span>
            { " " }{ language.words(invariant.name) }
            if broken.is_none() {
                <span class="hidden">{ " " }{ t.invariant_ok }</span>
            }
        </li>
    }
}
