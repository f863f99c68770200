//! The links between members: two lanes each, quiet while all is well.

use std::rc::Rc;

use sim::LinkRule;
use yew::prelude::*;

use super::scene::Scene;
use crate::draw::ring::{Lane, Ring};
use crate::hooks::{use_raft_texts, use_session, use_texts};
use crate::infra::i18n::fill;
use crate::infra::raft_ui::Chosen;

/// Properties of [`Links`]: while they stay the same, nothing is drawn anew.
#[derive(Properties)]
pub struct LinksProps {
    pub ring: Rc<Ring>,
    pub who: Rc<Vec<u32>>,
    pub rules: Vec<LinkRule>,
    pub chosen: Option<Chosen>,
}

impl PartialEq for LinksProps {
    fn eq(&self, other: &LinksProps) -> bool {
        Rc::ptr_eq(&self.ring, &other.ring)
            && Rc::ptr_eq(&self.who, &other.who)
            && (&self.rules, self.chosen) == (&other.rules, other.chosen)
    }
}

/// All links.
#[component]
pub fn Links(props: &LinksProps) -> Html {
    let (session, t, r) = (use_session(), use_texts(), use_raft_texts());
    let scene = Scene::new(&session, t, r, props.ring.clone(), props.who.clone());
    let scene = &scene;
    let who = &scene.who;
    let pairs = who.iter().enumerate().flat_map(|(i, a)| who[i + 1..].iter().map(|b| (*a, *b)));
    let mut first = true;
    let drawn: Vec<Html> = pairs
        .filter_map(|(a, b)| {
            let drawn = one(scene, a, b, first)?;
            first = false;
            Some(drawn)
        })
        .collect();
    let gated = super::act::holds_all(&scene.session);
    html! { <g class={classes!("raft-links", gated.then_some("all-gated"))} data-group="links">{ for drawn }</g> }
}

/// What is unusual about one direction.
pub const fn trouble(rule: LinkRule) -> Option<&'static str> {
    if rule.cut {
        Some("is-cut")
    } else if rule.hold {
        Some("is-gated")
    } else if rule.loss_ppm > 0 || rule.duplicate_ppm > 0 || rule.latency_ns > 1_000_000 {
        Some("is-odd")
    } else {
        None
    }
}

fn one(scene: &Scene, a: u32, b: u32, first: bool) -> Option<Html> {
    let (there, back) = (scene.lane(a, b)?, scene.lane(b, a)?);
    let rules = (scene.rule(a, b), scene.rule(b, a));
    let chosen = Chosen::Link(a, b);
    let selected = scene.session.state().ui().raft.chosen == Some(chosen);
    let onclick = {
        let session = scene.session.clone();
        move |event: MouseEvent| {
            event.stop_propagation();
            session.ui(|ui| ui.raft.chosen = Some(chosen));
        }
    };
    let onkeydown = {
        let session = scene.session.clone();
        move |event: KeyboardEvent| {
            if matches!(event.key().as_str(), "Enter" | " ") {
                event.prevent_default();
                event.stop_propagation();
                session.ui(|ui| ui.raft.chosen = Some(chosen));
            }
        }
    };
    let says = |rule: LinkRule| match trouble(rule) {
        Some("is-cut") => scene.t.cut,
        Some("is-gated") => scene.t.held,
        Some(_) => scene.r.link_odd,
        None => scene.r.link_well,
    };
    let label = fill(scene.r.link_label, &[&scene.name(a), &scene.name(b), says(rules.0), says(rules.1)]);
    Some(html! {
        <g key={format!("{a}-{b}")} class={classes!("press", "raft-link", selected.then_some("chosen"))} role="button" data-part="link"
            data-key={format!("link-{a}-{b}")} tabindex={if first { "0" } else { "-1" }} aria-label={label.clone()} {onclick} {onkeydown}>
            <title>{ label }</title>
            <line class="hit-line" x1={px(there.from.x)} y1={px(there.from.y)} x2={px(there.to.x)} y2={px(there.to.y)} />
            { lane(there, trouble(rules.0)) }
            { lane(back, trouble(rules.1)) }
        </g>
    })
}

fn lane(lane: Lane, trouble: Option<&'static str>) -> Html {
    let sign = lane.at(0.5, 0.0);
    html! {
        <>
            <line class={classes!("lane", trouble)} x1={px(lane.from.x)} y1={px(lane.from.y)} x2={px(lane.to.x)} y2={px(lane.to.y)} />
            if trouble == Some("is-cut") {
                <path class="cut-sign" d={format!("M{:.1} {:.1}l7 7m0 -7l-7 7", sign.x - 3.5, sign.y - 3.5)} />
            }
        </>
    }
}

/// A coordinate, to a tenth of a pixel.
pub fn px(value: f64) -> String {
    format!("{value:.1}")
}
