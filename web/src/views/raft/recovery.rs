//! What a restarted member lost and what it kept, until it has caught up.

use yew::prelude::*;

use crate::hooks::{use_raft_texts, use_redraw, use_session};
use crate::infra::Topic;
use crate::infra::i18n::fill;
use lab::view::{RaftMember, RaftView};

/// Cards for members that came back.
#[component]
pub fn Recoveries() -> Html {
    let session = use_session();
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    let view = session.state().raft();
    html! { <div class="recoveries">{ for view.members.iter().filter(|m| shown(m)).map(|m| html! { <Card key={m.index} member={m.clone()} view={view.clone()} /> }) }</div> }
}

/// Until it knows again what it knew.
fn shown(member: &RaftMember) -> bool {
    let behind = |r: &lab::view::Recovery| {
        member.commit < r.before.commit
            || member.applied < r.before.applied
            || member.last_index < r.before.last_index
    };
    member.up && member.recovery.as_ref().is_some_and(behind)
}

#[derive(Properties, PartialEq)]
struct CardProps {
    member: RaftMember,
    view: std::rc::Rc<RaftView>,
}

#[component]
fn Card(props: &CardProps) -> Html {
    let r = use_raft_texts();
    let Some(recovery) = &props.member.recovery else { return Html::default() };
    let (before, after) = (recovery.before, recovery.after);
    let vote =
        |who: Option<u32>| who.map_or_else(|| "—".to_owned(), |i| super::scene::name_of(&props.view, i));
    let rows = [
        (r.term, before.term.to_string(), after.term.to_string()),
        (r.vote, vote(before.vote), vote(after.vote)),
        (r.log_to, before.last_index.to_string(), after.last_index.to_string()),
        (r.commit, before.commit.to_string(), after.commit.to_string()),
        (r.applied, before.applied.to_string(), after.applied.to_string()),
    ];
    html! {
        <div class="recovery" role="status">
            <strong>{ fill(r.came_back, &[&props.member.name]) }</strong>
            <ul>
                { for rows.iter().map(|(what, before, after)| {
                    let kept = before == after;
                    html! {
                        <li class={if kept { "kept" } else { "lost" }}>
                            <span class="mark" aria-hidden="true">{ if kept { "✓" } else { "✕" } }</span>
                            <span>{ format!("{} {what}", if kept { r.kept } else { r.lost }) }</span>
                            <span class="mono">{ if kept { after.clone() } else { format!("{before} → {after}") } }</span>
                        </li>
                    }
                }) }
            </ul>
        </div>
    }
}
