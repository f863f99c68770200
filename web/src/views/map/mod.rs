//! The architecture, live.

mod control_plane;
mod crowd;
mod legend;
mod links;
mod members;
mod messages;
mod nodes;
mod pods;
mod press;

pub use pods::sign;

use std::cell::RefCell;
use std::rc::Rc;

use lab::view::{NodeView, Picture};
use yew::prelude::*;

use crate::draw::layout::{Layout, layout};
use crate::draw::slots::Slots;
use crate::hooks::{use_redraw, use_session, use_size, use_texts};
use crate::infra::{Session, Topic};

/// The map, measured to the pixel so that its type is as large as everybody else's.
#[component]
pub fn Map() -> Html {
    let t = use_texts();
    let frame = use_node_ref();
    let (width, height) = use_size(&frame);
    html! {
        <section class="card middle map" aria-label={t.architecture}>
            <div class="panel-head">
                <h2>{ t.architecture }</h2>
                <span class="quiet wide-only">{ t.architecture_hint }</span>
            </div>
            <div class="middle-body map-frame" ref={frame}>
                if width > 10.0 {
                    <Drawing {width} {height} />
                }
            </div>
            { legend::legend(t) }
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct DrawingProps {
    width: f64,
    height: f64,
}

/// What the parts of the map share.
#[derive(Clone)]
struct Board {
    session: Session,
    map: Rc<Layout>,
    picture: Rc<Picture>,
    slots: Rc<RefCell<Slots>>,
}

impl Board {
    fn node(&self, number: u32) -> Option<&NodeView> {
        self.picture.nodes.iter().find(|n| n.number == number)
    }
}

#[component]
fn Drawing(props: &DrawingProps) -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Lab);
    use_redraw(Topic::Ui);
    let slots = use_mut_ref(Slots::default);
    let picture = session.state().picture();
    let seats = seats(&picture, &slots);
    let map = use_memo(
        (props.width as u32, props.height as u32, picture.members.len(), seats),
        |(w, h, members, seats)| layout(f64::from(*w), f64::from(*h), *members, seats),
    );
    let board = Board { session, map: map.clone(), picture, slots };
    let view_box = format!("0 0 {} {}", map.width, map.height);
    html! {
        <svg class="board" width={map.width.to_string()} height={map.height.to_string()} viewBox={view_box} role="group" aria-label={t.architecture}>
            { control_plane::ground(&board, t) }
            { links::usual(&board) }
            { nodes::ground(&board, t) }
            { links::unusual(&board, t) }
            { control_plane::boxes(&board, t) }
            { nodes::cards(&board, t) }
            <Live map={map} />
        </svg>
    }
}

/// The layout needs the number of places of each machine, not of its pods: a gap left by one that went keeps its room.
fn seats(picture: &Picture, slots: &RefCell<Slots>) -> Vec<(u32, usize)> {
    let mut slots = slots.borrow_mut();
    picture
        .nodes
        .iter()
        .map(|node| {
            let names = pods::keys(&node.pods);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let most = slots.seat(node.number, &names).into_iter().max().map_or(0, |m| m + 1);
            (node.number, most)
        })
        .collect()
}

#[derive(Properties)]
struct LiveProps {
    map: Rc<Layout>,
}

impl PartialEq for LiveProps {
    fn eq(&self, other: &LiveProps) -> bool {
        Rc::ptr_eq(&self.map, &other.map)
    }
}

/// What moves with each frame.
#[component]
fn Live(props: &LiveProps) -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Frame);
    use_redraw(Topic::Ui);
    use_redraw(Topic::Lab);
    let picture = session.state().picture();
    let board = Board { session, map: props.map.clone(), picture, slots: Rc::default() };
    html! {
        <>
            { members::members(&board, t) }
            { messages::messages(&board, t) }
        </>
    }
}
