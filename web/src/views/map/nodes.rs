//! The lower half: machines, their processes and their pods.

use lab::view::{NodeView, Target};
use sim::Actor;
use yew::prelude::*;

use super::Board;
use super::control_plane::{label, plate};
use super::pods;
use super::press::pressable;
use crate::draw::layout::{NodeBox, Tile};
use crate::draw::{Point, Rect, format};
use crate::infra::i18n::{Texts, fill};
use crate::infra::ui::Selection;

/// Pods without a node that are drawn.
const WAITING_MAX: usize = 24;

/// The area behind, and the pods that wait for a machine.
pub fn ground(board: &Board, t: &'static Texts) -> Html {
    let area = board.map.nodes_area;
    html! {
        <>
            { plate("area", area, 8.0) }
            { label("caps", area.x + 16.0, area.y + 20.0, t.nodes) }
            if board.map.hidden > 0 {
                { label("facts-line", area.x + 90.0, area.y + 20.0, fill(t.more_nodes, &[&board.map.hidden.to_string()])) }
            }
            { waiting(board, t) }
        </>
    }
}

fn waiting(board: &Board, t: &'static Texts) -> Html {
    let waiting = &board.picture.pending_pods;
    if waiting.is_empty() {
        return Html::default();
    }
    let place = board.map.pending;
    let (w, h) = Tile::Small.pitch();
    let columns = ((place.w / w).floor() as usize).max(1);
    let names = pods::keys(waiting);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let seats = board.slots.borrow_mut().seat(0, &names);
    html! {
        <>
            { label("facts-line", place.x, place.y + 10.0, format!("{} · {}", t.no_node, waiting.len())) }
            { for waiting.iter().zip(seats).filter(|(_, seat)| *seat < WAITING_MAX).map(|(pod, seat)| {
                let at = Point::new(place.x + (seat % columns) as f64 * w, place.y + 18.0 + (seat / columns) as f64 * h);
                pods::tile(board, pod, at, Tile::Small)
            }) }
        </>
    }
}

/// The machines.
pub fn cards(board: &Board, t: &'static Texts) -> Html {
    board
        .map
        .nodes
        .iter()
        .filter_map(|place| Some(card(board, t, place, board.node(place.number)?)))
        .collect()
}

fn readiness(node: &NodeView, t: &'static Texts) -> (&'static str, &'static str) {
    match node.ready.as_str() {
        _ if !node.up => (t.down, "bad-fill"),
        "True" => (t.ready, "good-fill"),
        "False" => (t.not_ready, "bad-fill"),
        "" => (t.unregistered, "quiet-fill"),
        _ => (t.unknown, "care-fill"),
    }
}

fn card(board: &Board, t: &'static Texts, place: &NodeBox, node: &NodeView) -> Html {
    let c = place.card;
    let (word, colour) = readiness(node, t);
    let mut extra = String::new();
    if node.cordoned {
        extra.push_str(t.cordoned);
    } else if !node.zone.is_empty() {
        extra = fill(t.zone, &[&node.zone]);
    }
    let words = format!("{}: {word} {extra}", node.name);
    let title = html! {
        <>
            <title>{ format!("{words}\n{}", node.taints.join("\n")) }</title>
            { plate("box", c, 6.0) }
            { label("name", c.x + 12.0, c.y + 20.0, node.name.to_string()) }
            if !board.map.dense {
                <text class="facts-line" x={format!("{:.1}", c.right() - 27.0)} y={format!("{:.1}", c.y + 20.0)} text-anchor="end">
                    { if extra.is_empty() { word.to_owned() } else { format!("{extra} · {word}") } }
                </text>
            }
            <circle class={classes!("sign", colour)} cx={format!("{:.1}", c.right() - 16.0)} cy={format!("{:.1}", c.y + 16.0)} r="4.5" />
        </>
    };
    let class = classes!("node", (!node.up).then_some("is-down"));
    let target = Selection::Target(Target::Node(node.number));
    html! {
        <g key={node.number}>
            { pressable(&board.session, target, class, words, "card".into(), title) }
            if !board.map.dense {
                { chip(board, node, Actor::Kubelet(node.number), "kubelet", place.kubelet) }
                { chip(board, node, Actor::Runtime(node.number), "containerd", place.runtime) }
                { chip(board, node, Actor::KubeProxy(node.number), "kube-proxy", place.proxy) }
                <text class="foot mono" x={format!("{:.1}", c.x + 12.0)} y={format!("{:.1}", c.bottom() - 10.0)}>{ node.pod_cidr.to_string() }</text>
                <text class="facts-line" x={format!("{:.1}", c.right() - 12.0)} y={format!("{:.1}", c.bottom() - 10.0)} text-anchor="end">
                    { format!("cpu {} % · mem {} %", node.cpu_percent, node.memory_percent) }
                </text>
            }
            { pods::of_node(board, place, &node.name, &node.pods) }
        </g>
    }
}

fn chip(board: &Board, node: &NodeView, actor: Actor, name: &'static str, r: Rect) -> Html {
    let max = (r.w / 6.2) as usize;
    let inside = html! {
        <>
            { plate("box chip-box", r, 4.0) }
            <text class="chip-name" x={format!("{:.1}", r.center().x)} y={format!("{:.1}", r.center().y + 4.0)}>{ format::shorten(name, max) }</text>
        </>
    };
    let class = classes!("process", (!node.up).then_some("is-down"));
    let target = Selection::Target(Target::Process(actor));
    pressable(&board.session, target, class, format!("{}/{name}", node.name), name.into(), inside)
}
