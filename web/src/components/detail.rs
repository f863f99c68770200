//! What was clicked, and what can be done to it.

use lab::view::{Detail, DetailTable, MessageId, Target};
use lab::{Ends, Fault};
use sim::Actor;
use yew::prelude::*;

use crate::draw::format;
use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::i18n::{Texts, fill};
use crate::infra::ui::Selection;
use crate::infra::{Session, Topic, names};

/// Rows of a table that are shown at the most.
const ROWS_MAX: usize = 40;

/// The upper part of the right panel while something is selected.
#[component]
pub fn Selected() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    let selected = session.state().ui().selected.clone();
    let Some(selected) = selected else { return Html::default() };
    let body = match &selected {
        Selection::Target(target) => target_detail(&session, t, target),
        Selection::Message(id) => message_detail(&session, t, *id),
        Selection::Link(a, b) => link_detail(&session, t, *a, *b),
    };
    let on_close = {
        let session = session.clone();
        move |_: MouseEvent| session.ui(|ui| ui.selected = None)
    };
    html! {
        <div class="selected" aria-label={t.selected} role="group">
            <button class="plain close" onclick={on_close} aria-label={t.close} title={t.close}>{ "✕" }</button>
            { body }
        </div>
    }
}

/// Whether a process or machine runs.
fn is_up(session: &Session, target: &Target) -> bool {
    let picture = session.state().picture();
    match target {
        Target::Process(Actor::ApiServer) => picture.api_server.up,
        Target::Process(Actor::Scheduler) => picture.scheduler.up,
        Target::Process(Actor::ControllerManager) => picture.controller_manager_up,
        Target::Process(Actor::Etcd(i)) => picture.members.iter().any(|m| m.index == *i && m.up),
        Target::Node(number) => picture.nodes.iter().any(|n| n.number == *number && n.up),
        Target::Process(_) | Target::Pod(..) => true,
    }
}

fn button(session: &Session, text: String, class: &'static str, action: impl Fn(&Session) + 'static) -> Html {
    let session = session.clone();
    html! { <button {class} onclick={move |_: MouseEvent| action(&session)}>{ text }</button> }
}

fn target_detail(session: &Session, t: &'static Texts, target: &Target) -> Html {
    let detail = session.state().lab().detail(target);
    let picking = session.state().ui().picking.is_some();
    html! {
        <>
            if let Some(detail) = &detail {
                <h2>{ &detail.title }</h2>
                <p class="quiet">{ &detail.subtitle }</p>
            }
            if let Some(name) = names::target(&session.state().picture(), target) {
                <div class="actions">
                    { power(session, t, target, &name) }
                    { button(session, t.cut_link.into(), "", move |s| s.ui(|ui| ui.picking = Some(name.clone()))) }
                </div>
            }
            if picking {
                <p class="care-text" role="status">{ t.pick_other }</p>
            }
            if let Some(detail) = &detail {
                { facts(detail, t) }
            } else {
                <p class="quiet">{ t.gone }</p>
            }
        </>
    }
}

/// Kill or restart, whichever makes sense.
fn power(session: &Session, t: &'static Texts, target: &Target, name: &str) -> Html {
    let machine = matches!(target, Target::Node(_));
    let name = name.to_owned();
    let crash = {
        let name = name.clone();
        move |s: &Session| s.fault(Fault::Crash(name.clone()))
    };
    let restart = move |s: &Session| s.fault(Fault::Restart(name.clone()));
    let (kill_text, start_text) = if machine { (t.power_off, t.power_on) } else { (t.kill, t.restart) };
    // The picture does not say whether a node's own process runs: offer both.
    let unsure =
        matches!(target, Target::Process(Actor::Kubelet(_) | Actor::Runtime(_) | Actor::KubeProxy(_)));
    let up = is_up(session, target);
    html! {
        <>
            if up || unsure {
                { button(session, kill_text.into(), "bad", crash) }
            }
            if !up || unsure {
                { button(session, start_text.into(), "primary", restart) }
            }
        </>
    }
}

fn facts(detail: &Detail, t: &'static Texts) -> Html {
    html! {
        <>
            { for detail.groups.iter().map(|(title, facts)| html! {
                <>
                    <h3>{ title }</h3>
                    <dl class="facts">
                        { for facts.iter().map(|(name, value)| html! { <><dt>{ name }</dt><dd class="mono">{ value }</dd></> }) }
                    </dl>
                </>
            }) }
            { for detail.tables.iter().map(|table| rows(table, t)) }
        </>
    }
}

fn rows(table: &DetailTable, t: &'static Texts) -> Html {
    let rest = table.rows.len().saturating_sub(ROWS_MAX);
    html! {
        <>
            <h3>{ &table.title }</h3>
            <div class="scroll-x" tabindex="0" role="region" aria-label={table.title.clone()}>
                <table>
                    <thead><tr>{ for table.columns.iter().map(|c| html! { <th>{ c }</th> }) }</tr></thead>
                    <tbody>
                        { for table.rows.iter().take(ROWS_MAX).map(|row| html! {
                            <tr>{ for row.iter().map(|cell| html! { <td class="mono">{ cell }</td> }) }</tr>
                        }) }
                    </tbody>
                </table>
            </div>
            if rest > 0 {
                <p class="quiet">{ fill(t.more_lines, &[&rest.to_string()]) }</p>
            }
        </>
    }
}

fn message_detail(session: &Session, t: &'static Texts, id: MessageId) -> Html {
    let picture = session.state().picture();
    let Some(message) = picture.messages.iter().find(|m| m.id == id) else {
        return html! { <><h2>{ t.message }</h2><p class="quiet">{ t.message_gone }</p></> };
    };
    let facts = [
        (t.message_from, message.from.to_string()),
        (t.message_to, message.to.to_string()),
        (t.message_sent, format::seconds(message.sent)),
        (t.message_arrives, if message.held { t.held.to_owned() } else { format::seconds(message.arrives) }),
    ];
    let (now, held) = (message.arrives, message.held);
    let delay = |by_ms: u64, text: &str| {
        button(session, fill(t.delay, &[text]), "", move |s| s.fault(Fault::Delay { message: id, by_ms }))
    };
    // What is done to a message ends its name: the selection goes with it.
    let act = |text: &'static str, class: &'static str, fault: fn(MessageId) -> Fault| {
        button(session, text.into(), class, move |s| {
            s.fault(fault(id));
            s.ui(|ui| ui.selected = None);
        })
    };
    html! {
        <>
            <h2 class="mono">{ &message.label }</h2>
            <dl class="facts" key={now.as_nanos()}>
                { for facts.into_iter().map(|(name, value)| html! { <><dt>{ name }</dt><dd class="mono">{ value }</dd></> }) }
            </dl>
            <div class="actions">
                if !held {
                    { act(t.hold, "", Fault::Hold) }
                }
                { act(t.deliver, "", Fault::Deliver) }
                { act(t.drop, "bad", Fault::Drop) }
                { delay(100, "100 ms") }
                { delay(1000, "1 s") }
            </div>
        </>
    }
}

fn link_detail(session: &Session, t: &'static Texts, a: Actor, b: Actor) -> Html {
    let picture = session.state().picture();
    let cut = picture.links.iter().any(|(x, y, rule)| rule.cut && ((*x, *y) == (a, b) || (*y, *x) == (a, b)));
    let (from, to) = names::link_ends(&picture, a, b);
    let ends = Ends { from, to, one_way: false };
    html! {
        <>
            <h2>{ fill(t.link_between, &[&ends.from, &ends.to]) }</h2>
            <p class="quiet">{ if cut { t.cut } else { "" } }</p>
            <div class="actions">
                { button(session, t.heal.into(), "primary", move |s| {
                    s.fault(Fault::Heal(ends.clone()));
                    s.ui(|ui| ui.selected = None);
                }) }
                { button(session, t.heal_all.into(), "", |s| {
                    s.fault(Fault::HealAll);
                    s.ui(|ui| ui.selected = None);
                }) }
            </div>
        </>
    }
}
