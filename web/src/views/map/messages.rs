//! Messages under way: a dot with its name; a ring when somebody holds it.

use lab::view::MessageView;
use sim::SimTime;
use yew::prelude::*;

use super::Board;
use super::press::pressable;
use crate::draw::geometry::along;
use crate::draw::route::route;
use crate::draw::{Point, format};
use crate::infra::frame::prefers_less_motion;
use crate::infra::i18n::Texts;
use crate::infra::ui::Selection;

/// Above this speed names would only flicker.
const NAMES_BELOW_SPEED: f64 = 0.3;
/// Names that are shown at the most; there are dots for the others.
const NAMES_MAX: usize = 10;
/// A name that would begin this near to another one, in pixels, is left out.
const NAME_WIDTH: f64 = 96.0;

/// All messages.
pub fn messages(board: &Board, t: &'static Texts) -> Html {
    let (now, named) = {
        let state = board.session.state();
        let clock = state.clock();
        (state.lab().now(), !clock.playing || clock.speed < NAMES_BELOW_SPEED)
    };
    let still = prefers_less_motion();
    let mut names: Vec<Point> = Vec::new();
    // Held ones first: their names are always said.
    let (held, moving): (Vec<_>, Vec<_>) = board.picture.messages.iter().partition(|m| m.held);
    let dots = held.into_iter().chain(moving).filter_map(|message| {
        let path = route(&board.map, message.from, message.to)?;
        let fraction = if still || message.held { 0.5 } else { fraction(message, now) };
        let at = along(&path, fraction);
        let ahead = along(&path, if fraction < 0.9 { fraction + 0.05 } else { fraction - 0.05 });
        let upright = (ahead.y - at.y).abs() > (ahead.x - at.x).abs();
        let free = names.len() < NAMES_MAX
            && !names.iter().any(|n| (n.y - at.y).abs() < 14.0 && (n.x - at.x).abs() < NAME_WIDTH);
        // At its ends a level way meets boxes with words of their own.
        let length: f64 = path.windows(2).map(|w| w[0].distance(w[1])).sum();
        let clear = upright || (fraction * length > 34.0 && (1.0 - fraction) * length > 34.0);
        let with_name = message.held || (named && free && clear && length > 40.0);
        if with_name {
            names.push(at);
        }
        Some(dot(board, t, message, at, with_name.then_some(upright)))
    });
    html! { <g class="messages">{ for dots }</g> }
}

/// How far a message is on its way.
fn fraction(message: &MessageView, now: SimTime) -> f64 {
    let whole = message.arrives.since(message.sent).as_nanos() as f64;
    if whole > 0.0 { (now.since(message.sent).as_nanos() as f64 / whole).clamp(0.0, 1.0) } else { 1.0 }
}

fn dot(board: &Board, t: &'static Texts, message: &MessageView, at: Point, name_at: Option<bool>) -> Html {
    let (cx, cy) = (format!("{:.1}", at.x), format!("{:.1}", at.y));
    let name = if message.held { format!("{} · {}", message.label, t.held) } else { message.label.clone() };
    let name = format::shorten(&name, 34);
    // Above the dot on a level line, beside it on an upright one, and never over the picture's edge.
    let beside = if message.held { 14.0 } else { 10.0 };
    let half = name.chars().count() as f64 * 3.4;
    let (x, y, anchor) = match name_at {
        Some(true) if at.x > board.map.width - 2.0 * half - 12.0 => (at.x - beside, at.y + 4.0, "end"),
        Some(true) => (at.x + beside, at.y + 4.0, "start"),
        _ => (
            at.x.clamp(half.min(board.map.width / 2.0), (board.map.width - half).max(half)),
            at.y - 10.0,
            "middle",
        ),
    };
    let label = format!("{name}: {} → {}", message.from, message.to);
    let inside = html! {
        <>
            <title>{ label.clone() }</title>
            <circle class="hit" cx={cx.clone()} cy={cy.clone()} r="10" />
            <circle class="dot" cx={cx.clone()} cy={cy.clone()} r="5" />
            if message.held {
                <circle class="ring" cx={cx} cy={cy} r="9" />
            }
            if name_at.is_some() {
                <text class="message-name mono" x={format!("{x:.1}")} y={format!("{y:.1}")} text-anchor={anchor}>
                    { name.clone() }
                </text>
            }
        </>
    };
    let key = format!("{}-{}", message.id.at.as_nanos(), message.id.sequence);
    let class = classes!("message", message.raft.then_some("raft"), message.held.then_some("held"));
    pressable(&board.session, Selection::Message(message.id), class, label, key, inside)
}
