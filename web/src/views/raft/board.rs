//! The ring: links, members, messages, and what is open over them.

use std::rc::Rc;

use sim::LinkRule;
use yew::prelude::*;

use super::link::Links;
use super::live::Live;
use super::popover::Popover;
use super::recovery::Recoveries;
use super::rove;
use super::scene::{Scene, who};
use crate::draw::ring::Ring;
use crate::hooks::{use_raft_texts, use_redraw, use_session, use_texts};
use crate::infra::Topic;

/// Properties of [`Board`].
#[derive(Properties, PartialEq)]
pub struct BoardProps {
    /// In CSS pixels.
    pub width: f64,
    /// In CSS pixels.
    pub height: f64,
}

/// The drawing.
#[component]
pub fn Board(props: &BoardProps) -> Html {
    let (session, t, r) = (use_session(), use_texts(), use_raft_texts());
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    let view = session.state().raft();
    let who = use_memo(who(&view), Vec::clone);
    let ring = use_memo((props.width as u32, props.height as u32, who.len()), |(w, h, count)| {
        Ring::new(f64::from(*w), f64::from(*h), *count)
    });
    let scene = Scene::new(&session, t, r, ring.clone(), who.clone());
    let (width, height) = (props.width.floor(), props.height.floor());
    let onkeydown = |event: KeyboardEvent| {
        rove::arrow(&event);
    };
    let onclick = {
        let session = session.clone();
        move |_: MouseEvent| session.ui(|ui| ui.raft.chosen = None)
    };
    html! {
        <>
            <svg class="board raft-ring" width={width.to_string()} height={height.to_string()} viewBox={format!("0 0 {width} {height}")}
                role="group" aria-label={r.ring} {onkeydown} {onclick}>
                <Links ring={ring.clone()} who={who.clone()} rules={rules(&scene)} chosen={scene.session.state().ui().raft.chosen} />
                <Live ring={ring.clone()} who={who.clone()} />
            </svg>
            <Recoveries />
            <Popover {ring} {who} />
        </>
    }
}

/// Properties of what stands on the ring.
#[derive(Properties)]
pub struct RingProps {
    /// The places.
    pub ring: Rc<Ring>,
    /// Who stands where.
    pub who: Rc<Vec<u32>>,
}

impl PartialEq for RingProps {
    fn eq(&self, other: &RingProps) -> bool {
        Rc::ptr_eq(&self.ring, &other.ring) && Rc::ptr_eq(&self.who, &other.who)
    }
}

/// How all links behave, in the order of the ring.
fn rules(scene: &Scene) -> Vec<LinkRule> {
    let who = &scene.who;
    who.iter().flat_map(|a| who.iter().filter(move |b| *b != a).map(move |b| scene.rule(*a, *b))).collect()
}
