//! Objects, as the API server gives them to whoever asks: this view is a client like kubectl.

use lab::Action;
use sim::SimTime;
use yew::prelude::*;

use super::frame;
use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::work::{End, Job, OBJECTS_SESSION};
use crate::infra::{Session, Topic};

/// Kinds on the left: resource, and whether it lives in a namespace.
const KINDS: [(&str, bool); 12] = [
    ("pods", true),
    ("deployments", true),
    ("replicasets", true),
    ("services", true),
    ("endpointslices", true),
    ("configmaps", true),
    ("events", true),
    ("leases", true),
    ("serviceaccounts", true),
    ("nodes", false),
    ("namespaces", false),
    ("customresourcedefinitions", false),
];
/// Virtual time after which the view gives up.
const LIMIT: SimTime = SimTime::from_secs(30);

/// What came back.
#[derive(Clone, PartialEq, Default)]
struct Answer {
    lines: Vec<(bool, String)>,
    asking: bool,
}

/// Types a line into the view's own terminal and hands what it printed to `then`.
fn ask(session: &Session, line: String, then: impl Fn(Answer) + 'static) {
    then(Answer { lines: Vec::new(), asking: true });
    let action = Action::Kubectl { session: OBJECTS_SESSION, line, stdin: None };
    let job = Job::Command { session: OBJECTS_SESSION, action: Some(action), limit: LIMIT };
    let after = move |session: &Session, _: Job, _: End| {
        let (stdout, stderr) = session.state().lab().printed(OBJECTS_SESSION);
        let good = stdout.lines().map(|l| (false, l.to_owned()));
        let bad = stderr.lines().map(|l| (true, l.to_owned()));
        then(Answer { lines: good.chain(bad).collect(), asking: false });
    };
    session.work_then(job, Some(Box::new(after)));
}

/// The view.
#[component]
pub fn Objects() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Ui);
    let kind = use_state(|| None::<(&'static str, bool)>);
    let list = use_state(Answer::default);
    let object = use_state(|| None::<Answer>);
    let open_kind = {
        let (session, kind, list, object) = (session.clone(), kind.setter(), list.setter(), object.setter());
        move |(name, namespaced): (&'static str, bool)| {
            kind.set(Some((name, namespaced)));
            object.set(None);
            let list = list.clone();
            let all = if namespaced { " -A" } else { "" };
            ask(&session, format!("kubectl get {name}{all}"), move |answer| list.set(answer));
        }
    };
    let kinds = KINDS.iter().map(|(name, namespaced)| {
        let open = open_kind.clone();
        let pressed = kind.is_some_and(|k| k.0 == *name).to_string();
        html! { <li key={*name}><button class="plain pick" aria-pressed={pressed} onclick={move |_: MouseEvent| open((name, *namespaced))}>{ *name }</button></li> }
    });
    let body = html! {
        <div class="two">
            <ul class="picks">{ for kinds }</ul>
            <div class="objects">
                if let Some((name, namespaced)) = *kind {
                    { rows(&session, name, namespaced, &list, &object, t) }
                } else {
                    <p class="quiet">{ t.pick_kind }</p>
                }
                if let Some(object) = &*object {
                    <pre class="yaml" tabindex="0">{ for object.lines.iter().map(|(bad, line)| html! {
                        <span class={bad.then_some("stderr")}>{ format!("{line}\n") }</span>
                    }) }{ if object.asking { t.asking } else { "" } }</pre>
                }
            </div>
        </div>
    };
    frame(t.objects, t.objects_hint, body)
}

fn rows(
    session: &Session,
    kind: &'static str,
    namespaced: bool,
    list: &Answer,
    object: &UseStateHandle<Option<Answer>>,
    t: &'static crate::infra::i18n::Texts,
) -> Html {
    let open = |line: &str| {
        let mut words = line.split_whitespace();
        let namespace = if namespaced { words.next() } else { None };
        let name = words.next()?;
        let scope = namespace.map(|n| format!(" -n {n}")).unwrap_or_default();
        Some(format!("kubectl get {kind} {name}{scope} -o yaml"))
    };
    let rows = list.lines.iter().enumerate().map(|(i, (bad, line))| {
        let command = if i == 0 || *bad { None } else { open(line) };
        let Some(command) = command else {
            return html! { <span class={if *bad { "stderr" } else { "quiet" }}>{ format!("{line}\n") }</span> };
        };
        let (session, object) = (session.clone(), object.setter());
        let onclick = move |_: MouseEvent| {
            let object = object.clone();
            ask(&session, command.clone(), move |answer| object.set(Some(answer)));
        };
        html! { <button class="plain row-button mono" {onclick}>{ format!("{line}\n") }</button> }
    });
    html! {
        <>
            <pre class="listing" tabindex="0">{ for rows }</pre>
            if list.asking {
                <p class="quiet">{ t.asking }</p>
            } else if list.lines.is_empty() {
                <p class="quiet">{ t.none_found }</p>
            }
        </>
    }
}
