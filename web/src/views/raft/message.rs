//! Messages under way: shapes that can be picked up, dragged, and that wait at the roadside when somebody holds them.

use lab::Fault;
use lab::view::MessageId;
use web_sys::{Element, PointerEvent};
use yew::prelude::*;

use super::link::px;
use super::scene::{Scene, fraction};
use super::{act, popover, rove};
use crate::draw::Point;
use crate::draw::glyph::Family;
use crate::infra::Session;
use crate::infra::frame::prefers_less_motion;
use crate::infra::i18n::fill;
use crate::infra::raft_ui::Chosen;
use lab::view::RaftMessage;

/// Names that would begin this near to another one, in pixels, are left out.
const NAME_WIDTH: f64 = 70.0;
const NAME_HEIGHT: f64 = 13.0;
/// A pointer that moved less than this, in pixels, has pressed and not dragged.
const DRAG_LEAST: f64 = 5.0;
/// Let go beyond this part of the way, a message is delivered.
const DELIVERED_FROM: f64 = 0.82;

/// A message in the hand.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Drag {
    id: MessageId,
    start: Point,
    /// How far along its lane it is held; `None` before it has moved.
    fraction: Option<f64>,
}

/// All messages.
pub fn messages(scene: &Scene, drag: &UseStateHandle<Option<Drag>>) -> Html {
    let still = prefers_less_motion() && scene.session.state().clock().playing;
    let mut names: Vec<Point> = Vec::new();
    let glyphs: Vec<(MessageId, Point)> =
        scene.view.messages.iter().filter_map(|m| Some((m.id, scene.message_at(m)?))).collect();
    let mut taken: Vec<(u32, u32, f64)> = Vec::new();
    let mut crowds: Vec<(u32, u32, usize, Point)> = Vec::new();
    let mut parts: Vec<Html> = Vec::new();
    for message in &scene.view.messages {
        let Some(lane) = scene.lane(message.from, message.to) else { continue };
        let in_hand = drag.filter(|d| d.id == message.id).and_then(|d| d.fraction);
        let at = if let Some(fraction) = in_hand {
            lane.at(fraction, 0.0)
        } else if message.held {
            let Some(at) = scene.message_at(message) else { continue };
            if let Some(crowd) = crowds.iter_mut().find(|c| (c.0, c.1) == (message.from, message.to)) {
                crowd.2 += 1;
            } else {
                crowds.push((message.from, message.to, 1, at));
            }
            let waiting = crowds.iter().find(|c| (c.0, c.1) == (message.from, message.to)).map_or(0, |c| c.2);
            if waiting > lane.stands() {
                continue;
            }
            at
        } else {
            let fraction = if still { 0.5 } else { fraction(message, scene.now) };
            // Two that travel together go side by side.
            let beside = taken
                .iter()
                .filter(|(a, b, f)| {
                    (*a, *b) == (message.from, message.to) && (f - fraction).abs() * lane.length() < 11.0
                })
                .count();
            taken.push((message.from, message.to, fraction));
            lane.at(fraction, beside.min(3) as f64 * 11.0)
        };
        let free = !names.iter().any(|n| (n.y - at.y).abs() < NAME_HEIGHT && (n.x - at.x).abs() < NAME_WIDTH);
        // Those that wait stand close: a name would lie on its neighbour.
        let alone = !message.held || scene.queue_place(message).1 < 2;
        let clear = !glyphs.iter().any(|(id, p)| {
            *id != message.id
                && (p.x - at.x).abs() < NAME_WIDTH / 2.0
                && (-20.0..-1.0).contains(&(p.y - at.y))
        });
        let named = scene.exact && clear && free && alone && !scene.ring.narrow;
        if named {
            names.push(at);
        }
        parts.push(one(scene, message, at, named, parts.is_empty(), drag));
    }
    let rest = crowds.iter().filter_map(|(from, to, count, _)| {
        let lane = scene.lane(*from, *to)?;
        let more = count.checked_sub(lane.stands()).filter(|more| *more > 0)?;
        let at = lane.rest();
        Some(
            html! { <text class="crowd-count" x={px(at.x)} y={px(at.y + 4.0)}>{ format!("+{more}") }</text> },
        )
    });
    html! { <g class="raft-messages" data-group="messages">{ for parts }{ for rest }</g> }
}

/// `App 312`, `Vote`, `HeartbeatResp`.
pub fn short(message: &RaftMessage) -> String {
    let kind = message.kind.strip_prefix("Msg").unwrap_or(&message.kind);
    match message.entries.last() {
        Some((index, _)) => format!("{kind} {index}"),
        None if message.snapshot.is_some() => format!("{kind} {}", message.snapshot.unwrap_or(0)),
        None if message.index > 0 => format!("{kind} {}", message.index),
        None => kind.to_owned(),
    }
}

/// The name of a message's element, to find it again.
pub fn key(id: MessageId) -> String {
    format!("{}-{}", id.at.as_nanos(), id.sequence)
}

/// Picks a message up, or lets it change places with the one that waits for that.
pub fn choose(session: &Session, id: MessageId) {
    session.set_playing(false);
    let first = session.state().ui().raft.swapping;
    match first {
        Some(first) if first != id => {
            session.ui(|ui| {
                ui.raft.swapping = None;
                ui.raft.chosen = None;
            });
            session.fault(Fault::Reorder { first, second: id });
        }
        _ => session.ui(|ui| ui.raft.chosen = Some(Chosen::Message(id))),
    }
}

fn one(
    scene: &Scene,
    message: &RaftMessage,
    at: Point,
    named: bool,
    first: bool,
    drag: &UseStateHandle<Option<Drag>>,
) -> Html {
    let id = message.id;
    let (family, answer) = Family::of(&message.kind);
    let (chosen, swapping) = {
        let state = scene.session.state();
        let raft = &state.ui().raft;
        (raft.chosen == Some(Chosen::Message(id)), raft.swapping == Some(id))
    };
    let class = classes!(
        "press",
        "raft-message",
        family.class(),
        answer.then_some("answer"),
        message.held.then_some("held"),
        message.reject.then_some("rejects"),
        chosen.then_some("chosen"),
        swapping.then_some("swapping"),
        (scene.view.next == Some(id) && scene.exact).then_some("comes-next"),
    );
    let from_to = format!("{} → {}", scene.name(message.from), scene.name(message.to));
    let held = if message.held { format!(" · {}", scene.t.held) } else { String::new() };
    let label = fill(scene.r.message_label, &[&message.kind, &from_to, &message.text, &held]);
    let onkeydown = {
        let session = scene.session.clone();
        move |event: KeyboardEvent| {
            if event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            match event.key().as_str() {
                "Enter" | " " => choose(&session, id),
                "d" => act::deliver(&session, id),
                "h" => session.fault(Fault::Hold(id)),
                "x" | "Delete" => session.fault(Fault::Drop(id)),
                "c" => session.fault(Fault::Duplicate(id)),
                "s" => session.ui(|ui| ui.raft.swapping = Some(id)),
                _ => {
                    rove::arrow(&event);
                    return;
                }
            }
            event.prevent_default();
            event.stop_propagation();
            popover::refocus(&session, format!("[data-key=\"message-{}\"]", key(id)));
        }
    };
    let (onpointerdown, onpointermove, onpointerup) = hand(scene, message, drag);
    let onpointercancel = {
        let drag = drag.clone();
        move |_: PointerEvent| drag.set(None)
    };
    let onclick = {
        let session = scene.session.clone();
        move |event: MouseEvent| {
            event.stop_propagation();
            // A click without a pointer: assistive technology's.
            if event.detail() == 0 {
                choose(&session, id);
            }
        }
    };
    let name = short(message);
    html! {
        <g key={key(id)} {class} role="button" data-part="message" data-key={format!("message-{}", key(id))}
            tabindex={if first { "0" } else { "-1" }} aria-label={label.clone()} aria-haspopup="dialog" aria-pressed={chosen.to_string()}
            {onclick} {onkeydown} {onpointerdown} {onpointermove} {onpointerup} {onpointercancel}>
            <title>{ label }</title>
            <circle class="hit" cx={px(at.x)} cy={px(at.y)} r="9" />
            <path class="glyph" d={family.outline(at)} />
            if message.reject {
                <path class="reject" d={format!("M{:.1} {:.1}l8 8m0 -8l-8 8", at.x - 4.0, at.y - 4.0)} />
            }
            if named {
                <text class="message-name mono" x={px(at.x)} y={px(at.y - 9.0)} text-anchor="middle">{ name }</text>
            }
        </g>
    }
}

/// Pressing picks a message up; dragging it along its lane delivers it or leaves it waiting.
fn hand(
    scene: &Scene,
    message: &RaftMessage,
    drag: &UseStateHandle<Option<Drag>>,
) -> (Callback<PointerEvent>, Callback<PointerEvent>, Callback<PointerEvent>) {
    let (id, lane, held) = (message.id, scene.lane(message.from, message.to), message.held);
    let place = |event: &PointerEvent| Point::new(f64::from(event.client_x()), f64::from(event.client_y()));
    let down = {
        let drag = drag.clone();
        Callback::from(move |event: PointerEvent| {
            if let Some(element) = event.target_dyn_into::<Element>() {
                // Without capture the drag ends where the pointer leaves the shape.
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            event.stop_propagation();
            drag.set(Some(Drag { id, start: place(&event), fraction: None }));
        })
    };
    let moved = {
        let (drag, session) = (drag.clone(), scene.session.clone());
        Callback::from(move |event: PointerEvent| {
            let Some(current) = drag.filter(|d| d.id == id) else { return };
            let Some(lane) = lane else { return };
            let now = place(&event);
            if current.fraction.is_none() && now.distance(current.start) < DRAG_LEAST {
                return;
            }
            session.set_playing(false);
            let Some(origin) = board_origin(&event) else { return };
            let on_board = Point::new(now.x - origin.x, now.y - origin.y);
            drag.set(Some(Drag { fraction: Some(lane.fraction_of(on_board)), ..current }));
        })
    };
    let up = {
        let (drag, session) = (drag.clone(), scene.session.clone());
        Callback::from(move |_: PointerEvent| {
            let Some(current) = drag.filter(|d| d.id == id) else { return };
            drag.set(None);
            match current.fraction {
                None => choose(&session, id),
                Some(far) if far >= DELIVERED_FROM => act::deliver(&session, id),
                Some(_) if !held => session.fault(Fault::Hold(id)),
                Some(_) => {}
            }
        })
    };
    (down, moved, up)
}

/// The upper left corner of the drawing that a pointer is over.
fn board_origin(event: &PointerEvent) -> Option<Point> {
    let element = event.target_dyn_into::<Element>()?;
    let rect = element.closest(".raft-ring").ok()??.get_bounding_client_rect();
    Some(Point::new(rect.x(), rect.y()))
}
