//! The line beside the title: where the group stands, or the small form that is open.

use std::collections::BTreeMap;

use lab::Fault;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::member::group_name;
use super::scene::{name_of, who};
use super::{act, toolbar};
use crate::draw::format;
use crate::hooks::{use_raft_texts, use_redraw, use_session};
use crate::infra::i18n::fill;
use crate::infra::raft_ui::{Form, GROUPS};
use crate::infra::{Session, Topic};

/// The most members that a lab runs.
const MEMBERS_MAX: usize = 7;

/// The line.
#[component]
pub fn Strip() -> Html {
    let session = use_session();
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    let (form, groups, swapping, nothing) = {
        let state = session.state();
        let raft = &state.ui().raft;
        (raft.form, raft.groups.clone(), raft.swapping.is_some(), raft.found_nothing)
    };
    let r = use_raft_texts();
    let inside = if let Some(groups) = groups {
        html! { <Partition {groups} /> }
    } else if swapping {
        let session = session.clone();
        html! {
            <>
                <span class="care-text" role="status">{ r.swap_other }</span>
                <button onclick={move |_: MouseEvent| session.ui(|ui| ui.raft.swapping = None)}>{ r.never_mind }</button>
            </>
        }
    } else {
        match form {
            Some(Form::Propose) => html! { <Propose /> },
            Some(Form::AddMember) => html! { <AddMember /> },
            None => html! {
                <>
                    { toolbar::status(&session) }
                    if nothing {
                        <span class="care-text" role="status">{ r.found_nothing }</span>
                    }
                </>
            },
        }
    };
    html! { <div class="raft-strip">{ inside }<Typed /></div> }
}

/// The last line that a button typed, and what came of it.
#[component]
fn Typed() -> Html {
    let (session, r) = (use_session(), use_raft_texts());
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    use_redraw(Topic::Terminal);
    let typed = session.state().ui().raft.typed.clone();
    let Some((number, line)) = typed else { return Html::default() };
    let state = session.state();
    let lab = state.lab();
    let (class, result) = if lab.is_running(number) {
        ("quiet", r.typed_waits.to_owned())
    } else {
        let (out, err) = lab.printed(number);
        // An answer begins with what was done; an error ends with why not.
        let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        let last = |text: &str| text.lines().last().unwrap_or_default().to_owned();
        if lab.session(number).exit_code.is_some_and(|code| code != 0) {
            ("bad-text", last(&err))
        } else {
            ("good-text", first(&out))
        }
    };
    // The address only says where it was typed.
    let short = line.split(' ').filter(|w| !w.starts_with("--endpoints=")).collect::<Vec<_>>().join(" ");
    let close = {
        let session = session.clone();
        move |_: MouseEvent| session.ui(|ui| ui.raft.typed = None)
    };
    html! {
        <span class="typed-line" role="status" title={line}>
            <span class="mono">{ format::shorten(&short, 40) }</span>
            <span class={classes!("mono", class)} title={result.clone()}>{ format!(" → {}", format::shorten(&result, 48)) }</span>
            <button class="plain" onclick={close} aria-label={r.never_mind}>{ "✕" }</button>
        </span>
    }
}

fn value(node: &NodeRef) -> String {
    node.cast::<HtmlInputElement>().map(|i| i.value()).unwrap_or_default()
}

/// A value for the log.
#[component]
fn Propose() -> Html {
    let (session, r) = (use_session(), use_raft_texts());
    let (key, text, through) = (use_node_ref(), use_node_ref(), use_node_ref());
    let count = use_mut_ref(|| 1u32);
    let contact = act::contact(&session);
    let view = session.state().raft();
    let members: Vec<u32> = view.members.iter().filter(|m| m.up).map(|m| m.index).collect();
    let onsubmit = {
        let (session, key, text, through) = (session.clone(), key.clone(), text.clone(), through.clone());
        let members = members.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            let chosen =
                through.cast::<HtmlSelectElement>().and_then(|s| usize::try_from(s.selected_index()).ok());
            let member = chosen.and_then(|i| members.get(i).copied()).unwrap_or(contact);
            act::propose(&session, member, &value(&key), &value(&text));
            // The next value differs, so that one can tell them apart.
            *count.borrow_mut() += 1;
            if let Some(input) = text.cast::<HtmlInputElement>()
                && input.value().parse::<u32>().is_ok()
            {
                input.set_value(&count.borrow().to_string());
            }
        }
    };
    html! {
        <form class="row" {onsubmit}>
            <span class="mono">{ "etcdctl put" }</span>
            <PlainInput node={key} value="x" label={r.key} />
            <PlainInput node={text} value="1" label={r.value} />
            <label>{ r.through }
                <select ref={through}>{ for members.iter().map(|m| html! { <option selected={*m == contact}>{ name_of(&view, *m) }</option> }) }</select>
            </label>
            <button type="submit" class="primary">{ r.propose }</button>
        </form>
    }
}

#[derive(Properties, PartialEq)]
struct PlainInputProps {
    node: NodeRef,
    value: &'static str,
    label: &'static str,
}

/// A field of its own: it is not drawn anew with what is around it, which would take away what somebody types.
#[component]
fn PlainInput(props: &PlainInputProps) -> Html {
    html! { <input ref={props.node.clone()} type="text" value={props.value} aria-label={props.label} /> }
}

/// A member more.
#[component]
fn AddMember() -> Html {
    let (session, r) = (use_session(), use_raft_texts());
    let view = session.state().raft();
    let known = who(&view);
    let next = (0..).find(|i| !known.contains(i)).unwrap_or(0);
    if known.len() >= MEMBERS_MAX {
        return html! { <span class="care-text">{ r.members_full }</span> };
    }
    let add = |text: &'static str, flag: &'static str| {
        let session = session.clone();
        let onclick = move |_: MouseEvent| {
            act::etcdctl(
                &session,
                &format!("member add etcd-{next} --peer-urls=http://172.18.0.{}:2380{flag}", 3 + next),
            );
        };
        html! { <button {onclick}>{ text }</button> }
    };
    let join = {
        let session = session.clone();
        move |_: MouseEvent| session.fault(Fault::Join(format!("etcd-{next}")))
    };
    html! {
        <div class="row">
            <span>{ fill(r.add_says, &[&format!("etcd-{next}")]) }</span>
            { add(r.as_learner, " --learner") }
            { add(r.as_voter, "") }
            <button onclick={join}>{ r.join }</button>
            <RaftChange />
        </div>
    }
}

/// Several changes at once, past etcd's own calls: a joint configuration.
#[component]
fn RaftChange() -> Html {
    let (session, r) = (use_session(), use_raft_texts());
    let changes = use_node_ref();
    let onsubmit = {
        let changes = changes.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            let target = format!("etcd-{}", act::contact(&session));
            session.fault(Fault::ProposeConfChange { target, changes: value(&changes) });
        }
    };
    html! {
        <form class="row" {onsubmit} title={r.raft_change_title}>
            <span class="quiet">{ r.raft_change }</span>
            <PlainInput node={changes} value="v3 v4" label={r.raft_change_title} />
            <button type="submit">{ r.change }</button>
        </form>
    }
}

#[derive(Properties, PartialEq)]
struct PartitionProps {
    groups: BTreeMap<u32, u8>,
}

/// Groups by clicking on members.
#[component]
fn Partition(props: &PartitionProps) -> Html {
    let (session, r) = (use_session(), use_raft_texts());
    let view = session.state().raft();
    let of = |group: u8| {
        let members = props.groups.iter().filter(move |(_, g)| **g == group).map(|(m, _)| name_of(&view, *m));
        members.collect::<Vec<String>>()
    };
    let groups: Vec<Vec<String>> = (0..GROUPS).map(of).filter(|g| !g.is_empty()).collect();
    let ready = groups.len() > 1;
    let close = |session: &Session| session.ui(|ui| ui.raft.groups = None);
    let apply = {
        let (session, groups) = (session.clone(), groups.clone());
        move |_: MouseEvent| {
            session.fault(Fault::Partition(groups.clone()));
            close(&session);
        }
    };
    let cancel = {
        let session = session.clone();
        move |_: MouseEvent| close(&session)
    };
    html! {
        <div class="row">
            if props.groups.is_empty() {
                <span class="care-text" role="status">{ r.partition_hint }</span>
            }
            { for (0..GROUPS).filter_map(|group| {
                let names = of(group);
                (!names.is_empty()).then(|| html! {
                    <span class={format!("group-chip group-{group}")}><strong>{ group_name(group) }</strong>{ format!(" {}", names.join(" ")) }</span>
                })
            }) }
            <button class="primary" disabled={!ready} onclick={apply}>{ r.cut }</button>
            <button onclick={cancel}>{ r.never_mind }</button>
        </div>
    }
}
