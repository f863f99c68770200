//! Pods: state by shape and word, then by colour.

use lab::view::{PodShape, PodView, Target};
use sim::Str;
use yew::prelude::*;

use super::Board;
use super::crowd::{Crowd, Member};
use super::press::pressable;
use crate::draw::layout::{NodeBox, Tile};
use crate::draw::{Point, Rect, format};
use crate::hooks::use_session;
use crate::infra::ui::Selection;

/// `namespace/name` of each.
pub fn keys(pods: &[PodView]) -> Vec<String> {
    pods.iter().map(|p| format!("{}/{}", p.namespace, p.name)).collect()
}

/// The stylesheet's name of a shape.
pub const fn class(shape: PodShape) -> &'static str {
    match shape {
        PodShape::Pending => "pod-pending",
        PodShape::Starting => "pod-starting",
        PodShape::Pulling => "pod-pulling",
        PodShape::Running => "pod-running",
        PodShape::Ready => "pod-ready",
        PodShape::Succeeded => "pod-done",
        PodShape::Failed => "pod-failed",
        PodShape::BackOff => "pod-crash",
        PodShape::Leaving => "pod-leaving",
    }
}

/// The sign alone.
pub fn sign(shape: PodShape, at: Point, r: f64) -> Html {
    let (x, y) = (at.x, at.y);
    let circle = |class: &'static str| {
        html! { <circle {class} cx={format!("{x:.1}")} cy={format!("{y:.1}")} r={format!("{r:.1}")} /> }
    };
    let path = |class: &'static str, d: String| html! { <path {class} {d} /> };
    match shape {
        PodShape::Ready => circle("sign good-fill"),
        PodShape::Running => circle("sign good-line"),
        PodShape::Starting => circle("sign second-line dashed"),
        // Half a disc in a ring: what is there, and what is still to come.
        PodShape::Pulling => html! {
            <>
                { circle("sign second-line") }
                { path("sign second-fill", format!("M{x:.1} {:.1}a{r:.1} {r:.1} 0 0 1 0 {:.1}z", y - r, 2.0 * r)) }
            </>
        },
        PodShape::Pending => circle("sign quiet-line"),
        PodShape::Leaving => circle("sign quiet-line dashed"),
        PodShape::Succeeded => path(
            "sign good-line",
            format!("M{:.1} {:.1}l{:.1} {:.1}l{:.1} {:.1}", x - r, y, r * 0.75, r * 0.75, r * 1.25, -r * 1.4),
        ),
        PodShape::Failed => path(
            "sign bad-line",
            format!(
                "M{:.1} {:.1}l{:.1} {:.1}m0 {:.1}l{:.1} {:.1}",
                x - r * 0.8,
                y - r * 0.8,
                r * 1.6,
                r * 1.6,
                -r * 1.6,
                -r * 1.6,
                r * 1.6
            ),
        ),
        PodShape::BackOff => path(
            "sign bad-fill",
            format!("M{x:.1} {:.1}l{:.1} {:.1}h{:.1}z", y - r, r * 1.1, r * 1.9, -r * 2.2),
        ),
    }
}

/// The pods of a machine in their places.
pub fn of_node(board: &Board, place: &NodeBox, name: &Str, pods: &[PodView]) -> Html {
    let names = keys(pods);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let seats = board.slots.borrow_mut().seat(place.number, &names);
    let placed = pods.iter().zip(seats).map(|(pod, seat)| (pod, place.slot(seat)));
    if place.tile == Tile::Dot {
        let members: Vec<Member> = placed.map(|(pod, at)| Member::new(pod, at)).collect();
        let selected = match &board.session.state().ui().selected {
            Some(Selection::Target(target @ Target::Pod(..))) => Some(target.clone()),
            _ => None,
        };
        return html! { <Crowd node={name.clone()} {members} {selected} /> };
    }
    placed.map(|(pod, at)| tile(board, pod, at, place.tile)).collect()
}

/// One pod as a tile; smaller ones are drawn as a crowd.
pub fn tile(board: &Board, pod: &PodView, at: Point, tile: Tile) -> Html {
    let target = Target::Pod(pod.namespace.clone(), pod.name.clone());
    let selected = board.session.state().ui().selected == Some(Selection::Target(target));
    let key = format!("{}/{}", pod.namespace, pod.name);
    html! {
        <PodTile {key} namespace={pod.namespace.clone()} name={pod.name.clone()} label={pod.label.clone()}
            status={pod.status.clone()} ready={pod.ready} shape={pod.shape} {at} {tile} {selected} />
    }
}

/// Only what is drawn: a tile whose pod looks as before is not drawn again, which matters with a thousand of them.
#[derive(Properties, PartialEq)]
struct PodTileProps {
    namespace: Str,
    name: Str,
    label: Str,
    status: Str,
    ready: (u32, u32),
    shape: PodShape,
    at: Point,
    tile: Tile,
    selected: bool,
}

#[component]
fn PodTile(pod: &PodTileProps) -> Html {
    let session = use_session();
    let at = pod.at;
    let label = format!("{}/{}: {}, {}/{}", pod.namespace, pod.name, pod.status, pod.ready.0, pod.ready.1);
    let (w, h) = pod.tile.pitch();
    let frame = Rect::new(at.x, at.y, w - 5.0, h - 4.0);
    let center = frame.center();
    let inside = if pod.tile == Tile::Full {
        html! {
            <>
                { frame_of(frame, 5.0) }
                { sign(pod.shape, Point::new(center.x, frame.y + 17.0), 6.0) }
                <text class="tile-name" x={format!("{:.1}", center.x)} y={format!("{:.1}", frame.y + 40.0)}>{ format::shorten(&pod.label, 8) }</text>
            </>
        }
    } else {
        html! { <>{ frame_of(frame, 4.0) }{ sign(pod.shape, center, 6.0) }</> }
    };
    let inside = html! { <><title>{ label.clone() }</title>{ inside }</> };
    let selection = Selection::Target(Target::Pod(pod.namespace.clone(), pod.name.clone()));
    pressable(&session, selection, classes!("pod", class(pod.shape)), label, "pod".into(), inside)
}

fn frame_of(frame: Rect, radius: f64) -> Html {
    html! {
        <rect class="frame" x={format!("{:.1}", frame.x)} y={format!("{:.1}", frame.y)} width={format!("{:.1}", frame.w)}
            height={format!("{:.1}", frame.h)} rx={radius.to_string()} />
    }
}
