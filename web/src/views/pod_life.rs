//! Each pod's life as a line of steps.

use lab::view::{PodView, Target};
use sim::SimTime;
use yew::prelude::*;

use super::frame;
use crate::draw::Point;
use crate::draw::format;
use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::i18n::fill;
use crate::infra::ui::Selection;
use crate::infra::{Session, Topic};

/// Pods that are drawn at the most.
const PODS_MAX: usize = 150;

/// The view.
#[component]
pub fn PodLife() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Lab);
    let picture = session.state().picture();
    let mut pods: Vec<(&PodView, String)> = picture
        .nodes
        .iter()
        .flat_map(|n| n.pods.iter().map(|p| (p, n.name.to_string())))
        .chain(picture.pending_pods.iter().map(|p| (p, "—".to_owned())))
        .collect();
    // The youngest first: it is the one that is being watched.
    pods.sort_by_key(|(p, _)| (std::cmp::Reverse(p.steps.first().map(|s| s.1)), p.name.clone()));
    let rest = pods.len().saturating_sub(PODS_MAX);
    let body = html! {
        if pods.is_empty() {
            <p class="quiet">{ t.no_pods }</p>
        } else {
            <ul class="lives">
                { for pods.iter().take(PODS_MAX).map(|(pod, node)| life(&session, pod, node)) }
            </ul>
            if rest > 0 {
                <p class="quiet">{ fill(t.more_lines, &[&rest.to_string()]) }</p>
            }
        }
    };
    frame(t.pod_life, t.pod_life_hint, body)
}

fn life(session: &Session, pod: &PodView, node: &str) -> Html {
    let target = Target::Pod(pod.namespace.clone(), pod.name.clone());
    let session = session.clone();
    let onclick = move |_: MouseEvent| session.ui(|ui| ui.selected = Some(Selection::Target(target.clone())));
    let mut before: Option<SimTime> = None;
    html! {
        <li key={format!("{}/{}", pod.namespace, pod.name)}>
            <div class="life-head">
                <svg width="14" height="14" aria-hidden="true">{ crate::views::map::sign(pod.shape, Point::new(7.0, 7.0), 5.0) }</svg>
                <button class="plain link mono" {onclick}>{ format!("{}/{}", pod.namespace, pod.name) }</button>
                <span class="quiet">{ format!("{} · {node}", pod.status) }</span>
            </div>
            <ol class="steps">
                { for pod.steps.iter().map(|(name, at)| {
                    let since = before.replace(*at).map(|b| format::span(b, *at)).unwrap_or_else(|| format::clock(*at));
                    html! { <li key={name.to_string()} title={format::seconds(*at)}><span>{ name.to_string() }</span><span class="mono quiet">{ since }</span></li> }
                }) }
            </ol>
        </li>
    }
}
