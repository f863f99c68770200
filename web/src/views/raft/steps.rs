//! What happens next: messages that arrive and steps of the members' own, in order.

use lab::view::MessageId;
use sim::SimTime;
use yew::prelude::*;

use super::act;
use super::message::short;
use super::scene::name_of;
use crate::draw::format;
use crate::hooks::{use_raft_texts, use_redraw, use_session};
use crate::infra::i18n::RaftTexts;
use crate::infra::raft_ui::Chosen;
use crate::infra::{Session, Topic};
use lab::view::{RaftMessage, RaftView, StepKind};

/// Lines that are shown at the most.
const LINES_MAX: usize = 10;

struct Line {
    id: MessageId,
    at: SimTime,
    member: u32,
    class: &'static str,
    text: String,
    message: bool,
    held: bool,
}

/// The list; each line goes there, or picks the message up.
#[component]
pub fn Steps() -> Html {
    let (session, r) = (use_session(), use_raft_texts());
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    let still = {
        let state = session.state();
        !state.clock().playing || state.ui().raft.slow
    };
    if !still {
        // It would change faster than anybody reads.
        return Html::default();
    }
    let view = session.state().raft();
    let now = session.state().lab().now();
    let waiting: Vec<Line> = view.messages.iter().filter(|m| m.held).map(|m| arrival(&view, m)).collect();
    html! {
        <>
            { list(&session, r, &view, now, r.waits_for_you, waiting) }
            { list(&session, r, &view, now, r.next_up, lines(&view, r)) }
        </>
    }
}

/// One list.
fn list(
    session: &Session,
    r: &'static RaftTexts,
    view: &RaftView,
    now: SimTime,
    title: &'static str,
    lines: Vec<Line>,
) -> Html {
    if lines.is_empty() {
        return Html::default();
    }
    let rest = lines.len().saturating_sub(LINES_MAX);
    html! {
        <>
            <h3>{ title }</h3>
            <ol class="next-up" aria-label={title}>
                { for lines.into_iter().take(LINES_MAX).map(|line| {
                    let session = session.clone();
                    let (id, message) = (line.id, line.message);
                    let onclick = move |_: MouseEvent| {
                        if message {
                            session.set_playing(false);
                            session.ui(|ui| ui.raft.chosen = Some(Chosen::Message(id)));
                        } else {
                            act::step_to(&session, id);
                        }
                    };
                    html! {
                        <li key={super::message::key(id)}>
                            <button class="plain" {onclick} title={if message { r.pick_up } else { r.step_to }}>
                                <span class="mono quiet when">{ if line.held { "—".to_owned() } else { format::span(now, line.at) } }</span>
                                <span class={classes!("step-kind", line.class)} aria-hidden="true" />
                                <span class="who">{ name_of(view, line.member) }</span>
                                <span class="what">{ line.text }</span>
                            </button>
                        </li>
                    }
                }) }
            </ol>
            if rest > 0 {
                <p class="quiet">{ format!("+{rest}") }</p>
            }
        </>
    }
}

/// A message as a line.
fn arrival(view: &RaftView, message: &RaftMessage) -> Line {
    Line {
        id: message.id,
        at: message.arrives,
        member: message.to,
        class: "is-message",
        text: format!("← {} {}", name_of(view, message.from), short(message)),
        message: true,
        held: message.held,
    }
}

/// The next ones, soonest first.
fn lines(view: &RaftView, r: &'static RaftTexts) -> Vec<Line> {
    let steps = view.steps.iter().map(|step| Line {
        id: step.id,
        at: step.at,
        member: step.member,
        class: match step.kind {
            StepKind::Fsync => "is-fsync",
            StepKind::Apply => "is-apply",
            StepKind::Tick => "is-tick",
            StepKind::Start | StepKind::Other => "",
        },
        text: match step.kind {
            StepKind::Tick => r.step_tick.to_owned(),
            StepKind::Fsync => r.step_fsync.to_owned(),
            StepKind::Apply => r.step_apply.to_owned(),
            StepKind::Start => r.step_start.to_owned(),
            StepKind::Other => step.text.clone(),
        },
        message: false,
        held: false,
    });
    let messages = view.messages.iter().filter(|m| !m.held).map(|m| arrival(view, m));
    let mut lines: Vec<Line> = steps.chain(messages).collect();
    lines.sort_by_key(|line| line.id);
    lines.truncate(LINES_MAX);
    lines
}
